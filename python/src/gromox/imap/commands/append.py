"""APPEND: add messages to a mailbox. RFC 3501 section 6.3.11, RFC 3502 (MULTIAPPEND)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gromox.base.value import value
from gromox.base.wire import Outcome
from gromox.imap.appendmessages import Message, add, parse_messages
from gromox.imap.dispatch import command
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply, Together
from gromox.imap.rights import require
from gromox.imap.sequence import ranges_of, render
from gromox.imap.tree import target
from gromox.store.errors import StoreError
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.wire import Durable
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.selected import Selected
    from gromox.imap.session import Session
    from gromox.store.append import ReadyMails
    from gromox.store.mailbox import Mailbox
    from gromox.store.model import Appended, NewMail


@value
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
    mailbox, here = place.mailbox, session.selected
    folder_id = target(mailbox, place.name)
    require(mailbox, folder_id, Right.CREATE)

    def store(mails: list[NewMail]) -> Reply | Together:
        if mailbox.is_guest:
            return _appended(here, mailbox, folder_id, mailbox.append(folder_id, mails))
        return Together(mailbox, _write_together, mailbox.ready(folder_id, mails), written)

    def written(outcome: Outcome) -> Reply:
        if outcome.error is not None:
            raise outcome.error
        return _appended(here, mailbox, folder_id, cast("Appended", outcome.value))

    return add(session, mailbox, args.messages, store)


def _write_together(mailbox: Durable, works: Sequence[object]) -> Sequence[Outcome]:
    """Write what several connections append to a mailbox: one transaction, one sync."""
    results = cast("Mailbox", mailbox).append_together(cast("Sequence[ReadyMails]", works))
    return [
        Outcome(error=result) if isinstance(result, StoreError) else Outcome(value=result)
        for result in results
    ]


def _appended(here: Selected | None, mailbox: Mailbox, folder_id: int, added: Appended) -> Reply:
    made = () if here is None else here.added(mailbox, folder_id, added.uids)
    return Reply("APPEND completed", code=append_uid(added), made=made)


def append_uid(added: Appended) -> bytes:
    """Return the APPENDUID code."""
    return b"APPENDUID %d %b" % (added.uid_validity, render(ranges_of(added.uids)))
