"""Modified UTF-7, RFC 3501 section 5.1.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.imap import mutf7


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        # The example of RFC 3501 5.1.3.
        ("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Entw\u00fcrfe", b"Entw&APw-rfe"),
        ("a&b", b"a&-b"),
        ("&&", b"&-&-"),
        ("\U0001f600", b"&2D3eAA-"),
        ("", b""),
    ],
)
def test_examples(name: str, octets: bytes) -> None:
    assert mutf7.encode(name) == octets
    assert mutf7.decode(octets) == name


@pytest.mark.parametrize(
    "octets",
    [
        b"&",
        b"a&APw",
        b"&AGE-",  # "a" has to stand for itself
        b"&U,BTFw-&ZeVnLIqe-",  # RFC 3501: superfluous shift
        b"&Jjo!-",
        b"&Jj/-",
        b"&2D0-",  # half a surrogate pair
        b"&AP-",
        b"&APx-",
        b"\xc3\xa4",
        b"a\tb",
    ],
)
def test_what_is_not_in_the_one_permitted_form_is_refused(octets: bytes) -> None:
    with pytest.raises(ParseError):
        mutf7.decode(octets)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read_back(name: str) -> None:
    octets = mutf7.encode(name)

    assert octets.isascii()
    assert mutf7.decode(octets) == name


@given(st.binary(max_size=40))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    try:
        name = mutf7.decode(octets)
    except ParseError:
        return
    assert mutf7.encode(name) == octets
