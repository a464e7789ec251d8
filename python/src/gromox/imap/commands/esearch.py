"""ESEARCH: search several mailboxes at once. RFC 7377."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gromox.imap import serialize
from gromox.imap.commands.search import (
    Search,
    highest_modseq,
    parse_charset,
    parse_return,
    program,
    save,
    told,
)
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.filters import expanded
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.progress import with_progress
from gromox.imap.replies import ExtendedFound, Reply, Stream
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
    search: Search
    returned: frozenset[bytes]


def parse_esearch(p: Parser) -> MultiSearch:
    """``[SP "IN" SP sources] [SP "RETURN" …] SP search-program``."""
    p.space()
    sources: tuple[Source, ...] = (_SELECTED,)
    if p.accept_word(b"IN "):
        sources = parse_sources(p)
        p.space()
    returned: frozenset[bytes] = frozenset({b"ALL"})
    partial = None
    if p.accept_word(b"RETURN "):
        returned, partial = parse_return(p)
        p.space()
    charset = "utf-8"
    if p.accept_word(b"CHARSET "):
        charset = parse_charset(p)
        p.space()
    if b"UPDATE" in returned:
        raise BadCommandError("changes of the results of ESEARCH are not told")
    if b"SAVE" in returned and set(sources) != {_SELECTED}:
        raise BadCommandError("only what is found in the selected mailbox can be saved")
    search = replace(program(p, charset, uid=True), returned=returned, partial=partial)
    return MultiSearch(sources, search, returned)


@command("ESEARCH", AUTHENTICATED, parse_esearch)
def esearch(session: Session, args: MultiSearch) -> Stream:
    """Tell which messages of which mailboxes match, by their UIDs.

    Spec:
        RFC 7377 2.1 (nothing is told of mailboxes without a match), 2.2 (sources, rights), 2.4 (bound).
    """
    if _SELECTED in args.sources and session.selected is None:
        raise BadCommandError("no mailbox is selected")
    args = replace(args, search=expanded(session, args.search))
    if args.search.modseq:
        session.enable_condstore()
    found = mailboxes(session, args.sources)
    if b"SAVE" in args.returned:
        save(session, args.search, ())

    def steps() -> Iterator[Sequence[Piece]]:
        for each in found:
            yield from _one(session, args, each)

    work = with_progress(session.services.clock, session.tag, steps())
    return Stream(work, lambda: Reply("ESEARCH completed", by_number=args.search.by_number))


def _one(session: Session, args: MultiSearch, each: Searched) -> Iterator[Sequence[Piece]]:
    """Search one mailbox; the selected one as it was announced."""
    here = session.selected
    is_here = here is not None and here.mailbox is each.mailbox and here.folder_id == each.folder_id
    try:
        if is_here and here is not None:
            view, terms = here.view, expression(session, args.search.key)
        else:
            view = each.mailbox.view(each.folder_id)
            terms = elsewhere(each.mailbox, view, session.services.clock.now(), args.search.key)
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
        save(session, args.search, uids)
    if uids and args.returned != {b"SAVE"}:
        yield serialize.untagged([_told(session, args, each, view, uids)], utf8=session.utf8)


def _told(
    session: Session, args: MultiSearch, each: Searched, view: FolderView, uids: Sequence[int]
) -> ExtendedFound:
    wanted, search = args.returned, args.search
    return ExtendedFound(
        session.tag,
        uid=True,
        lowest=uids[0] if b"MIN" in wanted else None,
        highest=uids[-1] if b"MAX" in wanted else None,
        count=len(uids) if b"COUNT" in wanted else None,
        all=ranges_of(uids) if b"ALL" in wanted else None,
        modseq=highest_modseq(view, told(search, uids)) if search.modseq else None,
        partial=(search.partial.text, ranges_of(search.partial.of(uids))) if search.partial else None,
        place=(each.name, view.uid_validity),
    )
