"""The header by which a proxy says for whom it connects: PROXY protocol, version 2. Pure.

Spec:
    HAProxy, "The PROXY protocol", section 2.2 (binary header), 2.2.1 to 2.2.3 (addresses; TLVs are skipped).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from gromox.base.errors import ParseError

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
#: Octets up to the length of the rest.
HEAD: Final = 16
#: Octets of the rest that are taken: addresses and TLVs, of which a certificate's name is the longest.
LONGEST: Final = 4096
_VERSION: Final = 2
_LOCAL, _PROXY = 0, 1
_UNSPEC: Final = 0x00
_TCP4: Final = struct.Struct("!4s4sHH")
_TCP6: Final = struct.Struct("!16s16sHH")
_FAMILIES: Final = {0x11: (_TCP4, IPv4Address), 0x21: (_TCP6, IPv6Address)}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the connection to the proxy came from."""

    address: str
    port: int


def length_of(head: bytes) -> int:
    """Return how many octets follow the first :data:`HEAD`.

    Raises:
        ParseError: that is no such header, or it is too long.
    """
    if head[:12] != SIGNATURE:
        raise ParseError("the signature of a PROXY header")
    if head[12] >> 4 != _VERSION or head[12] & 15 not in (_LOCAL, _PROXY):
        raise ParseError("version 2 and a command", 12)
    length = int.from_bytes(head[14:16], "big")
    if length > LONGEST:
        raise ParseError(f"at most {LONGEST} octets", 14)
    return length


def source_of(head: bytes, rest: bytes) -> Source | None:
    """Return where the connection came from; None: from the proxy itself (LOCAL), or it does not say.

    Raises:
        ParseError: the addresses are cut short or of another kind.
    """
    if head[12] & 15 == _LOCAL:
        return None
    kind = head[13]
    if kind == _UNSPEC:
        return None
    if kind not in _FAMILIES:
        raise ParseError("TCP over IPv4 or IPv6", 13)
    form, address = _FAMILIES[kind]
    if len(rest) < form.size:
        raise ParseError(f"{form.size} octets of addresses", HEAD)
    source, _, port, _ = form.unpack_from(rest)
    found = address(source)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return Source(str(mapped or found), port)
