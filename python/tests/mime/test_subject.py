"""Base subjects and prefixes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.subject import base_subject, split_subject


@pytest.mark.parametrize(
    ("subject", "base", "marked"),
    [
        ("", "", False),
        ("plain", "plain", False),
        ("  a \t b\r\n c ", "a b c", False),
        ("Re: a", "a", True),
        ("RE : a", "a", True),
        ("Re[2]: a", "a", True),
        ("re [x] : a", "a", True),
        ("Fw: a", "a", True),
        ("Fwd: re: FW: a", "a", True),
        ("a (fwd) (FWD)", "a", True),
        ("[list] a", "a", False),
        ("[list] Re: a", "a", True),
        ("[x] [y] re: [z] a", "a", True),
        ("[only]", "[only]", False),
        ("[a] [b]", "[b]", False),
        ("re: [b]", "[b]", True),
        ("[fwd: a]", "a", True),
        ("[Fwd: re: [x] a (fwd)]", "a", True),
        ("[fwd: a", "[fwd: a", False),
        ("[fwd:", "[fwd:", False),
        ("[fwd: [fwd: a]]", "a", True),
        ("(fwd)", "", True),
        ("re:", "", True),
        ("reply: a", "reply: a", False),
        ("[a[b] c", "[a[b] c", False),
    ],
)
def test_base_subjects(subject: str, base: str, marked: bool) -> None:
    assert base_subject(subject) == (base, marked)


@given(st.text("[]refwd: ()x", max_size=40))
def test_a_base_subject_is_its_own(subject: str) -> None:
    base, _ = base_subject(subject)

    assert base_subject(base)[0] == base


@pytest.mark.parametrize(
    ("subject", "prefix", "rest"),
    [
        ("Re: a", "Re: ", "a"),
        ("AW: Re: a", "AW: ", "Re: a"),
        ("\u0397: a", "\u0397: ", "a"),
        ("Re:a", "", "Re:a"),
        ("R2: a", "", "R2: a"),
        ("long: a", "", "long: a"),
        (": a", "", ": a"),
        ("", "", ""),
    ],
)
def test_prefixes(subject: str, prefix: str, rest: str) -> None:
    assert split_subject(subject) == (prefix, rest)
