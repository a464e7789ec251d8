"""What lists want to know of a mail beyond its texts, found out once, when it comes in.

Spec:
    [MS-OXCMAIL] 2.2 (message class, receipts, sender and who it is from), [MS-OXOMSG] 2.2.1.2 (conversation).

Hot: nearly all mails are plain, and cost a search or two in their header and one hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi import tags
from gromox.mime.limits import DEFAULT
from gromox.store.property import blob
from gromox.store.property.conversation import conversation_id
from gromox.store.property.mail import PLAIN_CLASS, read_header, read_mail

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propvalue import PropValue
    from gromox.mime import Message as ScannedMail
    from gromox.mime import Part

#: Fields and parts by which a mail may be more than plain.
_SPECIAL_MEDIA: Final = frozenset({"signed", "encrypted", "report"})
_SPECIAL_FIELDS: Final = (b"\ncontent-class:", b"\nthread-topic:", b"\nthread-index:", b"\nsender:")
_RECEIPT: Final = b"\ndisposition-notification-to:"
_NAMES: Final = frozenset(field[1:-1] for field in (*_SPECIAL_FIELDS, _RECEIPT))
_NOTIFY: Final = 0x300
"""mfNotifyRead and mfNotifyUnread."""
#: Kept beside a mail when its columns do not say them.
_SENDER_TAGS: Final = (
    tags.PidTagSenderName,
    tags.PidTagSenderSmtpAddress,
    tags.PidTagSenderEmailAddress,
    tags.PidTagSenderAddressType,
)


class Arrival(NamedTuple):
    """Columns of a mail."""

    message_class: str
    conversation_id: bytes | None
    message_flags: int
    properties: bytes | None


def arrival_of(octets: bytes, scanned: ScannedMail, normalized_subject: str) -> Arrival:
    """Return the columns of a mail that comes in."""
    root = scanned.root
    # The scan knows of all fields of a header that has no more octets than it takes fields. To search the
    # octets for five names took three times as long.
    header = b""
    if not root.fields.keys().isdisjoint(_NAMES) or scanned.header_size > DEFAULT.fields:
        header = b"\n" + scanned.header.lower()
    flags = _NOTIFY if _RECEIPT in header else 0
    media = root.media
    if media.type == "application" or media.subtype in _SPECIAL_MEDIA or _has_calendar(root):
        return _special(read_mail(octets, scanned).properties, normalized_subject, flags)
    if header and any(field in header for field in _SPECIAL_FIELDS):
        return _special(read_header(scanned.header).properties, normalized_subject, flags)
    return Arrival(PLAIN_CLASS, conversation_id(normalized_subject), flags, None)


def _has_calendar(root: Part) -> bool:
    """Tell whether one of the parts is a calendar; those of messages in it are not looked at."""
    pending = [root]
    for part in pending:  # grows while it is gone through
        if part.media.subtype == "calendar":
            return True
        pending += part.children
    return False


def _special(bag: PropertyBag, normalized_subject: str, flags: int) -> Arrival:
    beside: dict[int, PropValue] = {}
    if bag.text(tags.PidTagSenderSmtpAddress) != bag.text(tags.PidTagSentRepresentingSmtpAddress):
        beside = {tag: bag[tag] for tag in _SENDER_TAGS if tag in bag}
    topic = bag.text(tags.PidTagConversationTopic) or normalized_subject
    if topic != normalized_subject:
        beside[tags.PidTagConversationTopic] = topic
    message_class = bag.text(tags.PidTagMessageClass) or PLAIN_CLASS
    conversation = conversation_id(topic, bag.get(tags.PidTagConversationIndex))
    return Arrival(message_class, conversation, flags, blob.pack(beside))
