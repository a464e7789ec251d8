"""GETQUOTA, GETQUOTAROOT and SETQUOTA: how full a mailbox is. RFC 9208 (and RFC 2087).

A quota root is a whole mailbox: ``""`` the user's own, else the name below which it stands (``Shared/bob``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from gromox.imap.dispatch import command
from gromox.imap.errors import CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import QuotaRoots, QuotaUse, Reply
from gromox.store.errors import DeniedError

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Untagged
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

_KIB: Final = 1024
MAX_LIMITS: Final = 20


def parse_root(p: Parser) -> str:
    """``SP astring``."""
    p.space()
    octets = p.astring()
    p.end()
    return octets.decode("utf-8", "replace")


def parse_mailbox(p: Parser) -> str:
    """``SP mailbox``."""
    p.space()
    name = p.mailbox()
    p.end()
    return name


def parse_setquota(p: Parser) -> str:
    """``SP astring SP "(" [resource SP number *(SP resource SP number)] ")"``."""
    p.space()
    octets = p.astring()
    p.space()

    def limit() -> None:
        p.word()
        p.space()
        p.modseq()

    p.parenthesised(limit, limit=MAX_LIMITS)
    p.end()
    return octets.decode("utf-8", "replace")


@command("GETQUOTA", AUTHENTICATED, parse_root)
def getquota(session: Session, root: str) -> Reply:
    """Say use and limits of a quota root.

    Spec:
        RFC 9208 4.1.1, 5.1 (STORAGE in units of 1024 octets), 5.2 (MESSAGE).
    """
    return Reply("GETQUOTA completed", [_use(_mailbox(session, root), root)])


@command("GETQUOTAROOT", AUTHENTICATED, parse_mailbox)
def getquotaroot(session: Session, name: str) -> Reply:
    """Say which quota root a mailbox is under, whether or not it is there yet, and its use and limits.

    Spec:
        RFC 9208 4.1.2.
    """
    place = session.locate(name)
    if place.is_own and session.places.is_outside(name):
        raise CommandError("nothing of that name can be reached", "NONEXISTENT")
    data: list[Untagged] = [QuotaRoots(name, (place.prefix,)), _use(place.mailbox, place.prefix)]
    return Reply("GETQUOTAROOT completed", data)


@command("SETQUOTA", AUTHENTICATED, parse_setquota)
def setquota(_session: Session, _root: str) -> NoReturn:
    """Refuse: limits are set by the administrator (QUOTASET is not announced).

    Spec:
        RFC 9208 4.1.3.
    """
    raise DeniedError("limits are set by the administrator")


def _mailbox(session: Session, root: str) -> Mailbox:
    if not root:
        return session.mailbox
    place = session.locate(root)
    if place.is_own or place.name:
        raise CommandError("there is no such quota root", "NONEXISTENT")
    return place.mailbox


def _use(mailbox: Mailbox, root: str) -> QuotaUse:
    quota = mailbox.quota()
    limit = quota.storage_limit if quota.storage_limit is not None else quota.receive_limit
    resources: list[tuple[bytes, int, int]] = []
    if limit is not None:
        resources.append((b"STORAGE", -(-quota.used // _KIB), limit // _KIB))
    if quota.message_limit is not None:
        resources.append((b"MESSAGE", quota.messages, quota.message_limit))
    return QuotaUse(root, resources)
