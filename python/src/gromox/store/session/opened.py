"""The part of a session that has messages and attachments open, with changes that nobody else sees yet.

Spec: [MS-OXCMSG] 3.2.5; [MS-OXCPRPT] 2.2.2 to 2.2.8. For clients that work on handles (MAPI); all others save
a whole change at once (:mod:`gromox.store.session.items`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import AttachMethod
from gromox.store.content import INLINE_LIMIT
from gromox.store.errors import DeniedError, InvalidValueError, LimitError, MessageGoneError, NotFoundError
from gromox.store.extract import filetime
from gromox.store.item import limits
from gromox.store.item.change import Saved, Uploaded
from gromox.store.item.opened import (
    OpenAttachment,
    OpenMessage,
    checked_flags,
    new_message,
    settable,
)
from gromox.store.item.reading import item_of_row
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import text
from gromox.store.property.message import ACCESS_MODIFY, message_row
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.session.items import MAX_CHUNK, Items, Upload, stretch
from gromox.store.session.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.mapi.propvalue import PropValue

_ENGLISH: Final = 0x0409


@dataclass(frozen=True, slots=True)
class Opened:
    """A handle, and what a client is told at once."""

    handle: int
    number: int = 0
    """PidTagAttachNumber of an attachment."""
    is_writable: bool = True


class OpenItems(Items, Properties):
    """Open messages and attachments; what was not saved is gone with the handle (close_handle)."""

    __slots__ = ()

    @operation
    def new_item(self, folder_id: int, *, associated: bool = False, locale_id: int = _ENGLISH) -> Opened:
        """Open a message that does not exist until it is saved.

        Spec: [MS-OXCMSG] 3.2.5.2.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or takes nothing from the actor.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.CREATE)
        file = self._file
        base = new_message(
            filetime(file.clock.now()),
            is_associated=associated,
            search_key=file.ids.guid().bytes,
            locale_id=locale_id,
        )
        opened = OpenMessage(base, folder_id=folder_id, is_associated=associated)
        return Opened(self._handles.add(opened))

    @operation
    def open_item(self, mid: int, *, write: bool | None = None, deleted: bool = False) -> Opened:
        """Open a message.

        Spec: [MS-OXCMSG] 3.2.5.1.

        Args:
            mid: the message.
            write: whether it is to be changed; None: if the actor may.
            deleted: whether a softly deleted one counts as there; it is not changed.

        Raises:
            MessageGoneError, DeniedError: it is not there for the actor, or not theirs to change.
        """
        self._file.refresh()
        entry = self._readable(mid, deleted=deleted)
        may = bool(self._message_access(entry.folder_id, entry.creator) & ACCESS_MODIFY) and not entry.state
        if write and not may:
            raise DeniedError("the rights of the user do not cover it")
        row = message_row(self._file, mid, username=self._actor.username)
        if row is None:
            raise MessageGoneError("there is no such message (any more)")
        opened = OpenMessage(
            item_of_row(row, is_named=False),
            mid,
            entry.cn,
            entry.folder_id,
            bool(entry.associated),
            is_writable=may and write is not False,
        )
        return Opened(self._handles.add(opened), is_writable=opened.is_writable)

    @operation
    def item_properties(
        self, handle: int, wanted: Sequence[int], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> Mapping[int, PropValue]:
        """Return properties of an open object, as its handle sees them."""
        opened = self._open_object(handle)
        found: dict[int, PropValue] = {}
        stored: list[int] = []
        for asked in wanted:
            tag = text.stored_tag(asked) if asked & 0xFFFF else _typed(opened, asked >> 16) or asked
            if isinstance(opened, OpenMessage) and not opened.knows(tag):
                stored.append(asked)
                continue
            value = opened.get(tag)
            if value is not None:
                is_octets = bool(asked & 0xFFFF) and text.is_string8(asked)
                found[asked if is_octets else tag] = text.encoded(value, code_page) if is_octets else value
        if stored and isinstance(opened, OpenMessage):
            found |= self.message_properties(opened.mid, stored, code_page=code_page, deleted=True)
        return found

    @operation
    def item_tags(self, handle: int) -> tuple[int, ...]:
        """Return the tags of all properties of an open object ([MS-OXCPRPT] 2.2.4)."""
        opened = self._open_object(handle)
        known = opened.tags()
        if isinstance(opened, OpenMessage) and opened.mid:
            stored = self.message_tags(opened.mid, deleted=True)
            known = (*known, *[tag for tag in stored if not opened.knows(tag)])
        return tuple(dict.fromkeys(known))

    @operation
    def set_item_properties(
        self, handle: int, values: Mapping[int, PropValue], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> tuple[PropertyProblem, ...]:
        """Set properties of an open object; returns those that were not set.

        Spec: [MS-OXCPRPT] 2.2.5: this handle sees them at once, others when it was saved.

        Raises:
            DeniedError: the object was opened for reading.
        """
        opened = self._writable(handle)
        wanted = text.stored_values(values, code_page)
        allowed = {tag: value for tag, value in wanted.items() if settable(opened, tag)}
        if tags.PidTagMessageFlags in allowed:
            allowed[tags.PidTagMessageFlags] = checked_flags(allowed[tags.PidTagMessageFlags])
        opened.pending.set(allowed)
        return tuple([PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag not in allowed])

    @operation
    def delete_item_properties(self, handle: int, wanted: Sequence[int]) -> tuple[PropertyProblem, ...]:
        """Remove properties of an open object; returns those that were not removed ([MS-OXCPRPT] 2.2.7)."""
        opened = self._writable(handle)
        allowed = [text.stored_tag(tag) for tag in wanted if settable(opened, text.stored_tag(tag))]
        opened.pending.remove(allowed)
        return tuple(
            [PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if text.stored_tag(tag) not in allowed]
        )

    @operation
    def item_recipients(self, handle: int) -> tuple[Mapping[int, PropValue], ...]:
        """Return the recipients of an open message, as its handle sees them."""
        return tuple(self._message(handle).recipient_rows())

    @operation
    def modify_item_recipients(
        self,
        handle: int,
        rows: Sequence[tuple[int, Mapping[int, PropValue] | None]],
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
    ) -> None:
        """Add, replace and (None) remove recipients by PidTagRowid ([MS-OXCMSG] 3.2.5.5)."""
        opened = self._message(handle, write=True)
        kept = [(row_id, None if row is None else text.stored_values(row, code_page)) for row_id, row in rows]
        opened.modify_recipients(kept)

    @operation
    def remove_item_recipients(self, handle: int) -> None:
        """Remove all recipients ([MS-OXCMSG] 3.2.5.4)."""
        self._message(handle, write=True).recipients = []

    @operation
    def item_attachments(self, handle: int) -> tuple[Mapping[int, PropValue], ...]:
        """Return the properties of each saved attachment of an open message, by number."""
        opened = self._message(handle)
        rows = []
        for number in opened.numbers():
            attachment = opened.attachment(number)
            values = {tag: attachment.get(tag) for tag in attachment.tags()}
            rows.append({tag: value for tag, value in values.items() if value is not None})
        return tuple(rows)

    @operation
    def new_attachment(self, handle: int) -> Opened:
        """Open a new attachment of an open message; it is there once it was saved ([MS-OXCMSG] 3.2.5.13).

        Raises:
            LimitError: the message has too many.
        """
        opened = self._message(handle, write=True)
        if len(opened.numbers()) + len(opened.attachments) >= 2 * limits.MAX_ATTACHMENTS:
            raise LimitError(f"an item has at most {limits.MAX_ATTACHMENTS} attachments")
        made = opened.new_attachment(filetime(self._file.clock.now()))
        return Opened(self._handles.add(made), made.number)

    @operation
    def open_attachment(self, handle: int, number: int) -> Opened:
        """Open an attachment of an open message ([MS-OXCMSG] 3.2.5.12). Raises MessageGoneError."""
        opened = self._message(handle)
        found = opened.attachment(number)
        return Opened(self._handles.add(found), number, opened.is_writable)

    @operation
    def delete_attachment(self, handle: int, number: int) -> None:
        """Remove an attachment of an open message. Raises MessageGoneError."""
        self._message(handle, write=True).delete_attachment(number)

    @operation
    def save_attachment(self, handle: int) -> None:
        """Make what was done to an attachment part of its message ([MS-OXCMSG] 3.2.5.14)."""
        self._attachment(handle, write=True).is_saved = True

    @operation
    def set_attachment_content(self, handle: int, content: Uploaded | bytes) -> None:
        """Give an attachment a new content: an upload, or octets."""
        opened = self._attachment(handle, write=True)
        if isinstance(content, bytes):
            # What is larger goes to a file, which lives as long as the handle of an upload.
            if len(content) > INLINE_LIMIT:
                raise LimitError(f"at most {INLINE_LIMIT} octets at once: hand them over as an upload")
            upload = Upload(self._spooler())
            upload.spooler.write(content)
        else:
            upload = self._handles.get(content.handle, Upload)
        opened.data = upload.octets()
        if opened.get(tags.PidTagAttachMethod) in (AttachMethod.NONE, AttachMethod.EMBEDDED):
            opened.pending.set({tags.PidTagAttachMethod: AttachMethod.BY_VALUE})

    @operation
    def attachment_content(self, handle: int, offset: int, length: int) -> bytes:
        """Return a stretch of the content of an open attachment, at most MAX_CHUNK octets."""
        data = self._attachment(handle).content()
        return stretch(data, max(offset, 0), min(max(length, 0), MAX_CHUNK))

    @operation
    def open_embedded(self, handle: int, *, create: bool = False) -> Opened:
        """Open the message in an open attachment ([MS-OXCMSG] 3.2.5.16).

        Args:
            handle: the attachment.
            create: begin a new one, in place of what it holds, if it holds none.

        Raises:
            MessageGoneError: it holds none.
            LimitError: messages would stand too deep within each other.
        """
        holder = self._attachment(handle)
        if _depth(holder) >= limits.MAX_DEPTH:
            raise LimitError(f"messages stand within each other at most {limits.MAX_DEPTH} deep")
        if holder.embedded is None:
            base = holder.base.embedded if holder.data is None else None
            if base is None:
                if not create or not holder.owner.is_writable:
                    raise MessageGoneError("the attachment holds no message")
                base = new_message(
                    filetime(self._file.clock.now()),
                    is_associated=False,
                    search_key=self._file.ids.guid().bytes,
                    locale_id=_ENGLISH,
                )
            holder.embedded = OpenMessage(base, holder=holder, is_writable=holder.owner.is_writable)
        return Opened(self._handles.add(holder.embedded), is_writable=holder.embedded.is_writable)

    @operation
    def save_item(self, handle: int, *, force: bool = False) -> Saved:
        """Save an open message; one in an attachment becomes part of that alone.

        Spec: [MS-OXCMSG] 3.2.5.3 (ForceSave: overwrite what others did meanwhile), 3.2.5.16.

        Raises:
            DeniedError: it was opened for reading.
            ConflictError: it was changed since it was opened; nothing was saved.
            InvalidValueError, LimitError, QuotaError, MessageGoneError: nothing was saved.
        """
        opened = self._message(handle, write=True)
        if opened.holder is not None:
            opened.is_saved = True
            return Saved(0, 0, b"")
        if opened.is_new:
            saved = self.create_message(
                opened.folder_id, opened.as_message(), associated=opened.is_associated
            )
        else:
            change = opened.as_change()
            saved = (
                self._unchanged(opened)
                if change.is_empty
                else self.change_message(opened.mid, change, expected_cn=None if force else opened.cn)
            )
        self._reopen(opened, saved)
        return saved

    @operation
    def reload_item(self, handle: int) -> None:
        """Forget what was done to an open message, and read it again ([MS-OXCMSG] 3.2.5.7)."""
        opened = self._message(handle)
        if opened.mid:
            self._reopen(opened, self._unchanged(opened))

    def _unchanged(self, opened: OpenMessage) -> Saved:
        found = self._file.execute(
            "SELECT cn, change_key FROM messages WHERE mid = ?", (opened.mid,)
        ).fetchone()
        if found is None:
            raise MessageGoneError("there is no such message (any more)")
        return Saved(opened.mid, found[0], self._change_key(*found))

    def _reopen(self, opened: OpenMessage, saved: Saved) -> None:
        row = message_row(self._file, saved.mid, username=self._actor.username)
        if row is None:
            raise MessageGoneError("there is no such message (any more)")
        opened.base, opened.mid, opened.cn = item_of_row(row, is_named=False), saved.mid, saved.cn
        opened.pending.clear()
        opened.recipients = None
        opened.attachments.clear()
        opened.deleted.clear()
        opened.close()

    def _open_object(self, handle: int) -> OpenMessage | OpenAttachment:
        found = self._handles.get(handle, object)
        if found is None:
            raise NotFoundError("there is no such handle (any more)")
        if not isinstance(found, (OpenMessage, OpenAttachment)):
            raise InvalidValueError("that handle is no message and no attachment")
        return found

    def _writable(self, handle: int) -> OpenMessage | OpenAttachment:
        found = self._open_object(handle)
        message = found if isinstance(found, OpenMessage) else found.owner
        if not message.is_writable:
            raise DeniedError("the message was opened for reading")
        return found

    def _message(self, handle: int, *, write: bool = False) -> OpenMessage:
        found = self._writable(handle) if write else self._open_object(handle)
        if not isinstance(found, OpenMessage):
            raise InvalidValueError("that handle is no message")
        return found

    def _attachment(self, handle: int, *, write: bool = False) -> OpenAttachment:
        found = self._writable(handle) if write else self._open_object(handle)
        if not isinstance(found, OpenAttachment):
            raise InvalidValueError("that handle is no attachment")
        return found


def _depth(holder: OpenAttachment) -> int:
    depth = 1
    at = holder.owner.holder
    while at is not None:
        depth, at = depth + 1, at.owner.holder
    return depth


def _typed(opened: OpenMessage | OpenAttachment, prop_id: int) -> int | None:
    """Return the tag that an identifier has in an open object, as far as it knows."""
    held = opened.pending.tag_of(prop_id)
    return held or next((tag for tag in opened.tags() if tag >> 16 == prop_id), None)
