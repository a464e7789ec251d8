"""SEARCH and UID SEARCH: which messages match. RFC 3501 section 6.4.4, RFC 4731, RFC 5182."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from gromox.imap import serialize
from gromox.imap.contexts import Context, refusal
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.filters import check_charset, expanded
from gromox.imap.machine import SELECTED
from gromox.imap.partial import Partial, parse_partial
from gromox.imap.progress import with_progress
from gromox.imap.replies import ExtendedFound, Found, Ready, Reply, Stream
from gromox.imap.searchkeys import CHARSETS, Key, KeyParser, uses_filters, uses_modseq, uses_numbers
from gromox.imap.searchterms import expression, is_costly, is_of_flags
from gromox.imap.sequence import ranges_of
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result, Untagged
    from gromox.imap.selected import Selected
    from gromox.imap.session import Session
    from gromox.store.search import Expression
    from gromox.store.sorting import Criterion
    from gromox.store.view import FolderView

T = TypeVar("T")

#: search-return-opt of RFC 4731, RFC 5182, RFC 5267 and RFC 9394.
RETURN: Final = frozenset({b"MIN", b"MAX", b"ALL", b"COUNT", b"SAVE", b"PARTIAL", b"UPDATE", b"CONTEXT"})
#: Messages above which any search is made in steps.
_AT_ONCE: Final = 30_000
#: Above this, one pass over all UIDs is cheaper than looking up each.
_MANY: Final = 100


@dataclass(frozen=True, slots=True)
class Search:
    """What to search for; ``returned`` is None for the answer of RFC 3501."""

    key: Key
    uid: bool
    returned: frozenset[bytes] | None = None
    partial: Partial | None = None
    modseq: bool = False
    """MODSEQ is among the keys."""
    by_number: bool = False
    """Sequence numbers are among the keys."""
    #: Whether a charset was named.
    charset: bool = False
    filters: bool = False
    """FILTER is among the keys."""


def parse_charset(p: Parser) -> str:
    """Read an astring; returns the codec of a charset."""
    known = CHARSETS.get(p.astring().upper())
    if known is None:
        names = b" ".join(CHARSETS).decode("ascii")
        raise CommandError("the charset is not known here", f"BADCHARSET ({names})")
    return known


def _parse(p: Parser, *, uid: bool) -> Search:
    p.space()
    returned: frozenset[bytes] | None = None
    partial: Partial | None = None
    if p.accept_word(b"RETURN "):
        returned, partial = parse_return(p)
        p.space()
    charset = "utf-8"
    named = p.accept_word(b"CHARSET ")
    if named:
        charset = parse_charset(p)
        p.space()
    return replace(program(p, charset, uid=uid), returned=returned, partial=partial, charset=named)


def program(p: Parser, charset: str, *, uid: bool) -> Search:
    """Read ``search-key *(SP search-key)``, texts in ``charset``."""
    key = KeyParser(p, charset).keys()
    filters = uses_filters(key)
    if filters:
        check_charset(charset)
    return Search(key, uid, modseq=uses_modseq(key), by_number=uses_numbers(key), filters=filters)


def parse_return(p: Parser) -> tuple[frozenset[bytes], Partial | None]:
    """``"(" [search-return-opt *(SP search-return-opt)] ")"``; nothing means ALL.

    Spec:
        RFC 4731 3.1; RFC 9394 3.1: at most one PARTIAL, and not together with ALL.
    """
    options: list[bytes] = []
    pages: list[Partial] = []

    def option() -> None:
        options.append(p.word())
        if options[-1] == b"PARTIAL":
            pages.append(parse_partial(p))

    p.parenthesised(option)
    if not set(options) <= RETURN:
        raise BadCommandError("no such SEARCH option")
    if len(pages) > 1 or (pages and b"ALL" in options):
        raise BadCommandError("one PARTIAL or ALL can be asked for")
    return frozenset(options) or frozenset({b"ALL"}), pages[0] if pages else None


def parse_search(p: Parser) -> Search:
    """``SP [RETURN (…) SP] [CHARSET SP astring SP] search-key *(SP search-key)``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_search(p: Parser) -> Search:
    """The same, answered with UIDs."""
    return _parse(p, uid=True)


