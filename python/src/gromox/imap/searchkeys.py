"""SEARCH keys as values, and their grammar. RFC 3501 section 6.4.4, RFC 4731 (ESEARCH), RFC 7162 (MODSEQ)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.grammar import ENTRY, OBJECT_ID
from gromox.imap.sequence import SAVED

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.parser import Parser
    from gromox.imap.sequence import SequenceSet

#: Parentheses, NOT and OR inside each other; a recursion of this depth is harmless.
MAX_DEPTH: Final = 50
MAX_KEYS: Final = 1000

#: What texts may be given in; "UTF-8" covers US-ASCII. RFC 3501 section 6.4.4 asks for the first alone.
CHARSETS: Final[dict[bytes, str]] = {
    b"US-ASCII": "ascii",
    b"UTF-8": "utf-8",
    b"ISO-8859-1": "iso-8859-1",
    b"ISO-8859-15": "iso-8859-15",
    b"WINDOWS-1252": "cp1252",
}


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class FlagIs:
    """Messages with (or without) a system flag or keyword."""

    flag: bytes
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Recent:
    r"""Messages with (or without) ``\Recent``."""

    wanted: bool = True


@dataclass(frozen=True, slots=True)
class ObjectId:
    """Messages with an EMAILID or (``thread``) THREADID. RFC 8474 section 6."""

    name: bytes
    thread: bool


class Moment(Enum):
    """Which of a message's dates."""

    INTERNAL = "internal"
    SENT = "sent"
    SAVED = "saved"


class Order(Enum):
    """How a value is compared: BEFORE or SMALLER, ON, SINCE or LARGER."""

    BELOW = "<"
    EQUAL = "="
    FROM = ">="
    ABOVE = ">"


@dataclass(frozen=True, slots=True)
class Dated:
    """Messages by date, disregarding time and zone; ``day`` is where the day begins in UTC."""

    moment: Moment
    order: Order
    day: int


@dataclass(frozen=True, slots=True)
class Aged:
    """Messages that arrived longer ago than so many seconds (``older``), or not so long ago. RFC 5032."""

    older: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Sized:
    """Messages by RFC822.SIZE."""

    order: Order
    size: int


