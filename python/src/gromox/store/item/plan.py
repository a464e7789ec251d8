"""A whole item as rows that are not written yet: what can be found out before the transaction begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.mapi import named, tags
from gromox.mapi.message import AttachMethod
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.extract import filetime
from gromox.store.item import limits, recipient
from gromox.store.item.split import Parts, initial_flags, split, subject_of
from gromox.store.property import blob, text
from gromox.store.property.conversation import conversation_id
from gromox.store.property.keyword import keyword_of

if TYPE_CHECKING:
    from gromox.mapi.message import Attachment, Message, Octets, PropertyBag
    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.store.flags import Flag
    from gromox.store.item.holding import Holding
    from gromox.store.mailbox_file import MailboxFile

BASE_SIZE: Final = 64
"""Octets that an object takes besides its values."""
ATTACHMENT_READ_ONLY: Final = frozenset(
    {
        tags.PidTagAttachSize,
        tags.PidTagAttachNumber,
        tags.PidTagAttachMethod,
        tags.PidTagAttachDataBinary,
        tags.PidTagAttachDataObject,
        tags.PidTagAccessLevel,
        tags.PidTagObjectType,
        tags.PidTagRecordKey,
        tags.PidTagMid,
    }
)


@dataclass(slots=True)
class AttachmentPlan:
    """One attachment."""

    number: int
    method: int
    packed: bytes
    size: int
    data: Octets | None = None
    embedded: MessagePlan | None = None


@dataclass(slots=True)
class MessagePlan:
    """One message with all that belongs to it."""

    parts: Parts
    packed: bytes | None
    recipients: bytes | None
    attachments: list[AttachmentPlan] = field(default_factory=list)
    keywords: frozenset[str] = frozenset()
    size: int = BASE_SIZE


class Planner:
    """Makes the plan of one item and writes what is large to disk."""

    __slots__ = ("_code_page", "_file", "_holding", "_keywords_tag", "_now", "_parts")

    def __init__(
        self, file: MailboxFile, holding: Holding, *, now: float, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> None:
        """Plan for a mailbox; names that items use have to be known to it."""
        self._file, self._holding, self._code_page = file, holding, code_page
        self._now = filetime(now)
        self._keywords_tag = keywords_tag(file)
        self._parts = 0

    def message(self, message: Message, depth: int = 0) -> MessagePlan:
        """Plan a message.

        Raises:
            InvalidValueError: a value does not fit.
            LimitError: something is too many, too large, or too deep.
        """
        if depth > limits.MAX_DEPTH:
            raise LimitError(f"messages stand within each other at most {limits.MAX_DEPTH} deep")
        if len(message.attachments) > limits.MAX_ATTACHMENTS:
            raise LimitError(f"an item has at most {limits.MAX_ATTACHMENTS} attachments")
        values = self.values(message.properties)
        parts = split(values, keywords_tag=self._keywords_tag)
        self._complete(parts, values)
        rows = recipient.numbered([self.values(each.properties) for each in message.recipients])
        columns = parts.columns
        columns["display_to"], columns["display_cc"], columns["display_bcc"] = recipient.displays(rows)
        plan = MessagePlan(parts, blob.pack(parts.packed), recipient.pack_recipients(rows))
        if parts.categories is not None:
            plan.keywords = frozenset(filter(None, map(keyword_of, parts.categories)))
        for octets in parts.large.values():
            self._holding.prepare(octets)
        taken: set[int] = set()
        for attachment in message.attachments:
            plan.attachments.append(self.attachment(attachment, depth, taken))
        columns["has_attachment"] = has_visible(message)
        plan.size += size_of(plan)
        return plan

    def values(self, bag: PropertyBag) -> dict[int, PropValue]:
        """Return a bag by tags, as it is kept."""
        return text.stored_values(self._file.names.numbered(bag.items()), self._code_page)

    def attachment(self, attachment: Attachment, depth: int, taken: set[int]) -> AttachmentPlan:
        """Plan an attachment; ``taken`` are the numbers that others have, to which its own is added."""
        self._parts += 1
        if self._parts > limits.MAX_PARTS:
            raise LimitError("an item has too many attachments in all")
        values = self.values(attachment.properties)
        number = values.get(tags.PidTagAttachNumber)
        if not isinstance(number, int) or not 0 <= number <= 0xFFFFFF or number in taken:  # noqa: PLR2004
            number = max(taken, default=-1) + 1
        taken.add(number)
        method = method_of(attachment, values)
        values.setdefault(tags.PidTagRenderingPosition, 0xFFFF_FFFF)
        created = values.setdefault(tags.PidTagCreationTime, self._now)
        values.setdefault(tags.PidTagLastModificationTime, created)
        packed = pack_attachment(values)
        plan = AttachmentPlan(number, method, packed, BASE_SIZE + len(packed))
        if attachment.embedded is not None:
            plan.embedded = self.message(attachment.embedded, depth + 1)
            plan.size += plan.embedded.size
        elif attachment.data is not None:
            self._holding.prepare(attachment.data)
            plan.data = attachment.data
            plan.size += attachment.data.size
        return plan

    def _complete(self, parts: Parts, values: dict[int, PropValue]) -> None:
        """Add what every message has ([MS-OXCMSG] 3.2.5.2)."""
        columns = parts.columns
        flags, kept = initial_flags(values)
        parts.flags |= flags
        if values.get(tags.PidTagReadReceiptRequested):
            kept |= 0x100
        if values.get(tags.PidTagNonReceiptNotificationRequested):
            kept |= 0x200
        columns["message_flags"] = int(kept)
        columns["subject"], columns["normalized_subject"] = subject_of(values)
        topic = values.get(tags.PidTagConversationTopic, columns["normalized_subject"])
        columns["conversation_id"] = conversation_id(
            topic if isinstance(topic, str) else "",
            values.get(tags.PidTagConversationIndex),
            values.get(tags.PidTagConversationIndexTracking),
        )
        columns.setdefault("received_time", self._now)
        created = values.get(tags.PidTagCreationTime)
        modified = values.get(tags.PidTagLastModificationTime)
        columns["created_time"] = created if isinstance(created, int) and created else self._now
        columns["modified_time"] = modified if isinstance(modified, int) and modified else self._now
        if tags.PidTagSearchKey not in parts.packed:
            parts.packed[tags.PidTagSearchKey] = self._file.ids.guid().bytes


def pack_attachment(values: dict[int, PropValue]) -> bytes:
    """Return the properties of an attachment packed."""
    return blob.pack({tag: value for tag, value in values.items() if tag not in ATTACHMENT_READ_ONLY}) or b""


def method_of(attachment: Attachment, values: dict[int, PropValue]) -> int:
    """Return PidTagAttachMethod, which agrees with what the attachment holds. Raises InvalidValueError."""
    given = values.get(tags.PidTagAttachMethod)
    if attachment.embedded is not None:
        if attachment.data is not None:
            raise InvalidValueError("an attachment holds octets or a message, not both")
        return AttachMethod.EMBEDDED
    if not isinstance(given, int):
        return AttachMethod.NONE if attachment.data is None else AttachMethod.BY_VALUE
    if not 0 <= given <= AttachMethod.BY_WEB_REFERENCE or given == 3:  # noqa: PLR2004 - there is none
        raise InvalidValueError("no attachment has that method")
    return given


def has_visible(message: Message) -> bool:
    """Tell whether a message has an attachment ([MS-OXCMSG] 2.2.1.2)."""
    return bool(message.attachments)


def size_of(plan: MessagePlan) -> int:
    """Return the octets that the parts of a message take."""
    return (
        len(plan.packed or b"")
        + sum([octets.size for octets in plan.parts.large.values()])
        + len(plan.recipients or b"")
        + sum([attachment.size for attachment in plan.attachments])
    )


def keywords_tag(file: MailboxFile) -> int:
    """Return the tag of PidNameKeywords in a mailbox, 0 if it has none."""
    propid = file.names.ids((named.PidNameKeywords.name,))[0]
    return propid << 16 | named.PidNameKeywords.type if propid else 0


def names_in(message: Message, depth: int = 0) -> set[PropertyName]:
    """Return the names of all properties that an item uses."""
    bags = [message.properties, *[each.properties for each in message.recipients]]
    bags += [each.properties for each in message.attachments]
    found = {key.name for bag in bags for key in bag if not isinstance(key, int)}
    if depth <= limits.MAX_DEPTH:
        for attachment in message.attachments:
            if attachment.embedded is not None:
                found |= names_in(attachment.embedded, depth + 1)
    return found


def flags_of(plan: MessagePlan) -> Flag:
    """Return the flags of a new item."""
    return plan.parts.flags & ~plan.parts.cleared
