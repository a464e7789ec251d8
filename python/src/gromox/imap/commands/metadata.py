"""GETMETADATA and SETMETADATA: annotations of mailboxes and of the server. RFC 5464 section 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.filters import check_filters
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.metadata import Wanted, chosen, entry_name, parse_entries
from gromox.imap.replies import Metadata, Reply
from gromox.imap.specialuse import check_uses
from gromox.imap.tree import tree_of
from gromox.store.annotation import MAX_VALUE, PRIVATE, SPECIAL_USE
from gromox.store.errors import DeniedError, InvalidValueError, LimitError, NotFoundError

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

MAX_CHANGES: Final = 100


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """A mailbox (empty: the server), and which entries of it."""

    name: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """A mailbox (empty: the server), and what entries become; None removes them."""

    name: str
    changes: tuple[tuple[str, bytes | None], ...]


def parse_getmetadata(p: Parser) -> GetMetadata:
    """``[SP options] SP mailbox SP entries``; the examples have the options behind the mailbox."""
    p.space()
    options: list[tuple[bytes, int]] = []

    def option() -> None:
        word = p.word()
        p.space()
        if word == b"MAXSIZE":
            options.append((word, p.number()))
        elif word == b"DEPTH":
            depth = {b"0": 0, b"1": 1, b"INFINITY": -1}.get(p.word())
            if depth is None:
                raise BadCommandError("DEPTH is 0, 1 or infinity")
            options.append((word, depth))
        else:
            raise BadCommandError("no such GETMETADATA option")

    is_first = p.peek(b"(")
    if is_first:
        p.parenthesised(option)
        p.space()
    name = p.mailbox()
    p.space()
    if not is_first and (p.peek_word(b"(MAXSIZE ") or p.peek_word(b"(DEPTH ")):
        p.parenthesised(option)
        p.space()
    entries = parse_entries(p)
    p.end()
    found = dict(options)
    return GetMetadata(name, Wanted(entries, found.get(b"DEPTH", 0), found.get(b"MAXSIZE")))


def parse_setmetadata(p: Parser) -> SetMetadata:
    """``SP mailbox SP "(" entry SP value *(SP entry SP value) ")"``."""
    p.space()
    name = p.mailbox()
    p.space()
    changes: dict[str, bytes | None] = {}

    def change() -> None:
        entry = entry_name(p)
        p.space()
        if p.peek(b"~"):
            changes[entry] = p.message_literal()
        else:
            changes[entry] = p.nstring()

    p.parenthesised(change, limit=MAX_CHANGES)
    p.end()
    if not changes:
        raise BadCommandError("SETMETADATA needs an entry")
    return SetMetadata(name, tuple(changes.items()))


def _found(session: Session, name: str) -> tuple[Mailbox, int]:
    """Return the mailbox and the folder of a name; folder 0 where the server is meant."""
    if not name:
        return session.mailbox, 0
    place = session.locate(name)
    found = tree_of(place.mailbox).find(place.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    return place.mailbox, found.folder.folder_id


@command("GETMETADATA", AUTHENTICATED, parse_getmetadata)
def getmetadata(session: Session, args: GetMetadata) -> Reply:
    """Say annotations of a mailbox or of the server.

    Spec:
        RFC 5464 4.2 (an entry that is named and not there is NIL), 4.2.1 (MAXSIZE, LONGENTRIES), 4.2.2.
    """
    mailbox, folder_id = _found(session, args.name)
    rows, longest = chosen(mailbox.annotations(folder_id), args.wanted)
    code = b"METADATA LONGENTRIES %d" % longest if longest else b""
    return Reply("GETMETADATA completed", [Metadata(args.name, rows)] if rows else [], code=code)


@command("SETMETADATA", AUTHENTICATED, parse_setmetadata, durable=True)
def setmetadata(session: Session, args: SetMetadata) -> Reply:
    """Set or remove annotations, all or none.

    Spec:
        RFC 5464 4.3 (MAXSIZE, TOOMANY), 3.3 (shared entries of the server are the administrator's); RFC 6154
        section 4 (/private/specialuse, USEATTR); RFC 5466 3.2 (filters are searches).
    """
    mailbox, folder_id = _found(session, args.name)
    changes = dict(args.changes)
    if not folder_id and not all(entry.startswith(PRIVATE) for entry in changes):
        raise DeniedError("shared entries of the server are the administrator's")
    if not folder_id:
        check_filters(changes)
    uses = changes.get(SPECIAL_USE)
    if uses is not None:
        changes[SPECIAL_USE] = check_uses(mailbox, folder_id, uses)
    try:
        mailbox.annotate(folder_id, changes)
    except InvalidValueError:
        raise CommandError("a value is too large", f"METADATA MAXSIZE {MAX_VALUE}") from None
    except LimitError:
        raise CommandError("there are too many annotations", "METADATA TOOMANY") from None
    return Reply("SETMETADATA completed")
