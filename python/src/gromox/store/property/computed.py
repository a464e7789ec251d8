"""Properties of a message that follow from others: declared, one function each.

Spec:
    [MS-OXCMSG] 2.2.1 (flags, subject, search key), [MS-OXCPRPT] 2.2.1 (access, entry ids), [MS-OXCFXICS]
    2.2.1.2 (change key, predecessors, source keys), [MS-OXOFLAG] 2.2.1.1, [MS-OXOMSG] 2.2.1.
"""

from __future__ import annotations

import hashlib
from enum import IntFlag
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi import tags
from gromox.store.extract import filetime
from gromox.store.flags import Flag
from gromox.store.property import ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.propvalue import PropValue
    from gromox.store.property.row import MessageRow

Compute: TypeAlias = "Callable[[MessageRow], PropValue | None]"

OBJECT_MESSAGE: Final = 5
_FOLLOWUP_COMPLETE, FOLLOWUP_FLAGGED = 1, 2
REPLIED, REPLIED_ALL, FORWARDED = 102, 103, 104
_ICON_REPLIED, _ICON_FORWARDED = 0x105, 0x106
_SMTP: Final = "SMTP"


class MessageFlag(IntFlag):
    """Bits of PidTagMessageFlags, [MS-OXCMSG] 2.2.1.6."""

    READ = 0x0001
    UNMODIFIED = 0x0002
    SUBMITTED = 0x0004
    UNSENT = 0x0008
    HAS_ATTACH = 0x0010
    FROM_ME = 0x0020
    FAI = 0x0040
    RESEND = 0x0080
    NOTIFY_READ = 0x0100
    NOTIFY_UNREAD = 0x0200
    EVER_READ = 0x0400
    INTERNET = 0x2000
    UNTRUSTED = 0x8000


class MessageStatus(IntFlag):
    """Bits of PidTagMessageStatus, [MS-OXCMSG] 2.2.1.8."""

    IN_CONFLICT = 0x0800
    REMOTE_DOWNLOAD = 0x1000
    REMOTE_DELETE = 0x2000


#: Bits that stand in ``message_flags``; the others follow from flags and columns.
KEPT_FLAGS: Final = (
    MessageFlag.UNMODIFIED
    | MessageFlag.SUBMITTED
    | MessageFlag.FROM_ME
    | MessageFlag.RESEND
    | MessageFlag.NOTIFY_READ
    | MessageFlag.NOTIFY_UNREAD
    | MessageFlag.INTERNET
    | MessageFlag.UNTRUSTED
)
#: What a client may set before the first save, [MS-OXCMSG] 2.2.1.6.
INITIAL_FLAGS: Final = MessageFlag.READ | MessageFlag.UNSENT | MessageFlag.RESEND


def message_flags(row: MessageRow) -> int:
    """Return PidTagMessageFlags."""
    flags = row.number("message_flags") & KEPT_FLAGS
    if row.is_mail:
        flags |= MessageFlag.UNMODIFIED
    if row.is_read:
        flags |= MessageFlag.READ | MessageFlag.EVER_READ
    if row.flag_octet & Flag.DRAFT:
        flags |= MessageFlag.UNSENT
    if row.number("has_attachment"):
        flags |= MessageFlag.HAS_ATTACH
    if row.number("associated"):
        flags |= MessageFlag.FAI
    return int(flags)


def subject_prefix(row: MessageRow) -> str:
    """Return what stands before the normalized subject, [MS-OXCMSG] 2.2.1.9."""
    subject, normalized = row.text("subject"), row.text("normalized_subject")
    if normalized and subject.endswith(normalized):
        return subject[: -len(normalized)]
    return "" if normalized else subject


def search_key(row: MessageRow) -> bytes:
    """Return PidTagSearchKey: copies of an item have that of the original, [MS-OXCPRPT] 2.2.1.9."""
    stored = row.stored(tags.PidTagSearchKey)
    if isinstance(stored, bytes):
        return stored
    what = (row.number("message_id_hash"), row.number("sent_time"), row.number("size"), row.text("subject"))
    return hashlib.blake2b(repr(what).encode("utf-8", "replace"), digest_size=16).digest()


def _predecessors(row: MessageRow) -> bytes:
    return ids.predecessors(
        row.file, row.number("cn"), row.octets("change_key"), row.octets("predecessors")
    ).octets()


def _entry_id(row: MessageRow) -> bytes | None:
    return ids.message_entry_id(row.file, row.folder_id, row.mid) if row.folder_id else None


def _followup(row: MessageRow) -> int | None:
    if row.flag_octet & Flag.FLAGGED:
        return FOLLOWUP_FLAGGED
    stored = row.stored(tags.PidTagFlagStatus)
    # Who took \Flagged away by IMAP took the flag away; a completed one never had it.
    return None if stored in (None, FOLLOWUP_FLAGGED) else _FOLLOWUP_COMPLETE


def _last_verb(row: MessageRow) -> PropValue | None:
    stored = row.stored(tags.PidTagLastVerbExecuted)
    if stored is not None:
        return stored
    if row.flag_octet & Flag.ANSWERED:
        return REPLIED
    return FORWARDED if row.flag_octet & Flag.FORWARDED else None


def _icon(row: MessageRow) -> PropValue | None:
    stored = row.stored(tags.PidTagIconIndex)
    if stored is not None:
        return stored
    if row.flag_octet & Flag.ANSWERED:
        return _ICON_REPLIED
    return _ICON_FORWARDED if row.flag_octet & Flag.FORWARDED else None