@command("SEARCH", SELECTED, parse_search, sequence_numbers=True)
@command("UID SEARCH", SELECTED, parse_uid_search)
def search(session: Session, args: Search) -> Result:
    """Tell which of the announced messages match.

    Spec:
        RFC 3501 6.4.4, 7.2.5; RFC 4731 3.1 (RETURN); RFC 5182 2.1 (SAVE); RFC 7162 3.1.5 (MODSEQ), 3.2.10.2
        (no removals are told if keys have sequence numbers); RFC 9394 3.1 (PARTIAL); RFC 9585 (INPROGRESS);
        RFC 9051 6.4.4 (IMAP4rev2: always ESEARCH, ALL if nothing was asked for); RFC 6855 3 (no charset
        beside UTF8=ACCEPT); RFC 5466 3.1 (FILTER); RFC 5267 4.2 (CONTEXT: a hint that is not needed), 4.3
        (UPDATE).

    Returns:
        Numbers in ascending order. A search in contents is made in steps.
    """
    here = session.here
    refuse_tag(session, args)
    args = expanded(session, args)
    if args.charset and b"UTF8=ACCEPT" in session.enabled:
        raise BadCommandError("everything is UTF-8 after ENABLE UTF8=ACCEPT")
    if args.modseq:
        session.enable_condstore()
    if args.returned is not None and b"SAVE" in args.returned:
        terms = expression(session, args.key)
        session.saved = UidSet()  # what a failure leaves, RFC 5182 section 2.1
    else:
        terms = expression(session, args.key)
    view = here.view
    is_plain = args.returned is None and not (session.rev2 or args.modseq or here.mailbox.is_guest)
    if is_plain and view.total <= _AT_ONCE and is_of_flags(terms):
        # Clients ask for what is unseen at every look, and mostly nothing has changed.
        return Reply(
            "SEARCH completed",
            [Ready(view.said((args.uid, terms), partial(_line, here, args, terms)))],
            by_number=args.by_number,
        )
    if view.total <= _AT_ONCE and not is_costly(terms):
        return _answer(session, args, terms, here.mailbox.search(here.folder_id, terms, view=view))
    found: list[Sequence[int]] = []

    def steps() -> Generator[Sequence[Piece], None, None]:
        work = here.mailbox.search_steps(here.folder_id, terms, view=view)
        while True:
            try:
                next(work)
            except StopIteration as done:
                found.append(done.value)
                return
            yield ()

    work = with_progress(session.services.clock, session.tag, steps())
    return Stream(work, lambda: _answer(session, args, terms, found[0]))


def refuse_tag(session: Session, args: Search) -> None:
    """Refuse to follow two searches under one tag. RFC 5267 section 4.3."""
    if args.returned and b"UPDATE" in args.returned and session.tag in session.here.contexts:
        raise BadCommandError("the results of another search with that tag are followed")


def follow(
    session: Session, args: Search, terms: Expression, uids: Sequence[int], criteria: Sequence[Criterion] = ()
) -> list[Untagged]:
    """Follow what a search found, if the client wants it; return what there is to say of it.

    Spec:
        RFC 5267 4.3.1: searches that read contents are not followed, as one flag could mean many of them.
    """
    if not args.returned or b"UPDATE" not in args.returned:
        return []
    order = list(uids) if criteria else []
    context = Context(session.tag, args.uid, terms, UidSet.of(uids), criteria, order)
    if is_costly(terms) or not session.here.contexts.follow(context):
        return [Ready(refusal(session.tag))]
    return []


def _line(here: Selected, args: Search, terms: Expression) -> bytes:
    uids = here.mailbox.search(here.folder_id, terms, view=here.view)
    return serialize.found(Found(uids if args.uid else numbers_of(here.view, uids)))


