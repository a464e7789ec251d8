"""CREATE: make a mailbox. RFC 3501 section 6.3.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.commands.list import listed
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.objectids import mailbox_id
from gromox.imap.replies import Reply
from gromox.imap.specialuse import check_uses
from gromox.imap.tree import net_unicode, tree_of
from gromox.store.annotation import SPECIAL_USE
from gromox.store.errors import DeniedError, ExistsError
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.places import Place
    from gromox.imap.replies import Untagged
    from gromox.imap.session import Session
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox


def parse_name(p: Parser) -> str:
    """``SP mailbox``."""
    p.space()
    name = p.mailbox()
    p.end()
    return name


@dataclass(frozen=True, slots=True)
class Create:
    """The new name, and what it is for (separated by blanks)."""

    name: str
    uses: bytes = b""


def parse_create(p: Parser) -> Create:
    """``SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]``, RFC 6154 section 6."""
    p.space()
    name = p.mailbox()
    uses: tuple[bytes, ...] = ()
    if p.accept(b" "):
        if not p.accept_word(b"(USE "):
            raise BadCommandError("no such CREATE parameter")
        uses = p.flag_list()
        p.expect(b")")
    p.end()
    return Create(name, b" ".join(uses))


@command("CREATE", AUTHENTICATED, parse_create, durable=True)
def create(session: Session, args: Create) -> Reply:
    """Make a mailbox, and superior ones that are missing.

    Spec:
        RFC 3501 6.3.3: a separator at the end says that names below it will follow; it is dropped. INBOX
        cannot be created. RFC 9051 5.1, 6.3.4: names are made Net-Unicode. RFC 6154 section 3 (USE; USEATTR).
        RFC 8474 4.1 (MAILBOXID).
    """
    given = args.name.removesuffix(SEPARATOR)
    place = place_for(session, net_unicode(given))
    if tree_of(place.mailbox).find(place.name) is not None:
        raise ExistsError("a folder has that name")
    uses = check_uses(place.mailbox, None, args.uses) if args.uses else b""
    made = make_path(place.mailbox, place.name)
    if uses:
        place.mailbox.annotate(made.folder_id, {SPECIAL_USE: uses})
    code = b"MAILBOXID (%b)" % mailbox_id(place.mailbox, made.folder_id)
    return Reply("CREATE completed", renamed(session, place, given), code=code)


def renamed(session: Session, place: Place, given: str) -> list[Untagged]:
    """Return what to tell of a mailbox that is called differently than the client did.

    Spec:
        RFC 9051 6.3.4, 6.3.6: LIST with OLDNAME, where the server made a name Net-Unicode.
    """
    if not session.rev2 or given == place.full(place.name):
        return []
    found = tree_of(place.mailbox).find(place.name)
    return [] if found is None else [listed(found, place.full(found.name), old_name=given)]


def place_for(session: Session, name: str) -> Place:
    """Return where a new name leads.

    Raises:
        DeniedError: it would stand in a namespace, and not in any mailbox of it.
    """
    place = session.locate(name)
    if place.is_own and session.places.is_outside(name):
        first = name.partition(SEPARATOR)[0]
        if tree_of(place.mailbox).find(first) is None:
            raise DeniedError("nothing can be made there")
    if not place.name:
        raise ExistsError("a mailbox of somebody else has that name")
    return place


def make_path(mailbox: Mailbox, name: str) -> Folder:
    """Return the folder of a name, made with its superiors as far as they are missing."""
    parent_id, last = parent_of(mailbox, name)
    existing = mailbox.child(parent_id, last)
    return existing if existing is not None else mailbox.create_folder(parent_id, last)


def parent_of(mailbox: Mailbox, name: str) -> tuple[int, str]:
    """Return the id of the folder that contains a name, made if missing, and the name's last part."""
    parts = name.split(SEPARATOR)
    if not all(parts):
        raise CommandError("a part of the mailbox name is empty", "CANNOT")
    tree = tree_of(mailbox)
    if len(parts) == 1:
        return tree.top, name
    superior = SEPARATOR.join(parts[:-1])
    known = tree.find(superior)
    return (make_path(mailbox, superior) if known is None else known.folder).folder_id, parts[-1]
