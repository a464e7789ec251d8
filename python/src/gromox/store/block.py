"""Blocks: UIDs, flags, keywords and modseqs of up to 1024 messages as arrays.

A block is immutable; a change makes a new one that shares the arrays that did not change. All sessions of a
process share the blocks of a folder, with the FETCH lines they are asked for again and again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from gromox.store.flags import FLAG_TEXTS, Flag, count_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.keyword import KeywordSets
    from gromox.store.uidset import UidSet

CAPACITY: Final = 1024
MERGE_BELOW: Final = 256
"""A block that shrinks below this is merged with a neighbour if both together fill at most three quarters."""

MAX_DELTA: Final = 0xFFFFFFFF

_UNSEEN: Final = count_table(Flag.SEEN, 0)
_CACHED_TEXTS: Final = 4


class Block:
    """Some consecutive messages of a folder, in UID order. Immutable: treat the arrays as such."""

    __slots__ = (
        "_lines",
        "_max_modseq",
        "_uids",
        "_unseen",
        "block_id",
        "changed",
        "first_uid",
        "flags",
        "keyword_sets",
        "last_uid",
        "modseq_base",
        "modseqs",
        "sets",
    )

    block_id: int
    """Row id; 0 while not stored."""
    flags: bytes
    keyword_sets: array[int] | None
    """One number a message (KeywordSets); None: no message has keywords."""
    modseq_base: int
    modseqs: array[int] | None
    """What is to be added to the base, one number a message; None: all have the base."""
    changed: int
    """The change number of the last change of anything in the block, removals too.

    No modseq in it is higher.
    """

    def __init__(
        self,
        uids: array[int] | int,
        flags: bytes,
        keyword_sets: array[int] | None,
        modseq_base: int,
        modseqs: array[int] | None,
        *,
        changed: int,
        sets: KeywordSets,
        block_id: int = 0,
    ) -> None:
        """Take the arrays as they are; they must have one entry a message, at least one.

        ``uids`` may be the first of consecutive ones.
        """
        self.block_id = block_id
        self._uids: array[int] | None = None
        if isinstance(uids, int):
            self.first_uid, self.last_uid = uids, uids + len(flags) - 1
        else:
            self._uids = uids
            self.first_uid, self.last_uid = uids[0], uids[-1]
        self.flags = flags
        self.keyword_sets = keyword_sets
        self.modseq_base = modseq_base
        self.modseqs = modseqs
        self.changed = changed
        self.sets = sets
        self._lines: dict[tuple[int, bool, bool, int], bytes] = {}
        self._unseen = -1
        self._max_modseq = -1

    @property
    def uids(self) -> array[int]:
        """Return the UIDs; of consecutive ones the array is made when it is first asked for.

        That takes 40 us a block, most of what a SELECT of a mailbox that was not read before took. (By
        ``__getattr__`` every other attribute would cost more.)
        """
        uids = self._uids
        if uids is None:
            uids = self._uids = array("I", range(self.first_uid, self.last_uid + 1))
        return uids

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.flags)

    @property
    def unseen(self) -> int:
        r"""Return how many messages lack ``\Seen``."""
        if self._unseen < 0:
            self._unseen = self.flags.translate(_UNSEEN).count(1)
        return self._unseen

    @property
    def max_modseq(self) -> int:
        """Return the highest modseq of its messages."""
        if self._max_modseq < 0:
            self._max_modseq = self.modseq_base + (max(self.modseqs) if self.modseqs else 0)
        return self._max_modseq

    def modseq_at(self, index: int) -> int:
        """Return the modseq of one message."""
        return self.modseq_base + self.modseqs[index] if self.modseqs else self.modseq_base

    def deltas(self) -> array[int]:
        """Return what is to be added to the base for each message."""
        return self.modseqs or zeros(len(self.flags))

    def modseq_list(self) -> Sequence[int]:
        """Return the modseqs of all messages."""
        base = self.modseq_base
        return [base + delta for delta in self.modseqs] if self.modseqs else [base] * len(self.flags)

    def index_of(self, uid: int) -> int:
        """Return the place of a UID in the block, or -1."""
        if self.last_uid - self.first_uid + 1 == len(self.flags):
            return uid - self.first_uid if self.first_uid <= uid <= self.last_uid else -1
        uids = self.uids
        index = bisect_left(uids, uid)
        return index if index < len(uids) and uids[index] == uid else -1

    def spans(self, uids: UidSet) -> list[tuple[int, int]]:
        """Return the half-open (start, stop) stretches of the block whose UIDs are in the set."""
        spans = []
        first, count = self.first_uid, len(self.flags)
        is_dense = self.last_uid - first + 1 == count
        for low, high in uids.overlapping(first, self.last_uid):
            if low <= first and high >= self.last_uid:
                return [(0, count)]
            if is_dense:
                start, stop = max(low - first, 0), min(high - first + 1, count)
            else:
                start, stop = bisect_left(self.uids, low), bisect_right(self.uids, high)
            if start < stop:
                spans.append((start, stop))
        return spans

    def flag_lines(
        self, first_seq: int, *, with_modseq: bool = False, with_uid: bool = True, recent_from: int = 0
    ) -> bytes:
        r"""Return ``* n FETCH (UID u FLAGS (…))`` lines for the whole block; the last few answers are kept.

        Spec:
            RFC 9051 7.5.2; RFC 7162 3.1.4.2 (``MODSEQ (n)`` at the end).

        Args:
            first_seq: the sequence number of the block's first message.
            with_modseq: with ``MODSEQ``.
            with_uid: with ``UID``.
            recent_from: messages from this UID on are ``\Recent``; 0: none is.
        """
        if recent_from > self.last_uid:
            recent_from = 0
        key = (first_seq, with_modseq, with_uid, recent_from)
        lines = self._lines.get(key)
        if lines is None:
            lines = self._keep(key, self._render(*key))
        return lines

    def _keep(self, key: tuple[int, bool, bool, int], lines: bytes) -> bytes:
        if len(self._lines) >= _CACHED_TEXTS:
            del self._lines[next(iter(self._lines))]
        self._lines[key] = lines
        return lines

    def heads(
        self,
        first_seq: int,
        start: int,
        stop: int,
        *,
        with_flags: bool,
        with_modseq: bool = False,
        with_uid: bool = True,
        recent_from: int = 0,
    ) -> list[bytes]:
        r"""Return ``* n FETCH (UID u FLAGS (…)``, to be gone on with, for a stretch of the block.

        Splitting the lines that are kept costs 0.04 us a message, making them 0.4.
        """
        if with_flags:
            lines = self.flag_lines(
                first_seq, with_modseq=with_modseq, with_uid=with_uid, recent_from=recent_from
            )
        elif with_uid:
            key = (first_seq, False, True, -1)
            lines = self._lines.get(key) or self._keep(
                key,
                b"".join([b"* %d FETCH (UID %d)\r\n" % pair for pair in enumerate(self.uids, first_seq)]),
            )
        else:
            return [b"* %d FETCH (" % seq for seq in range(first_seq + start, first_seq + stop)]
        return lines.split(b")\r\n")[start:stop]

    def flags_text(self, index: int, *, recent: bool = False) -> bytes:
        """Return what stands between the parentheses of ``FLAGS (…)`` for one message."""
        text = FLAG_TEXTS[self.flags[index] & 0x3F]
        if self.keyword_sets and self.keyword_sets[index]:
            words = self.sets.text(self.keyword_sets[index])
            text = b"%b %b" % (text, words) if text else words
        if recent:
            text = rb"%b \Recent" % text if text else rb"\Recent"
        return text

    def _render(self, first_seq: int, with_modseq: bool, with_uid: bool, recent_from: int) -> bytes:  # noqa: FBT001
        # Hot: 0.4 us a message; one format string a kind of line.
        texts: Sequence[bytes]
        if self.keyword_sets is None and not recent_from:
            names = FLAG_TEXTS
            texts = [names[octet] for octet in self.flags]
        else:
            uids = self.uids
            texts = [
                self.flags_text(index, recent=bool(recent_from) and uids[index] >= recent_from)
                for index in range(len(self.flags))
            ]
        seqs = range(first_seq, first_seq + len(texts))
        columns: Iterable[tuple[object, ...]]
        if with_modseq:
            modseqs = self.modseq_list()
            if with_uid:
                form, columns = (
                    b"* %d FETCH (UID %d FLAGS (%b) MODSEQ (%d))\r\n",
                    zip(seqs, self.uids, texts, modseqs, strict=True),
                )
            else:
                form, columns = (
                    b"* %d FETCH (FLAGS (%b) MODSEQ (%d))\r\n",
                    zip(seqs, texts, modseqs, strict=True),
                )
        elif with_uid:
            form, columns = b"* %d FETCH (UID %d FLAGS (%b))\r\n", zip(seqs, self.uids, texts, strict=True)
        else:
            form, columns = b"* %d FETCH (FLAGS (%b))\r\n", zip(seqs, texts, strict=True)
        return b"".join([form % column for column in columns])

    # New blocks from old ones.

    def replaced(
        self,
        *,
        flags: bytes,
        keyword_sets: array[int] | None,
        modseq_base: int,
        modseqs: array[int] | None,
        changed: int,
    ) -> Block:
        """Return the block with other flags, keywords and modseqs for the same messages."""
        return Block(
            self.uids,
            flags,
            keyword_sets,
            modseq_base,
            modseqs,
            changed=changed,
            sets=self.sets,
            block_id=self.block_id,
        )

    def without(self, indexes: Sequence[int], *, changed: int) -> Block | None:
        """Return the block without some messages (ascending places), or None if none is left."""
        count = len(self.flags)
        if len(indexes) == count:
            return None
        keep = bytearray(b"\1") * count
        for index in indexes:
            keep[index] = 0
        picked = [index for index in range(count) if keep[index]]
        return self._picked(picked, changed)

    def _picked(self, places: Sequence[int], changed: int) -> Block:
        uids = self.uids
        return Block(
            array("I", [uids[i] for i in places]),
            bytes([self.flags[i] for i in places]),
            array("I", [self.keyword_sets[i] for i in places]) if self.keyword_sets else None,
            self.modseq_base,
            array("I", [self.modseqs[i] for i in places]) if self.modseqs else None,
            changed=changed,
            sets=self.sets,
            block_id=self.block_id,
        )

    def _joined_modseqs(self, other: Block) -> tuple[int, array[int] | None]:
        base, shift = self.modseq_base, other.modseq_base - self.modseq_base
        if shift < 0 or other.max_modseq - base > MAX_DELTA:
            return packed_modseqs([*self.modseq_list(), *other.modseq_list()])
        if not shift and self.modseqs is None and other.modseqs is None:
            return base, None
        # The usual case, one mail after the other: only what is new is computed.
        theirs = [delta + shift for delta in other.modseqs] if other.modseqs else [shift] * len(other.flags)
        return base, (self.modseqs or zeros(len(self.flags))) + array("I", theirs)

    def joined(self, other: Block, *, changed: int) -> Block:
        """Return the messages of both blocks in this block's row; ``other`` follows this one."""
        sets: array[int] | None = None
        if self.keyword_sets or other.keyword_sets:
            sets = (self.keyword_sets or zeros(len(self))) + (other.keyword_sets or zeros(len(other)))
        base, modseqs = self._joined_modseqs(other)
        return Block(
            self.uids + other.uids,
            self.flags + other.flags,
            sets,
            base,
            modseqs,
            changed=changed,
            sets=self.sets,
            block_id=self.block_id,
        )


def zeros(count: int) -> array[int]:
    """Return an array of zeros."""
    return array("I", bytes(4 * count))


def packed_modseqs(modseqs: Sequence[int]) -> tuple[int, array[int] | None]:
    """Return (base, differences) of modseqs; differences are None when all are equal.

    A difference that does not fit (four thousand million changes between two messages of one block) is
    clamped: the older message then looks newer than it is, which costs a client one superfluous line.
    """
    low, high = min(modseqs), max(modseqs)
    if low == high:
        return low, None
    low = max(low, high - MAX_DELTA)
    return low, array("I", [max(modseq - low, 0) for modseq in modseqs])
