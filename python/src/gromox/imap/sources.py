"""Which mailboxes ESEARCH looks into: filter-mailboxes of RFC 5465 section 6, as in RFC 7377 section 2.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.listing import outside_names, own_names
from gromox.imap.tree import names_of, tree_of
from gromox.store.names import SEPARATOR
from gromox.store.permission import Right

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.imap.listing import Listable
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox

MAX_SOURCES: Final = 100
#: Mailboxes that one ESEARCH looks into.
MAX_MAILBOXES: Final = 5000
_ALONE: Final = frozenset({b"SELECTED", b"INBOXES", b"PERSONAL", b"SUBSCRIBED"})
_NAMED: Final = frozenset({b"SUBTREE", b"SUBTREE-ONE", b"MAILBOXES"})


@dataclass(frozen=True, slots=True)
class Source:
    """One filter-mailboxes: its kind, and the mailboxes that it names."""

    kind: bytes
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """A mailbox to search, and what the client calls it."""

    name: str
    mailbox: Mailbox
    folder_id: int


def parse_sources(p: Parser) -> tuple[Source, ...]:
    """``"(" filter-mailboxes *(SP filter-mailboxes) ")"``; there are no scope options."""
    found: list[Source] = []

    def source() -> None:
        kind = p.word()
        if kind in _ALONE:
            found.append(Source(kind))
            return
        if kind not in _NAMED:
            raise BadCommandError("no such source of mailboxes")
        p.space()
        names: list[str] = []
        if p.peek(b"("):
            p.parenthesised(lambda: names.append(p.mailbox()), limit=MAX_SOURCES)
        else:
            names.append(p.mailbox())
        if not names:
            raise BadCommandError("a mailbox has to be named")
        found.append(Source(kind, tuple(names)))

    p.parenthesised(source, limit=MAX_SOURCES)
    if not found:
        raise BadCommandError("a source of mailboxes has to be named")
    return tuple(found)


def mailboxes(session: Session, sources: tuple[Source, ...]) -> list[Searched]:
    """Return the mailboxes of all sources, each once; those that the user may not read are left out.

    Raises:
        CommandError: there are too many, LIMIT (RFC 7377 section 2.4).
        LookUpFirstError: mailboxes of others have to be looked for first.
    """
    found: dict[tuple[str, int], Searched] = {}
    for source in sources:
        for each in _of(session, source):
            found.setdefault((str(each.mailbox.path), each.folder_id), each)
            if len(found) > MAX_MAILBOXES:
                raise CommandError("that would search too many mailboxes", "LIMIT")
    return [each for each in found.values() if each.mailbox.held(each.folder_id) & Right.READ_ANY]


def _of(session: Session, source: Source) -> Iterator[Searched]:
    match source.kind:
        case b"SELECTED":
            here = session.here
            yield Searched(here.name, here.mailbox, here.folder_id)
        case b"INBOXES":
            yield from _named(session, "INBOX", depth=0)
        case b"PERSONAL":
            yield from _searchable(_own(session))
        case b"SUBSCRIBED":
            names = [each for each in _own(session) if each.subscribed]
            if names_of(session.mailbox).subscriptions:
                names += [each for part in outside_names(session) for each in part if each.subscribed]
            yield from _searchable(names)
        case kind:
            depth = {b"MAILBOXES": 0, b"SUBTREE-ONE": 1}.get(kind, -1)
            for name in source.names:
                yield from _named(session, name, depth)


def _own(session: Session) -> list[Listable]:
    return own_names(session, names_of(session.mailbox))


def _searchable(names: list[Listable]) -> Iterator[Searched]:
    for each in names:
        if each.selectable and each.folder is not None:
            yield Searched(each.name, each.mailbox, each.folder.folder_id)


def _named(session: Session, name: str, depth: int) -> Iterator[Searched]:
    """Go through a mailbox and (``depth`` 1 or, for all, -1) those below it; what is not there is nothing."""
    place = session.locate(name)
    found = tree_of(place.mailbox).find(place.name)
    if found is None and place.name:
        return
    top = found.name if found is not None else ""
    prefix = top + SEPARATOR if top else ""
    for each in tree_of(place.mailbox).names:
        is_below = each.name.startswith(prefix) and bool(depth)
        if is_below and depth > 0:
            is_below = SEPARATOR not in each.name[len(prefix) :]
        if each.selectable and (each.name == top or is_below):
            yield Searched(place.full(each.name), place.mailbox, each.folder.folder_id)
