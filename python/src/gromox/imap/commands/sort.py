"""SORT and UID SORT: what matches, in order. RFC 5256, RFC 5957 (SORT=DISPLAY), RFC 5267 (ESORT)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.imap.commands.search import (
    Search,
    follow,
    highest_modseq,
    parse_charset,
    parse_return,
    program,
    save,
    told,
    working,
)
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import SELECTED
from gromox.imap.replies import ExtendedFound, Reply, Sorted, Stream
from gromox.imap.sequence import ranges_of
from gromox.store.sorting import Criterion, SortKey

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.search import Expression
    from gromox.store.view import FolderView

MAX_CRITERIA: Final = 20


@dataclass(frozen=True, slots=True)
class Sort:
    """What to look for, and how to order it."""

    search: Search
    criteria: tuple[Criterion, ...]


def _criteria(p: Parser) -> tuple[Criterion, ...]:
    """``"(" sort-criterion *(SP sort-criterion) ")"``."""
    found: list[Criterion] = []

    def criterion() -> None:
        word = p.word()
        reverse = word == b"REVERSE"
        if reverse:
            p.space()
            word = p.word()
        try:
            found.append(Criterion(SortKey(word.decode("ascii")), reverse))
        except ValueError:
            raise BadCommandError("no such sort criterion") from None

    p.parenthesised(criterion, limit=MAX_CRITERIA)
    if not found:
        raise BadCommandError("SORT needs a criterion")
    return tuple(found)


def _parse(p: Parser, *, uid: bool) -> Sort:
    p.space()
    returned, partial = None, None
    if p.accept_word(b"RETURN "):
        returned, partial = parse_return(p)
        p.space()
    criteria = _criteria(p)
    p.space()
    charset = parse_charset(p)
    p.space()
    search = replace(program(p, charset, uid=uid), returned=returned, partial=partial)
    return Sort(search, criteria)


def parse_sort(p: Parser) -> Sort:
    """``SP [RETURN (…) SP] sort-criteria SP charset 1*(SP search-key)``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_sort(p: Parser) -> Sort:
    """The same, answered with UIDs."""
    return _parse(p, uid=True)


@command("SORT", SELECTED, parse_sort, sequence_numbers=True)
@command("UID SORT", SELECTED, parse_uid_sort)
def sort(session: Session, args: Sort) -> Stream:
    """Tell which of the announced messages match, in order.

    Spec:
        RFC 5256 section 3; RFC 5267 section 3 (RETURN: MIN and MAX are the ends of the order, ALL keeps it);
        RFC 5182 section 2.1 (SAVE); RFC 9394 section 3.1 (PARTIAL); RFC 5267 section 4.3 (UPDATE).
    """
    here = session.here
    view = here.view
    mailbox, folder_id = here.mailbox, here.folder_id

    def work(uids: Sequence[int]) -> Generator[None, None, Sequence[int]]:
        return mailbox.sort_steps(folder_id, uids, args.criteria)

    def answer(search: Search, terms: Expression, uids: Sequence[int]) -> Reply:
        told = _answer(session, search, view, uids)
        return replace(told, untagged=[*told.untagged, *follow(session, search, terms, uids, args.criteria)])

    return working(session, args.search, work, answer)


def _answer(session: Session, search: Search, view: FolderView, uids: Sequence[int]) -> Reply:
    numbers = uids if search.uid else [seq for seq in map(view.seq_of, uids) if seq is not None]
    by_number = search.by_number
    wanted = search.returned
    if wanted is None:
        modseq = highest_modseq(view, uids) if search.modseq else None
        return Reply("SORT completed", [Sorted(numbers, modseq)], by_number=by_number)
    if b"SAVE" in wanted:
        save(session, search, uids)
        if wanted == {b"SAVE"}:
            return Reply("SORT completed, result saved", by_number=by_number)
    data = ExtendedFound(
        session.tag,
        search.uid,
        lowest=numbers[0] if numbers and b"MIN" in wanted else None,
        highest=numbers[-1] if numbers and b"MAX" in wanted else None,
        count=len(numbers) if b"COUNT" in wanted else None,
        all=ranges_of(numbers) if numbers and b"ALL" in wanted else None,
        modseq=highest_modseq(view, told(search, uids)) if search.modseq else None,
        partial=(search.partial.text, ranges_of(search.partial.of(numbers))) if search.partial else None,
    )
    return Reply("SORT completed", [data], by_number=by_number)
