"""What is to become of an item: values that callers make and the store carries out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gromox.mapi.message import Message, Octets, PropertyKey, Recipient
    from gromox.mapi.propvalue import PropValue


@dataclass(frozen=True, slots=True)
class AttachmentChange:
    """What is to become of one attachment."""

    number: int | None = None
    """PidTagAttachNumber; None: it is a new one, which gets the next number."""
    values: Mapping[PropertyKey, PropValue] = field(default_factory=dict)
    removed: Sequence[PropertyKey] = ()
    data: Octets | None = None
    """The new content; None: it stays. An upload is told by :class:`Uploaded`."""
    embedded: Message | MessageChange | None = None
    """A new message in place of what it holds, or what is to become of the message in it."""
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class MessageChange:
    """What is to become of one message: whatever is not mentioned stays."""

    values: Mapping[PropertyKey, PropValue] = field(default_factory=dict)
    """Keys are tags or names; text may be PtypString8."""
    removed: Sequence[PropertyKey] = ()
    recipients: Sequence[Recipient] | None = None
    """All recipients, in place of those that are there; None: they stay."""
    attachments: Sequence[AttachmentChange] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is to happen."""
        return not (self.values or self.removed or self.recipients is not None or self.attachments)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A content that was handed over before, by the handle of its upload."""

    handle: int
    size: int = 0

    def chunks(self) -> Iterator[bytes]:
        """Give nothing: the octets are where the upload went."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Saved:
    """A message after it was saved."""

    mid: int
    cn: int
    change_key: bytes
