"""Forms of the few classes that are neither plain values nor made of declared fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias, cast

from gromox.base.errors import ParseError
from gromox.mapi.idset import IdSet
from gromox.mapi.message import InMemory, Octets, PropertyBag, PropertyKey
from gromox.mapi.propvalue import PropValue
from gromox.mapi.rangeset import RangeSet
from gromox.store.rpc.value import (
    PLAIN,
    Form,
    ValueReader,
    misfit,
    read_int,
    read_octets,
    write_count,
    write_int,
    write_octets,
)
from gromox.store.uidset import UidSet

FormOf: TypeAlias = Callable[[object], Form]


def _bag(form_of: FormOf) -> Form:
    """Return the form of a property bag: keys and values in their order."""
    inner = form_of(dict[PropertyKey, PropValue])

    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, PropertyBag):
            raise misfit(value, "a PropertyBag")
        inner.write(out, value)

    def read(r: ValueReader) -> object:
        return PropertyBag(cast("dict[PropertyKey, PropValue]", inner.read(r)))

    return Form(f"bag({inner.text})", write, read)


def _octets(_form_of: FormOf) -> Form:
    """Return the form of the content of an attachment; large ones have operations of their own."""

    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, InMemory) and not hasattr(value, "chunks"):
            raise misfit(value, "octets that can be gone through")
        write_octets(out, b"".join(value.chunks()))

    def read(r: ValueReader) -> object:
        return InMemory(read_octets(r))

    return Form("octets", write, read)


def _write_ranges(out: bytearray, ranges: list[tuple[int, int]]) -> None:
    write_count(out, len(ranges))
    for low, high in ranges:
        write_int(out, low)
        write_int(out, high)


def _read_ranges(r: ValueReader) -> list[tuple[int, int]]:
    return [(read_int(r), read_int(r)) for _ in range(r.count(2))]


def _ranges(_form_of: FormOf) -> Form:
    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, RangeSet):
            raise misfit(value, "a RangeSet")
        _write_ranges(out, list(value.ranges()))

    def read(r: ValueReader) -> object:
        at = r.offset
        try:
            return RangeSet(_read_ranges(r))
        except ValueError:
            raise ParseError("ranges of counters", at) from None

    return Form("ranges", write, read)


def _uids(_form_of: FormOf) -> Form:
    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, UidSet):
            raise misfit(value, "a UidSet")
        _write_ranges(out, list(value.ranges))

    def read(r: ValueReader) -> object:
        at = r.offset
        try:
            return UidSet(_read_ranges(r))
        except ValueError:
            raise ParseError("ranges of UIDs", at) from None

    return Form("uids", write, read)


def _id_set(form_of: FormOf) -> Form:
    """Return the form of an id set by GUID: replicas with their ranges."""
    ranges = _ranges(form_of)
    guid = PLAIN[_UUID]

    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, IdSet):
            raise misfit(value, "an IdSet")
        replicas = value.replicas()
        write_count(out, len(replicas))
        for replica in replicas:
            guid.write(out, replica)
            ranges.write(out, value.counters(replica))

    def read(r: ValueReader) -> object:
        return IdSet({guid.read(r): cast("RangeSet", ranges.read(r)) for _ in range(r.count(16))})

    return Form("idset", write, read)


_UUID: Final = next(kind for kind, form in PLAIN.items() if form.text == "guid")

#: The classes and what makes their form; the form of other types is asked of the argument.
CUSTOM: Final[dict[type, Callable[[FormOf], Form]]] = {
    PropertyBag: _bag,
    Octets: _octets,
    InMemory: _octets,
    RangeSet: _ranges,
    UidSet: _uids,
    IdSet: _id_set,
}
