"""The part of a session that takes and gives messages in RFC 5322 form, and moves them between mailboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import Message
from gromox.store import append
from gromox.store.errors import LimitError, MessageGoneError
from gromox.store.flags import Flag
from gromox.store.item import rendering
from gromox.store.item.change import MessageChange, Saved
from gromox.store.item.result import Transferred
from gromox.store.model import NewMail
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import ids
from gromox.store.property.message import message_row
from gromox.store.property.row import content_of
from gromox.store.session.rights import MessageRights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.session.session import StoreSession

MAX_MAIL: Final = 256 << 20
MAX_CHUNK: Final = 4 << 20


class Mails(MessageRights):
    """Messages as mails."""

    __slots__ = ()

    @operation
    def save_mail(
        self,
        folder_id: int,
        octets: bytes,
        *,
        flags: int = 0,
        keywords: frozenset[str] = frozenset(),
        received: float | None = None,
    ) -> Saved:
        """Keep a mail octet for octet.

        Args:
            folder_id: where.
            octets: the mail.
            flags: bits of :class:`~gromox.store.flags.Flag`.
            keywords: those of IMAP.
            received: Unix seconds; None: now.

        Raises:
            FolderGoneError, DeniedError, QuotaError, LimitError: it was not kept.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.CREATE)
        if len(octets) > MAX_MAIL:
            raise LimitError(f"a mail has at most {MAX_MAIL} octets")
        file = self._file
        mail = NewMail(octets, Flag(flags & 0x3F), keywords, received)
        prepared = append.prepare(file, [mail])
        with file.write(durable=True) as tx:
            mid = file.next_object_id
            append.insert(tx, folder_id, prepared)
            tx.file.execute(
                "UPDATE messages SET creator = ? WHERE mid = ?", (self._actor.username.casefold(), mid)
            )
            (cn,) = tx.file.execute("SELECT cn FROM messages WHERE mid = ?", (mid,)).fetchone()
        return Saved(mid, cn, ids.change_key(file, cn))

    @operation
    def mail_size(self, mid: int) -> int:
        """Return the octets that a message has as a mail; an item of property form is written as one."""
        return content_of(self._file, self._mail_content(mid)).size

    @operation
    def read_mail(self, mid: int, offset: int = 0, length: int = MAX_CHUNK) -> bytes:
        """Return a stretch of a message as a mail, at most MAX_CHUNK octets.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        content = content_of(self._file, self._mail_content(mid))
        return content.read(max(offset, 0), min(max(length, 0), MAX_CHUNK))

    @operation
    def is_mail(self, mid: int) -> bool:
        """Tell whether a message came as a mail, and still is the octets that it came as."""
        self._file.refresh()
        self._readable(mid)
        row = message_row(self._file, mid)
        return row is not None and row.is_mail

    @operation
    def kept_beside(self, mid: int) -> Message:
        """Return the properties that were set on a mail and that its octets do not tell, by name."""
        self._file.refresh()
        self._readable(mid)
        row = message_row(self._file, mid)
        values = {} if row is None or not row.is_mail else row.packed.values()
        return Message(self._file.names.bag(values.items()))

    def _mail_content(self, mid: int) -> int:
        file = self._file
        file.refresh()
        entry = self._readable(mid)
        found = file.execute("SELECT content_id FROM messages WHERE mid = ?", (mid,)).fetchone()
        if found[0] is None and entry.uid is not None:
            rendering.ensure_one(file, entry.folder_id, mid)
            found = file.execute("SELECT content_id FROM messages WHERE mid = ?", (mid,)).fetchone()
        if found is None or found[0] is None:
            raise MessageGoneError("that message has no form of a mail")
        return int(found[0])


def transfer_between(
    source: StoreSession,
    folder_id: int,
    mids: Sequence[int],
    target: StoreSession,
    target_id: int,
    *,
    is_move: bool,
) -> Transferred:
    """Copy or move messages from one mailbox to another, each session acting for its user.

    Contents go through in pieces. A message that was copied and cannot be removed stays in both mailboxes:
    nothing is ever lost.

    Raises:
        FolderGoneError, DeniedError: a folder is not there, or the target takes nothing.
        QuotaError, LimitError: the target has no room; messages before that one have been copied or moved.
    """
    pairs: list[tuple[int, int]] = []
    refused: list[int] = []
    for mid in mids:
        try:
            if source.message_folder(mid) != folder_id:
                refused.append(mid)
                continue
            saved = _copy_one(source, mid, target, target_id)
        except MessageGoneError:
            refused.append(mid)
            continue
        if is_move and source.delete_messages(folder_id, [mid]).refused:
            refused.append(mid)
            continue
        pairs.append((mid, saved))
    return Transferred(tuple(pairs), tuple(refused))


def _copy_one(source: StoreSession, mid: int, target: StoreSession, target_id: int) -> int:
    known = source.message_properties(
        mid, [tags.PidTagAssociated, tags.PidTagMessageSize, tags.PidTagMessageDeliveryTime]
    )
    item = source.read_message(mid, is_named=True)
    if not source.is_mail(mid):
        is_associated = bool(known.get(tags.PidTagAssociated))
        return target.create_message(target_id, item, associated=is_associated).mid
    size = source.mail_size(mid)
    octets = b"".join([source.read_mail(mid, at) for at in range(0, size, MAX_CHUNK)])
    flags = item.properties.number(tags.PidTagMessageFlags)
    octet = (Flag.SEEN if flags & 1 else Flag(0)) | (Flag.DRAFT if flags & 8 else Flag(0))
    time = known.get(tags.PidTagMessageDeliveryTime)
    received = rendering.seconds(time) if isinstance(time, int) else None
    saved = target.save_mail(target_id, octets, flags=int(octet), received=received)
    _copy_beside(source, mid, target, saved.mid)
    return saved.mid


def _copy_beside(source: StoreSession, mid: int, target: StoreSession, copy: int) -> None:
    """Take over what was kept beside a mail."""
    beside = source.kept_beside(mid)
    if beside.properties:
        target.change_message(copy, MessageChange(dict(beside.properties.items())))
