from __future__ import annotations

import socket

import pytest

from gromox.base import common_settings as common
from gromox.base.settings import Program, Settings
from gromox.base.shared_directives import SHARED_DIRECTIVES

LEVEL = common.log_level("x")
FILE = common.log_file("x")
LIMIT = common.fd_limit("x")
PROGRAM = Program(
    "x",
    "the X server",
    ("gromox.cfg",),
    (
        common.HOST_ID,
        common.RUNNING_IDENTITY,
        common.CONFIG_FILE_PATH,
        common.DATA_FILE_PATH,
        LEVEL,
        FILE,
        LIMIT,
    ),
)


def test_defaults_are_those_of_the_manual() -> None:
    settings = Settings.of(PROGRAM)

    assert settings[common.RUNNING_IDENTITY] == "gromox"
    assert (settings[LEVEL], settings[FILE], settings[LIMIT]) == (4, "-", 0)
    assert settings[common.CONFIG_FILE_PATH] == settings[common.DATA_FILE_PATH] == ()


def test_the_name_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getfqdn", lambda: "mail.example.test")

    assert common.host_id(Settings.of(PROGRAM)) == "mail.example.test"
    assert common.host_id(Settings.of(PROGRAM, {"host_id": "mx1"})) == "mx1"


@pytest.mark.parametrize(("given", "used"), [("0", 1), ("6", 6), ("9", 6)])
def test_log_levels_are_clamped(given: str, used: int) -> None:
    assert Settings.of(PROGRAM, {"x_log_level": given})[LEVEL] == used


def test_one_limit_for_all_daemons_loses_against_the_own_one() -> None:
    both = Settings.of(PROGRAM, {"x_fd_limit": "2K", "daemons_fd_limit": "1K"})

    assert both[LIMIT] == 2048
    assert Settings.of(PROGRAM, {"daemons_fd_limit": "1K"})[LIMIT] == 1024
    assert both.warnings == ()


def test_shared_directives_are_lower_case_words() -> None:
    assert all(name == name.lower() and " " not in name for name in SHARED_DIRECTIVES)
    assert {"http_listen", "imap_listen", "host_id"} <= SHARED_DIRECTIVES
