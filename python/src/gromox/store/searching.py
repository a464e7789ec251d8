"""Carry out searches: flags from blocks, texts and dates by range scans, bodies from the contents.

A set of messages is one big integer with an octet for each message of the view (0 or 1): AND, OR and NOT
are single operations on it, whatever the size of the folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

from gromox.store import bodysearch, textcolumn, unscanned
from gromox.store.extract import fold
from gromox.store.flags import count_table
from gromox.store.fulltext import index as fulltext
from gromox.store.match import evaluate
from gromox.store.property.message import MessageProperties
from gromox.store.search import (
    All,
    And,
    ArrivedBefore,
    Body,
    Expression,
    Field,
    Flagged,
    HasKeyword,
    Header,
    InternalDay,
    Larger,
    Matching,
    MayHold,
    Modseq,
    Not,
    Or,
    Recent,
    SentDay,
    Smaller,
    Text,
    TextIn,
    Uids,
    Where,
)
from gromox.store.table.parts import parts_of
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Generator, Iterable, Sequence

    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.view import FolderView

    Steps = Generator[None, None, int]

_STEP: Final = 8192
"""Rows of a narrow table that are scanned before others get their turn."""
_HEADERS_A_STEP: Final = 512
_SPARSE: Final = 16
_MAX_CN: Final = (1 << 48) - 1
_KEPT_FIELDS: Final = {
    "subject": Field.SUBJECT,
    "from": Field.FROM,
    "to": Field.TO,
    "cc": Field.CC,
    "bcc": Field.BCC,
}


@dataclass(slots=True)
class _Scope:
    """One search: the folder, its messages, and all of them as a set."""

    file: MailboxFile
    view: FolderView
    uids: array[int]
    everything: int

    def number(self, octets: bytes | bytearray) -> int:
        return int.from_bytes(octets, "little")

    def members(self, candidates: int) -> list[int]:
        """Return the UIDs of a set, ascending."""
        return list(compress(self.uids, candidates.to_bytes(len(self.uids), "little")))

    def of_uids(self, found: Sequence[int]) -> int:
        """Return the set of UIDs; those that are not in the view are left out."""
        if len(found) * _SPARSE > len(self.uids):
            return self.number(bytes(map(set(found).__contains__, self.uids)))
        marks = bytearray(len(self.uids))
        for uid in found:
            seq = self.view.seq_of(uid)
            if seq is not None:
                marks[seq - 1] = 1
        return self.number(marks)


def search(file: MailboxFile, expression: Expression, view: FolderView) -> Sequence[int]:
    """Return the UIDs of the messages of a view that match, ascending."""
    steps = search_steps(file, expression, view)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: Sequence[int] = done.value
            return result


def search_steps(
    file: MailboxFile, expression: Expression, view: FolderView
) -> Generator[None, None, Sequence[int]]:
    """Search in steps of a few milliseconds; the generator's return value are the UIDs, ascending."""
    uids = view.uids()
    scope = _Scope(file, view, uids, int.from_bytes(b"\1" * len(uids), "little"))
    if not uids:
        return []
    found = yield from _evaluate(scope, expression, scope.everything)
    return scope.members(found)


def _evaluate(scope: _Scope, expression: Expression, within: int) -> Steps:
    """Return the members of ``within`` that match."""
    if not within:
        return 0
    match expression:
        case And(terms):
            for term in sorted(terms, key=_cost):
                within = yield from _evaluate(scope, term, within)
            return within
        case Or(terms):
            found = 0
            for term in sorted(terms, key=_cost):
                found |= yield from _evaluate(scope, term, within ^ found)
            return found
        case Not(term):
            return within ^ (yield from _evaluate(scope, term, within))
        case All():
            return within
        case Flagged() | HasKeyword() | Uids() | Modseq() | Recent():
            return _from_blocks(scope, expression) & within
        case _:
            return (yield from _leaf(scope, expression, within))


def _leaf(scope: _Scope, expression: Expression, within: int) -> Steps:
    """Find what texts, rows and properties tell."""
    yield from unscanned.scan_steps(scope.file, scope.view.folder_id)
    match expression:
        case Where(condition, parameters):
            return within & (yield from _where(scope, condition, parameters))
        case ArrivedBefore(moment):
            return within & (yield from _where(scope, "internal_date <= ?", (moment,)))
        case MayHold(needle):
            return within & _indexed(scope, fold(needle))
        case Matching():
            return (yield from _matching(scope, expression, within))
        case Body() | Text() | Header() | TextIn():
            return (yield from _dear(scope, expression, within))
        case _:
            condition, value = _condition(expression)
            return within & (yield from _rows(scope, condition, value))


