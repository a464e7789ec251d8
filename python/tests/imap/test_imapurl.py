"""URLs of messages, as RFC 5092 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.imap.fetchitems import Section, Text
from gromox.imap.imapurl import (
    MAX_URL,
    Access,
    Audience,
    MessageUrl,
    parse_authorized,
    parse_rump,
    parse_url,
)

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
    parse_rump(b"imap://a@x/INBOX/;UID=1" + text + b";URLAUTH=authuser")
    parse_authorized(b"imap://a@x/INBOX/;UID=1;URLAUTH=" + text + b":internal:" + b"0" * 32)


START = b"imap://joe@example.com/INBOX/;uid=20/;section=1.2"


@pytest.mark.parametrize(
    ("text", "access"),
    [
        (b";urlauth=submit+fred", Access(Audience.SUBMIT, "fred")),
        (b";URLAUTH=USER+fred%40example.com", Access(Audience.USER, "fred@example.com")),
        (b"/;URLAUTH=authuser", Access(Audience.AUTHUSER)),
        (b";expire=1970-01-01T01:00:00+01:00;urlauth=anonymous", Access(Audience.ANONYMOUS, "", 0.0)),
        (b";EXPIRE=1970-01-01t00:00:01.5z;URLAUTH=anonymous", Access(Audience.ANONYMOUS, "", 1.5)),
    ],
)
def test_who_may_use_it(text: bytes, access: Access) -> None:
    rump = parse_rump(START + text)
    assert rump is not None
    assert (rump.access, rump.owner, rump.octets) == (access, "joe", START + text)
    assert rump.url.section.path == (1, 2)


def test_a_signed_url_is_split_at_its_verifier() -> None:
    token = b"91354a473744909de610943775f92038"
    signed = parse_authorized(START + b";urlauth=submit+fred:Internal:" + token.upper())
    assert signed is not None
    assert signed.rump.octets == START + b";urlauth=submit+fred"
    assert (signed.mechanism, signed.token) == (b"INTERNAL", token)


@pytest.mark.parametrize(
    "text",
    [
        START,
        START + b";URLAUTH=",
        START + b";URLAUTH=fred",
        START + b";URLAUTH=user+",
        START + b";URLAUTH=user+a:b",
        START + b";URLAUTH=user+%zz",
        START + b";URLAUTH=user+\xff",
        START + b";URLAUTH=authuser:internal:00",
        START + b";EXPIRE=2025-02-30T00:00:00Z;URLAUTH=authuser",
        START + b";EXPIRE=2025-02-03;URLAUTH=authuser",
        b"imap://example.com/INBOX/;uid=20;urlauth=authuser",
        b"/INBOX/;uid=20;urlauth=authuser",
        b"imap://joe@example.com/INBOX;urlauth=authuser",
        b"imap://joe@example.com/INBOX/;uid=20/;section=" + b"1" * MAX_URL + b";urlauth=authuser",
    ],
)
def test_what_cannot_be_signed(text: bytes) -> None:
    assert parse_rump(text) is None
    assert parse_authorized(text + b":internal:" + b"0" * 66) is None


def test_a_token_has_an_end() -> None:
    assert parse_authorized(START + b";URLAUTH=authuser:internal:" + b"0" * 31) is None
    assert parse_authorized(START + b";URLAUTH=authuser:internal:" + b"0" * 257) is None
