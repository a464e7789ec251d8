"""Ways into an item: attachment numbers, one for each message that stands in another.

``(2,)`` is attachment 2 of the item, ``(2, 0)`` attachment 0 of the message in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store.errors import MessageGoneError
from gromox.store.item import limits
from gromox.store.item.reading import attachment_of, attachment_rows, embedded_row, item_of_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.message import Attachment, Message
    from gromox.store.property.row import MessageRow


def attachments_at(row: MessageRow, path: Sequence[int]) -> list[Attachment]:
    """Return the attachments of the message that a path leads to, without the messages in them.

    Raises:
        MessageGoneError: it leads nowhere.
    """
    holder = message_at(row, path)
    if not isinstance(holder, _PropertyRow):
        return list(holder.attachments)
    found = attachment_rows(row.file, holder.row.mid)
    return [attachment_of(row.file, each, is_named=False, depth=0, with_embedded=False) for each in found]


def attachment_at(row: MessageRow, path: Sequence[int]) -> Attachment:
    """Return the attachment that a path leads to. Raises MessageGoneError."""
    if not path:
        raise MessageGoneError("there is no such attachment (any more)")
    for attachment in attachments_at(row, path[:-1]):
        if attachment.properties.get(tags.PidTagAttachNumber) == path[-1]:
            return attachment
    raise MessageGoneError("there is no such attachment (any more)")


def embedded_at(row: MessageRow, path: Sequence[int], *, is_named: bool) -> Message:
    """Return the message in the attachment that a path leads to. Raises MessageGoneError."""
    holder = message_at(row, path)
    if isinstance(holder, _PropertyRow):
        return item_of_row(holder.row, is_named=is_named, depth=len(path))
    return holder


class _PropertyRow:
    """A message of property form."""

    __slots__ = ("row",)

    def __init__(self, row: MessageRow) -> None:
        self.row = row


def message_at(row: MessageRow, path: Sequence[int]) -> _PropertyRow | Message:
    """Return the message that a path leads to: its row, or, within a mail, the message itself."""
    if len(path) > limits.MAX_DEPTH:
        raise MessageGoneError("there is no such attachment (any more)")
    at: _PropertyRow | Message = row.mail if row.is_mail else _PropertyRow(row)
    for number in path:
        if isinstance(at, _PropertyRow):
            found = [each for each in attachment_rows(row.file, at.row.mid) if each[1] == number]
            inner = embedded_row(row.file, found[0][0]) if found else None
            if inner is None:
                raise MessageGoneError("there is no such message (any more)")
            at = _PropertyRow(inner)
            continue
        held = [each for each in at.attachments if each.properties.get(tags.PidTagAttachNumber) == number]
        if not held or held[0].embedded is None:
            raise MessageGoneError("there is no such message (any more)")
        at = held[0].embedded
    return at
