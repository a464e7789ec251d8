"""SEARCH keys of a client → the store's expressions, numbers resolved in the announced view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap import objectids
from gromox.imap import searchkeys as keys
from gromox.imap.flagnames import bit_of
from gromox.imap.sequence import SAVED
from gromox.store import search
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session
    from gromox.store.mailbox import Mailbox
    from gromox.store.view import FolderView

_DAY: Final = 86_400
_ORDERS: Final = {
    keys.Order.BELOW: search.Comparison.BEFORE,
    keys.Order.EQUAL: search.Comparison.ON,
    keys.Order.FROM: search.Comparison.SINCE,
}
_FIELDS: Final = {
    "subject": search.Field.SUBJECT,
    "from": search.Field.FROM,
    "to": search.Field.TO,
    "cc": search.Field.CC,
    "bcc": search.Field.BCC,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What depends on where and when a client searches."""

    mailbox: Mailbox
    view: FolderView
    numbered: Callable[[SequenceSet, bool], UidSet]
    """UIDs of a set of sequence numbers, or (True) of UIDs."""
    recent: Callable[[], UidSet]
    now: float


def expression(session: Session, key: keys.Key) -> search.Expression:
    """Return what the store has to search for in the selected mailbox."""
    here = session.here
    return translated(
        Meaning(
            here.mailbox,
            here.view,
            lambda numbers, uid: session.numbered(numbers, uid=uid),
            here.recent_uids,
            session.services.clock.now(),
        ),
        key,
    )


def elsewhere(mailbox: Mailbox, view: FolderView, now: float, key: keys.Key) -> search.Expression:
    r"""Return what the store has to search for in a mailbox that is not selected.

    Spec:
        RFC 7377 section 2: numbers beyond the end are no error; nothing is saved there, nor ``\Recent``.
    """

    def numbered(numbers: SequenceSet, uid: bool) -> UidSet:  # noqa: FBT001 - as Meaning says
        last = view.last_uid() if uid else view.total
        if numbers is SAVED or not last:
            return UidSet()
        ranges = [(low, min(high, last)) for low, high in numbers.resolve(last) if low <= last]
        return UidSet(ranges if uid else [(view.uid_at(low), view.uid_at(high)) for low, high in ranges])

    return translated(Meaning(mailbox, view, numbered, UidSet, now), key)


def translated(meaning: Meaning, key: keys.Key) -> search.Expression:  # noqa: C901, PLR0911, PLR0912 - a row a key
    """Return the store's expression for a key."""
    match key:
        case keys.All():
            return search.All()
        case keys.And(parts):
            return search.And(tuple(translated(meaning, part) for part in parts))
        case keys.Or(first, second):
            return search.Or((translated(meaning, first), translated(meaning, second)))
        case keys.Not(part):
            return search.Not(translated(meaning, part))
        case keys.FlagIs(flag, wanted):
            return _flag(flag, wanted=wanted)
        case keys.Recent(wanted):
            recent = search.Uids(meaning.recent())
            return recent if wanted else search.Not(recent)
        case keys.Dated(keys.Moment.SAVED, order, day):
            return _saved(order, day)
        case keys.ObjectId(name, thread):
            find = objectids.with_thread_id if thread else objectids.with_email_id
            return find(meaning.mailbox, meaning.view, name)
        case keys.Dated(moment, order, day):
            kind = search.InternalDay if moment is keys.Moment.INTERNAL else search.SentDay
            return kind(_ORDERS[order], day // _DAY)
        case keys.Aged(older, seconds):
            # RFC 5032 section 2: a message exactly that old is OLDER.
            before = search.ArrivedBefore(meaning.now - seconds)
            return before if older else search.Not(before)
        case keys.Sized(order, size):
            return search.Larger(size) if order is keys.Order.ABOVE else search.Smaller(size)
        case keys.Header(name, text):
            # An empty text asks for the field itself: RFC 3501 6.4.4, HEADER.
            field = _FIELDS.get(name)
            return search.TextIn(field, text) if field is not None and text else search.Header(name, text)
        case keys.Contains(text, header):
            return search.Text(text) if header else search.Body(text)
        case keys.Numbered(numbers, uid):
            return search.Uids(meaning.numbered(numbers, uid))
        case keys.ModSeq(modseq):
            return search.Modseq(modseq)
        case keys.Filter():
            raise TypeError("filters are put in first")


def _saved(order: keys.Order, start: int) -> search.Expression:
    """Return the messages saved before, on or since a day, which begins at ``start`` in UTC. RFC 8514 4.3."""
    match order:
        case keys.Order.BELOW:
            return search.Where("saved_at < ?", (start,))
        case keys.Order.EQUAL:
            return search.Where("saved_at >= ? AND saved_at < ?", (start, start + _DAY))
        case _:
            return search.Where("saved_at >= ?", (start,))


def _flag(name: bytes, *, wanted: bool) -> search.Expression:
    bit = bit_of(name)
    if bit is not None:
        return search.Flagged(int(bit), int(bit) if wanted else 0)
    has = search.HasKeyword(name.decode("ascii"))
    return has if wanted else search.Not(has)


def is_costly(terms: search.Expression) -> bool:
    """Tell whether contents or whole headers have to be read."""
    match terms:
        case search.And(parts) | search.Or(parts):
            return any(map(is_costly, parts))
        case search.Not(part):
            return is_costly(part)
        case search.Body() | search.Text() | search.Header():
            return True
        case _:
            return False


def is_of_flags(terms: search.Expression) -> bool:
    """Tell whether the flags of a view say everything."""
    match terms:
        case search.And(parts) | search.Or(parts):
            return all(map(is_of_flags, parts))
        case search.Not(part):
            return is_of_flags(part)
        case search.All() | search.Flagged() | search.HasKeyword():
            return True
        case _:
            return False
