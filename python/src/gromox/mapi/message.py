"""The message model: what MAPI, EWS, EAS, DAV and JMAP see of an item, and what conversions read and write.

A message is a bag of property values, its recipients and its attachments; an attachment may hold a message
again. Nothing here knows how an item is stored or sent.

Keys of a bag are property tags (``int``, see :mod:`gromox.mapi.tags`) or
:class:`~gromox.mapi.propname.NamedProperty` values. Conversions use names; only a mailbox knows which
identifier a name has there, and puts it in when the item is saved.

Spec: [MS-OXCMSG] 1.3 (messages, recipients, attachments), [MS-OXCDATA] 2.6.1 (property names).
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar, overload

from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import MULTI_VALUE

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue

PropertyKey: TypeAlias = int | NamedProperty
T = TypeVar("T")

#: Messages inside messages; deeper ones are refused by readers and left as octets by conversions.
MAX_EMBEDDING_DEPTH: Final = 30


def type_of(key: PropertyKey) -> int:
    """Return the property type of a key."""
    return key.type if isinstance(key, NamedProperty) else key & 0xFFFF


class PropertyBag(MutableMapping[PropertyKey, "PropValue"]):
    """Property values by key, in the order in which they were set.

    One identifier (or name) has one value whatever its type: setting PidTagSubject as PtypString8 replaces
    the PtypString.
    """

    __slots__ = ("_values",)

    def __init__(self, values: dict[PropertyKey, PropValue] | None = None) -> None:
        """Start with ``values``."""
        self._values: dict[tuple[object, ...], tuple[PropertyKey, PropValue]] = {}
        for key, value in (values or {}).items():
            self[key] = value

    def __getitem__(self, key: PropertyKey) -> PropValue:
        """Return the value of exactly this key.

        Raises:
            KeyError: there is none, or it has another type.
        """
        held, value = self._values[_identity(key)]
        if type_of(held) != type_of(key):
            raise KeyError(key)
        return value

    def __setitem__(self, key: PropertyKey, value: PropValue) -> None:
        """Set a value."""
        self._values[_identity(key)] = (key, value)

    def __delitem__(self, key: PropertyKey) -> None:
        """Remove the value of this identifier, whatever its type."""
        del self._values[_identity(key)]

    def __iter__(self) -> Iterator[PropertyKey]:
        """Go through the keys."""
        return iter([key for key, _ in self._values.values()])

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self._values)

    def __repr__(self) -> str:
        """Show the values, for a failing test."""
        return f"PropertyBag({dict(self)!r})"

    @overload
    def typed(self, key: PropertyKey, kind: type[T]) -> T | None: ...
    @overload
    def typed(self, key: PropertyKey, kind: type[T], default: T) -> T: ...
    def typed(self, key: PropertyKey, kind: type[T], default: T | None = None) -> T | None:
        """Return the value if it is there and is a ``kind``, else ``default``."""
        value = self.get(key)
        return value if isinstance(value, kind) else default

    def text(self, key: PropertyKey) -> str:
        """Return a text, empty if there is none."""
        return self.typed(key, str, "")

    def number(self, key: PropertyKey, default: int = 0) -> int:
        """Return a number (or FILETIME, or Boolean)."""
        return self.typed(key, int, default)

    def texts(self, key: PropertyKey) -> tuple[str, ...]:
        """Return the texts of a multi-value property."""
        value = self.get(key)
        if not isinstance(value, tuple) or not type_of(key) & MULTI_VALUE:
            return ()
        return tuple(text for text in value if isinstance(text, str))


def _identity(key: PropertyKey) -> tuple[object, ...]:
    if isinstance(key, NamedProperty):
        return (key.guid, key.which)
    return (key >> 16,)


class Octets(Protocol):
    """Octets that need not be in memory: the content of a large attachment."""

    @property
    def size(self) -> int:
        """The number of octets."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Go through them from the start, in pieces of at most 1 MiB; may be called again."""
        ...


@dataclass(frozen=True, slots=True)
class InMemory:
    """Octets that are in memory."""

    octets: bytes

    @property
    def size(self) -> int:
        """The number of octets."""
        return len(self.octets)

    def chunks(self) -> Iterator[bytes]:
        """Give them in one piece (they are in memory anyway)."""
        if self.octets:
            yield self.octets


class RecipientType:
    """Values of PidTagRecipientType, [MS-OXOMSG] 2.2.3.1."""

    ORIGINATOR: Final = 0
    TO: Final = 1
    CC: Final = 2
    BCC: Final = 3


class AttachMethod:
    """Values of PidTagAttachMethod, [MS-OXCMSG] 2.2.2.9."""

    NONE: Final = 0
    BY_VALUE: Final = 1
    BY_REFERENCE: Final = 2
    BY_REFERENCE_ONLY: Final = 4
    EMBEDDED: Final = 5
    OLE: Final = 6
    BY_WEB_REFERENCE: Final = 7


@dataclass(slots=True)
class Recipient:
    """A row of the recipient table, [MS-OXCMSG] 2.2.1.46 ff."""

    properties: PropertyBag = field(default_factory=PropertyBag)


@dataclass(slots=True)
class Attachment:
    """A row of the attachment table with its content, [MS-OXCMSG] 2.2.2.

    The content stands in ``data`` (PidTagAttachDataBinary, or PidTagAttachDataObject of an OLE object) or in
    ``embedded``, never in the bag.
    """

    properties: PropertyBag = field(default_factory=PropertyBag)
    data: Octets | None = None
    embedded: Message | None = None


@dataclass(slots=True)
class Message:
    """An item with all that belongs to it."""

    properties: PropertyBag = field(default_factory=PropertyBag)
    recipients: list[Recipient] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
