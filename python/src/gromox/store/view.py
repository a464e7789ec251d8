"""Immutable snapshots of folders, shared by all sessions of a process, and what differs between two."""

from __future__ import annotations

import weakref
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from gromox.store.block import packed_modseqs, zeros
from gromox.store.flags import Flag, FlagOperation, count_table, translation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from gromox.store.block import Block
    from gromox.store.flags import FlagChange
    from gromox.store.keyword import KeywordSets
    from gromox.store.uidset import UidSet

_UNSEEN: Final = count_table(Flag.SEEN, 0)
_STRETCH: Final = 64
"""Messages whose modseqs are compared at once."""
_CACHED_CHANGES: Final = 8
_MOST_SAID: Final = 4
_MAX_SAID: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class ViewChange:
    """What a session that knows the old view has to be told to know the new one."""

    vanished_uids: Sequence[int]
    """Ascending."""
    vanished_seqs: Sequence[int]
    """Their sequence numbers in the old view, ascending.

    Announce them from the end, or lower each by its place.
    """
    changed_uids: Sequence[int]
    """Messages of both views whose flags, keywords or modseq differ, ascending."""
    appended_uids: Sequence[int]
    """Ascending."""

    def __bool__(self) -> bool:
        """Tell whether there is anything to tell."""
        return bool(self.vanished_uids or self.changed_uids or self.appended_uids)


NO_CHANGE: Final = ViewChange((), (), (), ())


