"""Errors on their way to the caller: which StoreError, and what it says."""

from __future__ import annotations

from typing import Final

from gromox.base.errors import ParseError
from gromox.store import errors
from gromox.store.errors import StoreError
from gromox.store.rpc.value import PLAIN, ValueReader

_TEXT: Final = PLAIN[str]
_MAX_TEXT: Final = 1000


def _all_below(kind: type[StoreError]) -> list[type[StoreError]]:
    return [kind, *[each for below in kind.__subclasses__() for each in _all_below(below)]]


def classes() -> dict[str, type[StoreError]]:
    """Return all classes of refusals by name."""
    return {kind.__name__: kind for kind in _all_below(StoreError)}


def pack_fault(error: StoreError) -> bytearray:
    """Return the octets of an error: the names of its class and of those above it, and its text."""
    out = bytearray()
    names = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, StoreError)]
    _TEXT.write(out, " ".join(names))
    _TEXT.write(out, str(error)[:_MAX_TEXT])
    return out


def unpack_fault(octets: bytes) -> StoreError:
    """Return the error; of a class that is not known here, the nearest one above it."""
    r = ValueReader(octets)
    try:
        names, text = str(_TEXT.read(r)), str(_TEXT.read(r))
    except ParseError:
        return errors.IncompatibleError("the server's error cannot be read")
    known = classes()
    kind = next((known[name] for name in names.split() if name in known), StoreError)
    return kind(text)
