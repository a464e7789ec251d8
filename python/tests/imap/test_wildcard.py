"""Patterns of LIST, RFC 3501 section 6.3.8."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap.errors import CommandError
from gromox.imap.wildcard import MAX_WILDCARDS, Pattern


def reference(pattern: str, name: str) -> bool:
    rule = "".join(".*" if c == "*" else "[^/]*" if c == "%" else re.escape(c) for c in pattern)
    return re.fullmatch(rule, name, re.DOTALL) is not None


@given(st.text("ab/*%", max_size=8), st.text("ab/", max_size=8))
def test_as_the_words_say(pattern: str, name: str) -> None:
    assert Pattern(pattern).matches(name) == reference(pattern, name)


def test_inbox_matches_in_any_case() -> None:
    assert Pattern("inbox").matches("INBOX")
    assert Pattern("iNbox/%").matches("INBOX/a")
    assert not Pattern("inboxes").matches("INBOX")


def test_hostile_patterns_are_no_work() -> None:
    assert not Pattern("*a" * 25 + "b").matches("a" * 255)
    with pytest.raises(CommandError):
        Pattern("*a" * (MAX_WILDCARDS + 1))
