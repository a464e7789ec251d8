"""Read an item as a whole: what conversions and copies to other mailboxes work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod, Message, PropertyBag
from gromox.store.errors import CorruptError, MessageGoneError
from gromox.store.item import limits
from gromox.store.item.holding import StoredOctets
from gromox.store.item.plan import keywords_tag
from gromox.store.item.recipient import recipient, unpack_recipients
from gromox.store.property.blob import Packed
from gromox.store.property.column import BY_TAG
from gromox.store.property.message import MessageProperties, message_row

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.property.row import MessageRow

#: Columns and computed properties that belong to the content of an item, and not to its place in a mailbox.
_CONTENT: Final = (
    *[tag for tag, column in BY_TAG.items() if column.is_settable],
    tags.PidTagSubjectPrefix,
    tags.PidTagNormalizedSubject,
    tags.PidTagConversationTopic,
    tags.PidTagDisplayTo,
    tags.PidTagDisplayCc,
    tags.PidTagDisplayBcc,
    tags.PidTagHasAttachments,
    tags.PidTagMessageFlags,
    tags.PidTagCreationTime,
    tags.PidTagLastModificationTime,
    tags.PidTagSearchKey,
    tags.PidTagFlagStatus,
    tags.PidTagIconIndex,
    tags.PidTagLastVerbExecuted,
)


def read_item(file: MailboxFile, mid: int, *, username: str = "", is_named: bool = True) -> Message:
    """Return a message of a folder with all that belongs to it; contents are read when they are looked at.

    Args:
        file: the mailbox.
        mid: the message.
        username: for whom it is read or unread, in public stores.
        is_named: whether named properties are told by their names, not by the identifiers of this mailbox.

    Raises:
        MessageGoneError: it is not there.
    """
    row = message_row(file, mid, username=username)
    if row is None:
        raise MessageGoneError("there is no such message (any more)")
    return item_of_row(row, is_named=is_named)


def item_of_row(row: MessageRow, *, is_named: bool = True, depth: int = 0) -> Message:
    """Return the item that a row is."""
    file = row.file
    values = content_values(row)
    if row.is_mail:
        mail = row.mail
        bag = PropertyBag()
        told = mail.properties if is_named else _bag(file, file.names.numbered(mail.properties.items()))
        for source in (told, _bag(file, values, is_named=is_named)):
            for key, value in source.items():
                bag[key] = value
        return Message(bag, list(mail.recipients), list(mail.attachments))
    message = Message(_bag(file, values, is_named=is_named))
    for each in recipient_rows(file, row.mid):
        if is_named:
            made = recipient({})
            made.properties = _bag(file, each, is_named=True)
        else:
            made = recipient(each)
        message.recipients.append(made)
    if depth < limits.MAX_DEPTH:
        message.attachments = [
            attachment_of(file, found, is_named=is_named, depth=depth)
            for found in attachment_rows(file, row.mid)
        ]
    return message


def content_values(row: MessageRow) -> dict[int, PropValue]:
    """Return the properties that are kept of an item, and what its flags and columns say."""
    categories = keywords_tag(row.file)
    wanted = (*_CONTENT, categories) if categories else _CONTENT
    reader = MessageProperties(row.file, wanted)
    values: dict[int, PropValue] = dict(row.packed.values())
    for tag in row.large:
        values[tag] = row.read_large(tag)
    for tag in wanted:
        value = reader.value(row, tag)
        if value is None:
            values.pop(tag, None)
        elif tag not in BY_TAG or not row.is_mail or value != "":
            values[tag] = value
    return values


AttachmentRow = tuple[int, int, int, int, "int | None", bytes]


def attachment_rows(file: MailboxFile, mid: int) -> list[AttachmentRow]:
    """Return (id, number, method, size, content, properties) of each attachment, by number."""
    return file.execute(
        "SELECT attachment_id, number, method, size, content_id, properties FROM attachments"
        " WHERE mid = ? ORDER BY number",
        (mid,),
    ).fetchall()


def attachment_of(
    file: MailboxFile, found: AttachmentRow, *, is_named: bool, depth: int, with_embedded: bool = True
) -> Attachment:
    """Return an attachment of property form."""
    attachment_id, number, method, size, content_id, packed = found
    values = attachment_values(file, number, method, size, packed)
    attachment = Attachment(_bag(file, values, is_named=is_named))
    if content_id is not None:
        attachment.data = stored_octets(file, content_id)
    elif method == AttachMethod.EMBEDDED and with_embedded:
        embedded = embedded_row(file, attachment_id)
        if embedded is not None:
            attachment.embedded = item_of_row(embedded, is_named=is_named, depth=depth + 1)
    return attachment


def attachment_values(
    file: MailboxFile, number: int, method: int, size: int, packed: bytes
) -> dict[int, PropValue]:
    """Return the properties of an attachment ([MS-OXCMSG] 2.2.2)."""
    return {
        **Packed(packed).values(),
        tags.PidTagAttachNumber: number,
        tags.PidTagAttachMethod: method,
        tags.PidTagAttachSize: min(size, 0x7FFFFFFF),
        tags.PidTagObjectType: OBJECT_ATTACHMENT,
        tags.PidTagAccessLevel: 0,
        tags.PidTagRecordKey: number.to_bytes(4, "little"),
        tags.PidTagStoreRecordKey: file.guid.bytes_le,
        tags.PidTagMappingSignature: file.mapping_signature.bytes_le,
    }


OBJECT_ATTACHMENT: Final = 7


def embedded_row(file: MailboxFile, attachment_id: int) -> MessageRow | None:
    """Return the message that an attachment holds."""
    found = file.execute(
        "SELECT mid FROM messages WHERE parent_attachment_id = ?", (attachment_id,)
    ).fetchone()
    return message_row(file, found[0]) if found else None


def stored_octets(file: MailboxFile, content_id: int) -> StoredOctets:
    """Return a content that is read when it is looked at. Raises CorruptError."""
    found = file.execute("SELECT size FROM contents WHERE content_id = ?", (content_id,)).fetchone()
    if found is None:
        raise CorruptError("a content that is referred to is not there")
    return StoredOctets(file, content_id, found[0])


def recipient_rows(file: MailboxFile, mid: int) -> list[dict[int, PropValue]]:
    """Return the properties of each recipient of an item of property form."""
    found = file.execute("SELECT packed FROM recipients WHERE mid = ?", (mid,)).fetchone()
    return unpack_recipients(found[0] if found else None)


def _bag(file: MailboxFile, values: dict[int, PropValue], *, is_named: bool = False) -> PropertyBag:
    if is_named:
        return file.names.bag(values.items())
    bag = PropertyBag()
    for tag, value in values.items():
        bag[tag] = value
    return bag
