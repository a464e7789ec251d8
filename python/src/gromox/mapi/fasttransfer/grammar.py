"""Which element of a FastTransfer stream may stand where: one table, and the engine that follows it.

Spec:
    [MS-OXCFXICS] 2.2.4.2 (syntactical structure), 2.2.4.3 (elements), 2.2.4.3.4 (errors unwind to the closest
    element that supports recovery).

Elements without a marker for their end (changes, deletions, progress, ...) end where a marker comes that does
not belong to them.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from gromox.base.errors import ParseError
from gromox.mapi.fasttransfer import markers
from gromox.mapi.fasttransfer.lexeme import LargeBegin, LargeEnd, LargePart, PropertyLexeme
from gromox.mapi.fasttransfer.lexer import Lexer
from gromox.mapi.fasttransfer.markers import Marker

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH: Final = 256
"""Elements within each other: folders, messages in messages."""


class Element(Enum):
    """What begins and ends."""

    TOP_FOLDER = auto()
    SUB_FOLDER = auto()
    MESSAGE = auto()
    FAI_MESSAGE = auto()
    EMBEDDED_MESSAGE = auto()
    RECIPIENT = auto()
    ATTACHMENT = auto()
    FOLDER_CHANGE = auto()
    MESSAGE_CHANGE = auto()
    MESSAGE_CHANGE_PARTIAL = auto()
    GROUP_INFO = auto()
    PROGRESS_TOTAL = auto()
    PROGRESS_PER_MESSAGE = auto()
    DELETIONS = auto()
    READ_STATE_CHANGES = auto()
    STATE = auto()
    ERROR_INFO = auto()
    CONTENT = auto()
    """The content of a message change, behind its header: ends with it."""


class Root(Enum):
    """What a stream is."""

    CONTENTS_SYNC = auto()
    HIERARCHY_SYNC = auto()
    STATE = auto()
    FOLDER_CONTENT = auto()
    MESSAGE_CONTENT = auto()
    ATTACHMENT_CONTENT = auto()
    MESSAGE_LIST = auto()
    TOP_FOLDER = auto()


class Begin(NamedTuple):
    """An element begins."""

    element: Element


class End(NamedTuple):
    """An element ends."""

    element: Element


class GivenUp(NamedTuple):
    """An element is not told to its end: an error came between."""

    element: Element


Event: TypeAlias = Begin | End | GivenUp | PropertyLexeme | LargeBegin | LargePart | LargeEnd


class _At(Enum):
    """Where in an element a stream is."""

    TOP = auto()
    TOP_DONE = auto()
    FOLDER = auto()
    FOLDER_MESSAGES = auto()
    FOLDER_FOLDERS = auto()
    LIST = auto()
    MESSAGE = auto()
    MESSAGE_RECIPIENTS = auto()
    MESSAGE_ATTACHMENTS = auto()
    RECIPIENT = auto()
    ATTACHMENT = auto()
    ATTACHMENT_DONE = auto()
    CONTENTS = auto()
    CHANGES = auto()
    DELETED = auto()
    READ = auto()
    HIERARCHY = auto()
    ONLY_STATE = auto()
    STATE_DONE = auto()
    DONE = auto()
    CHANGE_HEADER = auto()
    VALUES = auto()
    STATE = auto()


class _Step(NamedTuple):
    """What a marker does."""

    stay: _At | None
    """Where the element that it stands in goes on; None: that one ends."""
    inner: _At | None = None
    """Where the element that it begins begins; None: it begins none."""
    element: Element | None = None


def _in_message(at: _At) -> dict[Marker, _Step]:
    steps = {
        Marker.NEW_ATTACH: _Step(_At.MESSAGE_ATTACHMENTS, _At.ATTACHMENT, Element.ATTACHMENT),
        Marker.END_MESSAGE: _Step(None),
        Marker.END_EMBED: _Step(None),
    }
    if at is not _At.MESSAGE_ATTACHMENTS:
        steps[Marker.START_RECIP] = _Step(_At.MESSAGE_RECIPIENTS, _At.RECIPIENT, Element.RECIPIENT)
    return steps


def _messages(stay: _At) -> dict[Marker, _Step]:
    return {
        Marker.START_MESSAGE: _Step(stay, _At.MESSAGE, Element.MESSAGE),
        Marker.START_FAI_MSG: _Step(stay, _At.MESSAGE, Element.FAI_MESSAGE),
    }


def _in_folder(at: _At) -> dict[Marker, _Step]:
    steps = {
        Marker.START_SUB_FLD: _Step(_At.FOLDER_FOLDERS, _At.FOLDER, Element.SUB_FOLDER),
        Marker.END_FOLDER: _Step(None),
    }
    return steps if at is _At.FOLDER_FOLDERS else {**_messages(_At.FOLDER_MESSAGES), **steps}


_DELETIONS: Final = {Marker.INCR_SYNC_DEL: _Step(_At.DELETED, _At.VALUES, Element.DELETIONS)}
_READ: Final = {Marker.INCR_SYNC_READ: _Step(_At.READ, _At.VALUES, Element.READ_STATE_CHANGES)}
_STATE: Final = {Marker.INCR_SYNC_STATE_BEGIN: _Step(_At.STATE_DONE, _At.STATE, Element.STATE)}
_CHANGES: Final = {
    Marker.INCR_SYNC_PROGRESS_PER_MSG: _Step(_At.CHANGES, _At.VALUES, Element.PROGRESS_PER_MESSAGE),
    Marker.INCR_SYNC_CHG: _Step(_At.CHANGES, _At.CHANGE_HEADER, Element.MESSAGE_CHANGE),
    Marker.INCR_SYNC_GROUP_INFO: _Step(_At.CHANGES, _At.VALUES, Element.GROUP_INFO),
    Marker.INCR_SYNC_CHG_PARTIAL: _Step(_At.CHANGES, _At.MESSAGE, Element.MESSAGE_CHANGE_PARTIAL),
    **_DELETIONS,
    **_READ,
    **_STATE,
}
_TABLE: Final[dict[_At, dict[Marker, _Step]]] = {
    _At.TOP: {Marker.START_TOP_FLD: _Step(_At.TOP_DONE, _At.FOLDER, Element.TOP_FOLDER)},
    _At.TOP_DONE: {},
    _At.FOLDER: _in_folder(_At.FOLDER),
    _At.FOLDER_MESSAGES: _in_folder(_At.FOLDER_MESSAGES),
    _At.FOLDER_FOLDERS: _in_folder(_At.FOLDER_FOLDERS),
    _At.LIST: _messages(_At.LIST),
    _At.MESSAGE: _in_message(_At.MESSAGE),
    _At.MESSAGE_RECIPIENTS: _in_message(_At.MESSAGE_RECIPIENTS),
    _At.MESSAGE_ATTACHMENTS: _in_message(_At.MESSAGE_ATTACHMENTS),
    _At.RECIPIENT: {Marker.END_TO_RECIP: _Step(None)},
    _At.ATTACHMENT: {
        Marker.START_EMBED: _Step(_At.ATTACHMENT_DONE, _At.MESSAGE, Element.EMBEDDED_MESSAGE),
        Marker.END_ATTACH: _Step(None),
    },
    _At.ATTACHMENT_DONE: {Marker.END_ATTACH: _Step(None)},
    _At.CONTENTS: {
        Marker.INCR_SYNC_PROGRESS_MODE: _Step(_At.CHANGES, _At.VALUES, Element.PROGRESS_TOTAL),
        **_CHANGES,
    },
    _At.CHANGES: _CHANGES,
    _At.DELETED: {**_READ, **_STATE},
    _At.READ: {**_STATE},
    _At.HIERARCHY: {
        Marker.INCR_SYNC_CHG: _Step(_At.HIERARCHY, _At.VALUES, Element.FOLDER_CHANGE),
        **_DELETIONS,
        **_STATE,
    },
    _At.ONLY_STATE: {Marker.INCR_SYNC_STATE_BEGIN: _Step(_At.DONE, _At.STATE, Element.STATE)},
    _At.STATE_DONE: {Marker.INCR_SYNC_END: _Step(_At.DONE)},
    _At.DONE: {},
    _At.CHANGE_HEADER: {Marker.INCR_SYNC_MESSAGE: _Step(_At.DONE, _At.MESSAGE, Element.CONTENT)},
    _At.VALUES: {},
    _At.STATE: {Marker.INCR_SYNC_STATE_END: _Step(None)},
}
#: The marker that ends an element; the others end by themselves.
_ENDS: Final = {
    Element.TOP_FOLDER: Marker.END_FOLDER,
    Element.SUB_FOLDER: Marker.END_FOLDER,
    Element.MESSAGE: Marker.END_MESSAGE,
    Element.FAI_MESSAGE: Marker.END_MESSAGE,
    Element.EMBEDDED_MESSAGE: Marker.END_EMBED,
    Element.RECIPIENT: Marker.END_TO_RECIP,
    Element.ATTACHMENT: Marker.END_ATTACH,
    Element.STATE: Marker.INCR_SYNC_STATE_END,
}
_ROOTS: Final = {
    Root.CONTENTS_SYNC: _At.CONTENTS,
    Root.HIERARCHY_SYNC: _At.HIERARCHY,
    Root.STATE: _At.ONLY_STATE,
    Root.FOLDER_CONTENT: _At.FOLDER,
    Root.MESSAGE_CONTENT: _At.MESSAGE,
    Root.ATTACHMENT_CONTENT: _At.ATTACHMENT,
    Root.MESSAGE_LIST: _At.LIST,
    Root.TOP_FOLDER: _At.TOP,
}
#: Where a stream may end.
_COMPLETE: Final = frozenset(
    {
        _At.TOP_DONE,
        _At.FOLDER,
        _At.FOLDER_MESSAGES,
        _At.FOLDER_FOLDERS,
        _At.LIST,
        _At.MESSAGE,
        _At.MESSAGE_RECIPIENTS,
        _At.MESSAGE_ATTACHMENTS,
        _At.ATTACHMENT,
        _At.ATTACHMENT_DONE,
        _At.DONE,
    }
)
_NOTHING: Final[frozenset[int]] = frozenset()
_BETWEEN_PARTS: Final = frozenset({markers.MetaTagFXDelProp})
_BETWEEN_MESSAGES: Final = frozenset(
    {
        markers.MetaTagDnPrefix,
        markers.MetaTagEcWarning,
        markers.MetaTagFXDelProp,
        markers.MetaTagNewFXFolder,
    }
)
#: Which properties may stand at a place; at others, all.
_PROPERTIES: Final = {
    _At.TOP: frozenset({markers.MetaTagDnPrefix}),
    _At.TOP_DONE: _NOTHING,
    _At.FOLDER_MESSAGES: _BETWEEN_MESSAGES,
    _At.FOLDER_FOLDERS: _BETWEEN_PARTS,
    _At.LIST: _BETWEEN_MESSAGES,
    _At.MESSAGE_RECIPIENTS: _BETWEEN_PARTS,
    _At.MESSAGE_ATTACHMENTS: _BETWEEN_PARTS,
    _At.ATTACHMENT_DONE: _NOTHING,
    _At.CONTENTS: _NOTHING,
    _At.CHANGES: _NOTHING,
    _At.DELETED: _NOTHING,
    _At.READ: _NOTHING,
    _At.HIERARCHY: _NOTHING,
    _At.ONLY_STATE: _NOTHING,
    _At.STATE_DONE: _NOTHING,
    _At.DONE: _NOTHING,
}
#: Where an error can be reported: what is read there is given up, and the next one follows.
_RECOVERS: Final = frozenset(
    {_At.LIST, _At.FOLDER, _At.FOLDER_MESSAGES, _At.CONTENTS, _At.CHANGES, _At.HIERARCHY}
)
_ERRORS_IN: Final = {_At.CONTENTS: _At.CHANGES, _At.FOLDER: _At.FOLDER_MESSAGES}


class _Level:
    """An element that has begun."""

    __slots__ = ("at", "element")

    def __init__(self, at: _At, element: Element | None) -> None:
        self.at, self.element = at, element


class Parser:
    """Reads one stream."""

    __slots__ = ("_levels", "_lexer")

    def __init__(self, root: Root) -> None:
        """Begin to read a stream of which it is known what it is."""
        self._lexer = Lexer()
        self._levels = [_Level(_ROOTS[root], None)]

    def feed(self, octets: bytes) -> Iterator[Event]:
        """Give what the octets complete; elements begin and end in pairs.

        Raises:
            ParseError: they do not follow the grammar or exceed a bound; nothing more can be read.
        """
        for lexeme in self._lexer.feed(octets):
            if isinstance(lexeme, Marker):
                yield from self._mark(lexeme)
                continue
            if isinstance(lexeme, PropertyLexeme | LargeBegin):
                self._check_property(lexeme.tag)
            yield lexeme

    def end(self) -> Iterator[Event]:
        """Give the ends of what ends with the stream.

        Raises:
            ParseError: it is not complete.
        """
        self._lexer.end()
        while len(self._levels) > 1 and self._levels[-1].element not in _ENDS:
            yield from self._close()
        if len(self._levels) > 1 or self._levels[0].at not in _COMPLETE:
            raise ParseError("the end of a FastTransfer element", self._lexer.offset)

    def _check_property(self, tag: int) -> None:
        allowed = _PROPERTIES.get(self._levels[-1].at)
        if allowed is not None and tag not in allowed:
            raise ParseError(f"no property 0x{tag:08x} there", self._lexer.offset)

    def _mark(self, mark: Marker) -> Iterator[Event]:
        if mark is Marker.FX_ERROR_INFO:
            yield from self._unwind()
            return
        while True:
            level = self._levels[-1]
            step = _TABLE[level.at].get(mark)
            ends = None if level.element is None else _ENDS.get(level.element)
            if step is not None and step.stay is None and ends is not mark:
                step = None
            if step is not None:
                break
            if len(self._levels) == 1 or level.element in _ENDS:
                raise ParseError(f"no marker {mark.name} there", self._lexer.offset)
            yield from self._close()
        if step.stay is None:
            yield from self._close()
            return
        level.at = step.stay
        if step.inner is not None and step.element is not None:
            yield self._open(step.inner, step.element)

    def _open(self, at: _At, element: Element) -> Event:
        if len(self._levels) > MAX_DEPTH:
            raise ParseError(f"elements at most {MAX_DEPTH} deep", self._lexer.offset)
        self._levels.append(_Level(at, element))
        return Begin(element)

    def _close(self) -> Iterator[Event]:
        element = self._levels.pop().element
        if element is not None:
            yield End(element)

    def _unwind(self) -> Iterator[Event]:
        """Give up what is read, up to the closest element that goes on without it."""
        if not any(level.at in _RECOVERS for level in self._levels):
            raise ParseError("no error where nothing can go on", self._lexer.offset)
        while self._levels[-1].at not in _RECOVERS:
            element = self._levels.pop().element
            if element is not None:
                yield GivenUp(element)
        level = self._levels[-1]
        level.at = _ERRORS_IN.get(level.at, level.at)
        yield self._open(_At.VALUES, Element.ERROR_INFO)
