"""Put a whole message in the place of what is there.

Spec: [MS-OXCFXICS] 3.2.5.9.4.2: nothing of the version that was there stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.errors import InvalidValueError
from gromox.store.item.change import AttachmentChange, MessageChange
from gromox.store.item.changing import Changer
from gromox.store.item.mailform import become_properties
from gromox.store.item.plan import Planner
from gromox.store.item.reading import attachment_rows
from gromox.store.property.computed import READ_ONLY, MessageStatus
from gromox.store.property.message import message_row, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.mapi.message import Attachment, Message, PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Holding
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.property.row import MessageRow


def replace(tx: Write, holding: Holding, row: MessageRow, message: Message) -> int:
    """Put a message in the place of another one, with the id of that; returns the change number."""
    row = as_properties(tx, holding, row)
    gone = [AttachmentChange(each[1], is_deleted=True) for each in attachment_rows(tx.file, row.mid)]
    change = content_change(row, message, [*gone, *added(message.attachments)])
    cn = Changer(tx, holding).change(row.mid, change)
    # A version that knew all others ends a conflict.
    set_status(tx, row.mid, 0, MessageStatus.IN_CONFLICT)
    return cn


def as_properties(tx: Write, holding: Holding, row: MessageRow) -> MessageRow:
    """Return a message in property form."""
    if not row.is_mail:
        return row
    become_properties(tx, holding, Planner(tx.file, holding, now=tx.now), row)
    return there(tx.file, row.mid)


def content_change(
    row: MessageRow, message: Message, attachments: Iterable[AttachmentChange]
) -> MessageChange:
    """Return what makes the properties and recipients of a message those of another one."""
    kept = {key >> 16 for key in message.properties if isinstance(key, int)}
    numbered = row.file.names.numbered(message.properties.items())
    kept |= {tag >> 16 for tag in numbered}
    removed = [tag for tag in tags_of(row) if tag not in READ_ONLY and tag >> 16 not in kept]
    values: dict[PropertyKey, PropValue] = {
        tag: value for tag, value in numbered.items() if tag not in READ_ONLY
    }
    return MessageChange(values, removed, message.recipients, tuple(attachments))


def added(attachments: Iterable[Attachment]) -> list[AttachmentChange]:
    """Return what adds attachments."""
    return [
        AttachmentChange(values=dict(each.properties), data=each.data, embedded=each.embedded)
        for each in attachments
    ]


def set_status(tx: Write, mid: int, status: int, mask: int) -> None:
    """Set bits of PidTagMessageStatus."""
    tx.file.execute(
        "UPDATE messages SET message_status = message_status & ~? | ? WHERE mid = ?", (mask, status, mid)
    )


def there(file: MailboxFile, mid: int) -> MessageRow:
    """Return a message that is there. Raises InvalidValueError."""
    row = message_row(file, mid)
    if row is None:
        raise InvalidValueError("there is no such message (any more)")
    return row
