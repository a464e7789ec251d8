"""URLs of messages, as RFC 5092 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap.fetchitems import Section, Text
from gromox.imap.imapurl import MAX_URL, MessageUrl, parse_url

WHOLE = Section(b"BODY[]", peek=True)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (b"/INBOX/;UID=20", MessageUrl("INBOX", 20, WHOLE)),
        (b"/inbox;uidvalidity=785799047/;uid=20", MessageUrl("INBOX", 20, WHOLE, 785799047)),
        (b";UID=20", MessageUrl("", 20, WHOLE)),
        (b"/;UID=20", MessageUrl("", 20, WHOLE)),
        (
            b"/Drafts/;UID=20/;section=1.2.MIME",
            MessageUrl("Drafts", 20, Section(b"BODY[1.2.MIME]", (1, 2), Text.MIME, peek=True)),
        ),
        (
            b"imap://minbari.example.org/gray-council;UIDVALIDITY=385759045/;UID=20/;PARTIAL=0.1024",
            MessageUrl(
                "gray-council",
                20,
                Section(b"BODY[]", partial=(0, 1024), peek=True),
                385759045,
                "minbari.example.org",
            ),
        ),
        (
            b"imap://joe;AUTH=*@example.com:1143/a/b%20%C3%A4/;uid=1",
            MessageUrl("a/b \xe4", 1, WHOLE, None, "example.com", 1143, "joe"),
        ),
    ],
)
def test_what_is_written_is_read(text: bytes, url: MessageUrl) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"/INBOX",
        b"/INBOX/;UID=0",
        b"/INBOX/;UID=4294967296",
        b"/INBOX/;UID=1/;SECTION=BOGUS",
        b"/INBOX/;UID=1/;SECTION=",
        b"/INBOX/;UID=1/;PARTIAL=x",
        b"/a%/;UID=1",
        b"/%ff/;UID=1",
        b"imap://host",
        b"imap://host/;UID=1",
        b"http://host/INBOX/;UID=1",
        "/\xe4/;UID=1".encode(),
        b"/" + b"a" * MAX_URL + b"/;UID=1",
    ],
)
def test_what_is_no_url_of_a_message(text: bytes) -> None:
    assert parse_url(text) is None


@given(st.binary(max_size=80))
def test_nothing_is_raised(text: bytes) -> None:
    parse_url(b"/INBOX" + text)
    parse_url(b"imap://" + text)
    parse_url(b"/INBOX/;UID=1/;SECTION=" + text)
