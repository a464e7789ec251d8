"""What came in by a stream into an object that is open: seen by its handle, and saved with it.

Spec: [MS-OXCFXICS] 3.2.5.8.2.1 (nothing is kept until the message is saved).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.mapi.message import Attachment, AttachMethod, Message, PropertyBag, Recipient
from gromox.store.fasttransfer.options import ATTACHMENTS, RECIPIENTS
from gromox.store.item.opened import OpenAttachment, OpenMessage, checked_flags, settable
from gromox.store.property import text

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.fasttransfer.building import MessageBuilder
    from gromox.store.mailbox_file import MailboxFile


class Applier:
    """Puts what a builder made into an open object; names that it uses are known to the mailbox."""

    __slots__ = ("_code_page", "_file", "_now")

    def __init__(self, file: MailboxFile, now: int, code_page: int) -> None:
        """Take text without Unicode for text of a code page."""
        self._file, self._now, self._code_page = file, now, code_page

    def to_message(self, opened: OpenMessage, builder: MessageBuilder) -> None:
        """Move everything that was built into an open message."""
        message = builder.message
        self._set(opened, message.properties)
        if RECIPIENTS in builder.deleted:
            opened.recipients = []
        if ATTACHMENTS in builder.deleted:
            for number in opened.numbers():
                opened.delete_attachment(number)
        builder.deleted.clear()
        if message.recipients:
            known = opened.recipient_rows()
            row_ids = [row_id for row in known if isinstance(row_id := row.get(tags.PidTagRowid), int)]
            first = max(row_ids, default=-1) + 1
            rows = [self._tagged(each.properties) for each in message.recipients]
            opened.modify_recipients([(first + place, row) for place, row in enumerate(rows)])
            message.recipients.clear()
        for each in message.attachments:
            made = opened.new_attachment(self._now)
            self.to_attachment(made, each)
            made.is_saved = True
        message.attachments.clear()

    def to_attachment(self, opened: OpenAttachment, attachment: Attachment) -> None:
        """Move what was built into an open attachment."""
        self._set(opened, attachment.properties)
        if attachment.data is not None:
            opened.data = attachment.data
            attachment.data = None
            if opened.get(tags.PidTagAttachMethod) in (AttachMethod.NONE, AttachMethod.EMBEDDED):
                opened.pending.set({tags.PidTagAttachMethod: AttachMethod.BY_VALUE})
        if attachment.embedded is not None:
            inner = OpenMessage(self._numbered(attachment.embedded), holder=opened, is_saved=True)
            opened.embedded, opened.data = inner, None
            attachment.embedded = None

    def _set(self, opened: OpenMessage | OpenAttachment, bag: PropertyBag) -> None:
        values = {tag: value for tag, value in self._tagged(bag).items() if settable(opened, tag)}
        if tags.PidTagMessageFlags in values:
            values[tags.PidTagMessageFlags] = checked_flags(values[tags.PidTagMessageFlags])
        opened.pending.set(values)
        bag.clear()

    def _tagged(self, bag: PropertyBag) -> dict[int, PropValue]:
        return text.stored_values(self._file.names.numbered(bag.items()), self._code_page)

    def _numbered(self, message: Message) -> Message:
        """Return a message whose keys are tags."""
        return Message(
            self._bag(message.properties),
            [Recipient(self._bag(each.properties)) for each in message.recipients],
            [
                Attachment(
                    self._bag(each.properties, number),
                    each.data,
                    None if each.embedded is None else self._numbered(each.embedded),
                )
                for number, each in enumerate(message.attachments)
            ],
        )

    def _bag(self, bag: PropertyBag, number: int | None = None) -> PropertyBag:
        made = PropertyBag()
        for tag, value in self._tagged(bag).items():
            made[tag] = value
        if number is not None:
            made[tags.PidTagAttachNumber] = number
        return made
