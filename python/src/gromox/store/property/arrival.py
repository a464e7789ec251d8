"""What lists want to know of a mail beyond its texts, found out once, when it comes in.

Spec:
    [MS-OXCMAIL] 2.2 (message class, receipts, sender and who it is from), [MS-OXOMSG] 2.2.1.2 (conversation).

Hot: nearly all mails are plain, and cost a search or two in their header and one hash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mapi import tags
from gromox.store.property import blob
from gromox.store.property.conversation import conversation_id
from gromox.store.property.mail import PLAIN_CLASS, read_header, read_mail

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propvalue import PropValue
    from gromox.mime import Message as ScannedMail

#: Fields and parts by which a mail may be more than plain.
_SPECIAL_MEDIA: Final = frozenset({"signed", "encrypted", "report"})
_SPECIAL_HEADER: Final = re.compile(
    rb"^(?:content-class|thread-(?:topic|index)|sender):", re.IGNORECASE | re.MULTILINE
)
_RECEIPT: Final = re.compile(rb"^disposition-notification-to:", re.IGNORECASE | re.MULTILINE)
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
    header = scanned.header
    flags = _NOTIFY if _RECEIPT.search(header) else 0
    media = scanned.root.media
    if media.type == "application" or media.subtype in _SPECIAL_MEDIA or b"text/calendar" in octets:
        return _special(read_mail(octets, scanned).properties, normalized_subject, flags)
    if _SPECIAL_HEADER.search(header):
        return _special(read_header(header).properties, normalized_subject, flags)
    return Arrival(PLAIN_CLASS, conversation_id(normalized_subject), flags, None)


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
