"""Show items of property form to IMAP: as mails, made when somebody looks, and kept.

Spec:
    [MS-OXCMAIL] 2.1; RFC 9051 2.3.1.1 (a message under a UID never changes). Message-ID, date and boundaries
    follow from the item, so that the same version gives the same octets.

Batches are bounded: other writers of the mailbox get their turn in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.calendar import calendar_writer
from gromox.convert.mail import Options, WriterHooks, mail_from_message
from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag
from gromox.store import append
from gromox.store.errors import CorruptError
from gromox.store.extract import extract, seconds
from gromox.store.item.holding import Holding, UploadedOctets
from gromox.store.item.reading import item_of_row
from gromox.store.property import ids
from gromox.store.property.column import BY_TAG
from gromox.store.property.message import message_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.item.holding import Held
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.property.row import MessageRow

_BATCH: Final = 20
_BATCH_OCTETS: Final = 16 << 20
_SHOWN_OF_DAMAGED: Final = (tags.PidTagSubject, tags.PidTagMessageClass)
_DOMAIN: Final = "mailbox.invalid"
_PENDING: Final = (
    # The planner would rather go through all rows of the folder.
    "SELECT mid, uid FROM fetch_rows INDEXED BY fetch_rows_unseen"
    " WHERE folder_id = ? AND content_id IS NULL ORDER BY uid LIMIT ?"
)
__all__ = ["ensure", "ensure_one", "options_for", "render_some", "seconds"]

WRITER_HOOKS: Final = WriterHooks(calendar=calendar_writer())


def ensure(file: MailboxFile, folder_id: int) -> int:
    """Render what IMAP has not seen of a folder; cheap where there is nothing to do. Returns how many."""
    count = 0
    while done := _render_batch(file, folder_id):
        count += done
    return count


def render_some(file: MailboxFile, folder_id: int) -> int:
    """Render one batch, for whoever works ahead; returns how many, 0 when nothing is left."""
    return _render_batch(file, folder_id)


def ensure_one(file: MailboxFile, folder_id: int, mid: int) -> None:
    """Render one message, if IMAP has not seen it."""
    pending = file.execute(
        "SELECT mid, uid FROM fetch_rows WHERE folder_id = ? AND content_id IS NULL"
        " AND uid = (SELECT uid FROM messages WHERE mid = ?)",
        (folder_id, mid),
    ).fetchall()
    _render(file, folder_id, pending)


def _render_batch(file: MailboxFile, folder_id: int) -> int:
    pending = file.execute(_PENDING, (folder_id, _BATCH)).fetchall()
    return _render(file, folder_id, pending)


def _render(file: MailboxFile, folder_id: int, pending: Sequence[tuple[int, int]]) -> int:
    if not pending:
        return 0
    with Holding(file) as holding:
        rendered: list[tuple[int, int, int, Held]] = []
        octets = 0
        for mid, uid in pending:
            row = message_row(file, mid)
            if row is None:
                continue
            held = _held(file, holding, row)
            rendered.append((mid, uid, row.number("cn"), held))
            octets += held.size
            if octets > _BATCH_OCTETS:
                break
        return _keep(file, holding, folder_id, rendered)


def _held(file: MailboxFile, holding: Holding, row: MessageRow) -> Held:
    """Write an item as a mail; one that is damaged is shown without what cannot be read."""
    try:
        return _written(file, holding, row, item_of_row(row))
    except CorruptError:
        bag = PropertyBag()
        for tag in _SHOWN_OF_DAMAGED:
            bag[tag] = row.text(BY_TAG[tag].name)
        return _written(file, holding, row, Message(bag))


def _written(file: MailboxFile, holding: Holding, row: MessageRow, message: Message) -> Held:
    spooler = holding.spooler()
    for chunk in mail_from_message(message, options=options_for(file, row)):
        spooler.write(chunk)
    return spooler.finish()


def options_for(file: MailboxFile, row: MessageRow) -> Options:
    """Return how an item is written where it does not say it itself."""
    name = f"{ids.home_guid(file).hex}.{row.mid:x}"
    return Options(
        with_bcc=True,
        boundary=f"{row.mid:x}.{row.number('cn'):x}",
        message_id=f"<{name}@{_DOMAIN}>",
        date=seconds(row.number("sent_time") or row.number("created_time")),
        hooks=WRITER_HOOKS,
    )


def _keep(
    file: MailboxFile, holding: Holding, folder_id: int, rendered: Sequence[tuple[int, int, int, Held]]
) -> int:
    """Note the mails, unless an item was changed or went meanwhile; returns how many were noted."""
    count = 0
    with file.write(durable=True, quiet=True, scanned=False) as tx:
        tx.next_cn()
        for mid, uid, cn, held in rendered:
            found = file.execute(
                "SELECT m.internal_date, m.internal_zone FROM messages m JOIN fetch_rows f"
                " ON f.folder_id = m.folder_id AND f.uid = m.uid"
                " WHERE m.mid = ? AND m.folder_id = ? AND m.uid = ? AND m.cn = ? AND f.content_id IS NULL",
                (mid, folder_id, uid, cn),
            ).fetchone()
            if found is None:
                continue
            content_id = holding.refer(tx, held)
            octets = b"".join(UploadedOctets(held).chunks())
            row = extract(octets, found[0], found[1], None)
            append.insert_narrow(file, [(folder_id, uid, mid, content_id, row)])
            file.execute(
                "UPDATE messages SET content_id = ?, rendered_cn = ? WHERE mid = ?", (content_id, cn, mid)
            )
            count += 1
    return count
