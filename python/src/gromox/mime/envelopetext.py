"""Addresses out of an ENVELOPE that stands ready: the first one of a field, without parsing the mail again.

Spec: RFC 3501 section 9, envelope and address.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple


class AddressField(IntEnum):
    """The address lists of an envelope, in their order behind date and subject."""

    FROM = 0
    SENDER = 1
    REPLY_TO = 2
    TO = 3
    CC = 4
    BCC = 5


class FirstAddress(NamedTuple):
    """addr-name (as in the mail), addr-mailbox and addr-host of an address; None for NIL."""

    name: bytes | None
    mailbox: bytes | None
    host: bytes | None


_NSTRING: Final = re.compile(rb'NIL|"((?:[^"\\]++|\\.)*+)"|\{([0-9]{1,10})\}\r\n', re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\(.)", re.DOTALL)


def first_address(envelope: bytes, field: AddressField) -> FirstAddress | None:
    """Return the first address of a field; None: the list is NIL, or the text is no envelope."""
    at = 1
    for _ in range(2):
        read = _nstring(envelope, at)
        if read is None:
            return None
        at = read[1] + 1
    for _ in range(field):
        after = _behind_list(envelope, at)
        if after is None:
            return None
        at = after + 1
    return None if envelope[at : at + 2] != b"((" else _address(envelope, at + 2)


def _nstring(text: bytes, at: int) -> tuple[bytes | None, int] | None:
    """Return an nstring and where it ends."""
    match = _NSTRING.match(text, at)
    if match is None:
        return None
    if match[1] is not None:
        quoted = match[1]
        return (_ESCAPE.sub(rb"\1", quoted) if b"\\" in quoted else quoted), match.end()
    if match[2] is not None:
        end = match.end() + int(match[2])
        return text[match.end() : end], end
    return None, match.end()


def _address(text: bytes, at: int) -> FirstAddress | None:
    values: list[bytes | None] = []
    for _ in range(4):
        read = _nstring(text, at)
        if read is None:
            return None
        values.append(read[0])
        at = read[1] + 1
    return FirstAddress(values[0], values[2], values[3])


def _behind_list(text: bytes, at: int) -> int | None:
    """Return where an address list ends."""
    if text.startswith(b"NIL", at):
        return at + 3
    if text[at : at + 1] != b"(":
        return None
    at += 1
    while text[at : at + 1] == b"(":
        at += 1
        for _ in range(4):
            read = _nstring(text, at)
            if read is None:
                return None
            at = read[1] + 1
    return at + 1 if text[at : at + 1] == b")" else None
