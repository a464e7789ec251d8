from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generators import __main__ as command
from generators import refresh, tables

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MultipleInteger32", "MULTIPLE_INTEGER32"),
        ("InvalidEntryID", "INVALID_ENTRY_ID"),
        ("FXBufferOverrun", "FX_BUFFER_OVERRUN"),
        ("Guid", "GUID"),
    ],
)
def test_names_become_constants(name: str, expected: str) -> None:
    assert tables.upper_snake(name) == expected


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["generators", *arguments])
    return command.main()


def test_the_committed_modules_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "--check") == 0


def test_a_stale_module_is_shown_and_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "OUTPUT", tmp_path)

    assert run(monkeypatch, "--check") == 1
    assert "make generate" in capsys.readouterr().err

    assert run(monkeypatch) == 0
    assert "wrote tags.py" in capsys.readouterr().out
    assert run(monkeypatch, "--check") == 0


def test_the_facts_can_be_taken_over_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir()
    ours.mkdir()
    (theirs / "named.tsv").write_text(
        "canonical\tset\tset_guid\tlid\tname\tprose\n"
        "PidNameX\tPSETID_Address{00062004-AAAA-0000-C000-000000000046}\t\t\tX\tlong\n"
        "PidNameX is a sentence.\t\t\t\t\t\n",
    )
    monkeypatch.setattr(refresh, "DATA", ours)
    monkeypatch.setattr(
        refresh, "TABLES", {"out.tsv": ("named.tsv", ("canonical", "set", "set_guid", "name"))}
    )

    refresh.refresh(theirs)

    assert (ours / "out.tsv").read_text() == (
        "canonical\tset\tset_guid\tname\nPidNameX\tPSETID_Address\t00062004-aaaa-0000-c000-000000000046\tX\n"
    )