def _topic(row: MessageRow) -> PropValue | None:
    stored = row.stored(tags.PidTagConversationTopic)
    return row.text("normalized_subject") if stored is None else stored


def _sender(tag: int, column: str) -> Compute:
    """Who sent a mail is who it is from, unless something else was kept when it came in."""

    def compute(row: MessageRow) -> PropValue | None:
        stored = row.stored(tag)
        return (row.text(column) or None) if stored is None and row.is_mail else stored

    return compute


def _sender_type(tag: int) -> Compute:
    def compute(row: MessageRow) -> PropValue | None:
        stored = row.stored(tag)
        return _SMTP if stored is None and row.is_mail and row.text("sender_address") else stored

    return compute


def _who(row: MessageRow, tag: int) -> str:
    """Whoever made or changed it; what was delivered is the owner's."""
    stored = row.stored(tag)
    return stored if isinstance(stored, str) else row.text("creator") or row.file.owner


def _deleted_on(row: MessageRow) -> int | None:
    at = row.number("deleted_at")
    return filetime(at) if at else None


def _has_named(row: MessageRow) -> bool:
    tags_ = row.packed.tags
    return bool(tags_ and tags_[-1] >> 31) or any(tag >> 31 for tag in row.large)


COMPUTED: Final[dict[int, Compute]] = {
    tags.PidTagMid: lambda row: ids.short_id(row.mid),
    tags.PidTagInstID: lambda row: ids.short_id(row.mid),
    tags.PidTagInstanceNum: lambda _: 0,
    tags.PidTagFolderId: lambda row: ids.short_id(row.folder_id),
    tags.PidTagParentFolderId: lambda row: ids.short_id(row.folder_id),
    tags.PidTagChangeNumber: lambda row: ids.short_id(row.number("cn")),
    tags.PidTagObjectType: lambda _: OBJECT_MESSAGE,
    tags.PidTagSourceKey: lambda row: ids.source_key(row.file, row.mid),
    tags.PidTagParentSourceKey: lambda row: ids.source_key(row.file, row.folder_id),
    tags.PidTagChangeKey: lambda row: ids.change_key(row.file, row.number("cn"), row.octets("change_key")),
    tags.PidTagPredecessorChangeList: _predecessors,
    tags.PidTagEntryId: _entry_id,
    tags.PidTagRecordKey: _entry_id,
    tags.PidTagParentEntryId: lambda row: ids.folder_entry_id(row.file, row.folder_id),
    tags.PidTagStoreRecordKey: lambda row: row.file.guid.bytes_le,
    tags.PidTagMappingSignature: lambda row: row.file.mapping_signature.bytes_le,
    tags.PidTagSearchKey: search_key,
    tags.PidTagMessageFlags: message_flags,
    tags.PidTagRead: lambda row: row.is_read,
    tags.PidTagSubjectPrefix: subject_prefix,
    tags.PidTagConversationTopic: _topic,
    tags.PidTagFlagStatus: _followup,
    tags.PidTagLastVerbExecuted: _last_verb,
    tags.PidTagIconIndex: _icon,
    tags.PidTagSenderName: _sender(tags.PidTagSenderName, "sender_name"),
    tags.PidTagSenderSmtpAddress: _sender(tags.PidTagSenderSmtpAddress, "sender_address"),
    tags.PidTagSenderEmailAddress: _sender(tags.PidTagSenderEmailAddress, "sender_address"),
    tags.PidTagSenderAddressType: _sender_type(tags.PidTagSenderAddressType),
    tags.PidTagSentRepresentingEmailAddress: _sender(
        tags.PidTagSentRepresentingEmailAddress, "sender_address"
    ),
    tags.PidTagSentRepresentingAddressType: _sender_type(tags.PidTagSentRepresentingAddressType),
    tags.PidTagInternetArticleNumber: lambda row: row.number("uid") or None,
    tags.PidTagDeletedOn: _deleted_on,
    tags.PidTagHasNamedProperties: _has_named,
    tags.PidTagTrustSender: lambda _: 1,
    tags.PidTagCreatorName: lambda row: _who(row, tags.PidTagCreatorName),
    tags.PidTagLastModifierName: lambda row: _who(row, tags.PidTagLastModifierName),
}

#: Computed, and yet whoever saves an item may set it: what was set counts, or moves a flag.
SETTABLE: Final = frozenset(
    {
        tags.PidTagConversationTopic,
        tags.PidTagFlagStatus,
        tags.PidTagLastVerbExecuted,
        tags.PidTagIconIndex,
        tags.PidTagSenderName,
        tags.PidTagSenderSmtpAddress,
        tags.PidTagSenderEmailAddress,
        tags.PidTagSenderAddressType,
        tags.PidTagSentRepresentingEmailAddress,
        tags.PidTagSentRepresentingAddressType,
        tags.PidTagSearchKey,
        tags.PidTagSubjectPrefix,
    }
)
#: Set through operations of their own, or before the first save.
READ_ONLY: Final = frozenset(set(COMPUTED) - SETTABLE) | {
    tags.PidTagAccess,
    tags.PidTagAccessLevel,
    tags.PidTagHasAttachments,
    tags.PidTagMessageSize,
    tags.PidTagMessageSizeExtended,
    tags.PidTagCreationTime,
    tags.PidTagLastModificationTime,
    tags.PidTagLocalCommitTime,
    tags.PidTagAssociated,
    tags.PidTagDisplayTo,
    tags.PidTagDisplayCc,
    tags.PidTagDisplayBcc,
    tags.PidTagConversationId,
    tags.PidTagMessageStatus,
}
