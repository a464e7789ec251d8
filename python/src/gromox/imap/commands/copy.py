"""COPY and MOVE, by sequence numbers and by UIDs. RFC 3501 section 6.4.7, RFC 6851."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.answers import refusal_of
from gromox.imap.dispatch import command
from gromox.imap.machine import SELECTED
from gromox.imap.progress import with_progress
from gromox.imap.replies import Information, Reply, Stream, Wait
from gromox.imap.rights import require
from gromox.imap.sequence import ranges_of, render
from gromox.imap.tree import target
from gromox.store.carrying import carry, take_back
from gromox.store.errors import StoreError
from gromox.store.model import Copied
from gromox.store.permission import Right
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Outcome, Piece
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.selected import Selected
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox


#: Messages that are copied or moved in one step.
PART: Final = 2000


@dataclass(frozen=True, slots=True)
class Copy:
    """Which messages, and where to."""

    numbers: SequenceSet
    name: str
    uid: bool


def _parse(p: Parser, *, uid: bool) -> Copy:
    p.space()
    numbers = p.sequence_set()
    p.space()
    name = p.mailbox()
    p.end()
    return Copy(numbers, name, uid)


def parse_copy(p: Parser) -> Copy:
    """``SP sequence-set SP mailbox``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_copy(p: Parser) -> Copy:
    """``SP sequence-set SP mailbox``, UIDs."""
    return _parse(p, uid=True)


@command("COPY", SELECTED, parse_copy, durable=True, numbered=True)
@command("UID COPY", SELECTED, parse_uid_copy, durable=True)
def copy(session: Session, args: Copy) -> Result:
    """Copy messages to the end of a mailbox, all or none.

    Spec:
        RFC 3501 6.4.7 (flags and internal date are kept; TRYCREATE), 6.4.8 (UIDs that are not there are
        ignored); RFC 4315 section 3 (COPYUID).
    """
    here = session.here
    place = session.locate(args.name)
    uids = session.numbered(args.numbers, uid=args.uid)
    folder_id = target(place.mailbox, place.name)
    if not uids:
        return Reply("no messages to copy")
    if place.mailbox.path != here.mailbox.path:
        return crossing(session, uids, place.mailbox, folder_id, is_move=False)
    if _are_many(here, uids):
        return _in_parts(session, uids, folder_id, is_move=False)
    copied = here.mailbox.copy(here.folder_id, uids, folder_id)
    made = here.added(place.mailbox, folder_id, copied.target_uids)
    return Reply("COPY completed", code=_copyuid(copied) if copied.source_uids else b"", made=made)


@command("MOVE", SELECTED, parse_copy, writes=True, durable=True, numbered=True)
@command("UID MOVE", SELECTED, parse_uid_copy, writes=True, durable=True)
def move(session: Session, args: Copy) -> Result:
    """Move messages to the end of a mailbox in one step.

    Spec:
        RFC 6851 3.3 (EXPUNGE for what left), 4.3 (COPYUID in an untagged OK, before any EXPUNGE), 4.4
        (HIGHESTMODSEQ).
    """
    here = session.here
    place = session.locate(args.name)
    uids = session.numbered(args.numbers, uid=args.uid)
    folder_id = target(place.mailbox, place.name)
    if not uids:
        return Reply("no messages to move")
    if place.mailbox.path != here.mailbox.path:
        return crossing(session, uids, place.mailbox, folder_id, is_move=True)
    if _are_many(here, uids):
        return _in_parts(session, uids, folder_id, is_move=True)
    moved = here.mailbox.move(here.folder_id, uids, folder_id)
    if not moved.source_uids:
        return Reply("no messages to move")
    made = here.added(place.mailbox, folder_id, moved.target_uids)
    told = Information(_copyuid(moved), "moved")
    return Reply("MOVE completed", [told], with_modseq=session.condstore, made=made)


def _are_many(here: Selected, uids: UidSet) -> bool:
    return len(here.view.resolve(uids)) > PART


def _in_parts(session: Session, uids: UidSet, folder_id: int, *, is_move: bool) -> Stream:
    """Copy or move many messages within a mailbox file, in steps, so that others are served.

    If a step fails, what was copied is removed again; what was moved stays so, and is told (RFC 6851 3.3).
    """
    here = session.here
    parts: list[Copied] = []
    failed: list[StoreError] = []

    def steps() -> Iterator[Sequence[Piece]]:
        run = here.mailbox.move if is_move else here.mailbox.copy
        found = here.view.resolve(uids)
        is_done = False
        try:
            for first in range(0, len(found), PART):
                part = UidSet.from_ascending(found[first : first + PART])
                parts.append(run(here.folder_id, part, folder_id))
                yield ()
            is_done = True
        except StoreError as error:
            failed.append(error)
        finally:
            if parts and not (is_done or is_move):
                take_back(here.mailbox, folder_id, joined(parts).target_uids)

    def done() -> Reply:
        copied = joined(parts) if parts and (is_move or not failed) else None
        if copied is None or not copied.source_uids:
            return refusal_of(failed[0]) if failed else Reply("no messages to copy or move")
        made = here.added(here.mailbox, folder_id, copied.target_uids)
        if not is_move:
            return Reply("COPY completed", code=_copyuid(copied), made=made)
        told = [Information(_copyuid(copied), "moved")]
        if failed:
            return refusal_of(failed[0], told)
        return Reply("MOVE completed", told, with_modseq=session.condstore, made=made)

    return Stream(with_progress(session.services.clock, session.tag, steps()), done)


def joined(parts: Sequence[Copied]) -> Copied:
    """Return several copies to the same mailbox as one."""
    sources, targets = array("I"), array("I")
    for part in parts:
        sources.extend(part.source_uids)
        targets.extend(part.target_uids)
    return Copied(parts[-1].uid_validity, sources, targets)


def crossing(session: Session, uids: UidSet, mailbox: Mailbox, folder_id: int, *, is_move: bool) -> Stream:
    """Copy or move messages to another mailbox file, in steps.

    A message leaves its old place only when the new one is on the disk: a power cut may leave it in both.
    """
    here = session.here
    require(mailbox, folder_id, Right.CREATE)
    if is_move:
        require(here.mailbox, here.folder_id, Right.DELETE_ANY)
    copied: list[Copied] = []

    def steps() -> Iterator[Sequence[Piece]]:
        work = carry(here.mailbox, here.folder_id, uids, mailbox, folder_id)
        try:
            while True:
                try:
                    next(work)
                except StopIteration as done:
                    copied.append(done.value)
                    return
                yield ()
        finally:
            work.close()

    def done() -> Result:
        found = copied[0]
        if not is_move or not found.source_uids:
            verb = "MOVE" if is_move else "COPY"
            return Reply(f"{verb} completed", code=_copyuid(found) if found.source_uids else b"")
        return Wait(mailbox.sync, lambda outcome: _leave(session, found, outcome))

    return Stream(with_progress(session.services.clock, session.tag, steps()), done)


def _leave(session: Session, moved: Copied, outcome: Outcome) -> Reply:
    if outcome.error is not None:
        raise outcome.error
    here = session.here
    here.mailbox.delete_messages(here.folder_id, UidSet.of(moved.source_uids))
    told = Information(_copyuid(moved), "moved")
    return Reply("MOVE completed", [told], with_modseq=session.condstore)


def _copyuid(copied: Copied) -> bytes:
    """Return the COPYUID code; both sets list the messages in the same order."""
    return b"COPYUID %d %b %b" % (
        copied.uid_validity,
        render(ranges_of(copied.source_uids)),
        render(ranges_of(copied.target_uids)),
    )
