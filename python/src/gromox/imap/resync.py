"""QRESYNC: what a client missed since it last saw a mailbox. RFC 7162 section 3.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.errors import BadCommandError
from gromox.imap.fetchlines import flag_lines
from gromox.imap.sequence import STAR, Ranges, SequenceSet, render
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.imap.parser import Parser
    from gromox.imap.selected import Selected
    from gromox.store.view import FolderView


@dataclass(frozen=True, slots=True)
class Resync:
    """The QRESYNC parameter of SELECT: what the client knows."""

    uid_validity: int
    modseq: int
    known: SequenceSet | None = None
    """UIDs it keeps; None: all up to UIDNEXT."""
    match: tuple[Ranges, Ranges] | None = None
    """Some sequence numbers and their UIDs, RFC 7162 section 3.2.5.2."""


def parse_resync(p: Parser) -> Resync:
    """``SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"``."""
    p.space()
    p.expect(b"(")
    uid_validity = p.nz_number()
    p.space()
    modseq = p.modseq()
    if not modseq:
        raise BadCommandError("a mod-sequence known to a client is above 0")
    known: SequenceSet | None = None
    match: tuple[Ranges, Ranges] | None = None
    if p.accept(b" ") and not p.peek(b"("):
        known = _without_star(p.sequence_set())
        p.accept(b" ")
    if p.accept(b"("):
        seqs = _ascending(p.sequence_set())
        p.space()
        uids = _ascending(p.sequence_set())
        p.expect(b")")
        if _count(seqs) != _count(uids):
            raise BadCommandError("there are not as many UIDs as message numbers")
        match = seqs, uids
    p.expect(b")")
    return Resync(uid_validity, modseq, known, match)


def _without_star(numbers: SequenceSet) -> SequenceSet:
    if not numbers.ranges or any(STAR in pair for pair in numbers.ranges):
        raise BadCommandError('"*" and "$" are not known UIDs')
    return numbers


def _ascending(numbers: SequenceSet) -> Ranges:
    ranges = _without_star(numbers).ranges
    last = 0
    for low, high in ranges:
        if not last < low <= high:
            raise BadCommandError("match data ascends")
        last = high
    return ranges


def _count(ranges: Ranges) -> int:
    return sum(high - low + 1 for low, high in ranges)


def missed(here: Selected, resync: Resync) -> Iterator[bytes]:
    """Yield what a client has to be told that opens the mailbox again: VANISHED, then flags.

    Spec:
        RFC 7162 3.2.5.1: nothing if the UIDVALIDITY is another one; else as ``UID FETCH known-uids (FLAGS)
        (CHANGEDSINCE modseq VANISHED)``, which means UID, FLAGS and MODSEQ in each line. 3.2.5.2: what the
        match data proves to be known is left out.
    """
    view = here.view
    if resync.uid_validity != view.uid_validity:
        return
    known = UidSet([(1, MAX_UID)]) if resync.known is None else UidSet(resync.known.ranges)
    matched = _last_match(view, *resync.match) if resync.match is not None else 0
    unsure = known - UidSet([(1, matched)]) if matched else known
    yield vanished_earlier(here, unsure, resync.modseq)
    yield from changed_lines(here, known, resync.modseq)


def changed_lines(here: Selected, uids: UidSet, modseq: int) -> Iterator[bytes]:
    """Yield the flags of messages that changed after a mod-sequence."""
    changed = UidSet.from_ascending(here.view.changed_since(modseq)) & uids
    if changed:
        yield from flag_lines(here, changed, values=here.view, with_uid=not here.uid_only, with_modseq=True)


def vanished_earlier(here: Selected, uids: UidSet, modseq: int) -> bytes:
    """Return ``* VANISHED (EARLIER) …`` for those of some UIDs that went after a mod-sequence.

    Spec:
        RFC 7162 3.2.6, 3.2.10.1. If what went is no longer known that far back, the store names all UIDs that
        are not there. A message that the client still counts will be told as VANISHED without EARLIER.
    """
    gone = here.mailbox.vanished_since(here.folder_id, modseq) & uids
    gone &= UidSet([(1, here.view.uid_next - 1)]) if here.view.uid_next > 1 else UidSet()
    counted = here.view.resolve(gone)
    if counted:
        gone -= UidSet.from_ascending(counted)
    return b"* VANISHED (EARLIER) %b\r\n" % render(gone.ranges) if gone else b""


def _last_match(view: FolderView, seqs: Ranges, uids: Ranges) -> int:
    """Return the highest UID of which the client knows the number; 0: it knows none."""
    for seq, uid, count in reversed(list(_stretches(seqs, uids))):
        if seq > view.total:
            continue
        found = _match_within(view, seq, uid, min(count, view.total - seq + 1))
        if found:
            return found
    return 0


def _stretches(seqs: Ranges, uids: Ranges) -> Iterator[tuple[int, int, int]]:
    """Go through both sets side by side: first number, first UID, and how many follow one another."""
    theirs = iter(uids)
    uid = last = 0
    for low, high in seqs:
        seq = low
        while seq <= high:
            if not uid or uid > last:
                uid, last = next(theirs)
            count = min(high - seq, last - uid) + 1
            yield seq, uid, count
            seq, uid = seq + count, uid + count


def _match_within(view: FolderView, seq: int, uid: int, count: int) -> int:
    """Return the last UID of a stretch that has the number the client says, 0 if none has.

    UIDs grow at least as fast as numbers, so how far they are apart never shrinks: that is bisected.
    """
    apart = uid - seq
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if view.uid_at(seq + middle) - (seq + middle) <= apart:
            low = middle + 1
        else:
            high = middle
    return uid + low - 1 if low and view.uid_at(seq + low - 1) - (seq + low - 1) == apart else 0
