"""ESEARCH: search several mailboxes at once. RFC 7377."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap import serialize
from gromox.imap.commands.search import parse_charset, parse_return, save
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import ExtendedFound, Reply, Stream
from gromox.imap.searchkeys import Key, KeyParser, uses_modseq
from gromox.imap.searchterms import elsewhere, expression
from gromox.imap.sequence import ranges_of
from gromox.imap.sources import Searched, Source, mailboxes, parse_sources
from gromox.store.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.view import FolderView

_SELECTED = Source(b"SELECTED")


@dataclass(frozen=True, slots=True)
class MultiSearch:
    """Where to search, for what, and what to tell."""

    sources: tuple[Source, ...]
    returned: frozenset[bytes]
    key: Key


def parse_esearch(p: Parser) -> MultiSearch:
    """``[SP "IN" SP sources] [SP "RETURN" …] SP search-program``."""
    p.space()
    sources: tuple[Source, ...] = (_SELECTED,)
    if p.accept_word(b"IN "):
        sources = parse_sources(p)
        p.space()
    returned = parse_return(p) or frozenset({b"ALL"})
    charset = "utf-8"
    if p.accept_word(b"CHARSET "):
        charset = parse_charset(p)
        p.space()
    if b"SAVE" in returned and set(sources) != {_SELECTED}:
        raise BadCommandError("only what is found in the selected mailbox can be saved")
    return MultiSearch(sources, returned, KeyParser(p, charset).keys())


@command("ESEARCH", AUTHENTICATED, parse_esearch)
def esearch(session: Session, args: MultiSearch) -> Stream:
    """Tell which messages of which mailboxes match, by their UIDs.

    Spec:
        RFC 7377 2.1 (nothing is told of mailboxes without a match), 2.2 (sources, rights), 2.4 (bound).
    """
    if _SELECTED in args.sources and session.selected is None:
        raise BadCommandError("no mailbox is selected")
    if uses_modseq(args.key):
        session.enable_condstore()
    found = mailboxes(session, args.sources)
    if b"SAVE" in args.returned:
        save(session, args.returned, ())

    def steps() -> Iterator[Sequence[Piece]]:
        for each in found:
            yield from _one(session, args, each)

    return Stream(steps(), lambda: Reply("ESEARCH completed"))


def _one(session: Session, args: MultiSearch, each: Searched) -> Iterator[Sequence[Piece]]:
    """Search one mailbox; the selected one as it was announced."""
    here = session.selected
    is_here = here is not None and here.mailbox is each.mailbox and here.folder_id == each.folder_id
    try:
        if is_here and here is not None:
            view, terms = here.view, expression(session, args.key)
        else:
            view = each.mailbox.view(each.folder_id)
            terms = elsewhere(view, session.services.clock.now(), args.key)
        work = each.mailbox.search_steps(each.folder_id, terms, view=view)
        while True:
            try:
                next(work)
            except StopIteration as done:
                uids: Sequence[int] = done.value
                break
            yield ()
    except NotFoundError:
        return  # it was deleted meanwhile
    if b"SAVE" in args.returned:
        save(session, args.returned, uids)
    if uids and args.returned != {b"SAVE"}:
        yield serialize.untagged([_told(session, args, each, view, uids)], utf8=session.utf8)


def _told(
    session: Session, args: MultiSearch, each: Searched, view: FolderView, uids: Sequence[int]
) -> ExtendedFound:
    wanted = args.returned
    modseq: int | None = None
    if uses_modseq(args.key):
        modseq = max(place[2] for place in map(view.flags_of, uids) if place is not None)
    return ExtendedFound(
        session.tag,
        uid=True,
        lowest=uids[0] if b"MIN" in wanted else None,
        highest=uids[-1] if b"MAX" in wanted else None,
        count=len(uids) if b"COUNT" in wanted else None,
        all=ranges_of(uids) if b"ALL" in wanted else None,
        modseq=modseq,
        place=(each.name, view.uid_validity),
    )
