"""A stream that a client hands over, buffer after buffer, into a folder, a message or an attachment.

Spec:
    [MS-OXCFXICS] 2.2.3.1.2 (upload), 2.2.4.4 (root elements), 3.2.5.8.2.

What came in counts at once: a message of a list when it ends, a property of a folder with its buffer. What an
error ended is not kept; what came before it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from gromox.base.errors import ParseError
from gromox.mapi import tags
from gromox.mapi.fasttransfer import markers
from gromox.mapi.fasttransfer.grammar import (
    Begin,
    Element,
    End,
    Event,
    GivenUp,
    Parser,
    Root,
)
from gromox.mapi.fasttransfer.lexeme import LargeBegin, LargePart, PropertyLexeme
from gromox.mapi.message import Message, PropertyBag
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.fasttransfer.building import Bag, MessageBuilder, Total, is_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.fasttransfer.lexeme import LargeEnd
    from gromox.store.item.holding import Spooler

MAX_FOLDERS: Final = 10_000
"""Folders that one stream makes."""
_FOLDERS: Final = frozenset({Element.TOP_FOLDER, Element.SUB_FOLDER})


class Target(Protocol):
    """Where the objects of a stream go."""

    def make_folder(self, parent_id: int, properties: PropertyBag) -> int:
        """Make a folder below another one, or take the one that has its name; returns its id."""
        ...

    def change_folder(self, folder_id: int, properties: PropertyBag) -> None:
        """Set properties of a folder that was there."""
        ...

    def save(self, folder_id: int, message: Message, *, associated: bool) -> None:
        """Save a message in a folder."""
        ...


class _Folder:
    """A folder of the stream: one that is there, or one that is made when its first part comes."""

    __slots__ = ("bag", "folder_id", "is_new", "parent_id")

    def __init__(self, parent_id: int, folder_id: int | None) -> None:
        self.parent_id, self.folder_id = parent_id, folder_id
        self.is_new = folder_id is None
        self.bag = Bag(PropertyBag(), Total())


class Receiver:
    """Takes in a stream; the handle of a session."""

    __slots__ = ("_failed", "_parser")

    def __init__(self, root: Root) -> None:
        """Take in a stream of which it is known what it is."""
        self._parser = Parser(root)
        self._failed = False

    def feed(self, octets: bytes) -> None:
        """Take the next buffer.

        Raises:
            InvalidValueError: it follows no grammar, or came behind an error.
            StoreError: something of it cannot be kept; nothing more is taken then.
        """
        if self._failed:
            raise InvalidValueError("the stream failed before")
        self._failed = True
        try:
            for event in self._parser.feed(octets):
                self._take(event)
            self._settle()
        except ParseError as error:
            raise InvalidValueError(f"that is no FastTransfer stream: {error}") from error
        self._failed = False

    def end(self) -> None:
        """Make sure that the stream was complete. Raises InvalidValueError."""
        try:
            for event in self._parser.end():
                self._take(event)
        except ParseError as error:
            raise InvalidValueError(f"the stream is not complete: {error}") from error
        self._settle()

    def close(self) -> None:
        """Remove what is temporary."""

    def _take(self, event: Event) -> None:
        raise NotImplementedError

    def _settle(self) -> None:
        """Make what came so far count."""


class FolderReceiver(Receiver):
    """Takes in messages and folders."""

    __slots__ = ("_builder", "_folders", "_is_associated", "_made", "_spooler", "_spoolers", "_target")

    def __init__(self, root: Root, folder_id: int, target: Target, spooler: Callable[[], Spooler]) -> None:
        """Take them into a folder."""
        super().__init__(root)
        self._target, self._spooler = target, spooler
        self._spoolers: list[Spooler] = []
        self._folders = [_Folder(0, folder_id)]
        self._builder: MessageBuilder | None = None
        self._is_associated = False
        self._made = 0

    def close(self) -> None:
        """Remove what is temporary."""
        while self._spoolers:
            self._spoolers.pop().close()

    def _spool(self) -> Spooler:
        made = self._spooler()
        self._spoolers.append(made)
        return made

    def _take(self, event: Event) -> None:
        if self._builder is not None:
            self._take_of_message(self._builder, event)
        elif isinstance(event, Begin):
            self._begin(event.element)
        elif isinstance(event, End | GivenUp):
            if event.element in _FOLDERS:
                self._folder_id()
                self._settle()
                self._folders.pop()
        else:
            self._take_of_folder(event)

    def _begin(self, element: Element) -> None:
        if is_message(element):
            self._folder_id()
            self._builder = MessageBuilder(Message(), self._spool)
            self._is_associated = element is Element.FAI_MESSAGE
        elif element in _FOLDERS:
            self._made += 1
            if self._made > MAX_FOLDERS:
                raise LimitError(f"a stream makes at most {MAX_FOLDERS} folders")
            self._folders.append(_Folder(self._folder_id(), None))
        # An error is told to the client that reads: here what it ended is forgotten.

    def _take_of_message(self, builder: MessageBuilder, event: Event) -> None:
        if isinstance(event, GivenUp):
            if is_message(event.element):
                self._builder = None
                self.close()
            return
        if not (isinstance(event, End) and builder.is_outside):
            builder.take(event)
            return
        self._builder = None
        self._target.save(self._folder_id(), builder.message, associated=self._is_associated)
        self.close()

    def _take_of_folder(self, event: PropertyLexeme | LargeBegin | LargePart | LargeEnd) -> None:
        bag = self._folders[-1].bag
        if isinstance(event, PropertyLexeme):
            if event.tag != markers.MetaTagFXDelProp:
                bag.take(event)
        elif isinstance(event, LargeBegin):
            bag.begin(event)
        elif isinstance(event, LargePart):
            bag.part(event.octets)
        else:
            bag.end()

    def _folder_id(self) -> int:
        """Return the folder that is being filled; a new one is made now."""
        at = self._folders[-1]
        if at.folder_id is None:
            if not at.bag.bag.text(tags.PidTagDisplayName):
                raise InvalidValueError("a folder has a name")
            at.folder_id = self._target.make_folder(at.parent_id, at.bag.bag)
            at.bag = Bag(PropertyBag(), Total())
        return at.folder_id

    def _settle(self) -> None:
        at = self._folders[-1]
        if at.folder_id is not None and at.bag.bag:
            self._target.change_folder(at.folder_id, at.bag.bag)
            at.bag.bag.clear()


class ObjectReceiver(Receiver):
    """Takes in the content of one message or attachment that is open."""

    __slots__ = ("_applied", "_builder")

    def __init__(
        self, root: Root, builder: MessageBuilder, applied: Callable[[MessageBuilder], None]
    ) -> None:
        """Build it; ``applied`` puts what was built so far into the open object and empties the builder."""
        super().__init__(root)
        self._builder, self._applied = builder, applied

    def _take(self, event: Event) -> None:
        self._builder.take(event)

    def _settle(self) -> None:
        if self._builder.is_outside:
            self._applied(self._builder)
