"""Mails for the tests of the store."""

from __future__ import annotations

from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.model import NewMail


def octets(subject: str = "Hello", *, size: int = 0, extra: str = "", body: str = "A line of text.") -> bytes:
    head = (
        f"Date: Mon, 5 Jan 2026 10:20:30 +0100\r\nFrom: Zo\u00eb <zoe@example.net>\r\n"
        f"To: Alice <alice@example.test>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{len(subject)}.{size}@example.net>\r\n"
        f"{extra}\r\n{body}\r\n"
    ).encode()
    return head + b"x" * max(size - len(head), 0)


def mail(
    subject: str = "Hello", flags: Flag = NO_FLAGS, *keywords: str, size: int = 0, body: str = "text"
) -> NewMail:
    return NewMail(octets(subject, size=size, body=body), flags, frozenset(keywords))
