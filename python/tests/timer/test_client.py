"""The timer's client against the timer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.base.optionvalues import Endpoint
from gromox.daemons.post_office import TimerAlarm
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind
from gromox.serve.server import Server
from gromox.store.errors import BusyError, LimitError
from gromox.timer import client
from gromox.timer.agenda import MAX_INTERVAL, Agenda
from gromox.timer.client import TimerError
from gromox.timer.journal import Journal
from gromox.timer.session import TimerCore
from tests.support.server import PATIENCE, free_port

COMMAND = "/usr/sbin/gromox-mbop -d /x send-deferred 5"


class Timer:
    def __init__(self, path: Path) -> None:
        self.agenda = Agenda(Journal(path), ManualClock(), wake=lambda: None)
        self.allowed = True
        self.server = Server(tick=0.02)
        sock = bind(Endpoint("127.0.0.1", 0))
        self.endpoint = Endpoint("127.0.0.1", sock.getsockname()[1])
        service = Service("timer", lambda: TimerCore(self.agenda, lambda _: self.allowed), Limits())
        self.server.listen(Listening(sock, service))
        self.thread = threading.Thread(target=self.server.run, kwargs={"signals": False})
        self.thread.start()

    def stop(self) -> None:
        self.server.loop.call_soon_threadsafe(self.server.stop)
        self.thread.join(PATIENCE)
        self.agenda.journal.close()


@pytest.fixture
def timer(tmp_path: Path) -> Iterator[Timer]:
    made = Timer(tmp_path / "timer.txt")
    yield made
    made.stop()


def test_a_job_is_asked_for_and_dropped(timer: Timer) -> None:
    job = client.add(timer.endpoint, 60, COMMAND)
    assert timer.agenda.journal.jobs == {}
    assert f"{job}\t" in timer.agenda.journal._path.read_text()
    assert len(timer.agenda) == 1
    assert client.cancel(timer.endpoint, job) is True
    assert client.cancel(timer.endpoint, job) is False
    assert len(timer.agenda) == 0


def test_refusals(timer: Timer) -> None:
    with pytest.raises(TimerError, match="FALSE 1"):
        client.add(timer.endpoint, 60, "/bin/sh -c id")
    with pytest.raises(TimerError, match="FALSE 2"):
        client.add(timer.endpoint, 0, COMMAND)
    timer.allowed = False
    with pytest.raises(TimerError, match="Access Deny"):
        client.add(timer.endpoint, 60, COMMAND)


def test_an_alarm_is_a_job_that_names_mailbox_message_and_configuration(timer: Timer) -> None:
    alarm = TimerAlarm(timer.endpoint, (Path("/etc/my gromox"), Path("/etc")))
    job = alarm.set(Path("/var/lib/gromox/user/a b"), 77, 60)
    (line,) = timer.agenda.journal._path.read_text().splitlines()
    assert line.split("\t")[2] == (
        "/usr/sbin/gromox-mbop --config '/etc/my gromox' -d '/var/lib/gromox/user/a b' send-deferred 77"
    )
    alarm.cancel(job)
    assert len(timer.agenda) == 0
    with pytest.raises(LimitError):
        alarm.set(Path("/x"), 77, MAX_INTERVAL + 1)


def test_without_a_timer_nothing_is_promised() -> None:
    alarm = TimerAlarm(Endpoint("127.0.0.1", free_port()))
    with pytest.raises(BusyError):
        alarm.set(Path("/x"), 77, 60)
    alarm.cancel(1)
