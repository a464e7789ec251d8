"""The part of a session that creates, reads and changes items."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store.errors import InvalidValueError, LimitError, MessageGoneError
from gromox.store.item import path as paths
from gromox.store.item.change import MessageChange, Saved, Uploaded
from gromox.store.item.changing import Changer
from gromox.store.item.holding import Holding, Spooler, StoredOctets, UploadedOctets
from gromox.store.item.plan import Planner, names_in
from gromox.store.item.reading import item_of_row, recipient_rows
from gromox.store.item.walking import names_of_change, octets_in
from gromox.store.item.writing import insert_item
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import ids, text
from gromox.store.property.computed import READ_ONLY
from gromox.store.property.message import message_row
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.rule import extended
from gromox.store.session.rights import MessageRights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.mapi.message import Message, Octets, PropertyKey
    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Held
    from gromox.store.property.row import MessageRow

MAX_CHUNK: Final = 4 << 20
"""Octets that one call hands over."""


class Upload:
    """A content that comes in by pieces; the handle of a session."""

    __slots__ = ("held", "spooler")

    def __init__(self, spooler: Spooler) -> None:
        """Begin with nothing."""
        self.spooler = spooler
        self.held: Held | None = None

    def octets(self) -> UploadedOctets:
        """Return what came in."""
        if self.held is None:
            self.held = self.spooler.finish()
        return UploadedOctets(self.held)

    def close(self) -> None:
        """Remove what is temporary."""
        self.spooler.close()


class Items(MessageRights):
    """Items of property form, and mails as such."""

    __slots__ = ()

    @operation
    def create_message(
        self,
        folder_id: int,
        message: Message,
        *,
        associated: bool = False,
        mid: int | None = None,
        code_page: int = text.DEFAULT_CODE_PAGE,
    ) -> Saved:
        """Save a new item.

        Spec: [MS-OXCMSG] 3.2.5.2 and 3.2.5.3; [MS-OXCPERM] 2.2.7 (Create).

        Args:
            folder_id: where.
            message: keys are tags of this mailbox, or names, which get identifiers here. Read and unsent are
                as PidTagMessageFlags says; without it the item is read, and no draft.
            associated: it is configuration (FAI).
            mid: its id, given out before by :meth:`allocate_ids`; None: a new one.
            code_page: of PtypString8.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or takes nothing from the actor.
            InvalidValueError, LimitError, QuotaError: nothing was saved.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.CREATE)
        file = self._file
        message = self._with_uploads(message)
        extended.check_size(file, message.properties.get(tags.PidTagExtendedRuleMessageCondition))
        self._know(names_in(message))
        with Holding(file) as holding:
            plan = Planner(file, holding, now=file.clock.now(), code_page=code_page).message(message)
            with file.write(durable=True) as tx:
                if mid is not None:
                    _check_fresh(
                        self._file.execute("SELECT 1 FROM messages WHERE mid = ?", (mid,)).fetchone()
                    )
                mid, cn = insert_item(
                    tx,
                    holding,
                    plan,
                    folder_id,
                    associated=associated,
                    mid=mid,
                    creator=self._actor.username,
                )
        return Saved(mid, cn, ids.change_key(file, cn))

    @operation
    def change_message(
        self,
        mid: int,
        change: MessageChange,
        *,
        expected_cn: int | None = None,
        code_page: int = text.DEFAULT_CODE_PAGE,
    ) -> Saved:
        """Change an item; of read-only properties nothing is changed.

        Spec: [MS-OXCMSG] 3.2.5.3.

        Args:
            mid: the item.
            change: what is to happen to it.
            expected_cn: the change number of the version that was read; None: overwrite whatever is there.
            code_page: of PtypString8.

        Raises:
            MessageGoneError, DeniedError: it is not there, or not the actor's to change.
            ConflictError: it was changed since.
            InvalidValueError, LimitError, QuotaError: nothing was changed.
        """
        file = self._file
        self._editable(mid)
        change = self._uploads_in(change)
        extended.check_size(file, change.values.get(tags.PidTagExtendedRuleMessageCondition))
        self._know(names_of_change(change))
        with Holding(file) as holding:
            for octets in octets_in(change):
                holding.prepare(octets)
            with file.write(durable=True) as tx:
                changer = Changer(tx, holding, code_page=code_page, modifier=self._actor.username)
                cn = changer.change(mid, change, expected_cn=expected_cn)
        return Saved(mid, cn, ids.change_key(file, cn))

    @operation
    def set_message_properties(
        self, mid: int, values: Mapping[int, PropValue], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> tuple[PropertyProblem, ...]:
        """Set properties of an item at once; returns those that were not set.

        Spec: [MS-OXCMSG] 2.2: read-only properties are told among the problems.
        """
        wanted = text.stored_values(values, code_page)
        allowed: dict[PropertyKey, PropValue] = {
            tag: value for tag, value in wanted.items() if tag not in READ_ONLY
        }
        if allowed:
            self.change_message(mid, MessageChange(allowed))
        else:
            self._editable(mid)
        return tuple([PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag in READ_ONLY])

    @operation
    def delete_message_properties(self, mid: int, wanted: Sequence[int]) -> tuple[PropertyProblem, ...]:
        """Remove properties of an item at once; returns those that were not removed."""
        fixed = frozenset(tag >> 16 for tag in READ_ONLY)
        allowed = [tag for tag in wanted if tag >> 16 not in fixed]
        if allowed:
            self.change_message(mid, MessageChange(removed=allowed))
        else:
            self._editable(mid)
        return tuple([PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag >> 16 in fixed])

    @operation
    def read_message(
        self, mid: int, *, path: Sequence[int] = (), is_named: bool = False, deleted: bool = False
    ) -> Message:
        """Return an item as a whole; contents of attachments are read when they are looked at.

        Args:
            mid: the item.
            path: the message in it that is wanted (attachment numbers); empty: itself.
            is_named: tell named properties by name: for conversions.
            deleted: whether a softly deleted item counts as there.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        row = self._whole_row(mid, deleted=deleted)
        if path:
            return paths.embedded_at(row, path, is_named=is_named)
        return item_of_row(row, is_named=is_named)

    @operation
    def message_recipients(
        self, mid: int, *, path: Sequence[int] = ()
    ) -> tuple[Mapping[int, PropValue], ...]:
        """Return the properties of each recipient of an item. Raises MessageGoneError."""
        row = self._whole_row(mid)
        if not row.is_mail and not path:
            return tuple(recipient_rows(self._file, row.mid))
        found = paths.embedded_at(row, path, is_named=False) if path else row.mail
        return tuple([self._file.names.numbered(each.properties.items()) for each in found.recipients])

    @operation
    def message_attachments(
        self, mid: int, *, path: Sequence[int] = ()
    ) -> tuple[Mapping[int, PropValue], ...]:
        """Return the properties of each attachment of an item, in the order of their numbers."""
        found = paths.attachments_at(self._whole_row(mid), path)
        return tuple([self._file.names.numbered(each.properties.items()) for each in found])

    @operation
    def attachment_size(self, mid: int, path: Sequence[int]) -> int:
        """Return the octets of the content of an attachment; 0 if it has none."""
        data = paths.attachment_at(self._whole_row(mid), path).data
        return 0 if data is None else data.size

    @operation
    def read_attachment(self, mid: int, path: Sequence[int], offset: int, length: int) -> bytes:
        """Return a stretch of the content of an attachment, at most MAX_CHUNK octets.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        attachment = paths.attachment_at(self._whole_row(mid), path)
        return stretch(attachment.data, max(offset, 0), min(max(length, 0), MAX_CHUNK))

    @operation
    def begin_upload(self) -> int:
        """Return a handle to which a content is handed over; an item refers to it by :class:`Uploaded`.

        Raises:
            LimitError: the session has too many things open.
        """
        return self._handles.add(Upload(self._spooler()))

    @operation
    def upload(self, handle: int, octets: bytes) -> int:
        """Hand over more of a content; returns how much there is now.

        Raises:
            NotFoundError: there is no such handle.
            LimitError: the piece, or the content, is too large.
        """
        upload = self._handles.get(handle, Upload)
        if len(octets) > MAX_CHUNK:
            raise LimitError(f"at most {MAX_CHUNK} octets at a time")
        if upload.held is not None:
            raise InvalidValueError("the content was used already")
        upload.spooler.write(octets)
        return upload.spooler.size

    def _whole_row(self, mid: int, *, deleted: bool = False) -> MessageRow:
        self._file.refresh()
        self._readable(mid, deleted=deleted)
        row = message_row(self._file, mid, username=self._actor.username)
        if row is None:
            raise MessageGoneError("there is no such message (any more)")
        return row

    def _spooler(self) -> Spooler:
        return Spooler(self._file)

    def _change_key(self, cn: int, stored: bytes | None) -> bytes:
        return ids.change_key(self._file, cn, stored)

    def _know(self, names: Iterable[PropertyName]) -> None:
        """Give names identifiers, in a transaction of its own: names are only ever added."""
        file = self._file
        wanted = sorted(names, key=repr)
        if not wanted or all(file.names.ids(wanted)):
            return
        with file.write(durable=True, quiet=True) as tx:
            tx.next_cn()
            file.names.create(wanted)

    def _taken(self, octets: Octets | None) -> Octets | None:
        if isinstance(octets, Uploaded):
            return self._handles.get(octets.handle, Upload).octets()
        return octets

    def _with_uploads(self, message: Message) -> Message:
        """Return a message with what was uploaded in place of its handles."""
        if not any(
            isinstance(each.data, Uploaded) or each.embedded is not None for each in message.attachments
        ):
            return message
        attachments = []
        for each in message.attachments:
            embedded = None if each.embedded is None else self._with_uploads(each.embedded)
            attachments.append(replace(each, data=self._taken(each.data), embedded=embedded))
        return replace(message, attachments=attachments)

    def _uploads_in(self, change: MessageChange) -> MessageChange:
        attachments = []
        for each in change.attachments:
            embedded = each.embedded
            if isinstance(embedded, MessageChange):
                embedded = self._uploads_in(embedded)
            elif embedded is not None:
                embedded = self._with_uploads(embedded)
            attachments.append(replace(each, data=self._taken(each.data), embedded=embedded))
        return replace(change, attachments=tuple(attachments))


def _check_fresh(row: tuple[int, ...] | None) -> None:
    if row is not None:
        raise InvalidValueError("there is a message with that id")


def stretch(data: Octets | None, offset: int, length: int) -> bytes:
    """Return a stretch of a content; beyond its end there is nothing."""
    if data is None or not length or offset >= data.size:
        return b""
    if isinstance(data, StoredOctets):
        return data.read(offset, length)
    out = bytearray()
    at = 0
    for chunk in data.chunks():
        if at + len(chunk) > offset:
            out += chunk[max(offset - at, 0) : offset + length - at]
        at += len(chunk)
        if at >= offset + length:
            break
    return bytes(out)
