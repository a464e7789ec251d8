"""The attachment that a change adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.mapi.message import Attachment, Message

if TYPE_CHECKING:
    from gromox.store.item.change import AttachmentChange


def new_attachment(change: AttachmentChange) -> Attachment:
    """Return the attachment that a change makes."""
    made = Attachment()
    for key, value in change.values.items():
        made.properties[key] = value
    if change.number is not None:
        made.properties[tags.PidTagAttachNumber] = change.number
    made.data = change.data
    if isinstance(change.embedded, Message):
        made.embedded = change.embedded
    elif change.embedded is not None:
        inner = Message()
        for key, value in change.embedded.values.items():
            inner.properties[key] = value
        inner.recipients = list(change.embedded.recipients or ())
        inner.attachments = [
            new_attachment(each) for each in change.embedded.attachments if not each.is_deleted
        ]
        made.embedded = inner
    return made
