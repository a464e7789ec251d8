"""Read and unread: in private mailboxes a flag, in public ones what each reader has read.

Spec: [MS-OXCMSG] 3.2.5.10 (RopSetReadFlags), 2.2.1.6 (mfRead, mfNotifyRead, mfNotifyUnread).
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from gromox.store import flagging
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.property.computed import MessageFlag
from gromox.store.property.message import message_row
from gromox.store.touch import Touch
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.item.entry import Entry
    from gromox.store.mailbox_file import Write


class ReadFlag(IntFlag):
    """What is asked for, [MS-OXCMSG] 2.2.3.10.1."""

    SUPPRESS_RECEIPT = 0x01
    CLEAR_READ = 0x04
    GENERATE_RECEIPT_ONLY = 0x10
    CLEAR_NOTIFY_READ = 0x20
    CLEAR_NOTIFY_UNREAD = 0x40


def set_read(
    tx: Write, folder_id: int, entries: Sequence[Entry], asked: int, username: str
) -> tuple[list[int], list[int]]:
    """Change the read state of messages of one folder.

    Returns:
        The messages whose state is another now, and those whose senders are to be told that they were read.
    """
    file = tx.file
    is_read = not asked & ReadFlag.CLEAR_READ
    states = {each.mid: _state(tx, each.mid, username) for each in entries}
    receipts = [
        each.mid
        for each in entries
        if is_read
        and not asked & ReadFlag.SUPPRESS_RECEIPT
        and states[each.mid][1] & MessageFlag.NOTIFY_READ
        and (asked & ReadFlag.GENERATE_RECEIPT_ONLY or not states[each.mid][0])
    ]
    cleared = _cleared(asked)
    pending = {mid for mid in receipts if cleared == 0}
    if receipts or cleared:
        tx.next_cn()
    for mid in pending:  # the sender is told once
        _clear(tx, mid, int(MessageFlag.NOTIFY_READ | MessageFlag.NOTIFY_UNREAD))
    if cleared:
        for each in entries:
            _clear(tx, each.mid, cleared)
    if asked & (ReadFlag.GENERATE_RECEIPT_ONLY | ReadFlag.CLEAR_NOTIFY_READ | ReadFlag.CLEAR_NOTIFY_UNREAD):
        return [], receipts
    changed = [each for each in entries if states[each.mid][0] != is_read]
    if file.is_public and username:
        _note_reader(tx, changed, username, is_read=is_read)
        tx.note(folder_id, [each.mid for each in changed], Touch.FLAGS)
    else:
        _flag(tx, folder_id, changed, is_read=is_read)
    return [each.mid for each in changed], receipts


def _state(tx: Write, mid: int, username: str) -> tuple[bool, int]:
    row = message_row(tx.file, mid, username=username)
    return (row.is_read, row.number("message_flags")) if row is not None else (False, 0)


def _cleared(asked: int) -> int:
    bits = 0
    if asked & ReadFlag.CLEAR_NOTIFY_READ:
        bits |= MessageFlag.NOTIFY_READ
    if asked & ReadFlag.CLEAR_NOTIFY_UNREAD:
        bits |= MessageFlag.NOTIFY_UNREAD
    return int(bits)


def _clear(tx: Write, mid: int, bits: int) -> None:
    tx.file.execute("UPDATE messages SET message_flags = message_flags & ~? WHERE mid = ?", (bits, mid))


def _flag(tx: Write, folder_id: int, entries: Sequence[Entry], *, is_read: bool) -> None:
    operation = FlagOperation.ADD if is_read else FlagOperation.REMOVE
    uids = [each.uid for each in entries if each.uid is not None]
    if uids:
        flagging.change_flags(tx, folder_id, UidSet.of(uids), FlagChange(operation, Flag.SEEN))
    for each in entries:
        if each.uid is None:
            bits = "flags | ?" if is_read else "flags & ~?"
            tx.next_cn()
            tx.file.execute(f"UPDATE messages SET flags = {bits} WHERE mid = ?", (int(Flag.SEEN), each.mid))


def _note_reader(tx: Write, entries: Sequence[Entry], username: str, *, is_read: bool) -> None:
    if not entries:
        return
    cn = tx.next_cn(len(entries))
    tx.file.executemany(
        "INSERT OR REPLACE INTO read_states (mid, username, read_cn, is_read) VALUES (?, ?, ?, ?)",
        [(each.mid, username.casefold(), cn + i, int(is_read)) for i, each in enumerate(entries)],
    )