class FolderView:
    """The messages of a folder at one moment: sequence numbers, UIDs, flags, modseqs."""

    __slots__ = (
        "__weakref__",
        "_changes",
        "_first_uids",
        "_keyword_names",
        "_said",
        "_unseen_first",
        "blocks",
        "first_seqs",
        "folder_id",
        "highest_modseq",
        "sets",
        "total",
        "uid_next",
        "uid_validity",
        "unseen",
    )

    blocks: tuple[Block, ...]
    first_seqs: Sequence[int]
    """The sequence number of each block's first message, and one past the end."""
    unseen: int
    r"""How many messages lack ``\Seen``."""

    def __init__(
        self,
        folder_id: int,
        uid_validity: int,
        uid_next: int,
        highest_modseq: int,
        blocks: tuple[Block, ...],
        sets: KeywordSets,
    ) -> None:
        """Take the blocks in UID order."""
        self.folder_id = folder_id
        self.uid_validity = uid_validity
        self.uid_next = uid_next
        self.highest_modseq = highest_modseq
        self.blocks = blocks
        self.sets = sets
        self.first_seqs = list(accumulate([len(block.flags) for block in blocks], initial=1))
        self.total = self.first_seqs[-1] - 1
        self.unseen = sum([block.unseen for block in blocks])
        self._first_uids = [block.first_uid for block in blocks]
        self._unseen_first = -1
        self._keyword_names: tuple[str, ...] | None = None
        self._changes: dict[int, tuple[weakref.ref[FolderView], ViewChange]] = {}
        self._said: dict[object, bytes] = {}

    def said(self, question: object, answer: Callable[[], bytes]) -> bytes:
        """Return an answer that follows from this view alone; the last few are kept for who asks the same."""
        octets = self._said.get(question)
        if octets is None:
            octets = answer()
            if len(octets) <= _MAX_SAID:
                if len(self._said) >= _MOST_SAID:
                    del self._said[next(iter(self._said))]
                self._said[question] = octets
        return octets

    @property
    def unseen_first(self) -> int | None:
        r"""Return the sequence number of the first message without ``\Seen``."""
        if not self.unseen:
            return None
        if self._unseen_first < 0:
            for first_seq, block in zip(self.first_seqs, self.blocks, strict=False):
                if block.unseen:
                    self._unseen_first = first_seq + block.flags.translate(_UNSEEN).index(1)
                    break
        return self._unseen_first

    @property
    def keyword_names(self) -> tuple[str, ...]:
        """Return the keywords in use in the folder, sorted."""
        if self._keyword_names is None:
            used: set[int] = set()
            for block in self.blocks:
                if block.keyword_sets:
                    used.update(block.keyword_sets)
            self._keyword_names = tuple(sorted({name for number in used for name in self.sets.names(number)}))
        return self._keyword_names

    def place_of_seq(self, seq: int) -> tuple[Block, int]:
        """Return the block and the place in it of a sequence number. Raises IndexError beyond the end."""
        if not 1 <= seq <= self.total:
            raise IndexError(seq)
        at = bisect_right(self.first_seqs, seq) - 1
        return self.blocks[at], seq - self.first_seqs[at]

    def place_of_uid(self, uid: int) -> tuple[Block, int, int] | None:
        """Return the block, the place in it and the sequence number of a UID, or None."""
        at = bisect_right(self._first_uids, uid) - 1
        if at < 0:
            return None
        block = self.blocks[at]
        index = block.index_of(uid)
        return None if index < 0 else (block, index, self.first_seqs[at] + index)

    def uid_at(self, seq: int) -> int:
        """Return the UID of a sequence number. Raises IndexError beyond the end."""
        block, index = self.place_of_seq(seq)
        return block.uids[index]

    def seq_of(self, uid: int) -> int | None:
        """Return the sequence number of a UID, or None."""
        place = self.place_of_uid(uid)
        return place[2] if place else None

    def last_uid(self) -> int:
        """Return the UID of the last message, 0 in an empty folder."""
        return self.blocks[-1].last_uid if self.blocks else 0

    def uids(self, first_seq: int = 1, last_seq: int | None = None) -> array[int]:
        """Return the UIDs of a stretch of sequence numbers, both ends included.

        What lies beyond the end is left out.
        """
        last = self.total if last_seq is None else min(last_seq, self.total)
        result = array("I")
        for start, block in zip(self.first_seqs, self.blocks, strict=False):
            if start > last:
                break
            if start + len(block.flags) > first_seq:
                result += block.uids[max(first_seq - start, 0) : last - start + 1]
        return result

    def resolve(self, uids: UidSet) -> array[int]:
        """Return the members of the set that are in the folder, ascending."""
        result = array("I")
        for block, start, stop in self.stretches(uids):
            result += block.uids[start:stop]
        return result

    def stretches(self, uids: UidSet) -> Iterator[tuple[Block, int, int]]:
        """Go through the blocks with the half-open stretches of places whose UIDs are in the set."""
        first, last = self.reach(uids)
        for block in self.blocks[first:last]:
            for start, stop in block.spans(uids):
                yield block, start, stop

    def reach(self, uids: UidSet) -> tuple[int, int]:
        """Return the half-open stretch of blocks beyond which there are no members of the set.

        Most sets are a single UID: asking each of a hundred blocks took 50 us of a STORE.
        """
        ranges = uids.ranges
        if not ranges:
            return 0, 0
        first = bisect_right(self._first_uids, ranges[0][0]) - 1
        return max(first, 0), bisect_right(self._first_uids, ranges[-1][1])

    def has_already(self, uids: UidSet, change: FlagChange) -> bool:
        """Tell whether a change would leave the flags and keywords of these messages as they are.

        May say no although it would: keywords are not looked at.
        """
        if change.keywords:
            return False
        table = translation(change.operation, int(change.flags))
        replaces = change.operation is FlagOperation.REPLACE
        ranges = uids.ranges
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:  # the usual one
            place = self.place_of_uid(ranges[0][0])
            if place is None:
                return True
            block, index, _ = place
            octet = block.flags[index]
            return table[octet] == octet and not (replaces and block.keyword_sets)
        for block, start, stop in self.stretches(uids):
            flags = block.flags[start:stop]
            if flags != flags.translate(table) or (replaces and block.keyword_sets):
                return False
        return True

    def flags_of(self, uid: int) -> tuple[Flag, tuple[str, ...], int] | None:
        """Return (flags, keywords, modseq) of a message, or None."""
        place = self.place_of_uid(uid)
        if place is None:
            return None
        block, index, _ = place
        words = self.sets.names(block.keyword_sets[index]) if block.keyword_sets else ()
        return Flag(block.flags[index]), words, block.modseq_at(index)

    def changed_since(self, modseq: int) -> array[int]:
        """Return the UIDs of messages with a higher modseq, ascending (RFC 7162 3.1.4.1)."""
        result = array("I")
        for block in self.blocks:
            if block.changed <= modseq or block.max_modseq <= modseq:
                continue
            if block.modseqs is None:
                result += block.uids
            else:
                least = modseq - block.modseq_base
                result.extend(
                    [uid for uid, delta in zip(block.uids, block.modseqs, strict=True) if delta > least]
                )
        return result

    def changes_from(self, old: FolderView) -> ViewChange:
        """Return what to tell a session that knows ``old``; found once for all sessions that know it."""
        if old is self:
            return NO_CHANGE
        cached = self._changes.get(id(old))
        if cached is not None and cached[0]() is old:
            return cached[1]
        change = _compare(old, self)
        if len(self._changes) >= _CACHED_CHANGES:
            del self._changes[next(iter(self._changes))]
        self._changes[id(old)] = (weakref.ref(old), change)
        return change


def diff(old: FolderView, new: FolderView) -> ViewChange:
    """Return what changed between two views of one folder; computed once a pair."""
    return new.changes_from(old)


