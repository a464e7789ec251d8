"""A daemon goes over to new code: the same process, no session is dropped, and what fails changes nothing."""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from tests.support.daemons import Daemons
from tests.support.server import HOST, SOURCE, START_LIMIT, Process, eventually
from tests.system.conftest import ALICE

pytestmark = pytest.mark.timeout(600)

WORKERS = 2
OLD, NEW = "service ready", "service renewed"


#: Connections of the test that runs.
_open: list[imaplib.IMAP4] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    for connection in _open:
        with contextlib.suppress(OSError):
            connection.shutdown()
    _open.clear()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd hears of daemons that are started."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        path = str(tmp_path / "notify")
        sock.bind(path)
        sock.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield sock


@pytest.fixture
def daemons(home: Path, tmp_path: Path, heard: socket.socket) -> Iterator[Daemons]:
    """A gromox-imap whose code can be changed."""
    assert heard.fileno() >= 0
    source = tmp_path / "code"
    shutil.copytree(SOURCE, source)
    made = Daemons(home, f"imap_workers = {WORKERS}\nuser_context_num = 4\n", source=source)
    made.create()
    made.start("event", "imap")
    yield made
    made.stop()


def imap(daemons: Daemons) -> Process:
    return daemons.processes["imap"]


def workers(daemons: Daemons) -> set[int]:
    return set(daemons.workers("imap"))


def login(daemons: Daemons) -> imaplib.IMAP4:
    connection = imaplib.IMAP4(HOST, daemons.imap_port, timeout=START_LIMIT)
    _open.append(connection)
    found = next(one.password for one in Embedded(daemons.home).credentials() if one.user == ALICE)
    connection.login(ALICE, found.reveal())
    return connection


def is_refused(daemons: Daemons) -> bool:
    """Tell whether the limit of sessions holds; workers tell each other, so a moment may pass."""
    try:
        login(daemons).logout()
    except imaplib.IMAP4.error as error:
        return "LIMIT" in str(error)
    return False


def begin_idle(connection: imaplib.IMAP4) -> None:
    connection.send(b"x1 IDLE\r\n")
    while not connection.readline().startswith(b"+"):
        pass


def hear(connection: imaplib.IMAP4, pattern: bytes) -> bytes:
    while not re.search(pattern, line := connection.readline()):
        assert line, "the connection is closed"
    return line


def change_code(daemons: Daemons, old: str, new: str) -> None:
    path = daemons.source / "gromox" / "imap" / "connection.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def replace(daemons: Daemons, words: str) -> str:
    """Ask for new code; wait until the log has a line with these words, and return it."""
    since = len(imap(daemons).lines)
    os.kill(imap(daemons).pid, signal.SIGUSR2)
    return imap(daemons).hear(words, since=since, limit=START_LIMIT)


def told(heard: socket.socket, until: str = "") -> str:
    """Return what systemd heard since the last time, waiting until it heard something that matches.

    The parent writes its log first, and tells systemd then.
    """
    found: list[str] = []

    def matches() -> bool:
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(heard.recv(4096).decode())
        return bool(re.search(until, "\n\n".join(found)))

    eventually(matches, what=lambda: f"{until}: {found}")
    return "\n\n".join(found)


