"""Recipients and attachments of messages, for restrictions that look at them and for tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.mapi.message import AttachMethod
from gromox.store.item.reading import attachment_rows, attachment_values, recipient_rows
from gromox.store.property.message import message_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.message import Attachment
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.match.evaluate import Getter


def parts_of(file: MailboxFile, mid: int, tag: int) -> Iterable[Getter]:
    """Go through the recipients or attachments of a message, by the tag that names them."""
    if tag == tags.PidTagMessageRecipients:
        return [row.get for row in recipients(file, mid)]
    if tag == tags.PidTagMessageAttachments:
        return [row.get for row in attachments(file, mid)]
    return ()


def recipients(file: MailboxFile, mid: int) -> Sequence[dict[int, PropValue]]:
    """Return the recipients of a message."""
    row = message_row(file, mid)
    if row is None:
        return ()
    found = (
        [file.names.numbered(each.properties.items()) for each in row.mail.recipients]
        if row.is_mail
        else recipient_rows(file, mid)
    )
    return [{**values, tags.PidTagRowid: number} for number, values in enumerate(found)]


def attachments(file: MailboxFile, mid: int) -> Sequence[dict[int, PropValue]]:
    """Return the attachments of a message."""
    row = message_row(file, mid)
    if row is None:
        return ()
    if row.is_mail:
        return [_of_mail(file, number, each) for number, each in enumerate(row.mail.attachments)]
    return [
        attachment_values(file, number, method, size, packed)
        for _, number, method, size, _, packed in attachment_rows(file, mid)
    ]


def _of_mail(file: MailboxFile, number: int, attachment: Attachment) -> dict[int, PropValue]:
    values = file.names.numbered(attachment.properties.items())
    if attachment.embedded is not None:
        values.setdefault(tags.PidTagAttachMethod, AttachMethod.EMBEDDED)
    if attachment.data is not None:
        values.setdefault(tags.PidTagAttachSize, min(attachment.data.size, 0x7FFFFFFF))
    return {**values, tags.PidTagAttachNumber: number, tags.PidTagRecordKey: number.to_bytes(4, "little")}
