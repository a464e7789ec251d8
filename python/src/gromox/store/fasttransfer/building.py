"""Messages out of the events of a stream.

Spec:
    [MS-OXCFXICS] 2.2.4.3 (elements), 3.2.5.11 (what is ignored), 2.2.4.3.21 (what is too large is refused).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.fasttransfer import markers
from gromox.mapi.fasttransfer.grammar import Begin, Element, End, Event, GivenUp
from gromox.mapi.fasttransfer.lexeme import (
    UNICODE_PAGE,
    LargeBegin,
    LargePart,
    PropertyLexeme,
    code_page_of,
)
from gromox.mapi.message import Attachment, InMemory, Message, Recipient
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.fasttransfer.options import ATTACHMENTS, RECIPIENTS
from gromox.store.item import limits
from gromox.store.item.holding import UploadedOctets
from gromox.store.property import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.message import PropertyBag, PropertyKey
    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Spooler

MAX_RECIPIENTS: Final = 100_000
MAX_PROPERTIES: Final = 16_384
"""Of one object."""
MAX_HELD: Final = 256 << 20
"""Octets of properties of one message that are in memory; contents of attachments are not."""
_INTERNAL: Final = range(0x6600, 0x6800)
_CONTENTS: Final = frozenset({tags.PidTagAttachDataBinary, tags.PidTagAttachDataObject})
_META: Final = frozenset({markers.MetaTagDnPrefix, markers.MetaTagEcWarning, markers.MetaTagNewFXFolder})
_MESSAGES: Final = frozenset({Element.MESSAGE, Element.FAI_MESSAGE})


def key_of(tag: int, name: PropertyName | None) -> PropertyKey | None:
    """Return the key of a property that comes in; None: it is not taken in."""
    if name is not None:
        return None if name.which is None else NamedProperty(name.guid, name.which, tag & 0xFFFF)
    if tag >> 16 in _INTERNAL or tag in _META or not 0 < tag >> 16 < 0x8000:  # noqa: PLR2004 - named ones
        return None
    return tag


def plain(tag: int, value: object) -> tuple[int, PropValue]:
    """Return a property with its text decoded, where the type names a code page."""
    page = code_page_of(tag & 0xFFFF)
    if page is None or not isinstance(value, bytes):
        return tag, value  # type: ignore[return-value] # what a lexer gives
    tag = tag & ~0xFFFF | PropType.STRING
    if page == UNICODE_PAGE:
        return tag, value.decode("utf-16-le", "replace").removesuffix("\0")
    return tag, text.decoded(value, page)


class Bag:
    """Properties of one object while they come in."""

    __slots__ = ("_held", "_large", "_total", "bag")

    def __init__(self, bag: PropertyBag, total: Total) -> None:
        """Collect into a bag; ``total`` counts what all objects of a message hold."""
        self.bag, self._total = bag, total
        self._large: tuple[int, PropertyName | None] | None = None
        self._held = bytearray()

    def take(self, lexeme: PropertyLexeme) -> None:
        """Take a property. Raises LimitError."""
        tag, value = plain(lexeme.tag, lexeme.value)
        key = key_of(tag, lexeme.name)
        if key is None:
            return
        if isinstance(value, str | bytes):
            self._total.add(len(value))
        if len(self.bag) >= MAX_PROPERTIES:
            raise LimitError(f"an object has at most {MAX_PROPERTIES} properties")
        self.bag[key] = value

    def begin(self, lexeme: LargeBegin) -> None:
        """Begin to take a large value. Raises LimitError."""
        if lexeme.size > limits.MAX_VALUE:
            raise LimitError(f"a property has at most {limits.MAX_VALUE} octets")
        self._total.add(lexeme.size)
        self._large = (lexeme.tag, lexeme.name)
        self._held = bytearray()

    def part(self, octets: bytes) -> None:
        """Take a part of it."""
        self._held += octets

    def end(self) -> None:
        """Take the value that is complete."""
        if self._large is None:
            return
        tag, name = self._large
        octets, self._held, self._large = bytes(self._held), bytearray(), None
        value: object = octets
        if tag & 0xFFFF == PropType.STRING:
            value = octets.decode("utf-16-le", "surrogatepass" if not len(octets) % 2 else "replace")
            value = value.removesuffix("\0")
        elif tag & 0xFFFF == PropType.STRING8:
            value = octets.removesuffix(b"\0")
        tag, decoded = plain(tag, value)
        key = key_of(tag, name)
        if key is not None:
            self.bag[key] = decoded


class Total:
    """What the objects of one message hold in memory."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        """Count from zero."""
        self._octets = 0

    def add(self, octets: int) -> None:
        """Count more. Raises LimitError."""
        self._octets += octets
        if self._octets > MAX_HELD:
            raise LimitError(f"the properties of a message come to at most {MAX_HELD} octets")


class MessageBuilder:
    """Makes one message, or what one message is made of, from events."""

    __slots__ = ("_bags", "_content", "_objects", "_parts", "_spooler", "_total", "deleted", "message")

    def __init__(self, message: Message, spooler: Callable[[], Spooler]) -> None:
        """Make a message; ``spooler`` gives where large contents of attachments go."""
        self.message = message
        self.deleted: set[int] = set()
        """Kinds of parts (RECIPIENTS, ATTACHMENTS) that the message is not to have but from the stream."""
        self._spooler = spooler
        self._content: Spooler | None = None
        self._total = Total()
        self._objects: list[Message | Recipient | Attachment] = [message]
        self._bags = [Bag(message.properties, self._total)]
        self._parts = 0

    @property
    def is_outside(self) -> bool:
        """Whether no part of the message is being read."""
        return len(self._objects) == 1

    @classmethod
    def of_attachment(cls, attachment: Attachment, spooler: Callable[[], Spooler]) -> MessageBuilder:
        """Make what one attachment is made of."""
        made = cls(Message(), spooler)
        made._objects = [attachment]
        made._bags = [Bag(attachment.properties, made._total)]
        return made

    def take(self, event: Event) -> None:
        """Take what comes next within the message.

        Raises:
            LimitError, InvalidValueError: it is too much, or stands where it cannot.
        """
        if isinstance(event, Begin):
            self._begin(event.element)
        elif isinstance(event, End):
            self._objects.pop()
            self._bags.pop()
        elif isinstance(event, GivenUp):
            raise InvalidValueError("a message is given up as a whole")
        elif isinstance(event, PropertyLexeme):
            self._property(event)
        elif isinstance(event, LargeBegin):
            self._begin_large(event)
        elif isinstance(event, LargePart):
            if self._content is not None:
                self._content.write(event.octets)
            else:
                self._bags[-1].part(event.octets)
        elif self._content is not None:
            holder = self._objects[-1]
            if isinstance(holder, Attachment):
                holder.data = UploadedOctets(self._content.finish())
            self._content = None
        else:
            self._bags[-1].end()

    def _begin(self, element: Element) -> None:
        holder = self._objects[-1]
        made: Message | Recipient | Attachment
        if element is Element.RECIPIENT and isinstance(holder, Message):
            if len(holder.recipients) >= MAX_RECIPIENTS:
                raise LimitError(f"a message has at most {MAX_RECIPIENTS} recipients")
            made = Recipient()
            holder.recipients.append(made)
        elif element is Element.ATTACHMENT and isinstance(holder, Message):
            self._parts += 1
            if len(holder.attachments) >= limits.MAX_ATTACHMENTS or self._parts > limits.MAX_PARTS:
                raise LimitError(f"a message has at most {limits.MAX_ATTACHMENTS} attachments")
            made = Attachment()
            holder.attachments.append(made)
        elif element is Element.EMBEDDED_MESSAGE and isinstance(holder, Attachment):
            if len(self._objects) > 2 * limits.MAX_DEPTH:
                raise LimitError(f"messages stand within each other at most {limits.MAX_DEPTH} deep")
            made = holder.embedded = Message()
        else:
            raise InvalidValueError("that element is no part of a message")
        self._objects.append(made)
        self._bags.append(Bag(made.properties, self._total))

    def _property(self, lexeme: PropertyLexeme) -> None:
        holder = self._objects[-1]
        if lexeme.tag == markers.MetaTagFXDelProp:
            if len(self._objects) == 1 and isinstance(lexeme.value, int):
                self.deleted |= {lexeme.value} & {RECIPIENTS, ATTACHMENTS}
            return
        if isinstance(holder, Attachment) and lexeme.tag in _CONTENTS:
            if isinstance(lexeme.value, bytes):
                self._total.add(len(lexeme.value))
                holder.data = InMemory(lexeme.value)
            return
        self._bags[-1].take(lexeme)

    def _begin_large(self, lexeme: LargeBegin) -> None:
        holder = self._objects[-1]
        if isinstance(holder, Attachment) and lexeme.tag in _CONTENTS:
            self._content = self._spooler()
        else:
            self._bags[-1].begin(lexeme)


def is_message(element: Element) -> bool:
    """Tell whether an element is a message of a list."""
    return element in _MESSAGES