def test_sessions_go_on_and_new_ones_meet_new_code(daemons: Daemons, heard: socket.socket) -> None:
    idler, other = login(daemons), login(daemons)
    idler.select()
    begin_idle(idler)
    former = workers(daemons)
    change_code(daemons, OLD, NEW)
    config = daemons.home / "etc" / "only-imap.cfg"
    config.write_text(config.read_text() + "imap_rfc9051 = no\n")
    told(heard)
    replace(daemons, "reloaded generation=2")

    # systemd: a reload of the same process.
    said = told(heard, rf"READY=1\nMAINPID={imap(daemons).pid}\nSTATUS=generation 2, code of ")
    assert re.match(r"RELOADING=1\nMONOTONIC_USEC=\d+", said)
    assert "STOPPING" not in said
    # Who was there goes on with the former code, and hears what happens in the new one.
    fresh = login(daemons)
    assert NEW.encode() in fresh.welcome
    assert "ESEARCH" not in fresh.capabilities
    fresh.append("INBOX", "", None, b"Subject: new\r\n\r\nx\r\n")
    hear(idler, rb"EXISTS")
    idler.send(b"DONE\r\n")
    hear(idler, rb"x1 OK")
    assert b"ESEARCH" in idler.capability()[1][0].split()
    # Limits count them all.
    held = login(daemons)
    eventually(lambda: is_refused(daemons), what="the limit")
    for connection in (idler, other, fresh, held):
        connection.logout()
    eventually(lambda: not workers(daemons) & former, what="the end of the former workers")
    eventually(lambda: len(workers(daemons)) == WORKERS, limit=START_LIMIT, what="all new workers")
    login(daemons).logout()
    assert "traceback" not in daemons.log().lower()


@pytest.mark.slow
def test_code_that_does_not_start_changes_nothing(daemons: Daemons, heard: socket.socket) -> None:
    former, kept = workers(daemons), login(daemons)
    change_code(daemons, OLD, f'{NEW}"; raise SyntaxError "')
    told(heard)
    assert "SyntaxError" in replace(daemons, "code kept reason=")

    assert workers(daemons) == former
    assert kept.noop()[0] == "OK"
    with login(daemons) as connection:
        assert OLD.encode() in connection.welcome
    told(heard, "READY=1\n.*\n.*; new code did not start: SyntaxError")

    # Wrong settings neither; and what was mended is taken.
    change_code(daemons, f'{NEW}"; raise SyntaxError "', NEW)
    config = daemons.home / "etc" / "only-imap.cfg"
    right = config.read_text()
    config.write_text(right + "imap_auth_times = many\n")
    assert "imap_auth_times" in replace(daemons, "code kept reason=")
    config.write_text(right)
    replace(daemons, "reloaded generation=2")
    assert kept.noop()[0] == "OK"
    kept.logout()


def test_a_worker_that_is_killed_meanwhile_is_one_less(daemons: Daemons) -> None:
    connections = [login(daemons) for _ in range(WORKERS)]
    former = workers(daemons)
    victim, had = next((pid, had) for pid, had in daemons.sessions("imap").items() if had)
    change_code(daemons, OLD, NEW)
    for _ in range(3):
        os.kill(imap(daemons).pid, signal.SIGUSR2)
    os.kill(victim, signal.SIGKILL)
    imap(daemons).hear("reloaded generation=2", limit=START_LIMIT)
    alive = 0
    for connection in connections:
        try:
            alive += connection.noop()[0] == "OK"
        except (imaplib.IMAP4.abort, OSError):
            continue
    assert alive == WORKERS - had
    with login(daemons) as fresh:
        assert NEW.encode() in fresh.welcome
    killed = max(workers(daemons))
    os.kill(killed, signal.SIGKILL)
    eventually(
        lambda: len(workers(daemons) - former - {killed}) == WORKERS, limit=START_LIMIT, what="another worker"
    )


def test_other_addresses_are_taken_with_new_code(daemons: Daemons) -> None:
    with login(daemons) as kept:
        former, daemons.imap_port = daemons.imap_port, daemons.pop3_port
        config = daemons.home / "etc" / "only-imap.cfg"
        config.write_text(config.read_text() + f"imap_listen = [{HOST}]:{daemons.imap_port}\n")
        replace(daemons, "reloaded generation=2")
        with login(daemons) as fresh:
            assert fresh.noop()[0] == "OK"
        eventually(lambda: not is_listened_on(former), what="the end of the former address")
        assert kept.noop()[0] == "OK"


def is_listened_on(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex((HOST, port)) == 0


def test_a_daemon_of_one_process_begins_again(daemons: Daemons) -> None:
    event = daemons.processes["event"]
    since = len(event.lines)
    os.kill(event.pid, signal.SIGUSR2)
    event.hear("gromox-event: ready", since=since, limit=START_LIMIT)
    assert event.process is not None
    assert event.process.poll() is None