def _answer(session: Session, args: Search, terms: Expression, uids: Sequence[int]) -> Reply:
    view = session.here.view
    numbers = uids if args.uid else numbers_of(view, uids)
    by_number = args.by_number
    wanted = args.returned
    if wanted is None and not session.rev2:
        modseq = highest_modseq(view, uids) if args.modseq else None
        return Reply("SEARCH completed", [Found(numbers, modseq)], by_number=by_number)
    if wanted is None:
        wanted = frozenset({b"ALL"})
    if b"SAVE" in wanted:
        save(session, args, uids)
        if wanted == {b"SAVE"}:
            return Reply("SEARCH completed, result saved", by_number=by_number)
    data = ExtendedFound(
        session.tag,
        args.uid,
        lowest=numbers[0] if numbers and b"MIN" in wanted else None,
        highest=numbers[-1] if numbers and b"MAX" in wanted else None,
        count=len(numbers) if b"COUNT" in wanted else None,
        all=ranges_of(numbers) if numbers and b"ALL" in wanted else None,
        modseq=highest_modseq(view, told(args, uids)) if args.modseq else None,
        partial=(args.partial.text, ranges_of(args.partial.of(numbers))) if args.partial else None,
    )
    refused = follow(session, args, terms, uids)
    return Reply("SEARCH completed", [data, *refused], by_number=by_number)


def highest_modseq(view: FolderView, uids: Sequence[int]) -> int | None:
    """Return the highest mod-sequence of messages."""
    return max((place[2] for place in map(view.flags_of, uids) if place is not None), default=None)


def told(args: Search, uids: Sequence[int]) -> Sequence[int]:
    """Return the messages that the answer is about.

    Spec:
        RFC 4731 3.2 (mod-sequence), RFC 5182 2.4 and RFC 9394 3.2 ("$"): all that was found, unless only the
        ends or a page were asked for.
    """
    wanted = args.returned or frozenset()
    if not uids or wanted & {b"ALL", b"COUNT"} or not wanted & {b"MIN", b"MAX", b"PARTIAL"}:
        return uids
    told = set(args.partial.of(uids)) if args.partial is not None else set[int]()
    told.update(uids[:1] if b"MIN" in wanted else ())
    told.update(uids[-1:] if b"MAX" in wanted else ())
    return sorted(told)


def save(session: Session, args: Search, uids: Sequence[int]) -> None:
    """Keep what "$" stands for. RFC 5182 section 2.1."""
    session.saved = UidSet.of(told(args, uids))


def working(
    session: Session,
    args: Search,
    work: Callable[[Sequence[int]], Generator[None, None, Sequence[T]]],
    answer: Callable[[Search, Expression, Sequence[T]], Reply],
) -> Stream:
    """Search, and do further work on what was found, in steps; ``answer`` gets the search without filters."""
    here = session.here
    refuse_tag(session, args)
    args = expanded(session, args)
    if args.modseq:
        session.enable_condstore()
    terms = expression(session, args.key)
    if args.returned is not None and b"SAVE" in args.returned:
        session.saved = UidSet()
    view = here.view
    done: list[Sequence[T]] = []

    def whole() -> Generator[None, None, Sequence[T]]:
        uids = yield from here.mailbox.search_steps(here.folder_id, terms, view=view)
        return (yield from work(uids))

    def steps() -> Generator[Sequence[Piece], None, None]:
        running = whole()
        while True:
            try:
                next(running)
            except StopIteration as end:
                done.append(end.value)
                return
            yield ()

    work_steps = with_progress(session.services.clock, session.tag, steps())
    return Stream(work_steps, lambda: answer(args, terms, done[0]))


def numbers_of(view: FolderView, uids: Sequence[int]) -> Sequence[int]:
    """Return the sequence numbers of UIDs that are all in the view, ascending."""
    if len(uids) == view.total:
        return range(1, view.total + 1)
    if len(uids) < _MANY:
        return [seq for seq in map(view.seq_of, uids) if seq is not None]
    seqs = dict(zip(view.uids(), count(1), strict=False))
    return [seqs[uid] for uid in uids]
