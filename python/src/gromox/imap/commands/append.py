"""APPEND: add messages to a mailbox. RFC 3501 section 6.3.11, RFC 3502 (MULTIAPPEND)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.appendmessages import Message, add, parse_messages
from gromox.imap.dispatch import command
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply
from gromox.imap.rights import require
from gromox.imap.sequence import ranges_of, render
from gromox.imap.tree import target
from gromox.store.permission import Right

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.store.model import Appended, NewMail


@dataclass(frozen=True, slots=True)
class Append:
    """Where to, and what."""

    name: str
    messages: tuple[Message, ...]


def parse_append(p: Parser) -> Append:
    """``APPEND SP mailbox 1*append-message``."""
    p.space()
    name = p.mailbox()
    return Append(name, parse_messages(p))


@command("APPEND", AUTHENTICATED, parse_append, durable=True)
def append(session: Session, args: Append) -> Result:
    r"""Add messages, all or none.

    Spec:
        RFC 3501 6.3.11 (TRYCREATE; the internal date is the one given, else now); RFC 3502 (several, in one
        step); RFC 4315 section 3 (APPENDUID); RFC 4469 (CATENATE); RFC 6855 section 4 (UTF8).
    """
    place = session.locate(args.name)
    mailbox = place.mailbox
    require(mailbox, target(mailbox, place.name), Right.CREATE)

    def store(mails: list[NewMail]) -> Reply:
        folder_id = target(mailbox, place.name)  # as it is called by now
        added = mailbox.append(folder_id, mails)
        here = session.selected
        made = () if here is None else here.added(mailbox, folder_id, added.uids)
        return Reply("APPEND completed", code=append_uid(added), made=made)

    return add(session, mailbox, args.messages, store)


def append_uid(added: Appended) -> bytes:
    """Return the APPENDUID code."""
    return b"APPENDUID %d %b" % (added.uid_validity, render(ranges_of(added.uids)))
