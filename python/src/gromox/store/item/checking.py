"""Are items of property form consistent: their parts, their sizes, their place among mails?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import StoreError
from gromox.store.item import narrow
from gromox.store.item.plan import BASE_SIZE
from gromox.store.item.recipient import unpack_recipients
from gromox.store.model import Problem
from gromox.store.property.blob import Packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gromox.store.mailbox_file import MailboxFile, Write

_MEASURED: Final = (
    f"{BASE_SIZE} + coalesce(length(m.properties), 0)"
    " + (SELECT coalesce(sum(v.size), 0) FROM large_values v WHERE v.mid = m.mid)"
    " + (SELECT coalesce(sum(length(r.packed)), 0) FROM recipients r WHERE r.mid = m.mid)"
    " + (SELECT coalesce(sum(a.size), 0) FROM attachments a WHERE a.mid = m.mid)"
)
_WRONG_SIZES: Final = (
    f"SELECT m.mid, m.size, {_MEASURED} AS measured FROM messages m"
    " WHERE m.primary_form = 1 AND m.size <> measured"
)
_STRAYS: Final = (
    "SELECT mid FROM messages WHERE folder_id = 0 AND (parent_attachment_id IS NULL"
    " OR parent_attachment_id NOT IN (SELECT attachment_id FROM attachments))"
)
_UNPLACED: Final = "SELECT mid FROM messages WHERE folder_id <> 0 AND (uid IS NULL) <> (associated <> 0)"
_NO_STUB: Final = (
    "SELECT m.folder_id, m.uid, m.mid, m.internal_date, m.internal_zone FROM messages m"
    " WHERE m.primary_form = 1 AND m.uid IS NOT NULL AND m.content_id IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM fetch_rows f WHERE f.folder_id = m.folder_id AND f.uid = m.uid)"
)
_BLOBS: Final[tuple[tuple[str, str, Callable[[bytes], object]], ...]] = (
    (
        "message",
        "SELECT mid, properties FROM messages WHERE properties IS NOT NULL",
        lambda o: Packed(o).values(),
    ),
    ("recipients", "SELECT mid, packed FROM recipients", unpack_recipients),
    ("attachment", "SELECT attachment_id, properties FROM attachments", lambda o: Packed(o).values()),
    (
        "folder",
        "SELECT folder_id, properties FROM folders WHERE properties IS NOT NULL",
        lambda o: Packed(o).values(),
    ),
)


def find(file: MailboxFile) -> Iterator[Problem]:
    """Go through all findings; within a transaction."""
    for what, query, unpack in _BLOBS:
        for number, octets in file.execute(query).fetchall():
            try:
                unpack(octets)
            except StoreError:
                yield Problem("item-damaged", f"packed properties of {what} {number:#x} cannot be read")
    for (mid,) in file.execute(_STRAYS).fetchall():
        yield Problem("item-stray", f"message {mid:#x} stands in no attachment")
    for (mid,) in file.execute(_UNPLACED).fetchall():
        yield Problem("item-place", f"message {mid:#x} has a UID and is configuration, or neither")
    for mid, size, measured in file.execute(_WRONG_SIZES).fetchall():
        yield Problem("item-size", f"message {mid:#x} has {measured} octets, not {size}")
    for _, uid, mid, *_ in file.execute(_NO_STUB).fetchall():
        yield Problem("row-missing", f"message {mid:#x} has UID {uid} and no row in fetch_rows")
    for mid, tag, size, there in file.execute(
        "SELECT v.mid, v.proptag, v.size, c.size FROM large_values v JOIN contents c USING (content_id)"
        " WHERE v.size <> c.size"
    ).fetchall():
        yield Problem(
            "item-value", f"property {tag:#010x} of message {mid:#x} has {there} octets, not {size}"
        )
    try:
        file.names.forget()
        file.names.load()
    except StoreError as error:
        yield Problem("names-damaged", str(error))


def repair(tx: Write) -> None:
    """Put right what follows from the items; before contents are counted anew."""
    file = tx.file
    strays = [mid for (mid,) in file.execute(_STRAYS).fetchall()]
    while strays:
        # Attachments and values of a stray go with it; messages in those attachments are strays then.
        file.executemany("DELETE FROM messages WHERE mid = ?", [(mid,) for mid in strays])
        strays = [mid for (mid,) in file.execute(_STRAYS).fetchall()]
    file.execute(
        "UPDATE large_values SET size = c.size FROM contents c"
        " WHERE c.content_id = large_values.content_id AND large_values.size <> c.size"
    )
    file.executemany(
        "UPDATE messages SET size = ? WHERE mid = ?",
        [(measured, mid) for mid, _, measured in file.execute(_WRONG_SIZES).fetchall()],
    )
    for folder_id, uid, mid, date, zone in file.execute(_NO_STUB).fetchall():
        narrow.insert_stub(file, folder_id, uid, mid, date, zone)
