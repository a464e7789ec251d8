from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base import configtext
from gromox.base.configtext import Entry, SettingsError, parse_entries, read_entries

if TYPE_CHECKING:
    from pathlib import Path


def test_the_grammar() -> None:
    octets = b"# remark\n\n  Key_One =  a value  \nkey=\r\nother = a=b # remark\nsecret = pass#word\n"

    assert parse_entries(octets, "f") == [
        Entry("key_one", "a value", "f", 3),
        Entry("key", "", "f", 4),
        Entry("other", "a=b", "f", 5),
        Entry("secret", "pass#word", "f", 6),
    ]


def test_the_other_comment_character() -> None:
    assert parse_entries(b"; remark\na = b#c ; d", "f", comment=";") == [Entry("a", "b#c", "f", 2)]


def test_a_long_line_is_refused() -> None:
    assert parse_entries(b"a = " + b"x" * 1020, "f")[0].value == "x" * 1020
    with pytest.raises(SettingsError, match="f:1: the line is longer than 1024 octets"):
        parse_entries(b"a = " + b"x" * 1021, "f")


def test_other_encodings_are_refused() -> None:
    with pytest.raises(SettingsError, match="f:2: the line is not UTF-8"):
        parse_entries(b"a = b\nc = \xe4\n", "f")


def test_a_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configtext, "MAX_FILE", 10)
    file = tmp_path / "x.cfg"
    file.write_text("a = 123456\n")

    with pytest.raises(SettingsError, match="is larger than 10 octets"):
        read_entries(file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_entries(tmp_path)


def test_where_an_entry_stands() -> None:
    assert Entry("a", "b", "f", 3).origin == "f:3"
    assert Entry("a", "b", "override").origin == "override"
    assert SettingsError("wrong").origin == ""


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    entries = []
    with contextlib.suppress(SettingsError):
        entries = parse_entries(octets, "f")
    assert all(entry.key == entry.key.lower().strip() for entry in entries)
