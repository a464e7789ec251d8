"""Write new items, and remove what hangs on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store import quota
from gromox.store.expunge import release
from gromox.store.flags import Flag
from gromox.store.item import narrow
from gromox.store.item.plan import flags_of
from gromox.store.property.row import PROPERTY_FORM
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from gromox.store.item.holding import Holding
    from gromox.store.item.plan import AttachmentPlan, MessagePlan
    from gromox.store.mailbox_file import MailboxFile, Write

_EPOCH_SECONDS: Final = 11_644_473_600
_LARGE: Final = "INSERT INTO large_values (mid, proptag, size, content_id) VALUES (?, ?, ?, ?)"
_RECIPIENTS: Final = "INSERT OR REPLACE INTO recipients (mid, packed) VALUES (?, ?)"
_ATTACHMENT: Final = (
    "INSERT INTO attachments (attachment_id, mid, number, method, size, content_id, properties)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def insert_item(
    tx: Write,
    holding: Holding,
    plan: MessagePlan,
    folder_id: int,
    *,
    associated: bool = False,
    mid: int | None = None,
    creator: str = "",
) -> tuple[int, int]:
    """Add an item to a folder; returns its id and change number.

    Raises:
        FolderGoneError, QuotaError, LimitError: nothing is to be kept of the transaction.
    """
    file = tx.file
    record = tx.folder(folder_id)
    quota.check_room(file, plan.size, 0 if associated else 1)
    mid = tx.next_object_id() if mid is None else mid
    cn = tx.next_cn()
    flags = int(flags_of(plan))
    uid = None if associated else narrow.next_uid(tx, folder_id)
    columns = dict(plan.parts.columns)
    date = _unix(columns.get("received_time"))
    columns |= {
        "folder_id": folder_id,
        "uid": uid,
        "associated": int(associated),
        "cn": cn,
        "flags": flags if associated else 0,
        "internal_date": date,
        "creator": creator.casefold(),
    }
    _insert_message(tx, holding, plan, mid, columns)
    if associated:
        record.associated_total += 1
        record.associated_size += plan.size
        file.associated_size += plan.size
    elif uid is not None:
        narrow.add(tx, folder_id, uid, cn, flags, plan.keywords)
        narrow.insert_stub(file, folder_id, uid, mid, date, 0)
        record.total += 1
        record.unread += not flags & Flag.SEEN
        record.size += plan.size
        file.normal_size += plan.size
        file.message_count += 1
    tx.note(folder_id, [mid], Touch.CREATED)
    return mid, cn


def insert_embedded(tx: Write, holding: Holding, plan: MessagePlan, attachment_id: int) -> int:
    """Add a message to the attachment that holds it; returns its id."""
    mid = tx.next_object_id()
    columns = dict(plan.parts.columns)
    columns |= {
        "folder_id": 0,
        "parent_attachment_id": attachment_id,
        "cn": tx.next_cn(),
        "flags": int(flags_of(plan)),
        "internal_date": _unix(columns.get("received_time")),
    }
    _insert_message(tx, holding, plan, mid, columns)
    return mid


def insert_parts(tx: Write, holding: Holding, plan: MessagePlan, mid: int) -> None:
    """Write large values, recipients and attachments of a message."""
    insert_large(tx, holding, plan, mid)
    if plan.recipients is not None:
        tx.file.execute(_RECIPIENTS, (mid, plan.recipients))
    for attachment in plan.attachments:
        insert_attachment(tx, holding, attachment, mid)


def insert_large(tx: Write, holding: Holding, plan: MessagePlan, mid: int) -> None:
    """Write the large values of a message."""
    for tag, octets in plan.parts.large.items():
        tx.file.execute(_LARGE, (mid, tag, octets.size, holding.keep(tx, octets)))


def insert_attachment(tx: Write, holding: Holding, plan: AttachmentPlan, mid: int) -> int:
    """Write an attachment of a message; returns its id."""
    attachment_id = tx.next_object_id()
    content_id = None if plan.data is None else holding.keep(tx, plan.data)
    tx.file.execute(
        _ATTACHMENT, (attachment_id, mid, plan.number, plan.method, plan.size, content_id, plan.packed)
    )
    if plan.embedded is not None:
        insert_embedded(tx, holding, plan.embedded, attachment_id)
    return attachment_id


def remove_attachment(file: MailboxFile, attachment_id: int) -> None:
    """Delete an attachment with all messages in it, and give up what they refer to."""
    found = file.execute(
        "SELECT content_id FROM attachments WHERE attachment_id = ?", (attachment_id,)
    ).fetchone()
    remove_embedded(file, attachment_id)
    file.execute("DELETE FROM attachments WHERE attachment_id = ?", (attachment_id,))
    if found is not None and found[0] is not None:
        release(file, [found[0]])


def remove_embedded(file: MailboxFile, attachment_id: int) -> None:
    """Delete the message in an attachment with all below it, and give up what they refer to."""
    content_ids: list[int] = []
    mids: list[int] = []
    pending = [attachment_id]
    for current in pending:  # grows while it is gone through
        for (mid,) in file.execute(
            "SELECT mid FROM messages WHERE parent_attachment_id = ?", (current,)
        ).fetchall():
            mids.append(mid)
            content_ids += large_contents(file, mid)
            for below, content_id in file.execute(
                "SELECT attachment_id, content_id FROM attachments WHERE mid = ?", (mid,)
            ).fetchall():
                pending.append(below)
                if content_id is not None:
                    content_ids.append(content_id)
    for mid in reversed(mids):
        file.execute("DELETE FROM messages WHERE mid = ?", (mid,))
    release(file, content_ids)


def large_contents(file: MailboxFile, mid: int) -> list[int]:
    """Return the contents that the large values of a message refer to."""
    rows = file.execute("SELECT content_id FROM large_values WHERE mid = ?", (mid,))
    return [content_id for (content_id,) in rows.fetchall()]


def _insert_message(
    tx: Write, holding: Holding, plan: MessagePlan, mid: int, columns: dict[str, int | str | bytes | None]
) -> None:
    columns = {
        **columns,
        "mid": mid,
        "size": plan.size,
        "saved_at": int(tx.now),
        "primary_form": PROPERTY_FORM,
        "properties": plan.packed,
        "internal_zone": 0,
    }
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    tx.file.execute(f"INSERT INTO messages ({names}) VALUES ({marks})", tuple(columns.values()))
    insert_parts(tx, holding, plan, mid)


def _unix(time: object) -> int:
    """Return a FILETIME as Unix seconds."""
    return time // 10_000_000 - _EPOCH_SECONDS if isinstance(time, int) else 0
