"""REPLACE and UID REPLACE: a message in place of another. RFC 8508."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.appendmessages import Message, add, parse_message
from gromox.imap.commands.append import append_uid
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Information, Reply, Wait
from gromox.imap.rights import require
from gromox.imap.tree import target
from gromox.store.carrying import take_back
from gromox.store.errors import StoreError
from gromox.store.permission import Right
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from gromox.base.wire import Outcome
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox
    from gromox.store.model import Appended, NewMail


@dataclass(frozen=True, slots=True)
class Replace:
    """Which message, by what, and where that goes."""

    number: SequenceSet
    name: str
    message: Message
    uid: bool


def _parse(p: Parser, *, uid: bool) -> Replace:
    p.space()
    number = p.sequence_set()
    if len(number.ranges) != 1 or number.ranges[0][0] != number.ranges[0][1]:
        raise BadCommandError("REPLACE takes one message")
    p.space()
    name = p.mailbox()
    message = parse_message(p)
    p.end()
    return Replace(number, name, message, uid)


def parse_replace(p: Parser) -> Replace:
    """``SP seq-number SP mailbox append-message``."""
    return _parse(p, uid=False)


def parse_uid_replace(p: Parser) -> Replace:
    """``SP uniqueid SP mailbox append-message``."""
    return _parse(p, uid=True)


@command("REPLACE", SELECTED, parse_replace, writes=True, durable=True, numbered=True)
@command("UID REPLACE", SELECTED, parse_uid_replace, writes=True, durable=True)
def replace(session: Session, args: Replace) -> Result:
    """Add a message and remove the one it replaces, in one step.

    Spec:
        RFC 8508 3.4 (both or neither; room is counted as if the old one were gone), 4.3 (APPENDUID in an
        untagged OK, before any EXPUNGE).
    """
    here = session.here
    uids = list(session.numbered(args.number, uid=args.uid).ranges)
    if not uids or here.view.seq_of(uids[0][0]) is None:
        raise CommandError("there is no message to replace", "NONEXISTENT")
    uid = uids[0][0]
    place = session.locate(args.name)
    mailbox = place.mailbox
    require(mailbox, target(mailbox, place.name), Right.CREATE)
    require(here.mailbox, here.folder_id, Right.DELETE_ANY)

    def store(mails: list[NewMail]) -> Reply | Wait:
        folder_id = target(mailbox, place.name)
        if mailbox.path == here.mailbox.path:
            return _replaced(session, here.mailbox.replace(here.folder_id, uid, folder_id, mails[0]))
        # Into another mailbox file: the old one goes when the new one is on the disk.
        added = mailbox.append(folder_id, mails)
        return Wait(mailbox.sync, lambda outcome: _leave(session, uid, mailbox, folder_id, added, outcome))

    return add(session, mailbox, (args.message,), store)


def _leave(
    session: Session, uid: int, mailbox: Mailbox, folder_id: int, added: Appended, outcome: Outcome
) -> Reply:
    """Remove the old message; if that cannot be, the new one goes again: both or neither."""
    here, error = session.here, outcome.error
    if error is None:
        try:
            if here.mailbox.delete_messages(here.folder_id, UidSet.of([uid])).uids:
                return _replaced(session, added)
            error = CommandError("the message to replace was removed meanwhile", "NONEXISTENT")
        except StoreError as refusal:
            error = refusal
    take_back(mailbox, folder_id, added.uids)
    raise error


def _replaced(session: Session, added: Appended) -> Reply:
    told = Information(append_uid(added), "replacement message ready")
    return Reply("REPLACE completed", [told], with_modseq=session.condstore)