def _compare(old: FolderView, new: FolderView) -> ViewChange:
    shared = {id(block) for block in old.blocks} & {id(block) for block in new.blocks}
    by_row = {block.block_id: block for block in new.blocks if id(block) not in shared}
    changed: list[int] = []
    appended: list[int] = []
    rest_old: list[tuple[Block, int]] = []
    for first_seq, block in zip(old.first_seqs, old.blocks, strict=False):
        if id(block) in shared:
            continue
        successor = by_row.get(block.block_id)
        count = len(block.flags)
        if successor is not None and (successor.uids is block.uids or successor.uids[:count] == block.uids):
            changed += _changed(block, successor)
            appended += successor.uids[count:]
            del by_row[block.block_id]
        else:
            rest_old.append((block, first_seq))
    known = {
        uid: (block, index, first_seq + index)
        for block, first_seq in rest_old
        for index, uid in enumerate(block.uids)
    }
    for block in by_row.values():
        for index, uid in enumerate(block.uids):
            before = known.pop(uid, None)
            if before is None:
                appended.append(uid)
            elif _state(before[0], before[1]) != _state(block, index):
                changed.append(uid)
    vanished = sorted(known)
    return ViewChange(
        array("I", vanished),
        array("I", [known[uid][2] for uid in vanished]),
        array("I", sorted(changed)),
        array("I", sorted(appended)),
    )


def _state(block: Block, index: int) -> tuple[int, int, int]:
    return block.flags[index], block.keyword_sets[index] if block.keyword_sets else 0, block.modseq_at(index)


def _changed(old: Block, new: Block) -> list[int]:
    """Return the UIDs of ``old`` whose modseq differs in ``new``, which begins with the same messages."""
    if old.modseqs is new.modseqs and old.modseq_base == new.modseq_base:
        return []
    if old.modseq_base == new.modseq_base:
        return [old.uids[place] for place in _differences(old.deltas(), new.deltas())]
    before, after = old.modseq_list(), new.modseq_list()
    return [uid for uid, a, b in zip(old.uids, before, after, strict=False) if a != b]


def _differences(old: array[int], new: array[int]) -> Iterator[int]:
    """Yield the places of ``old`` that differ in ``new``: mostly one or two of a thousand."""
    before, after = old.tobytes(), new.tobytes()
    width = old.itemsize
    for start in range(0, len(old), _STRETCH):
        stop = min(start + _STRETCH, len(old))
        # Octets are compared at once, numbers one by one.
        if before[start * width : stop * width] != after[start * width : stop * width]:
            yield from (place for place in range(start, stop) if old[place] != new[place])


def caught_up(old: FolderView, new: FolderView, uids: UidSet) -> FolderView:
    """Return ``old`` with the flags, keywords and modseqs that some of its messages have in ``new``.

    It has the numbers of ``old``, and its highest modseq: of other messages it knows no more.
    """
    blocks = []
    for block in old.blocks:
        newer: dict[int, tuple[Block, int]] = {}
        for start, stop in block.spans(uids):
            for index in range(start, stop):
                place = new.place_of_uid(block.uids[index])
                if place is not None:
                    newer[index] = place[:2]
        blocks.append(_with_states(block, newer) if newer else block)
    return FolderView(
        old.folder_id, old.uid_validity, old.uid_next, old.highest_modseq, tuple(blocks), new.sets
    )


def _with_states(block: Block, newer: dict[int, tuple[Block, int]]) -> Block:
    flags, modseqs = bytearray(block.flags), list(block.modseq_list())
    sets = array("I", block.keyword_sets) if block.keyword_sets else zeros(len(block))
    for index, (other, place) in newer.items():
        flags[index] = other.flags[place]
        modseqs[index] = other.modseq_at(place)
        sets[index] = other.keyword_sets[place] if other.keyword_sets else 0
    base, deltas = packed_modseqs(modseqs)
    return block.replaced(
        flags=bytes(flags),
        keyword_sets=sets if any(sets) else None,
        modseq_base=base,
        modseqs=deltas,
        changed=max(block.changed, *modseqs),
    )


def unforeseen(old: FolderView, new: FolderView, uids: UidSet, change: FlagChange) -> list[int]:
    """Return the messages of both views whose flags are not what ``change`` alone would make of them.

    Somebody else changed them too. Who was told of ``old`` and of the change has to be told of these.
    """
    table = translation(change.operation, int(change.flags))
    words = frozenset(word.lower() for word in change.keywords)
    found = []
    for uid in diff(old, new).changed_uids:
        before, after = old.flags_of(uid), new.flags_of(uid)
        if uid not in uids or before is None or after is None:
            continue
        expected = _keywords_after(change.operation, {word.lower() for word in before[1]}, words)
        if table[before[0]] != after[0] or expected != {word.lower() for word in after[1]}:
            found.append(uid)
    return found


def _keywords_after(operation: FlagOperation, before: set[str], words: frozenset[str]) -> AbstractSet[str]:
    if operation is FlagOperation.REPLACE:
        return words
    return before | words if operation is FlagOperation.ADD else before - words
