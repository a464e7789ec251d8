"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS: who may do what in a mailbox. RFC 4314 section 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.directory.resolve import Mailbox as UserMailbox
from gromox.directory.resolve import MailList
from gromox.imap import rights
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import AccessList, GrantableRights, OwnRights, Reply, Wait
from gromox.imap.tree import tree_of
from gromox.store.errors import LimitError, NotFoundError
from gromox.store.permission import ANONYMOUS, DEFAULT, Right
from gromox.store.session.permissions import MAX_MEMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.base.wire import Outcome
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

MAX_IDENTIFIER: Final = 320
_RESERVED: Final = {"anyone": DEFAULT, "anonymous": ANONYMOUS}
_SHOWN: Final = {DEFAULT: "anyone", ANONYMOUS: "anonymous"}
_ANY: Final = frozenset("lrikxa")


@dataclass(frozen=True, slots=True)
class Acl:
    """A mailbox, whose rights are meant, and what becomes of them (``sign``: ``+``, ``-`` or neither)."""

    name: str
    identifier: str = ""
    sign: str = ""
    rights: frozenset[str] = frozenset()


def parse_mailbox(p: Parser) -> Acl:
    """``SP mailbox``."""
    p.space()
    name = p.mailbox()
    p.end()
    return Acl(name)


def _identifier(p: Parser) -> str:
    p.space()
    octets = p.astring()
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise BadCommandError("an identifier is UTF-8") from None
    if not text or len(text) > MAX_IDENTIFIER or not text.isprintable():
        raise BadCommandError("that is nobody's identifier")
    return text


def parse_identified(p: Parser) -> Acl:
    """``SP mailbox SP identifier``."""
    p.space()
    name = p.mailbox()
    identifier = _identifier(p)
    p.end()
    return Acl(name, identifier)


def parse_setacl(p: Parser) -> Acl:
    """``SP mailbox SP identifier SP mod-rights``."""
    p.space()
    name = p.mailbox()
    identifier = _identifier(p)
    p.space()
    octets = p.astring()
    p.end()
    sign = octets[:1].decode("latin-1") if octets[:1] in (b"+", b"-") else ""
    return Acl(name, identifier, sign, rights.parse(octets[len(sign) :]))


def _found(session: Session, name: str, *, administer: bool = True) -> tuple[Mailbox, Folder]:
    """Return the folder of a name, with the right to administer it if that is asked for."""
    place = session.locate(name)
    found = tree_of(place.mailbox).find(place.name)
    if found is None or not place.mailbox.sees(found.folder.folder_id):
        raise NotFoundError("no folder has that name")
    if administer:
        rights.require(place.mailbox, found.folder.folder_id, Right.OWNER)
    return place.mailbox, found.folder


@command("SETACL", AUTHENTICATED, parse_setacl, durable=True)
def setacl(session: Session, args: Acl) -> Result:
    """Give somebody rights on a mailbox, add some, or take some away.

    Spec:
        RFC 4314 3.1. Who loses all rights keeps a row that says so, so that those of everybody do not count.
    """

    def change(mailbox: Mailbox, folder: Folder, user: str) -> Reply:
        rows = dict(mailbox.permissions(folder.folder_id))
        if user not in rows and len(rows) >= MAX_MEMBERS:
            raise LimitError(f"a folder has at most {MAX_MEMBERS} permissions")
        held = rows.get(user, 0)
        wanted = rights.changed(held, args.sign, args.rights, is_public=mailbox.is_public)
        mailbox.set_rights(folder.folder_id, user, wanted)
        return Reply("SETACL completed")

    return _for(session, args, change)


@command("DELETEACL", AUTHENTICATED, parse_identified, durable=True)
def deleteacl(session: Session, args: Acl) -> Result:
    """Remove what is said of somebody; those of their groups and of everybody count again.

    Spec:
        RFC 4314 3.2.
    """

    def remove(mailbox: Mailbox, folder: Folder, user: str) -> Reply:
        mailbox.set_rights(folder.folder_id, user, None)
        return Reply("DELETEACL completed")

    mailbox, folder = _found(session, args.name)
    name = args.identifier.casefold()
    if name in dict(mailbox.permissions(folder.folder_id)):  # also who is no user any more
        return remove(mailbox, folder, name)
    return _for(session, args, remove)


