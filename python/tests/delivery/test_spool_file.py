"""The text header of spool files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.delivery.spool_file import (
    MAGIC,
    Envelope,
    Recipient,
    State,
    encode_header,
    encode_size,
    encode_status,
    parse_header,
    size_offset,
)

WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf", "Co", "Cn")), min_size=1
)
ENVELOPE = Envelope(
    mail_id="0643a1f7c2e0d4-9f86d081",
    sender="bob@example.com",
    recipients=(Recipient("alice@example.test"), Recipient("carol@example.test", State.DELIVERED)),
    arrival=1_760_000_000.25,
    client="192.0.2.7 (mx.example.net)",
    protocol="LMTP",
    options=("SMTPUTF8",),
    origin="0643a1f7c2e0d4-9f86d081",
    size=10240,
    tries=2,
    next_try=1_760_000_180.0,
    last_error="451 4.3.0 the user database is not available",
)


def test_the_header_is_text_an_operator_can_read() -> None:
    lines = encode_header(ENVELOPE).decode().split("\n")

    assert lines[0] == "Gromox-Spool: 1"
    assert "Sender: bob@example.com" in lines
    assert "Recipient: P alice@example.test" in lines
    assert "Recipient: D carol@example.test" in lines
    assert lines[-2:] == ["", ""]


@given(
    st.builds(
        Envelope,
        mail_id=st.from_regex(r"[0-9a-f]{14}-[0-9a-f]{8}", fullmatch=True),
        sender=WORDS | st.just(""),
        recipients=st.lists(st.builds(Recipient, WORDS, st.sampled_from(State)), max_size=5).map(tuple),
        arrival=st.integers(0, 2**33).map(lambda n: n / 4),
        client=WORDS,
        protocol=st.sampled_from(["LMTP", "ESMTPS"]),
        options=st.lists(st.sampled_from(["SMTPUTF8", "8BITMIME"]), unique=True).map(tuple),
        origin=st.from_regex(r"[0-9a-f]{14}-[0-9a-f]{8}", fullmatch=True),
        size=st.integers(0, 2**36),
        tries=st.integers(0, 999),
        next_try=st.integers(0, 2**34).map(float),
        last_error=st.text("abc 451.:", max_size=150).map(str.strip),
    )
)
def test_what_is_written_is_read_back(envelope: Envelope) -> None:
    header = parse_header(encode_header(envelope) + b"Subject: x\r\n\r\n")

    assert header.envelope == envelope
    assert header.length == len(encode_header(envelope))


def test_what_changes_has_a_fixed_place() -> None:
    octets = bytearray(encode_header(ENVELOPE))
    header = parse_header(bytes(octets))
    changed = replace(ENVELOPE, tries=30, next_try=9e9, last_error="ä" * 300, size=7)
    for at, new in (
        (header.status_at, encode_status(changed)),
        (size_offset(ENVELOPE), encode_size(7)),
        (header.state_at[0], b"B"),
    ):
        octets[at : at + len(new)] = new
    read = parse_header(bytes(octets)).envelope

    assert (read.tries, read.next_try, read.size) == (30, 9e9, 7)
    assert read.last_error == "ä" * 100
    assert read.recipients == (Recipient("alice@example.test", State.BOUNCED), ENVELOPE.recipients[1])
    assert len(octets) == len(encode_header(ENVELOPE))


def test_a_line_break_in_a_field_cannot_add_one() -> None:
    header = parse_header(encode_header(replace(ENVELOPE, client="x\nRecipient: P mallory@example.test")))

    assert len(header.envelope.recipients) == 2


@pytest.mark.parametrize("size", range(0, len(encode_header(ENVELOPE)), 7))
def test_a_header_that_was_cut_off_is_refused(size: int) -> None:
    with pytest.raises(ParseError):
        parse_header(encode_header(ENVELOPE)[:size])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Gromox-Spool: 1", b"Gromox-Spool: 2"),
        (b"Id: 06", b"Id: /6"),
        (b"Size: 0", b"Size: x"),
        (b"Status: 0", b"Status: "),
        (b"Recipient: P", b"Recipient: X"),
        (b"Recipient: P a", b"Recipient: P \xff"),
        (b"Sender: ", b"Sender; "),
        (b"Arrival: ", b"Arrivel: "),
        (b"Client: 1", b"Client: \xff"),
    ],
)
def test_a_damaged_header_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(ParseError):
        parse_header(encode_header(ENVELOPE).replace(old, new))


@given(st.binary(max_size=400))
def test_any_octets_are_a_header_or_an_error(octets: bytes) -> None:
    with pytest.raises(ParseError):
        parse_header(MAGIC + octets)
