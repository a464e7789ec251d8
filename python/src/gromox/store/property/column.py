"""Which property of a message is which column of its row.

Spec: [MS-OXCMSG] 2.2.1, [MS-OXOMSG] 2.2.1. What is neither here nor in computed.py is kept packed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gromox.mapi import tags


class Kind(Enum):
    """How a column and the value of its property differ."""

    AS_IS = "the same"
    BOOLEAN = "0 or 1"
    TEXT = "an empty text is no value"


@dataclass(frozen=True, slots=True)
class Column:
    """A property that stands in a column of ``messages``."""

    tag: int
    name: str
    kind: Kind = Kind.AS_IS
    is_settable: bool = False
    """Whether whoever saves an item may set it; the others follow from something else."""
    default: int | str | None = None
    """What stands there when the property is removed."""


COLUMNS: Final[tuple[Column, ...]] = (
    Column(tags.PidTagMessageSize, "size"),
    Column(tags.PidTagMessageSizeExtended, "size"),
    Column(tags.PidTagMessageDeliveryTime, "received_time", is_settable=True, default=0),
    Column(tags.PidTagClientSubmitTime, "sent_time", is_settable=True),
    Column(tags.PidTagCreationTime, "created_time"),
    Column(tags.PidTagLastModificationTime, "modified_time"),
    Column(tags.PidTagLocalCommitTime, "modified_time"),
    Column(tags.PidTagHasAttachments, "has_attachment", Kind.BOOLEAN),
    Column(tags.PidTagAssociated, "associated", Kind.BOOLEAN),
    Column(tags.PidTagImportance, "importance", is_settable=True, default=1),
    Column(tags.PidTagSensitivity, "sensitivity", is_settable=True, default=0),
    Column(tags.PidTagMessageClass, "message_class", is_settable=True, default="IPM.Note"),
    Column(tags.PidTagSubject, "subject", is_settable=True, default=""),
    Column(tags.PidTagNormalizedSubject, "normalized_subject"),
    Column(tags.PidTagSentRepresentingName, "sender_name", Kind.TEXT, is_settable=True, default=""),
    Column(tags.PidTagSentRepresentingSmtpAddress, "sender_address", Kind.TEXT, is_settable=True, default=""),
    Column(tags.PidTagDisplayTo, "display_to"),
    Column(tags.PidTagDisplayCc, "display_cc"),
    Column(tags.PidTagDisplayBcc, "display_bcc"),
    Column(tags.PidTagConversationId, "conversation_id"),
    Column(tags.PidTagMessageStatus, "message_status"),
)
BY_TAG: Final[dict[int, Column]] = {column.tag: column for column in COLUMNS}
SETTABLE: Final[dict[int, Column]] = {column.tag: column for column in COLUMNS if column.is_settable}
