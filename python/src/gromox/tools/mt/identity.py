"""Numbers of objects that are the same in every run over the same source, for who goes on after a break."""

from __future__ import annotations

import hashlib

_FIRST: int = 1 << 32  #: built-in folders and nodes of PST files lie below
_MASK: int = (1 << 63) - 1


def stable_id(*parts: object) -> int:
    """Return a number of 63 bits that follows from texts and numbers."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode("utf-8", "surrogateescape"), digest_size=8)
    return int.from_bytes(digest.digest(), "little") & _MASK | _FIRST
