"""What is derived from a scanned message."""

from __future__ import annotations

import pytest

from gromox.mime import Message, scan


PAGE = "Content-Type: text/html\n\n<b>page"
TEXT = "\ntext"
IMAGE = "Content-Type: image/png\nContent-ID: <1>\n\nx"


def multipart(subtype: str, *parts: str) -> Message:
    head = f"Content-Type: multipart/{subtype}; boundary=b\n\n"
    return scan((head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode())


@pytest.mark.parametrize(
    ("message", "has"),
    [
        (scan(b""), False),
        (scan(b"Content-Type: application/pdf\n\nx"), True),
        (scan(b"Content-Type: text/calendar\n\nx"), False),
        (multipart("mixed", TEXT), False),
        (multipart("mixed", TEXT, "Content-Type: application/pdf\n\nx"), True),
        (multipart("mixed", TEXT, "Content-Disposition: attachment\n\nx"), True),
        (multipart("mixed", TEXT, "Content-Type: text/csv; name=x.csv\n\nx"), True),
        (multipart("mixed", "Content-Disposition: inline; filename=x.txt\n\nx"), False),
        (multipart("mixed", TEXT, "Content-Type: message/rfc822\n\nSubject: x\n\n"), True),
        (multipart("mixed", IMAGE), True),
        (multipart("related", "Content-Type: text/html\n\nx", IMAGE), False),
        (
            multipart("related", PAGE, "Content-Disposition: attachment\n" + IMAGE),
            True,
        ),
        (multipart("signed", TEXT, "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nx"), False),
        (
            multipart(
                "signed",
                TEXT,
                "Content-Type: application/pgp-signature\nContent-Disposition: attachment\n\nx",
            ),
            False,
        ),
        (
            multipart(
                "report",
                TEXT,
                "Content-Type: message/delivery-status\n\n",
                "Content-Type: message/rfc822\n\n\n",
            ),
            False,
        ),
    ],
)
def test_what_an_attachment_is(message: Message, has: bool) -> None:
    assert message.has_attachment is has


@pytest.mark.parametrize(
    ("message", "preview"),
    [
        (scan(b""), ""),
        (scan(b"\n  two\n\n words\n"), "two words"),
        (scan(b"\n" + b"x" * 500), "x" * 200),
        (scan(b"Content-Type: text/html\n\n<style>x</style><p>a<p>b"), "a b"),
        (scan(b"Content-Type: image/png\n\nx"), ""),
        (
            multipart("alternative", PAGE, "Content-Type: text/plain\n\nplain"),
            "plain",
        ),
        (multipart("alternative", "\n", PAGE), "page"),
        (multipart("mixed", "Content-Disposition: attachment\n\nfile", "Content-Type: text/x-y\n\nz"), ""),
        (multipart("mixed", "Content-Disposition: attachment\n\nfile", TEXT), "text"),
    ],
)
def test_previews(message: Message, preview: str) -> None:
    assert message.preview() == preview


def test_values_of_the_header() -> None:
    message = scan(
        b"From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nTo: a@example.org,\n\tb@example.org\n"
        b"Cc: c@example.org\n"
        b"Bcc: d@example.org\nSubject: Re: =?iso-8859-1?q?=E4?=\n  folded\nMessage-ID: junk <1@x> junk\n"
        b"References: <0@x>\n <00@x>\nIn-Reply-To: <00@x>\nDate: 1 Jan 1970 01:00:01 +0100\n\nbody"
    )

    assert message.search_text == (
        "J\u00fcrgen <j@example.org>",
        "a@example.org, b@example.org",
        "c@example.org",
        "d@example.org",
        "Re: \u00e4 folded",
    )
    assert message.subject == "Re: \u00e4 folded"
    assert message.message_id == "<1@x>"
    assert message.references == ("<0@x>", "<00@x>")
    assert message.date == (1, 60)
    assert message.size == len(message.octets)
    assert message.header + b"body" == message.octets
    assert message.envelope() is message.envelope()


def test_values_of_an_empty_header() -> None:
    message = scan(b"Message-ID: no brackets\nIn-Reply-To: <1@x>\n\n")

    assert message.message_id == "no brackets"
    assert message.references == ("<1@x>",)
    assert message.date is None
    assert scan(b"").references == ()
    assert scan(b"").message_id == ""


def test_fields_that_lists_show_are_kept() -> None:
    root = scan(b"Importance: High\nX-Priority: 1 (Highest)\nPriority: urgent\nSensitivity: Private\n\n").root

    assert root.text(b"importance") == b"High"
    assert root.text(b"x-priority") == b"1 (Highest)"
    assert root.text(b"priority") == b"urgent"
    assert root.text(b"sensitivity") == b"Private"
