"""SORT and UID SORT: what matches, in order. RFC 5256, RFC 5957 (SORT=DISPLAY), RFC 5267 (ESORT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.commands.search import Search, parse_charset, parse_return, save, working
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import SELECTED
from gromox.imap.replies import ExtendedFound, Reply, Sorted, Stream
from gromox.imap.searchkeys import KeyParser, uses_modseq
from gromox.imap.sequence import ranges_of
from gromox.store.sorting import Criterion, SortKey

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
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
    returned = parse_return(p)
    criteria = _criteria(p)
    p.space()
    charset = parse_charset(p)
    p.space()
    return Sort(Search(KeyParser(p, charset).keys(), uid, returned), criteria)


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
        RFC 5182 section 2.1 (SAVE).
    """
    here = session.here
    view = here.view
    mailbox, folder_id = here.mailbox, here.folder_id

    def work(uids: Sequence[int]) -> Generator[None, None, Sequence[int]]:
        return mailbox.sort_steps(folder_id, uids, args.criteria)

    return working(session, args.search, work, lambda uids: _answer(session, args, view, uids))


def _answer(session: Session, args: Sort, view: FolderView, uids: Sequence[int]) -> Reply:
    search = args.search
    numbers = uids if search.uid else [seq for seq in map(view.seq_of, uids) if seq is not None]
    modseq: int | None = None
    if uids and uses_modseq(search.key):
        modseq = max(place[2] for place in map(view.flags_of, uids) if place is not None)
    wanted = search.returned
    if wanted is None:
        return Reply("SORT completed", [Sorted(numbers, modseq)])
    if b"SAVE" in wanted:
        save(session, wanted, uids)
        if wanted == {b"SAVE"}:
            return Reply("SORT completed, result saved")
    data = ExtendedFound(
        session.tag,
        search.uid,
        lowest=numbers[0] if numbers and b"MIN" in wanted else None,
        highest=numbers[-1] if numbers and b"MAX" in wanted else None,
        count=len(numbers) if b"COUNT" in wanted else None,
        all=ranges_of(numbers) if numbers and b"ALL" in wanted else None,
        modseq=modseq,
    )
    return Reply("SORT completed", [data])