@dataclass(frozen=True, slots=True)
class Header:
    """Messages that have the field, and (unless empty) the text in it. ``name`` is in lower case."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Contains:
    """Messages with the text in the body, or (``header``) in body or header."""

    text: str
    header: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """Messages in a set of sequence numbers or (``uid``) UIDs."""

    numbers: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class ModSeq:
    """Messages changed at or after a mod-sequence, RFC 7162 section 3.1.5."""

    modseq: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Messages that match a search which is kept under a name. RFC 5466 section 3.1."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Not:
    """Messages that do not match."""

    key: Key


@dataclass(frozen=True, slots=True)
class Or:
    """Messages that match one or both."""

    first: Key
    second: Key


@dataclass(frozen=True, slots=True)
class And:
    """Messages that match all."""

    keys: tuple[Key, ...]


Key: TypeAlias = (
    All
    | FlagIs
    | Recent
    | Dated
    | Aged
    | Sized
    | Header
    | Contains
    | Numbered
    | ModSeq
    | ObjectId
    | Filter
    | Not
    | Or
    | And
)

#: Keys without arguments.
SIMPLE: Final[dict[bytes, Key]] = {
    b"ALL": All(),
    b"ANSWERED": FlagIs(rb"\Answered"),
    b"DELETED": FlagIs(rb"\Deleted"),
    b"DRAFT": FlagIs(rb"\Draft"),
    b"FLAGGED": FlagIs(rb"\Flagged"),
    b"NEW": And((Recent(), FlagIs(rb"\Seen", wanted=False))),
    b"OLD": Recent(wanted=False),
    b"RECENT": Recent(),
    b"SAVEDATESUPPORTED": All(),
    b"SEEN": FlagIs(rb"\Seen"),
    b"UNANSWERED": FlagIs(rb"\Answered", wanted=False),
    b"UNDELETED": FlagIs(rb"\Deleted", wanted=False),
    b"UNDRAFT": FlagIs(rb"\Draft", wanted=False),
    b"UNFLAGGED": FlagIs(rb"\Flagged", wanted=False),
    b"UNSEEN": FlagIs(rb"\Seen", wanted=False),
}


class KeyParser:
    """Reads search keys in one charset, counting them."""

    def __init__(self, p: Parser, charset: str = "utf-8") -> None:
        """Read from ``p``; texts are in ``charset``, a codec name."""
        self._p, self._charset, self._count = p, charset, 0

    def keys(self) -> Key:
        """Read ``search-key *(SP search-key)``: what all of them match."""
        keys = [self.key(0)]
        while not self._p.at_end():
            self._p.space()
            if self._p.at_end():  # a blank at the end of the line
                break
            keys.append(self.key(0))
        return keys[0] if len(keys) == 1 else And(tuple(keys))

    def key(self, depth: int) -> Key:
        """Read one search-key."""
        self._count += 1
        if depth > MAX_DEPTH or self._count > MAX_KEYS:
            raise CommandError("the search is too complex", "LIMIT")
        p = self._p
        if p.peek(b"("):
            inner: list[Key] = []
            p.parenthesised(lambda: inner.append(self.key(depth + 1)), limit=MAX_KEYS)
            if not inner:
                raise BadCommandError("empty parentheses in a search")
            return inner[0] if len(inner) == 1 else And(tuple(inner))
        if p.peek_sequence_set():
            return Numbered(p.sequence_set(), uid=False)
        name = p.word()
        simple = SIMPLE.get(name)
        if simple is not None:
            return simple
        if name == b"NOT":
            p.space()
            return Not(self.key(depth + 1))
        if name == b"OR":
            p.space()
            first = self.key(depth + 1)
            p.space()
            return Or(first, self.key(depth + 1))
        read = _ARGUMENTS.get(name)
        if read is None:
            raise BadCommandError(f"no such SEARCH key: {name[:40].decode('ascii')}")
        p.space()
        return read(self)

    def text(self) -> str:
        """Read an astring in the charset of the search."""
        octets = self._p.astring()
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError:
            raise BadCommandError("the text is not in the charset of the search") from None

    def header(self) -> Key:
        """``HEADER SP header-fld-name SP astring``."""
        name = self._p.astring()
        self._p.space()
        return Header(name.decode("utf-8", "replace").lower(), self.text())

    def modseq(self) -> Key:
        """``MODSEQ [entry-name SP entry-type-req] SP mod-sequence-valzer``; all entries count alike here."""
        if self._p.peek(b'"'):
            entry = self._p.string()
            self._p.space()
            kind = self._p.word()
            self._p.space()
            if not ENTRY.fullmatch(entry) or kind not in (b"PRIV", b"SHARED", b"ALL"):
                raise BadCommandError("no such metadata entry")
        return ModSeq(self._p.modseq())

    def object_id(self, *, thread: bool) -> Key:
        """``EMAILID SP objectid`` and the like."""
        name = self._p.astring()
        if not OBJECT_ID.fullmatch(name):
            raise BadCommandError("an object id has letters, digits, - and _")
        return ObjectId(name, thread)

    def filter(self) -> Key:
        """``FILTER SP filter-name``."""
        name = self._p.atom()
        if b"/" in name:
            raise BadCommandError("the name of a filter has no slash")
        return Filter(name)

    def keyword(self, *, wanted: bool) -> Key:
        """``KEYWORD SP flag-keyword``."""
        return FlagIs(self._p.flag(), wanted=wanted)

    def dated(self, moment: Moment, order: Order) -> Key:
        """``BEFORE SP date`` and the like."""
        return Dated(moment, order, self._p.date())

    def aged(self, *, older: bool) -> Key:
        """``OLDER SP nz-number`` and the like."""
        return Aged(older, self._p.nz_number())

    def sized(self, order: Order) -> Key:
        """``LARGER SP number`` and the like."""
        return Sized(order, self._p.number64())

    def numbered(self) -> Key:
        """``UID SP sequence-set``."""
        return Numbered(self._p.sequence_set(), uid=True)


def _field(name: str) -> Callable[[KeyParser], Key]:
    return lambda p: Header(name, p.text())


def _dated(moment: Moment, order: Order) -> Callable[[KeyParser], Key]:
    return lambda p: p.dated(moment, order)


_ARGUMENTS: Final[dict[bytes, Callable[[KeyParser], Key]]] = {
    b"BCC": _field("bcc"),
    b"BEFORE": _dated(Moment.INTERNAL, Order.BELOW),
    b"BODY": lambda p: Contains(p.text(), header=False),
    b"CC": _field("cc"),
    b"EMAILID": lambda p: p.object_id(thread=False),
    b"FILTER": KeyParser.filter,
    b"FROM": _field("from"),
    b"HEADER": KeyParser.header,
    b"KEYWORD": lambda p: p.keyword(wanted=True),
    b"LARGER": lambda p: p.sized(Order.ABOVE),
    b"MODSEQ": KeyParser.modseq,
    b"OLDER": lambda p: p.aged(older=True),
    b"ON": _dated(Moment.INTERNAL, Order.EQUAL),
    b"SAVEDBEFORE": _dated(Moment.SAVED, Order.BELOW),
    b"SAVEDON": _dated(Moment.SAVED, Order.EQUAL),
    b"SAVEDSINCE": _dated(Moment.SAVED, Order.FROM),
    b"SENTBEFORE": _dated(Moment.SENT, Order.BELOW),
    b"SENTON": _dated(Moment.SENT, Order.EQUAL),
    b"SENTSINCE": _dated(Moment.SENT, Order.FROM),
    b"SINCE": _dated(Moment.INTERNAL, Order.FROM),
    b"SMALLER": lambda p: p.sized(Order.BELOW),
    b"SUBJECT": _field("subject"),
    b"TEXT": lambda p: Contains(p.text(), header=True),
    b"THREADID": lambda p: p.object_id(thread=True),
    b"TO": _field("to"),
    b"UID": KeyParser.numbered,
    b"UNKEYWORD": lambda p: p.keyword(wanted=False),
    b"YOUNGER": lambda p: p.aged(older=False),
}


def uses_numbers(key: Key) -> bool:
    """Tell whether sequence numbers are among the keys, which have to keep their meaning meanwhile."""
    return _anywhere(
        key, lambda each: isinstance(each, Numbered) and not each.uid and each.numbers is not SAVED
    )


def uses_modseq(key: Key) -> bool:
    """Tell whether MODSEQ is among the keys: then the answer holds the highest one (RFC 7162 3.1.5)."""
    return _anywhere(key, lambda each: isinstance(each, ModSeq))


def uses_filters(key: Key) -> bool:
    """Tell whether FILTER is among the keys."""
    return _anywhere(key, lambda each: isinstance(each, Filter))


def _anywhere(key: Key, test: Callable[[Key], bool]) -> bool:
    match key:
        case And(keys):
            return any(_anywhere(each, test) for each in keys)
        case Or(first, second):
            return _anywhere(first, test) or _anywhere(second, test)
        case Not(inner):
            return _anywhere(inner, test)
        case _:
            return test(key)
