"""APPEND: add a message to a mailbox. RFC 3501 section 6.3.11."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.flagnames import split_flags
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply, Wait
from gromox.imap.rights import require
from gromox.imap.sequence import ranges_of, render
from gromox.imap.tree import target
from gromox.store.content import INLINE_LIMIT, StagedContent
from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.model import NewMail
from gromox.store.permission import Right

if TYPE_CHECKING:
    from gromox.base.wire import Outcome
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Append:
    """Where to, and what."""

    name: str
    octets: bytes
    flags: Flag = NO_FLAGS
    keywords: frozenset[str] = frozenset()
    internal_date: float | None = None
    zone: int = 0


def parse_append(p: Parser) -> Append:
    """``APPEND SP mailbox [SP flag-list] [SP date-time] SP literal``."""
    p.space()
    name = p.mailbox()
    p.space()
    flags, keywords = NO_FLAGS, frozenset[str]()
    if p.peek(b"("):
        flags, keywords = split_flags(p.flag_list())
        p.space()
    date: float | None = None
    zone = 0
    if p.peek(b'"'):
        date, zone = p.date_time()
        p.space()
    if not (p.peek(b"{") or p.peek(b"~")):
        raise BadCommandError("expected the message as a literal")
    octets = p.string()
    p.end()
    return Append(name, octets, flags, keywords, date, zone)


@command("APPEND", AUTHENTICATED, parse_append, durable=True)
def append(session: Session, args: Append) -> Result:
    r"""Add a message; a large one is written to disk away from the loop first.

    Spec:
        RFC 3501 6.3.11 (TRYCREATE; the internal date is the one given, else now); RFC 4315 section 3
        (APPENDUID); RFC 7889 (TOOBIG, in the bound of the literal).
    """
    if not args.octets:
        raise CommandError("an empty message is not kept", "CANNOT")
    if len(args.octets) > session.policy.max_mail:
        raise CommandError("the message is too large", "TOOBIG")
    place = session.locate(args.name)
    mailbox = place.mailbox
    folder_id = target(mailbox, place.name)
    require(mailbox, folder_id, Right.CREATE)
    if len(args.octets) <= INLINE_LIMIT:
        return _add(mailbox, folder_id, args, None)

    def staged(outcome: Outcome) -> Reply:
        if outcome.error is not None:
            raise outcome.error
        content = outcome.value
        folder_id = target(mailbox, place.name)  # as it is called by now
        return _add(mailbox, folder_id, args, content if isinstance(content, StagedContent) else None)

    return Wait(lambda: mailbox.stage(args.octets), staged)


def _add(mailbox: Mailbox, folder_id: int, args: Append, staged: StagedContent | None) -> Reply:
    mail = NewMail(args.octets, args.flags, args.keywords, args.internal_date, args.zone, staged=staged)
    added = mailbox.append(folder_id, [mail])
    return Reply(
        "APPEND completed", code=b"APPENDUID %d %b" % (added.uid_validity, render(ranges_of(added.uids)))
    )
