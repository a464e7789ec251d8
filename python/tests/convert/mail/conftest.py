"""What the tests of mail share: the corpus, values to compare, and a checker of what is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from gromox.convert.mail import BodyMode, Options, message_from_mail, octets_from_message
from gromox.mapi import tags
from gromox.mapi.message import Message

CORPUS: Final = sorted((Path(__file__).parents[2] / "mime" / "corpus").glob("*.eml"))
STORED: Final = Options(body=BodyMode.STORED, with_bcc=True)


def described(message: Message) -> object:
    """All of a message as values; bodies without their last line breaks, no raw header."""
    values = dict(message.properties)
    values.pop(tags.PidTagTransportMessageHeaders, None)
    text, html = values.get(tags.PidTagBody), values.get(tags.PidTagHtml)
    if isinstance(text, str):
        values[tags.PidTagBody] = text.rstrip("\r\n")
    if isinstance(html, bytes):
        values[tags.PidTagHtml] = html.rstrip(b"\r\n")
    return (
        values,
        [dict(each.properties) for each in message.recipients],
        [
            (
                dict(each.properties),
                None if each.data is None else b"".join(each.data.chunks()),
                None if each.embedded is None else described(each.embedded),
            )
            for each in message.attachments
        ],
    )


def check_lines(octets: bytes) -> None:
    """See that transports take it: CRLF only, no NUL, no line too long."""
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    assert b"\0" not in octets
    assert max(map(len, octets.split(b"\r\n"))) <= 998


def is_opaque(message: Message) -> bool:
    """Whether octets of others are part of what is written."""
    text = message.properties.text(tags.PidTagMessageClass)
    return "SMIME" in text or any(
        each.properties.text(tags.PidTagAttachMimeTag).startswith("message/")
        and (each.embedded is None or is_opaque(each.embedded))
        for each in message.attachments
    )


def check(octets: bytes) -> Message:
    """Read, write, read and write again; return what was read first."""
    first = message_from_mail(octets)
    written = octets_from_message(first, options=STORED)
    second = message_from_mail(written)
    again = octets_from_message(second, options=STORED)
    assert again == written
    assert octets_from_message(first) == octets_from_message(first)
    if not is_opaque(first):
        check_lines(written)
    return first


@pytest.fixture(scope="session")
def corpus() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in CORPUS}


@pytest.fixture(scope="session")
def checked() -> Callable[[bytes], Message]:
    """Read a mail and see that it is a fixed point after it was written once."""
    return check


@pytest.fixture(scope="session")
def describe() -> Callable[[Message], object]:
    return described
