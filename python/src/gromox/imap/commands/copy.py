"""COPY and MOVE, by sequence numbers and by UIDs. RFC 3501 section 6.4.7, RFC 6851."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.dispatch import command
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Information, Reply
from gromox.imap.sequence import ranges_of, render
from gromox.imap.tree import target

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session
    from gromox.store.model import Copied


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
def copy(session: Session, args: Copy) -> Reply:
    """Copy messages to the end of a mailbox, all or none.

    Spec:
        RFC 3501 6.4.7 (flags and internal date are kept; TRYCREATE), 6.4.8 (UIDs that are not there are
        ignored); RFC 4315 section 3 (COPYUID).
    """
    here = session.here
    uids = session.numbered(args.numbers, uid=args.uid)
    folder_id = target(session.mailbox, args.name)
    if not uids:
        return Reply("no messages to copy")
    copied = here.mailbox.copy(here.folder_id, uids, folder_id)
    return Reply("COPY completed", code=_copyuid(copied) if copied.source_uids else b"")


@command("MOVE", SELECTED, parse_copy, writes=True, durable=True, numbered=True)
@command("UID MOVE", SELECTED, parse_uid_copy, writes=True, durable=True)
def move(session: Session, args: Copy) -> Reply:
    """Move messages to the end of a mailbox in one step.

    Spec:
        RFC 6851 3.3 (EXPUNGE for what left), 4.3 (COPYUID in an untagged OK, before any EXPUNGE), 4.4
        (HIGHESTMODSEQ).
    """
    here = session.here
    uids = session.numbered(args.numbers, uid=args.uid)
    folder_id = target(session.mailbox, args.name)
    if not uids:
        return Reply("no messages to move")
    moved = here.mailbox.move(here.folder_id, uids, folder_id)
    if not moved.source_uids:
        return Reply("no messages to move")
    return Reply("MOVE completed", [Information(_copyuid(moved), "moved")], with_modseq=session.condstore)


def _copyuid(copied: Copied) -> bytes:
    """Return the COPYUID code; both sets list the messages in the same order."""
    return b"COPYUID %d %b %b" % (
        copied.uid_validity,
        render(ranges_of(copied.source_uids)),
        render(ranges_of(copied.target_uids)),
    )
