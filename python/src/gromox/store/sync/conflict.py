"""Messages that were changed on both sides: all versions stay, in one message, until a client decides.

A conflict resolve message is what the winning version is, and has each version once more as an attachment
(PidTagInConflict). Clients get these versions instead of it; what they upload then knew all of them and takes
their place.

Spec:
    [MS-OXCFXICS] 3.1.5.6.2 (resolution), 3.1.5.6.2.1 (conflict resolve message), 3.1.5.6.2.2 (last writer
    wins), 3.1.5.6.3.1 (conflict notification message), 2.2.1.4 (properties of conflicts).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.changelist import PredecessorChangeList
from gromox.mapi.message import AttachMethod, Message, PropertyBag
from gromox.store.item.change import AttachmentChange, MessageChange
from gromox.store.item.changing import Changer
from gromox.store.item.plan import Planner
from gromox.store.item.reading import attachment_rows, embedded_row, item_of_row
from gromox.store.item.writing import insert_item
from gromox.store.property import folder, ids
from gromox.store.property.blob import Packed
from gromox.store.property.computed import MessageStatus
from gromox.store.sync import replacing

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Holding
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.property.row import MessageRow

MAX_VERSIONS: Final = 8
"""Of one message; of more the oldest ones are forgotten."""
_MERGED: Final = "UPDATE messages SET cn = ?, change_key = NULL, predecessors = ? WHERE mid = ?"
_MODIFIED: Final = "UPDATE messages SET modified_time = ? WHERE mid = ?"
_GUID_SIZE: Final = 16


class ResolveMethod(IntFlag):
    """PidTagResolveMethod of a folder, [MS-OXCFXICS] 2.2.1.4.1."""

    LAST_WRITER_WINS = 0x1
    NO_CONFLICT_NOTIFICATION = 0x2


@dataclass(frozen=True, slots=True)
class Version:
    """What a client says of its version of an object."""

    change_key: bytes
    """PidTagChangeKey: an XID."""
    predecessors: bytes
    """PidTagPredecessorChangeList"""
    modified_time: int
    """PidTagLastModificationTime"""

    @property
    def rank(self) -> tuple[int, bytes]:
        """What decides who wrote last; at the same time the larger name space ([MS-OXCFXICS] 3.1.5.6.2.2)."""
        return self.modified_time, self.change_key[:_GUID_SIZE]


@dataclass(frozen=True, slots=True)
class ConflictVersion:
    """A version in a conflict resolve message."""

    number: int
    """PidTagAttachNumber of the attachment that holds it."""
    version: Version


def versions_of(file: MailboxFile, mid: int) -> list[ConflictVersion]:
    """Return the versions that a conflict resolve message holds, by the numbers of their attachments."""
    found = []
    for _, number, method, _, _, packed in attachment_rows(file, mid):
        if method != AttachMethod.EMBEDDED:
            continue
        values = Packed(packed).values()
        key, listed = values.get(tags.PidTagChangeKey), values.get(tags.PidTagPredecessorChangeList)
        time = values.get(tags.PidTagLastModificationTime)
        if (
            values.get(tags.PidTagInConflict)
            and isinstance(key, bytes)
            and isinstance(listed, bytes)
            and isinstance(time, int)
        ):
            found.append(ConflictVersion(number, Version(key, listed, time)))
    return found


def is_conflict(row: MessageRow) -> bool:
    """Tell whether a message is a conflict resolve message."""
    return bool(row.number("message_status") & MessageStatus.IN_CONFLICT)


def method_of(file: MailboxFile, folder_id: int) -> ResolveMethod:
    """Return how conflicts in a folder are resolved."""
    row = folder.FolderRow(file, file.record(folder_id), 0, None)
    found = folder.get(row, tags.PidTagResolveMethod)
    return ResolveMethod(found & 3) if isinstance(found, int) else ResolveMethod(0)


def resolve(
    tx: Write,
    holding: Holding,
    row: MessageRow,
    message: Message,
    theirs: Version,
    ours: PredecessorChangeList,
) -> int:
    """Make one message of the version that is there and one that comes in; returns its change number."""
    file, mid = tx.file, row.mid
    own = Version(
        ids.change_key(file, row.number("cn"), row.octets("change_key")),
        ours.octets(),
        row.number("modified_time"),
    )
    method = method_of(file, row.folder_id)
    wins = theirs.rank >= own.rank
    winner = theirs if wins else own
    if row.number("associated") or method & ResolveMethod.LAST_WRITER_WINS:
        if wins:
            replacing.replace(tx, holding, row, message)
    else:
        winner = _combine(tx, holding, row, message, theirs, own)
        if file.is_public and not method & ResolveMethod.NO_CONFLICT_NOTIFICATION:
            entry_id = ids.message_entry_id(file, row.folder_id, mid)
            notify(tx, holding, row.folder_id, row.text("subject"), entry_id)
    # Whoever won: the version that is there now knows all of them.
    cn = tx.next_cn()
    merged = PredecessorChangeList.from_octets(theirs.predecessors).merged(ours)
    file.execute(_MERGED, (cn, merged.octets(), mid))
    file.execute(_MODIFIED, (winner.modified_time, mid))
    return cn


def _combine(
    tx: Write, holding: Holding, row: MessageRow, message: Message, theirs: Version, own: Version
) -> Version:
    """Make a conflict resolve message; returns the version that won."""
    file, mid = tx.file, row.mid
    row = replacing.as_properties(tx, holding, row)
    known = versions_of(file, mid) if is_conflict(row) else []
    held = {each.number for each in known}
    regular = [each[1] for each in attachment_rows(file, mid) if each[1] not in held]
    # A client that knew a version and changed it speaks for that one too.
    listed = PredecessorChangeList.from_octets(theirs.predecessors)
    kept = [
        each
        for each in known
        if not listed.includes(PredecessorChangeList.from_octets(each.version.predecessors))
    ]
    kept = sorted(kept, key=lambda each: each.version.rank)[-(MAX_VERSIONS - 1) :]
    current = max((each.version for each in known), key=lambda each: each.rank) if known else own
    versions = [*(each.version for each in kept), *(() if known else (own,)), theirs]
    winner: Version = max(reversed(versions), key=lambda each: each.rank)
    changes = [] if known else [_attached(own, item_of_row(row, is_named=False, depth=1))]
    changes.append(_attached(theirs, message))
    content: Message | None = None
    if winner is theirs:
        content = message
    elif winner is not current:
        content = _held(file, mid, next(each.number for each in kept if each.version is winner))
    remaining = {each.number for each in kept}
    gone = [number for number in held if number not in remaining]
    if content is not None:
        changes += replacing.added(content.attachments)
        gone += regular
    # What goes is removed last: what is added may refer to the same contents.
    changes += [AttachmentChange(number, is_deleted=True) for number in gone]
    change = (
        MessageChange(attachments=tuple(changes))
        if content is None
        else replacing.content_change(row, content, changes)
    )
    Changer(tx, holding).change(mid, change)
    replacing.set_status(tx, mid, MessageStatus.IN_CONFLICT, MessageStatus.IN_CONFLICT)
    return winner


def _attached(version: Version, message: Message) -> AttachmentChange:
    values: dict[PropertyKey, PropValue] = {
        tags.PidTagAttachMethod: AttachMethod.EMBEDDED,
        tags.PidTagDisplayName: message.properties.text(tags.PidTagSubject),
        tags.PidTagInConflict: True,
        tags.PidTagChangeKey: version.change_key,
        tags.PidTagPredecessorChangeList: version.predecessors,
        tags.PidTagLastModificationTime: version.modified_time,
    }
    return AttachmentChange(values=values, embedded=message)


def _held(file: MailboxFile, mid: int, number: int) -> Message | None:
    """Return the message in an attachment."""
    for found in attachment_rows(file, mid):
        row = embedded_row(file, found[0]) if found[1] == number else None
        if row is not None:
            return item_of_row(row, is_named=False, depth=1)
    return None


def notify(tx: Write, holding: Holding, folder_id: int, subject: str, entry_id: bytes) -> int:
    """Leave word in a public folder that a conflict in it was resolved; returns the message.

    Spec: [MS-OXCFXICS] 3.1.5.6.3.1.
    """
    name = tx.file.record(folder_id).name
    properties: dict[PropertyKey, PropValue] = {
        tags.PidTagMessageClass: "IPM.Conflict.Message",
        tags.PidTagSubject: f"Conflict: {subject}",
        tags.PidTagOriginalSubject: subject,
        tags.PidTagSenderName: name,
        tags.PidTagSentRepresentingName: name,
        tags.PidTagConflictEntryId: entry_id,
        tags.PidTagMessageFlags: 0,
    }
    plan = Planner(tx.file, holding, now=tx.now).message(Message(PropertyBag(properties)))
    mid, _ = insert_item(tx, holding, plan, folder_id)
    return mid
