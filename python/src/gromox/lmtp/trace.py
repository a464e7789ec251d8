"""The Received field that every mail gets here, and the count of those it has already."""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Final

#: Octets of header that are searched for Received fields.
_MAX_HEADER: Final = 256 << 10
_RECEIVED: Final = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def protocol_name(*, lmtp: bool, extended: bool, tls: bool, utf8: bool) -> str:
    """Return the value of ``with``: RFC 3848, and RFC 6531 4.3 for the UTF8 forms."""
    name = "LMTP" if lmtp else "ESMTP" if extended else "SMTP"
    if utf8:
        name = "UTF8LMTP" if lmtp else "UTF8SMTP"
    return name + "S" if tls and (extended or lmtp) else name


def literal(address: str) -> str:
    """Return an address literal, RFC 5321 4.1.3."""
    plain = address.removeprefix("::ffff:")
    return f"[IPv6:{address}]" if ":" in plain else f"[{plain}]"


def received(
    *, hello: str, address: str, host: str, protocol: str, mail_id: str, recipient: str, time: float
) -> bytes:
    """Return a Received field, RFC 5321 4.4; ``recipient`` is named only when it is the only one."""
    purpose = f"\r\n\tfor <{recipient}>" if recipient else ""
    return (
        f"Received: from {hello} ({literal(address)})\r\n"
        f"\tby {host} with {protocol} id {mail_id}{purpose};\r\n"
        f"\t{formatdate(time)}\r\n"
    ).encode("utf-8", "replace")


class HopCounter:
    """Counts the Received fields of a mail that comes in pieces."""

    __slots__ = ("_head", "count")

    def __init__(self) -> None:
        """Begin with nothing."""
        self._head: bytes | None = b""
        self.count = 0

    def feed(self, octets: bytes) -> None:
        """Look at the next piece."""
        if self._head is None or not octets:
            return
        head = self._head + octets if self._head else octets
        end = head.find(b"\r\n\r\n")
        if end >= 0 or len(head) > _MAX_HEADER:
            self.count = len(_RECEIVED.findall(head[: end if end >= 0 else _MAX_HEADER]))
            self._head = None
        else:
            self._head = head

    def finish(self) -> int:
        """Return the number, also of a mail that is nothing but a header."""
        if self._head is not None:
            self.count = len(_RECEIVED.findall(self._head))
            self._head = None
        return self.count
