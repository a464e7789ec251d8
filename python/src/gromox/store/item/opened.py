"""Open objects: a message or an attachment with changes that nobody else sees until it is saved.

Spec:
    [MS-OXCMSG] 3.2.5.2 to 3.2.5.5 (what was not saved is seen through the same handle alone), 3.2.5.13 to
    3.2.5.16 (attachments and messages in them are saved into the message that holds them); [MS-OXCPRPT] 2.2.5
    to 2.2.8.

An object knows what was read when it was opened (its base) and what was done to it since; saving makes a
:class:`~gromox.store.item.change.MessageChange` of that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod, Message, PropertyBag, Recipient
from gromox.store.errors import InvalidValueError, MessageGoneError
from gromox.store.item.change import AttachmentChange, MessageChange
from gromox.store.item.plan import ATTACHMENT_READ_ONLY
from gromox.store.item.reading import OBJECT_ATTACHMENT
from gromox.store.item.recipient import displays, numbered
from gromox.store.item.split import SUBJECT_TAGS, subject_of
from gromox.store.property.computed import INITIAL_FLAGS, OBJECT_MESSAGE, READ_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.mapi.message import Octets, PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Spooler

_NEW_FLAGS = 0x0009
"""mfUnsent and mfRead: [MS-OXCMSG] 3.2.5.2."""
NEW_ATTACHMENT_SIZE = 0x40
"""[MS-OXCMSG] 3.2.5.13."""


@dataclass(slots=True)
class Pending:
    """Properties that were set and removed since the object was read."""

    values: dict[int, PropValue] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    """Tags."""

    def set(self, values: Mapping[int, PropValue]) -> None:
        """Note values; of one identifier the last one counts."""
        for tag, value in values.items():
            for held in [key for key in (*self.values, *self.removed) if key >> 16 == tag >> 16]:
                self.values.pop(held, None)
                self.removed.discard(held)
            self.values[tag] = value

    def remove(self, wanted: Iterable[int]) -> None:
        """Note that properties are to go."""
        for tag in wanted:
            for held in [key for key in self.values if key >> 16 == tag >> 16]:
                del self.values[held]
            self.removed.add(tag)

    def has(self, prop_id: int) -> bool:
        """Tell whether something was done to an identifier."""
        return any(tag >> 16 == prop_id for tag in (*self.values, *self.removed))

    def keyed(self) -> dict[PropertyKey, PropValue]:
        """Return the values as changes take them."""
        return {tag: value for tag, value in self.values.items()}  # noqa: C416 - with other keys to the types

    def tag_of(self, prop_id: int) -> int | None:
        """Return the tag that was set for an identifier."""
        return next((tag for tag in self.values if tag >> 16 == prop_id), None)

    def clear(self) -> None:
        """Forget: it was saved."""
        self.values.clear()
        self.removed.clear()


@dataclass(slots=True, eq=False)
class OpenAttachment:
    """An attachment of an open message."""

    owner: OpenMessage
    number: int
    base: Attachment
    is_new: bool = False
    is_saved: bool = False
    """Whether what was done to it is part of its message."""
    pending: Pending = field(default_factory=Pending)
    data: Octets | None = None
    """New content."""
    embedded: OpenMessage | None = None
    """The message in it, while it is open or was changed."""

    def get(self, tag: int) -> PropValue | None:
        """Return a property as this handle sees it."""
        if self.pending.has(tag >> 16):
            return self.pending.values.get(tag)
        if tag == tags.PidTagAttachMethod and self.embedded is not None:
            return AttachMethod.EMBEDDED
        if tag == tags.PidTagAttachSize and self.data is not None:
            return self.data.size
        return self.base.properties.get(tag)

    def tags(self) -> tuple[int, ...]:
        """Return the tags of all properties that it has."""
        known = [tag for tag in self.base.properties if isinstance(tag, int)]
        return tuple(
            [tag for tag in dict.fromkeys([*known, *self.pending.values]) if self.get(tag) is not None]
        )

    def content(self) -> Octets | None:
        """Return its content as this handle sees it."""
        return self.base.data if self.data is None else self.data

    def change(self) -> AttachmentChange:
        """Return what was done to it."""
        embedded: Message | MessageChange | None = None
        if self.embedded is not None and self.embedded.is_saved:
            is_fresh = self.is_new or self.base.embedded is None
            embedded = self.embedded.as_message() if is_fresh else self.embedded.as_change()
        return AttachmentChange(
            self.number,
            self.pending.keyed(),
            tuple(self.pending.removed),
            None if embedded is not None else self.data,
            embedded,
        )

    def as_attachment(self) -> Attachment:
        """Return it as it is seen: the part of a new message."""
        made = Attachment(_bag(self.base.properties, self.pending), self.content())
        made.properties[tags.PidTagAttachNumber] = self.number
        if self.embedded is not None and self.embedded.is_saved:
            made.data, made.embedded = None, self.embedded.as_message()
        elif self.data is None:
            made.embedded = self.base.embedded
        return made


@dataclass(slots=True, eq=False)
class OpenMessage:
    """A message with what was done to it."""

    base: Message
    """Keys are tags."""
    mid: int = 0
    """0: it is new, or stands in an attachment."""
    cn: int = 0
    folder_id: int = 0
    is_associated: bool = False
    is_writable: bool = True
    holder: OpenAttachment | None = None
    is_saved: bool = False
    """Of a message in an attachment: whether what was done to it is part of that."""
    pending: Pending = field(default_factory=Pending)
    recipients: list[dict[int, PropValue]] | None = None
    """All of them, once something was done to one."""
    attachments: dict[int, OpenAttachment] = field(default_factory=dict)
    """Those that were opened."""
    deleted: set[int] = field(default_factory=set)
    spoolers: list[Spooler] = field(default_factory=list)
    """Contents that came in and are wanted until it is saved."""

    @property
    def outermost(self) -> OpenMessage:
        """The message of a folder that this one is, or stands in."""
        return self if self.holder is None else self.holder.owner.outermost

    def close(self) -> None:
        """Remove what is temporary."""
        while self.spoolers:
            self.spoolers.pop().close()

    @property
    def is_new(self) -> bool:
        """Tell whether it was never saved."""
        return not self.mid and self.holder is None

    def knows(self, tag: int) -> bool:
        """Tell whether this handle, and not the mailbox, has the value of a property."""
        return (
            not self.mid
            or self.pending.has(tag >> 16)
            or (tag in SUBJECT_TAGS and bool(SUBJECT_TAGS & self.pending.values.keys()))
            or (tag in _DISPLAYS and self.recipients is not None)
            or (tag == tags.PidTagHasAttachments and bool(self.deleted or self._changed()))
        )

    def get(self, tag: int) -> PropValue | None:
        """Return a property as this handle sees it."""
        if tag in SUBJECT_TAGS and SUBJECT_TAGS & self.pending.values.keys():
            return self._subject(tag)
        if tag in _DISPLAYS:
            return displays(self.recipient_rows())[_DISPLAYS.index(tag)]
        if tag == tags.PidTagHasAttachments:
            return bool(self.numbers())
        if self.pending.has(tag >> 16):
            return self.pending.values.get(tag)
        return self.base.properties.get(tag)

    def tags(self) -> tuple[int, ...]:
        """Return the tags of all properties that this handle knows."""
        known = [tag for tag in self.base.properties if isinstance(tag, int)]
        found = dict.fromkeys([*known, *self.pending.values, *SUBJECT_TAGS, *_DISPLAYS])
        return tuple([tag for tag in found if self.get(tag) is not None])

    def recipient_rows(self) -> list[dict[int, PropValue]]:
        """Return the recipients as this handle sees them."""
        if self.recipients is not None:
            return self.recipients
        return numbered([_values(each.properties) for each in self.base.recipients])

    def modify_recipients(self, rows: Sequence[tuple[int, Mapping[int, PropValue] | None]]) -> None:
        """Add, replace and (None) remove recipients by their PidTagRowid ([MS-OXCMSG] 3.2.5.5)."""
        held = {row[tags.PidTagRowid]: dict(row) for row in self.recipient_rows()}
        for row_id, values in rows:
            if values is None:
                held.pop(row_id, None)
            else:
                held[row_id] = {**values, tags.PidTagRowid: row_id}
        self.recipients = [held[row_id] for row_id in sorted(held, key=_row_id)]

    def numbers(self) -> list[int]:
        """Return the numbers of the attachments as this handle sees them: saved ones."""
        known = {_number(each) for each in self.base.attachments} - self.deleted
        known |= {number for number, each in self.attachments.items() if each.is_saved}
        return sorted(known)

    def attachment(self, number: int) -> OpenAttachment:
        """Open an attachment. Raises MessageGoneError."""
        opened = self.attachments.get(number)
        if opened is not None and number not in self.deleted and (opened.is_saved or not opened.is_new):
            return opened
        for each in self.base.attachments:
            if _number(each) == number and number not in self.deleted:
                made = self.attachments[number] = OpenAttachment(self, number, each)
                return made
        raise MessageGoneError("there is no such attachment (any more)")

    def new_attachment(self, now: int) -> OpenAttachment:
        """Add an attachment, which is seen once it was saved ([MS-OXCMSG] 3.2.5.13)."""
        taken = {*[_number(each) for each in self.base.attachments], *self.attachments, *self.deleted}
        number = max(taken, default=-1) + 1
        bag = PropertyBag()
        bag[tags.PidTagAttachNumber] = number
        bag[tags.PidTagAttachSize] = NEW_ATTACHMENT_SIZE
        bag[tags.PidTagAccessLevel] = 0
        bag[tags.PidTagRenderingPosition] = 0xFFFF_FFFF
        bag[tags.PidTagCreationTime] = bag[tags.PidTagLastModificationTime] = now
        bag[tags.PidTagAttachMethod] = AttachMethod.NONE
        bag[tags.PidTagObjectType] = OBJECT_ATTACHMENT
        bag[tags.PidTagRecordKey] = number.to_bytes(4, "little")
        made = self.attachments[number] = OpenAttachment(self, number, Attachment(bag), is_new=True)
        return made

    def delete_attachment(self, number: int) -> None:
        """Remove an attachment. Raises MessageGoneError."""
        if number not in self.numbers():
            raise MessageGoneError("there is no such attachment (any more)")
        self.attachments.pop(number, None)
        if any(_number(each) == number for each in self.base.attachments):
            self.deleted.add(number)

    def as_change(self) -> MessageChange:
        """Return what was done to it since it was opened."""
        recipients = None
        if self.recipients is not None:
            recipients = [_recipient(row) for row in self.recipients]
        attachments = [AttachmentChange(number, is_deleted=True) for number in sorted(self.deleted)]
        attachments += [each.change() for each in self._changed()]
        return MessageChange(
            self.pending.keyed(), tuple(self.pending.removed), recipients, tuple(attachments)
        )

    def as_message(self) -> Message:
        """Return it as it is seen: for its first save."""
        made = Message(_bag(self.base.properties, self.pending))
        made.recipients = [_recipient(row) for row in self.recipient_rows()]
        for number in self.numbers():
            opened = self.attachments.get(number)
            if opened is not None and opened.is_saved:
                made.attachments.append(opened.as_attachment())
            else:
                made.attachments += [each for each in self.base.attachments if _number(each) == number]
        return made

    def _changed(self) -> list[OpenAttachment]:
        return [each for _, each in sorted(self.attachments.items()) if each.is_saved]

    def _subject(self, tag: int) -> PropValue:
        base = self.base.properties
        subject, normalized = subject_of(
            self.pending.values, base.text(tags.PidTagSubject), base.text(tags.PidTagNormalizedSubject)
        )
        if tag == tags.PidTagSubject:
            return subject
        return (
            normalized if tag == tags.PidTagNormalizedSubject else subject[: len(subject) - len(normalized)]
        )


_DISPLAYS = (tags.PidTagDisplayTo, tags.PidTagDisplayCc, tags.PidTagDisplayBcc)


def new_message(now: int, *, is_associated: bool, search_key: bytes, locale_id: int) -> Message:
    """Return what a new message has before anything was set ([MS-OXCMSG] 3.2.5.2)."""
    bag = PropertyBag()
    bag[tags.PidTagImportance] = 1
    bag[tags.PidTagMessageClass] = "IPM.Note"
    bag[tags.PidTagSensitivity] = 0
    bag[tags.PidTagMessageFlags] = _NEW_FLAGS | (0x40 if is_associated else 0)
    bag[tags.PidTagMessageSize] = 0
    bag[tags.PidTagTrustSender] = 1
    bag[tags.PidTagAccess] = 0x03
    bag[tags.PidTagAccessLevel] = 1
    bag[tags.PidTagObjectType] = OBJECT_MESSAGE
    bag[tags.PidTagCreationTime] = bag[tags.PidTagLastModificationTime] = now
    bag[tags.PidTagSearchKey] = search_key
    bag[tags.PidTagMessageLocaleId] = bag[tags.PidTagLocaleId] = locale_id
    bag[tags.PidTagHasNamedProperties] = False
    return Message(bag)


def settable(opened: OpenMessage | OpenAttachment, tag: int) -> bool:
    """Tell whether a client may set a property of an open object."""
    if isinstance(opened, OpenAttachment):
        return tag not in ATTACHMENT_READ_ONLY or tag == tags.PidTagAttachMethod
    # Before the first save a client says whether the message is read and unsent.
    return tag not in READ_ONLY or (tag == tags.PidTagMessageFlags and not opened.mid)


def checked_flags(value: PropValue) -> int:
    """Return the bits of PidTagMessageFlags that a client may set. Raises InvalidValueError."""
    if not isinstance(value, int):
        raise InvalidValueError("flags are a number")
    return value & int(INITIAL_FLAGS)


def _bag(base: PropertyBag, pending: Pending) -> PropertyBag:
    made = PropertyBag()
    for key, value in base.items():
        if not (isinstance(key, int) and pending.has(key >> 16)):
            made[key] = value
    for tag, value in pending.values.items():
        made[tag] = value
    return made


def _values(bag: PropertyBag) -> dict[int, PropValue]:
    return {key: value for key, value in bag.items() if isinstance(key, int)}


def _recipient(row: Mapping[int, PropValue]) -> Recipient:
    made = Recipient()
    for tag, value in row.items():
        made.properties[tag] = value
    return made


def _number(attachment: Attachment) -> int:
    return attachment.properties.number(tags.PidTagAttachNumber, -1)


def _row_id(value: PropValue) -> int:
    return value if isinstance(value, int) else 0
