"""Carry out a change of an item that is there.

Spec:
    [MS-OXCMSG] 3.2.5.3 (RopSaveChangesMessage: an object that was changed meanwhile is not overwritten unless
    asked to), [MS-OXCFXICS] 3.1.5.6 (change keys and predecessors of a version), 2.2.2.7 (partial changes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import AttachMethod, Message
from gromox.store import quota
from gromox.store.errors import ConflictError, LimitError, MessageGoneError, SubmittedError
from gromox.store.expunge import release
from gromox.store.extract import filetime
from gromox.store.flags import Flag
from gromox.store.item import limits, narrow, partial, writing
from gromox.store.item.attached import new_attachment
from gromox.store.item.change import MessageChange
from gromox.store.item.flagged import set_flags
from gromox.store.item.mailform import become_properties, is_told
from gromox.store.item.plan import BASE_SIZE, Planner, keywords_tag, pack_attachment
from gromox.store.item.reading import attachment_rows, embedded_row
from gromox.store.item.recipient import displays, numbered, pack_recipients
from gromox.store.item.split import SUBJECT_TAGS, split, subject_of
from gromox.store.property import blob, ids, text
from gromox.store.property.blob import Packed
from gromox.store.property.column import SETTABLE
from gromox.store.property.computed import MessageFlag
from gromox.store.property.conversation import conversation_id
from gromox.store.property.message import message_row
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.change import AttachmentChange
    from gromox.store.item.holding import Holding
    from gromox.store.mailbox_file import Write
    from gromox.store.property.row import MessageRow, SqlValue

_CONVERSATION: Final = frozenset(
    {
        tags.PidTagConversationTopic,
        tags.PidTagConversationIndex,
        tags.PidTagConversationIndexTracking,
        *SUBJECT_TAGS,
    }
)


class Changer:
    """Carries out changes of one transaction."""

    __slots__ = ("_code_page", "_holding", "_is_submission", "_modifier", "_planner", "_tx")

    def __init__(
        self,
        tx: Write,
        holding: Holding,
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
        modifier: str = "",
        is_submission: bool = False,
    ) -> None:
        """Work within a transaction, for ``modifier``; names that changes use are known to the mailbox.

        What is on its way out is changed by its submission only.
        """
        self._is_submission = is_submission
        self._tx, self._holding, self._code_page, self._modifier = tx, holding, code_page, modifier
        self._planner = Planner(tx.file, holding, now=tx.now, code_page=code_page)

    def change(self, mid: int, change: MessageChange, *, expected_cn: int | None = None) -> int:
        """Change a message of a folder; returns its new change number.

        Args:
            mid: the message.
            change: what is to happen.
            expected_cn: the change number of the version that the caller read; None: whichever it is.

        Raises:
            MessageGoneError: it is not there.
            ConflictError: it was changed since.
            SubmittedError: it is on its way out.
            InvalidValueError, LimitError, QuotaError: nothing is to be kept of the transaction.
        """
        row = message_row(self._tx.file, mid)
        if row is None or row.number("state"):
            raise MessageGoneError("there is no such message (any more)")
        if expected_cn is not None and row.number("cn") != expected_cn:
            raise ConflictError("the message was changed since it was read")
        if row.number("message_flags") & MessageFlag.SUBMITTED and not self._is_submission:
            raise SubmittedError("the message is on its way out")
        old_size = row.number("size")
        values = self._values(change)
        shows = not row.is_mail or is_told(row, values, change)
        if shows and row.is_mail:
            become_properties(self._tx, self._holding, self._planner, row)
            row = message_row(self._tx.file, mid)
            if row is None:
                raise MessageGoneError("there is no such message (any more)")
        touched = self._apply(row, values, change, 0)
        self._finish(row, touched, old_size, shows=shows)
        self._follow_flags(row, values, change)
        partial.note(self._tx, mid, row.number("cn"), self._cn_of(mid), touched)
        self._tx.note(row.folder_id, [mid], Touch.CONTENT)
        return self._cn_of(mid)

    def _values(self, change: MessageChange) -> dict[int, PropValue]:
        return text.stored_values(self._tx.file.names.numbered(change.values.items()), self._code_page)

    def _removed(self, change: MessageChange) -> set[int]:
        """Return the identifiers of properties that are to go."""
        pairs: list[tuple[int, PropValue]] = [(tag, 0) for tag in change.removed if isinstance(tag, int)]
        named = [(key, 0) for key in change.removed if not isinstance(key, int)]
        return {tag >> 16 for tag in (*dict(pairs), *self._tx.file.names.numbered(named))}

    def _apply(
        self, row: MessageRow, values: dict[int, PropValue], change: MessageChange, depth: int
    ) -> set[int]:
        """Write what a change comes to; returns the tags that it touched."""
        if depth > limits.MAX_DEPTH:
            raise LimitError(f"messages stand within each other at most {limits.MAX_DEPTH} deep")
        file, mid = self._tx.file, row.mid
        removed = self._removed(change)
        parts = split(values, keywords_tag=keywords_tag(file))
        columns: dict[str, SqlValue] = dict(parts.columns)
        for tag, column in SETTABLE.items():
            if tag >> 16 in removed:
                columns[column.name] = column.default
        self._derive(row, columns, values, removed)
        gone = removed | {tag >> 16 for tag in values if tag not in SETTABLE}
        packed = {tag: value for tag, value in row.packed.values().items() if tag >> 16 not in gone}
        packed.update(parts.packed)
        if self._modifier and not depth:
            packed[tags.PidTagLastModifierName] = self._modifier
        self._drop_large(row, gone)
        for tag, octets in parts.large.items():
            file.execute(
                "INSERT INTO large_values (mid, proptag, size, content_id) VALUES (?, ?, ?, ?)",
                (mid, tag, octets.size, self._holding.keep(self._tx, octets)),
            )
        columns["properties"] = blob.pack(packed)
        touched = {*values, *[tag for tag in change.removed if isinstance(tag, int)]}
        if change.recipients is not None:
            self._set_recipients(mid, change, columns)
            touched.add(partial.RECIPIENTS)
        if change.attachments:
            self._change_attachments(mid, change, depth)
            touched.add(partial.ATTACHMENTS)
            found = file.execute("SELECT 1 FROM attachments WHERE mid = ? LIMIT 1", (mid,)).fetchone()
            columns["has_attachment"] = int(found is not None)
        assignments = ", ".join(f"{name} = ?" for name in columns)
        file.execute(f"UPDATE messages SET {assignments} WHERE mid = ?", (*columns.values(), mid))
        return touched

    def _derive(
        self, row: MessageRow, columns: dict[str, SqlValue], values: dict[int, PropValue], removed: set[int]
    ) -> None:
        """Set the columns that follow from subject and conversation."""
        if SUBJECT_TAGS & values.keys():
            columns["subject"], columns["normalized_subject"] = subject_of(
                values, row.text("subject"), row.text("normalized_subject")
            )
        elif tags.PidTagSubject >> 16 in removed:
            columns["normalized_subject"] = ""
        if _CONVERSATION & values.keys() or {tag >> 16 for tag in _CONVERSATION} & removed:

            def now(tag: int) -> PropValue | None:
                return None if tag >> 16 in removed else values.get(tag, row.stored(tag))

            topic = now(tags.PidTagConversationTopic)
            if not isinstance(topic, str):
                topic = str(columns.get("normalized_subject", row.text("normalized_subject")))
            columns["conversation_id"] = conversation_id(
                topic, now(tags.PidTagConversationIndex), now(tags.PidTagConversationIndexTracking)
            )

    def _drop_large(self, row: MessageRow, gone: set[int]) -> None:
        dropped = {tag: found for tag, found in row.large.items() if tag >> 16 in gone}
        self._tx.file.executemany(
            "DELETE FROM large_values WHERE mid = ? AND proptag = ?", [(row.mid, tag) for tag in dropped]
        )
        release(self._tx.file, [found.content_id for found in dropped.values()])

    def _set_recipients(self, mid: int, change: MessageChange, columns: dict[str, SqlValue]) -> None:
        rows = numbered([self._planner.values(each.properties) for each in change.recipients or ()])
        columns["display_to"], columns["display_cc"], columns["display_bcc"] = displays(rows)
        packed = pack_recipients(rows)
        execute = self._tx.file.execute
        execute("DELETE FROM recipients WHERE mid = ?", (mid,))
        if packed is not None:
            execute("INSERT INTO recipients (mid, packed) VALUES (?, ?)", (mid, packed))

    def _change_attachments(self, mid: int, change: MessageChange, depth: int) -> None:
        file = self._tx.file
        for each in change.attachments:
            rows = {found[1]: found for found in attachment_rows(file, mid)}
            if each.number is None or (each.number not in rows and not each.is_deleted):
                if len(rows) >= limits.MAX_ATTACHMENTS:
                    raise LimitError(f"an item has at most {limits.MAX_ATTACHMENTS} attachments")
                made = self._planner.attachment(new_attachment(each), depth, set(rows))
                writing.insert_attachment(self._tx, self._holding, made, mid)
            elif each.number not in rows:
                raise MessageGoneError("there is no such attachment (any more)")
            elif each.is_deleted:
                writing.remove_attachment(file, rows[each.number][0])
            else:
                self._change_attachment(rows[each.number], each, depth)

    def _change_attachment(
        self, found: tuple[int, int, int, int, int | None, bytes], change: AttachmentChange, depth: int
    ) -> None:
        file = self._tx.file
        attachment_id, _, method, size, content_id, packed = found
        bag = MessageChange(change.values, change.removed)
        given = self._values(bag)
        gone = self._removed(bag) | {tag >> 16 for tag in given}
        values = {tag: value for tag, value in Packed(packed).values().items() if tag >> 16 not in gone}
        values.update(given)
        values.setdefault(tags.PidTagLastModificationTime, filetime(self._tx.now))
        if tags.PidTagLastModificationTime not in given:
            values[tags.PidTagLastModificationTime] = filetime(self._tx.now)
        new_packed = pack_attachment(values)
        asked = given.get(tags.PidTagAttachMethod)
        method = asked if isinstance(asked, int) and change.embedded is None else method
        size += len(new_packed) - len(packed)
        old_embedded = embedded_row(file, attachment_id)
        if change.data is not None or isinstance(change.embedded, Message):
            if content_id is not None:
                release(file, [content_id])
            writing.remove_embedded(file, attachment_id)
            content_id, size = None, BASE_SIZE + len(new_packed)
            if change.data is not None:
                content_id = self._holding.keep(self._tx, change.data)
                size += change.data.size
                method = (
                    AttachMethod.BY_VALUE if method in (AttachMethod.NONE, AttachMethod.EMBEDDED) else method
                )
            elif isinstance(change.embedded, Message):
                plan = self._planner.message(change.embedded, depth + 1)
                writing.insert_embedded(self._tx, self._holding, plan, attachment_id)
                method, size = AttachMethod.EMBEDDED, size + plan.size
        elif isinstance(change.embedded, MessageChange) and old_embedded is not None:
            inner = change.embedded
            touched = self._apply(old_embedded, self._values(inner), inner, depth + 1)
            self._finish(old_embedded, touched, 0, shows=False)
            size += self._size_of(old_embedded.mid) - old_embedded.number("size")
        file.execute(
            "UPDATE attachments SET method = ?, size = ?, content_id = ?, properties = ?"
            " WHERE attachment_id = ?",
            (method, size, content_id, new_packed, attachment_id),
        )

    def _finish(self, row: MessageRow, _touched: set[int], old_size: int, *, shows: bool) -> None:
        """Give the version its numbers, and put the folder's counters right."""
        file, mid = self._tx.file, row.mid
        size = measured(self._tx, mid) if not row.is_mail else row.number("size")
        key, stored = row.octets("change_key"), row.octets("predecessors")
        kept = ids.predecessors(file, row.number("cn"), key, stored).octets() if key or stored else None
        file.execute(
            "UPDATE messages SET size = ?, cn = ?, modified_time = ?, change_key = NULL, predecessors = ?"
            " WHERE mid = ?",
            (size, self._tx.next_cn(), filetime(self._tx.now), kept, mid),
        )
        if not row.folder_id:
            return
        if size > old_size:
            quota.check_room(file, size - old_size, 0)
        record = self._tx.folder(row.folder_id)
        if row.number("associated"):
            record.associated_size += size - old_size
            file.associated_size += size - old_size
            return
        record.size += size - old_size
        file.normal_size += size - old_size
        if shows:
            self._hide_rendering(row)

    def _hide_rendering(self, row: MessageRow) -> None:
        """What IMAP was shown of an item is not what it is now: it becomes another message there."""
        file, mid = self._tx.file, row.mid
        uid, content_id = file.execute(
            "SELECT uid, content_id FROM messages WHERE mid = ?", (mid,)
        ).fetchone()
        if content_id is None:
            return
        file.execute("UPDATE messages SET content_id = NULL, rendered_cn = NULL WHERE mid = ?", (mid,))
        narrow.renew(self._tx, row.folder_id, mid, uid)
        release(file, [content_id])

    def _follow_flags(self, row: MessageRow, values: dict[int, PropValue], change: MessageChange) -> None:
        """Move the flags of IMAP that say the same as properties."""
        tag = keywords_tag(self._tx.file)
        removed = self._removed(change)
        parts = split(
            {key: value for key, value in values.items() if key in _FLAG_TAGS or key == tag}, keywords_tag=tag
        )
        cleared = parts.cleared
        if tags.PidTagFlagStatus >> 16 in removed:
            cleared |= Flag.FLAGGED
        if tags.PidTagLastVerbExecuted >> 16 in removed:
            cleared |= Flag.ANSWERED | Flag.FORWARDED
        categories = parts.categories
        if tag and tag >> 16 in removed:
            categories = ()
        if not (parts.flags or cleared or categories is not None):
            return
        set_flags(self._tx, row.mid, parts.flags, cleared, categories)

    def _cn_of(self, mid: int) -> int:
        (cn,) = self._tx.file.execute("SELECT cn FROM messages WHERE mid = ?", (mid,)).fetchone()
        return int(cn)

    def _size_of(self, mid: int) -> int:
        (size,) = self._tx.file.execute("SELECT size FROM messages WHERE mid = ?", (mid,)).fetchone()
        return int(size)


_FLAG_TAGS: Final = frozenset({tags.PidTagFlagStatus, tags.PidTagLastVerbExecuted})


def measured(tx: Write, mid: int) -> int:
    """Return the octets that a message of property form takes."""
    (size,) = tx.file.execute(
        "SELECT coalesce(length(m.properties), 0)"
        " + (SELECT coalesce(sum(size), 0) FROM large_values WHERE mid = m.mid)"
        " + (SELECT coalesce(sum(length(packed)), 0) FROM recipients WHERE mid = m.mid)"
        " + (SELECT coalesce(sum(size), 0) FROM attachments WHERE mid = m.mid)"
        " FROM messages m WHERE m.mid = ?",
        (mid,),
    ).fetchone()
    return BASE_SIZE + int(size)