def _dear(scope: _Scope, expression: Body | Text | Header | TextIn, within: int) -> Steps:
    """Look for a text, where possible in what is kept ready."""
    needle = fold(expression.needle)
    if isinstance(expression, TextIn):
        return within & (yield from _texts(scope, expression.field, needle))
    if not isinstance(expression, Header):
        return (yield from _contents(scope, needle, within, with_header=isinstance(expression, Text)))
    name = expression.name.casefold()
    field = _KEPT_FIELDS.get(name)
    if field is not None and needle:
        return within & (yield from _texts(scope, field, needle))
    if name == "message-id" and needle:
        return within & (yield from _rows(scope, "instr(lower(message_id), ?)", needle, "structures"))
    return (yield from _headers(scope, name, needle, within))


def _cost(expression: Expression) -> int:
    """Return how dear a term is: the cheap ones are to narrow down what the dear ones look at."""
    match expression:
        case And(terms) | Or(terms):
            return max(map(_cost, terms), default=0)
        case Not(term):
            return _cost(term)
        case Matching():
            return 4
        case Body() | Text():
            return 3
        case Header():
            return 2
        case (
            TextIn()
            | Larger()
            | Smaller()
            | InternalDay()
            | SentDay()
            | ArrivedBefore()
            | Where()
            | MayHold()
        ):
            return 1
        case _:
            return 0


def _from_blocks(scope: _Scope, expression: Expression) -> int:
    blocks = scope.view.blocks
    match expression:
        case Flagged(mask, value):
            table = count_table(int(mask), int(value))
            return scope.number(b"".join([block.flags.translate(table) for block in blocks]))
        case HasKeyword(name):
            return scope.number(
                b"".join([_with_keyword(scope, block.keyword_sets, len(block), name) for block in blocks])
            )
        case Modseq(least):
            return scope.of_uids(scope.view.changed_since(least - 1))
        case Recent(first_uid):
            return scope.of_uids(scope.view.resolve(UidSet([(max(first_uid, 1), MAX_UID)])))
        case Uids(uids):
            return scope.of_uids(scope.view.resolve(uids))
        case _:
            return 0


def _with_keyword(scope: _Scope, keyword_sets: array[int] | None, count: int, name: str) -> bytes:
    if keyword_sets is None:
        return bytes(count)
    wanted = name.casefold()
    has = {
        number: any(word.casefold() == wanted for word in scope.view.sets.names(number))
        for number in set(keyword_sets)
    }
    return bytes([has[number] for number in keyword_sets])


def _condition(expression: Expression) -> tuple[str, str | int]:
    match expression:
        case Larger(size):
            return "size > ?", size
        case Smaller(size):
            return "size < ?", size
        case InternalDay(comparison, day):
            return f"internal_day {comparison.value} ?", day
        case SentDay(comparison, day):
            return f"sent_day {comparison.value} ?", day
        case _:
            raise TypeError(expression)


def _texts(scope: _Scope, field: Field, needle: str) -> Steps:
    """Look for a text in a field that is kept decoded, in memory if the folder is not too large for that."""
    column = yield from textcolumn.column(scope.file, scope.view.folder_id, field)
    if column is None:
        return (yield from _rows(scope, f"instr({field.value}, ?)", needle))
    return scope.of_uids(column.find(needle.encode("utf-8", "surrogatepass")))


def _rows(scope: _Scope, condition: str, value: str | int, table: str = "search_texts") -> Steps:
    """Scan a narrow table."""
    statement = f"SELECT uid FROM {table} WHERE folder_id = ? AND uid BETWEEN ? AND ? AND {condition}"
    found: list[int] = []
    for first, last in _stretches(scope.uids, _STEP):
        rows = scope.file.execute(statement, (scope.view.folder_id, first, last, value)).fetchall()
        found += [uid for (uid,) in rows]
        yield
    return scope.of_uids(found)


def _where(scope: _Scope, condition: str, parameters: tuple[object, ...]) -> Steps:
    """Look at the rows of messages, as many as are quick, from one change number to the next."""
    live = "folder_id = ? AND state = 0 AND associated = 0"
    folder_id = scope.view.folder_id
    found: list[int] = []
    after = -1
    while True:
        last = scope.file.execute(
            "SELECT cn FROM messages WHERE folder_id = ? AND cn > ? ORDER BY cn LIMIT 1 OFFSET ?",
            (folder_id, after, _STEP),
        ).fetchone()
        until = _MAX_CN if last is None else last[0]
        rows = scope.file.execute(
            f"SELECT uid FROM messages WHERE {live} AND cn > ? AND cn <= ? AND {condition}",
            (folder_id, after, until, *parameters),
        ).fetchall()
        found += [uid for (uid,) in rows if uid is not None]
        if last is None:
            return scope.of_uids(found)
        after = until
        yield


