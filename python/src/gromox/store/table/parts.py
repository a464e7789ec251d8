"""Recipients and attachments of messages, for restrictions that look at them and for tables of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.store.property.message import message_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.message import PropertyBag
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
    if row is None or not row.is_mail:
        return ()
    return [_numbered(each.properties) for each in row.mail.recipients]


def attachments(file: MailboxFile, mid: int) -> Sequence[dict[int, PropValue]]:
    """Return the attachments of a message."""
    row = message_row(file, mid)
    if row is None or not row.is_mail:
        return ()
    return [_numbered(each.properties) for each in row.mail.attachments]


def _numbered(bag: PropertyBag) -> dict[int, PropValue]:
    return {key: value for key, value in bag.items() if isinstance(key, int)}
