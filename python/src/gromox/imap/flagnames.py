r"""Flags on the wire and in the store: system flags have bits, everything else is a keyword."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError
from gromox.store.flags import SYSTEM_NAMES, Flag

if TYPE_CHECKING:
    from collections.abc import Iterable

_BITS: Final[dict[bytes, Flag]] = {name.upper(): flag for flag, name in SYSTEM_NAMES.items()}


def split_flags(names: Iterable[bytes]) -> tuple[Flag, frozenset[str]]:
    r"""Return the bits and the keywords of flags as a client wrote them.

    Spec:
        RFC 3501 2.3.2: ``\Recent`` cannot be altered by the client, so it is left out; system flags that we
        do not know are an error.

    Raises:
        BadCommandError: an unknown system flag.
    """
    bits = Flag(0)
    keywords: set[str] = set()
    for name in names:
        upper = name.upper()
        if upper in _BITS:
            bits |= _BITS[upper]
        elif not name.startswith(b"\\"):
            keywords.add(name.decode("ascii"))
        elif upper != rb"\RECENT":
            raise BadCommandError("no such system flag")
    return bits, frozenset(keywords)


def bit_of(name: bytes) -> Flag | None:
    """Return the bit of a flag; None for a keyword."""
    return _BITS.get(name.upper())
