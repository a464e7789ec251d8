"""Sets of ids of several replicas: IDSET and CNSET of synchronisation state.

Spec:
    [MS-OXCFXICS] 2.2.2.4. Within one logon replicas go by REPLID, in what clients keep by REPLGUID;
    :meth:`IdSet.rekeyed` turns one into the other with the map of a store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi.globset import MAX_RANGES, decode_globset, encode_globset
from gromox.mapi.rangeset import RangeSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

#: Replicas in one set; a mailbox knows its own and those of the clients that made ids off line.
MAX_REPLICAS: Final = 4096

K = TypeVar("K")
L = TypeVar("L")


class IdSet(Generic[K]):
    """Counters by replica: of REPLID (``IdSet[int]``) or REPLGUID (``IdSet[UUID]``)."""

    __slots__ = ("_sets",)

    def __init__(self, sets: Mapping[K, RangeSet] | None = None) -> None:
        """Take the sets of some replicas; they become part of this one, empty ones do not."""
        self._sets: dict[K, RangeSet] = {key: counters for key, counters in (sets or {}).items() if counters}

    def __repr__(self) -> str:
        return f"IdSet({self._sets!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdSet) and self._sets == other._sets

    __hash__ = None  # type: ignore[assignment] # it can be changed

    def __bool__(self) -> bool:
        """Return whether there is anything in it."""
        return bool(self._sets)

    def __len__(self) -> int:
        """Return the number of ids."""
        return sum(map(len, self._sets.values()))

    def __iter__(self) -> Iterator[tuple[K, int]]:
        """Go through the ids: replicas in no order, counters ascending."""
        for key, counters in self._sets.items():
            for counter in counters:
                yield key, counter

    def __contains__(self, item: tuple[K, int]) -> bool:
        """Return whether an id (replica, counter) is in it."""
        counters = self._sets.get(item[0])
        return counters is not None and item[1] in counters

    def replicas(self) -> tuple[K, ...]:
        """Return the replicas that have ids in it."""
        return tuple(self._sets)

    def counters(self, replica: K) -> RangeSet:
        """Return a copy of the counters of one replica."""
        counters = self._sets.get(replica)
        return RangeSet() if counters is None else counters.copy()

    def copy(self) -> IdSet[K]:
        """Return a set of its own."""
        return IdSet({key: counters.copy() for key, counters in self._sets.items()})

    def add(self, replica: K, low: int, high: int | None = None) -> None:
        """Add an id or a range of them; raises ValueError if it is none."""
        counters = self._sets.get(replica)
        if counters is None:
            self._sets[replica] = RangeSet([(low, low if high is None else high)])
        else:
            counters.add(low, high)

    def remove(self, replica: K, low: int, high: int | None = None) -> None:
        """Remove an id or a range of them, as far as they are there."""
        counters = self._sets.get(replica)
        if counters is not None:
            counters.remove(low, high)
            if not counters:
                del self._sets[replica]

    def __or__(self, other: IdSet[K]) -> IdSet[K]:
        """Return what is in either."""
        keys = dict.fromkeys([*self._sets, *other._sets])
        return IdSet({key: self._held(key) | other._held(key) for key in keys})

    def __and__(self, other: IdSet[K]) -> IdSet[K]:
        """Return what is in both."""
        return IdSet({key: counters & other._held(key) for key, counters in self._sets.items()})

    def __sub__(self, other: IdSet[K]) -> IdSet[K]:
        """Return what is in this one only."""
        return IdSet({key: counters - other._held(key) for key, counters in self._sets.items()})

    def issubset(self, other: IdSet[K]) -> bool:
        """Return whether all of it is in ``other``."""
        return all(counters.issubset(other._held(key)) for key, counters in self._sets.items())

    def rekeyed(self, name: Callable[[K], L]) -> IdSet[L]:
        """Return the same ids by other names of their replicas.

        Raises:
            whatever ``name`` does for a replica it does not know.
        """
        made: IdSet[L] = IdSet()
        for key, counters in self._sets.items():
            renamed = name(key)
            made._sets[renamed] = made._held(renamed) | counters
        return made

    def _held(self, key: K) -> RangeSet:
        return self._sets.get(key) or RangeSet()


def replid_idset_from_octets(octets: bytes) -> IdSet[int]:
    """Read a set by REPLID.

    Spec: [MS-OXCFXICS] 2.2.2.4.1
    Raises:
        ParseError: it does not follow the layout or exceeds a bound.
    """
    return _decode(octets, Reader.u16)


def replguid_idset_from_octets(octets: bytes) -> IdSet[UUID]:
    """Read a set by REPLGUID.

    Spec: [MS-OXCFXICS] 2.2.2.4.2
    Raises:
        ParseError: it does not follow the layout or exceeds a bound.
    """
    return _decode(octets, Reader.guid)


def replid_idset_octets(ids: IdSet[int]) -> bytes:
    """Return the octets of a set by REPLID, ascending; raises OverflowError if one does not have 16 bits."""
    parts = (key.to_bytes(2, "little") + encode_globset(ids.counters(key)) for key in sorted(ids.replicas()))
    return b"".join(parts)


def replguid_idset_octets(ids: IdSet[UUID]) -> bytes:
    """Return the octets of a set by REPLGUID, ascending by their octets."""
    keys = sorted(ids.replicas(), key=lambda guid: guid.bytes_le)
    return b"".join(key.bytes_le + encode_globset(ids.counters(key)) for key in keys)


def _decode(octets: bytes, read_key: Callable[[Reader], K]) -> IdSet[K]:
    r = Reader(octets)
    sets: dict[K, RangeSet] = {}
    ranges = 0
    while r.remaining:
        at = r.offset
        key = read_key(r)
        counters = decode_globset(r)
        ranges += counters.range_count
        held = sets.get(key)
        sets[key] = counters if held is None else held | counters
        if len(sets) > MAX_REPLICAS or ranges > MAX_RANGES:
            raise ParseError(f"at most {MAX_REPLICAS} replicas and {MAX_RANGES} ranges", at)
    return IdSet(sets)
