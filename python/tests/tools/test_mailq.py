"""gromox-mailq on a real spool."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.delivery.queue import Queue
from gromox.delivery.spool import Spool
from gromox.tools import mailq

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """An empty queue."""
    Spool(tmp_path).close()
    return tmp_path


def listed(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert mailq.main(["-p", str(path)]) == 0
    return capsys.readouterr().out


def test_an_empty_queue_says_so(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(spool, capsys) == "Mail queue is empty\n"


def test_a_missing_queue_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(tmp_path / "none", capsys) == "Mail queue is empty\n"


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are shown in UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


def put(path: Path, sender: str, *recipients: str) -> str:
    spool = Spool(path, clock=ManualClock(), ids=SeededIds(len(sender)))
    draft = spool.begin(sender=sender, recipients=recipients)
    draft.write(b"Subject: x\r\n\r\n" + b"." * 2000)
    draft.finish()
    spool.sync()
    spool.close()
    return draft.mail_id


@pytest.mark.usefixtures("utc")
def test_mails_are_listed_as_postfix_does(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = put(spool, "alice@example.test", "bob@example.test", "eve@example.test")

    assert listed(spool, capsys).splitlines() == [
        "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------",
        f"{name}*     2014 Thu Oct 09 08:53:20  alice@example.test",
        f"{'':<42}bob@example.test",
        f"{'':<42}eve@example.test",
        "",
        "-- 2 Kbytes in 1 Request.",
    ]


def test_the_state_and_the_last_error_are_shown(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = put(spool, "", "bob@example.test")
    queue = Queue(spool, clock=ManualClock())
    (item,) = queue.take(1)
    item.note(tries=1, next_try=0, error="mailbox is full")
    item.move("save")
    item.release()

    out = listed(spool, capsys)

    assert f"{name}!" in out
    assert "MAILER-DAEMON" in out
    assert "(mailbox is full)" in out


def test_a_sender_cannot_write_on_the_terminal(spool: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(spool, "\x1b[2Ja@example.test", "bob@example.test")

    assert "\x1b" not in listed(spool, capsys)


def test_the_queue_is_that_of_the_configuration(
    spool: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    name = put(spool, "alice@example.test", "bob@example.test")
    etc = tmp_path_factory.mktemp("etc")
    (etc / "delivery.cfg").write_text(f"dequeue_path = {spool}\n")

    for config in (etc, etc / "delivery.cfg"):
        assert mailq.main(["-c", str(config)]) == 0
        assert name in capsys.readouterr().out
