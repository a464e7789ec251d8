"""How much of a message is looked at; what lies beyond is one opaque part or is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one scan.

    The defaults lie far above what mail programs produce; they keep the work and the answers of a hostile
    message small.
    """

    depth: int = 100  #: nested multiparts and messages
    parts: int = 10_000  #: entities in one message
    header_octets: int = 1 << 20  #: octets of one header block in which fields are looked for
    fields: int = 10_000  #: fields of one header block
    value_octets: int = 1 << 16  #: octets of one Content-Type or Content-Disposition
    parameters: int = 100  #: parameters of one such field
    addresses: int = 10_000  #: addresses of one field


DEFAULT: Final = Limits()
