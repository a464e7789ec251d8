"""What delivery reads from, and puts before, the header of a mail."""

from __future__ import annotations

import re
from typing import Final

from gromox.mime.header import iter_fields

#: A mail that passed through more systems goes round in a loop; the intake has a setting with a lower limit.
MAX_RECEIVED: Final = 100
#: Octets of header that are looked at.
_MAX_HEADER: Final = 256 << 10
_RECEIVED: Final = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def header_of(mail: bytes) -> bytes:
    """Return the header of a mail, at most 256 KiB of it."""
    ends = [
        end
        for end in (mail.find(b"\r\n\r\n", 0, _MAX_HEADER), mail.find(b"\n\n", 0, _MAX_HEADER))
        if end >= 0
    ]
    return mail[: min(ends, default=_MAX_HEADER) + 1]


def received_count(header: bytes) -> int:
    """Return through how many systems a mail came."""
    return len(_RECEIVED.findall(header))


def values(header: bytes, name: bytes) -> list[str]:
    """Return the values of all fields of that (lower-case) name."""
    return [
        field.value.decode("utf-8", "replace").strip()
        for field in iter_fields(header)
        if field.name.lower() == name
    ]


def is_automatic(header: bytes) -> bool:
    """Tell whether a program wrote the mail, which is then not told of failures. RFC 3834 5.1."""
    stated = (value.partition(";")[0].strip().lower() for value in values(header, b"auto-submitted"))
    return any(value not in ("", "no") for value in stated)


def trace(sender: str, recipient: str) -> bytes:
    """Return what final delivery puts before a mail: the reverse-path (RFC 5321 4.4) and whom it was for."""
    return f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode("utf-8", "replace")