@command("GETACL", AUTHENTICATED, parse_mailbox)
def getacl(session: Session, args: Acl) -> Reply:
    """Say who has rights on a mailbox, its owner first.

    Spec:
        RFC 4314 3.3.
    """
    mailbox, folder = _found(session, args.name)
    rows = [] if mailbox.is_public else [(mailbox.owner, rights.letters(Right.OWNER, is_public=False))]
    rows += [
        (_SHOWN.get(user, user), rights.letters(held, is_public=mailbox.is_public))
        for user, held in mailbox.permissions(folder.folder_id)
    ]
    return Reply("GETACL completed", [AccessList(args.name, rows)])


@command("LISTRIGHTS", AUTHENTICATED, parse_identified)
def listrights(session: Session, args: Acl) -> Result:
    """Say which rights somebody can be given, and which of them go together.

    Spec:
        RFC 4314 3.4. The owner has all of them always.
    """
    mailbox, folder = _found(session, args.name)
    if _is_owner(mailbox, args.identifier):
        every = rights.letters(Right.OWNER, is_public=mailbox.is_public)
        data = GrantableRights(args.name, args.identifier, every, ())
        return Reply("LISTRIGHTS completed", [data])

    def tell(mailbox: Mailbox, _folder: Folder, _user: str) -> Reply:
        tied = rights.TIED_PUBLIC if mailbox.is_public else rights.TIED
        return Reply("LISTRIGHTS completed", [GrantableRights(args.name, args.identifier, "", tied)])

    return tell(mailbox, folder, "") if args.identifier in _RESERVED else _for(session, args, tell)


@command("MYRIGHTS", AUTHENTICATED, parse_mailbox)
def myrights(session: Session, args: Acl) -> Reply:
    """Say what the user may do in a mailbox.

    Spec:
        RFC 4314 3.5. Without any of l, r, i, k, x and a the mailbox is not there.
    """
    place = session.locate(args.name)
    found = tree_of(place.mailbox).find(place.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    mailbox = place.mailbox
    held = rights.letters(mailbox.held(found.folder.folder_id), is_public=mailbox.is_public)
    if not _ANY & set(held):
        raise NotFoundError("no folder has that name")
    return Reply("MYRIGHTS completed", [OwnRights(args.name, held)])


def _is_owner(mailbox: Mailbox, identifier: str) -> bool:
    name = identifier.casefold()
    owner = mailbox.owner.casefold()
    return not mailbox.is_public and name in (owner, owner.partition("@")[0])


def _for(session: Session, args: Acl, act: Callable[[Mailbox, Folder, str], Reply]) -> Result:
    """Carry something out for an identifier, once the user database has said whose it is."""
    mailbox, folder = _found(session, args.name)
    identifier = args.identifier
    if identifier in _RESERVED:
        return act(mailbox, folder, _RESERVED[identifier])
    if identifier.startswith("-"):
        raise CommandError("rights are not taken by negative identifiers here", "CANNOT")
    if _is_owner(mailbox, identifier):
        raise CommandError("the owner has all rights, always", "CANNOT")
    domain = mailbox.owner.rpartition("@")[2]
    address = identifier if "@" in identifier else f"{identifier}@{domain}"
    resolver = session.services.doorkeeper.resolver

    def known(outcome: Outcome) -> Reply:
        if outcome.error is not None:
            raise outcome.error
        mailbox, folder = _found(session, args.name)  # as it is by now
        match outcome.value:
            case UserMailbox(username=name) | MailList(address=name):
                if name.casefold() == mailbox.owner.casefold():
                    raise CommandError("the owner has all rights, always", "CANNOT")
                return act(mailbox, folder, name.casefold())
            case _:
                raise CommandError("there is no such user or group", "NONEXISTENT")

    return Wait(lambda: resolver.recipient(address), known)