def _indexed(scope: _Scope, needle: str) -> int:
    """Return the messages that the full-text index does not exclude; all where it cannot tell."""
    uids = fulltext.candidates(scope.file, scope.view.folder_id, needle)
    return scope.everything if uids is None else scope.of_uids(uids)


def _matching(scope: _Scope, expression: Matching, within: int) -> Steps:
    """Look at the properties of messages, a batch at a time."""
    predicate = evaluate.predicate(expression.restriction)
    needed = sorted(evaluate.needs(expression.restriction).tags)
    reader = MessageProperties(scope.file, needed, username=expression.username)
    found: list[int] = []
    uids = scope.members(within)
    for at in range(0, len(uids), bodysearch.BATCH):
        mids = mids_of(scope.file, scope.view.folder_id, uids[at : at + bodysearch.BATCH])
        by_mid = {mid: uid for uid, mid in mids.items()}
        for mid, row in reader.rows(by_mid):
            getter = dict(zip(needed, row, strict=True)).get
            if predicate(getter, lambda tag, mid=mid: parts_of(scope.file, mid, tag)):  # type: ignore[misc]
                found.append(by_mid[mid])
        yield
    return scope.of_uids(found)


def mids_of(file: MailboxFile, folder_id: int, uids: Sequence[int]) -> dict[int, int]:
    """Return the ids of messages by their UIDs, which ascend."""
    if not uids:
        return {}
    if uids[-1] - uids[0] < 4 * len(uids):
        wanted = set(uids)
        rows = file.execute(
            "SELECT uid, mid FROM fetch_rows WHERE folder_id = ? AND uid BETWEEN ? AND ?",
            (folder_id, uids[0], uids[-1]),
        )
        return {uid: mid for uid, mid in rows if uid in wanted}
    one = "SELECT uid, mid FROM fetch_rows WHERE folder_id = ? AND uid = ?"
    return dict(row for uid in uids for row in file.execute(one, (folder_id, uid)).fetchall())


def _stretches(uids: Sequence[int], count: int) -> Iterable[tuple[int, int]]:
    for at in range(0, len(uids), count):
        yield uids[at], uids[min(at + count, len(uids)) - 1]


def _headers(scope: _Scope, name: str, needle: str, within: int) -> Steps:
    """Look into header blocks for fields that are not kept decoded."""
    statement = "SELECT uid, header FROM headers WHERE folder_id = ? AND uid BETWEEN ? AND ?"
    matches: Callable[[bytes], bool] = bodysearch.header_matcher(name, needle)
    uids = scope.members(within)
    wanted = set(uids)
    found: list[int] = []
    for first, last in _stretches(uids, _HEADERS_A_STEP):
        rows = scope.file.execute(statement, (scope.view.folder_id, first, last)).fetchall()
        found += [uid for uid, header in rows if uid in wanted and matches(header)]
        yield
    return scope.of_uids(found)


def _contents(scope: _Scope, needle: str, within: int, *, with_header: bool) -> Steps:
    """Look into the text parts of messages, one after the other; only where the index does not say no."""
    indexed = fulltext.candidates(scope.file, scope.view.folder_id, needle)
    if indexed is not None:
        within &= scope.of_uids(indexed)
    found: list[int] = []
    uids = scope.members(within)
    for batch in range(0, len(uids), bodysearch.BATCH):
        part = uids[batch : batch + bodysearch.BATCH]
        hits = bodysearch.matching(scope.file, scope.view.folder_id, part, needle, with_header=with_header)
        if indexed is not None and len(hits) < len(part):
            hits += _in_attachments(scope, sorted(set(part).difference(hits)), needle)
        found += hits
        yield
    return scope.of_uids(sorted(found))


def _in_attachments(scope: _Scope, uids: Sequence[int], needle: str) -> list[int]:
    """Return the messages with a text in an attachment, as far as those are indexed."""
    mids = mids_of(scope.file, scope.view.folder_id, uids)
    hits = fulltext.in_attachments(scope.file, mids.values(), needle)
    return [uid for uid, mid in mids.items() if mid in hits]
