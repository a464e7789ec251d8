from __future__ import annotations

import io
import logging
import os
import re
import sys
import syslog
from typing import TYPE_CHECKING

import pytest

from gromox.base import log
from gromox.base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def output(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    log.configure("gromox")
    root.handlers[:] = handlers


def test_a_line_has_time_level_program_event_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("imap", log.NOTICE)

    log.get_logger("test").notice("listening", address="[::]:143", tls=False)

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z notice imap: listening address=\[::\]:143 tls=False\n",
        capsys.readouterr().err,
    )


@pytest.mark.parametrize("level", range(1, 7))
def test_only_lines_up_to_the_level_are_written(level: int) -> None:
    logger = log.get_logger("test")
    with log.captured(level) as lines:
        logger.critical("a")
        logger.error("b")
        logger.warning("c")
        logger.notice("d")
        logger.info("e")
        logger.debug("f")
        assert [logger.enabled(each) for each in range(1, 7)] == [each <= level for each in range(1, 7)]

    assert lines == ["critical a", "error b", "warning c", "notice d", "info e", "debug f"][:level]


def test_bound_fields_are_in_every_line() -> None:
    with log.captured() as lines:
        log.get_logger("test").bind(connection_id="c1").bind(user="alice").info("command done", seconds=0.25)

    assert lines == ["info command done connection_id=c1 user=alice seconds=0.25"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("two words", '"two words"'),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        ('say "x"', '"say \\"x\\""'),
        ("a\x1b[31m", '"a\\u001b[31m"'),
        (b"\xff\x00", '"\\\\xff\\u0000"'),
        (ValueError("bad"), '"ValueError: bad"'),
        (Secret("hunter2"), "Secret(...)"),
        (3, "3"),
        (0.1 + 0.2, "0.3"),
        ("x" * 2000, "x" * 1000 + "…"),
    ],
)
def test_values_cannot_break_the_line(value: object, shown: str) -> None:
    with log.captured() as lines:
        log.get_logger("test").info("event", value=value)

    assert lines == [f"info event value={shown}"]


def test_an_exception_is_one_line_with_its_traceback() -> None:
    with log.captured() as lines:
        try:
            raise ValueError("bad")  # noqa: TRY301
        except ValueError as error:
            log.get_logger("test").exception("command failed", error, connection_id="c1")

    (line,) = lines
    assert line.startswith('error command failed connection_id=c1 traceback="Traceback')
    assert "ValueError: bad" in line
    assert "\n" not in line


def test_a_refused_login_has_the_shape_for_fail2ban() -> None:
    with log.captured() as lines:
        log.get_logger("test").bind(connection_id="c1").auth_rejected(
            "login", address="2001:db8::1", user="alice@example.test", reason="wrong password"
        )

    assert lines == [
        "notice rhost=[2001:db8::1] user=alice@example.test login rejected: wrong password connection_id=c1"
    ]


def test_a_user_name_cannot_forge_a_refused_login() -> None:
    with log.captured() as lines:
        log.get_logger("test").auth_rejected(
            "login", address="::1", user="x rhost=[10.0.0.1] user=y\n", reason="wrong password"
        )
    with log.captured(log.WARNING) as silent:
        log.get_logger("test").auth_rejected("login", address="::1", user="x", reason="r")

    assert lines[0].count("rhost=[") == 1
    assert "\n" not in lines[0]
    assert silent == []


def test_a_file_is_appended_to_and_can_be_rotated(tmp_path: Path) -> None:
    file = tmp_path / "imap.log"
    log.configure("imap", log.INFO, str(file))
    logger = log.get_logger("test")
    logger.info("one")
    file.rename(tmp_path / "imap.log.1")
    log.reopen()
    logger.info("two")

    assert (tmp_path / "imap.log.1").read_text().endswith("info imap: one\n")
    assert file.read_text().endswith("info imap: two\n")
    assert file.stat().st_mode & 0o777 & ~0o640 == 0


def test_a_file_that_cannot_be_opened_leaves_the_log_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("imap")
    with pytest.raises(OSError, match="absent"):
        log.configure("imap", target=str(tmp_path / "absent" / "log"))
    log.get_logger("test").notice("still here")

    assert "still here" in capsys.readouterr().err


def test_a_closed_stream_does_not_stop_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    log.get_logger("test").error("nobody hears")


def test_under_systemd_lines_carry_a_priority(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    log.configure("imap")
    log.get_logger("test").warning("look here")

    assert capsys.readouterr().err == "<4>look here\n"


def test_syslog(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(syslog, "syslog", lambda priority, line: sent.append((priority, line)))
    log.configure("imap", log.INFO, "syslog")
    log.get_logger("test").info("event", a=1)

    assert sent == [(syslog.LOG_INFO, "event a=1")]


def test_what_libraries_log_comes_along() -> None:
    log.configure("imap")
    log.configure("imap")
    with log.captured() as lines:
        logging.getLogger("some.library").warning("pool %s", "full")
        logging.getLogger("some.library").error("broken")
    with log.captured(log.CRITICAL) as silent:
        logging.getLogger("some.library").error("broken")

    assert lines == [
        'warning library message library=some.library said="pool full"',
        "error library message library=some.library said=broken",
    ]
    assert silent == []


def test_a_log_file_is_not_inherited_by_children(tmp_path: Path) -> None:
    log.configure("imap", target=str(tmp_path / "log"))
    held = log._output.file

    assert held is not None
    assert not os.get_inheritable(held.fileno())
