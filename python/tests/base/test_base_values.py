"""Clock, ids, secrets, errors, paths."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import pytest

from gromox.base import paths
from gromox.base.clock import SYSTEM_CLOCK, ManualClock
from gromox.base.errors import GromoxError, ParseError
from gromox.base.ids import SYSTEM_IDS, SeededIds
from gromox.base.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(100.0)
    clock.advance(2.5)

    assert (clock.now(), clock.monotonic()) == (102.5, 2.5)


def test_the_system_clock_is_that_of_the_machine() -> None:
    assert abs(SYSTEM_CLOCK.now() - time.time()) < 60
    assert SYSTEM_CLOCK.monotonic() <= time.monotonic()


def test_seeded_ids_repeat() -> None:
    one, two = SeededIds(7), SeededIds(7)

    assert one.guid() == two.guid()
    assert one.token(4) == two.token(4)
    assert SeededIds(8).guid() != one.guid()


def test_system_ids_are_random() -> None:
    assert isinstance(SYSTEM_IDS.guid(), uuid.UUID)
    assert len(SYSTEM_IDS.token(8)) == 16
    assert SYSTEM_IDS.token() != SYSTEM_IDS.token()


def test_a_secret_does_not_show() -> None:
    secret = Secret("hunter2")

    assert secret.reveal() == "hunter2"
    assert f"{secret} {secret!r}" == "Secret(...) Secret(...)"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")
    assert secret != "hunter2"
    assert not Secret("")
    with pytest.raises(TypeError):
        hash(secret)


def test_a_parse_error_tells_expectation_and_position() -> None:
    error = ParseError("a digit", 7)

    assert isinstance(error, GromoxError)
    assert (error.expectation, error.position) == ("a digit", 7)
    assert str(error) == "expected a digit at position 7"


def test_data_files_are_found_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near, share, package = tmp_path / "near", tmp_path / "share", tmp_path / "package"
    for folder in (near, share, package):
        folder.mkdir()
    monkeypatch.setattr(paths, "SHARE", share)
    monkeypatch.setattr(paths, "PACKAGE_DATA", package)
    (package / "x.txt").touch()
    assert paths.data_file("x.txt", near) == package / "x.txt"
    (share / "x.txt").touch()
    assert paths.data_file("x.txt", near) == share / "x.txt"
    (near / "x.txt").touch()
    assert paths.data_file("x.txt", near) == near / "x.txt"
    with pytest.raises(FileNotFoundError):
        paths.data_file("absent.txt")
