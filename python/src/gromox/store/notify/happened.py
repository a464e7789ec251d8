"""What happened in a mailbox between two change numbers, as events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.store.builtin import FolderKind
from gromox.store.flags import Flag
from gromox.store.notify.event import Event, EventType
from gromox.store.sync import since, transfer
from gromox.store.tombstone import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.store.folder import FolderRecord
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.sync.transfer import Transfer

MAX_MESSAGES: Final = 1000
"""Messages of a folder that are told one by one; more are told as one modification of the folder."""
_TOUCHED: Final = "SELECT folder_id FROM folders WHERE touched > ? AND state = 0 ORDER BY folder_id"
_FOLDERS: Final = (
    "SELECT folder_id, coalesce(birth_cn, cn) FROM folders WHERE cn > ? AND state = 0 ORDER BY folder_id"
)
_GONE_FOLDERS: Final = "SELECT folder_id, kind, ids FROM tombstones WHERE cn > ? AND object = 2 ORDER BY cn"
_KINDS: Final = (
    "SELECT mid, associated, arrived, message_class FROM messages"
    " WHERE mid IN (SELECT value FROM json_each(?))"
)
_READ: Final = 0x1
_UNMODIFIED: Final = 0x2


class Born(NamedTuple):
    """What an event says of a message that came."""

    associated: bool
    arrived: bool
    message_class: str


def happened(file: MailboxFile, start: int) -> list[Event]:
    """Return what happened after a change number, within a transaction; folders before their messages."""
    events = _folder_events(file, start)
    transfers = transfer.since(file, start, file.change_number)
    for (folder_id,) in file.execute(_TOUCHED, (start,)).fetchall():
        record = file.folders.get(folder_id)
        if record is not None and record.kind != FolderKind.SEARCH:
            events += _message_events(file, record, start, transfers)
    return events


def _folder_events(file: MailboxFile, start: int) -> list[Event]:
    moved: dict[int, int] = {}
    events: list[Event] = []
    for parent_id, kind, octets in file.execute(_GONE_FOLDERS, (start,)).fetchall():
        for folder_id in memoryview(octets).cast("Q").tolist():
            if kind == Kind.MOVED:
                moved.setdefault(folder_id, parent_id)
            else:
                events.append(Event(EventType.OBJECT_DELETED, folder_id, parent_id=parent_id))
    for folder_id, birth in file.execute(_FOLDERS, (start,)).fetchall():
        record = file.folders.get(folder_id)
        if record is None:
            continue
        if birth > start:
            events.append(Event(EventType.OBJECT_CREATED, folder_id, parent_id=record.parent_id))
        elif folder_id in moved:
            events.append(
                Event(
                    EventType.OBJECT_MOVED,
                    folder_id,
                    parent_id=record.parent_id,
                    old_folder_id=folder_id,
                    old_parent_id=moved[folder_id],
                )
            )
        else:
            events.append(Event(EventType.OBJECT_MODIFIED, folder_id, parent_id=record.parent_id))
    return events


def _message_events(
    file: MailboxFile, record: FolderRecord, start: int, transfers: Sequence[Transfer]
) -> list[Event]:
    folder_id = record.folder_id
    found = since.changes(file, folder_id, max(start, 1), MAX_MESSAGES)
    counted = Event(
        EventType.OBJECT_MODIFIED,
        folder_id,
        parent_id=record.parent_id,
        total=record.total,
        unread=record.unread,
    )
    if found.reset or found.rest is not None or len(found.flagged) > MAX_MESSAGES:
        return [counted]
    came = {
        target: (each, source)
        for each in transfers
        if each.target_id == folder_id
        for source, target in each.pairs
    }
    left = {
        source for each in transfers if each.source_id == folder_id and each.moved for source, _ in each.pairs
    }
    born = _born(file, [*found.created, *found.changed])
    events: list[Event] = []
    for mid in found.created:
        events += _arrivals(file, folder_id, mid, born.get(mid), came.get(mid))
    for mid in found.changed:
        events.append(_message(EventType.OBJECT_MODIFIED, folder_id, mid, born.get(mid)))
    events += [Event(EventType.OBJECT_MODIFIED, folder_id, mid) for mid in found.flagged]
    events += [
        Event(EventType.OBJECT_DELETED, folder_id, each.object_id, associated=each.associated)
        for each in found.removed
        # The event of the target folder tells that it moved.
        if each.object_id not in left
    ]
    return [*events, counted] if events or left else []


def _arrivals(
    file: MailboxFile, folder_id: int, mid: int, born: Born | None, came: tuple[Transfer, int] | None
) -> list[Event]:
    if came is not None:
        kind = EventType.OBJECT_MOVED if came[0].moved else EventType.OBJECT_COPIED
        associated = born is not None and born.associated
        return [
            Event(
                kind,
                folder_id,
                mid,
                old_folder_id=came[0].source_id,
                old_message_id=came[1],
                associated=associated,
            )
        ]
    events = [_message(EventType.OBJECT_CREATED, folder_id, mid, born)]
    if born is not None and born.arrived and not born.associated:
        events.insert(
            0,
            Event(
                EventType.NEW_MAIL,
                folder_id,
                mid,
                message_flags=_flags(file, folder_id, mid),
                message_class=born.message_class,
            ),
        )
    return events


def _message(kind: EventType, folder_id: int, mid: int, born: Born | None) -> Event:
    return Event(kind, folder_id, mid, associated=born is not None and born.associated)


def _born(file: MailboxFile, mids: Iterable[int]) -> dict[int, Born]:
    rows = file.execute(_KINDS, (json.dumps(list(mids)),)).fetchall()
    return {mid: Born(bool(associated), bool(arrived), name) for mid, associated, arrived, name in rows}


def _flags(file: MailboxFile, folder_id: int, mid: int) -> int:
    """Return PidTagMessageFlags of a mail that was just delivered, as far as an event tells them."""
    from gromox.store import block_table  # noqa: PLC0415 - one use

    (uid,) = file.execute("SELECT uid FROM messages WHERE mid = ?", (mid,)).fetchone()
    place = block_table.current_view(file, folder_id).place_of_uid(uid)
    seen = place is not None and place[0].flags[place[1]] & Flag.SEEN
    return _UNMODIFIED | (_READ if seen else 0)
