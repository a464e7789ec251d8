"""The part of a session that reads properties, and sets those of the mailbox and of folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.operation import operation
from gromox.store.permission import Right
from gromox.store.property import body, folder, mailbox, text
from gromox.store.property.column import BY_TAG
from gromox.store.property.computed import COMPUTED
from gromox.store.property.foldering import set_folder
from gromox.store.property.message import MessageProperties, message_row, tags_of
from gromox.store.property.problem import PropertyProblem, Reason
from gromox.store.session.rights import MessageRights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.property.row import MessageRow

MAX_MESSAGES: Final = 10_000
"""Of one call of properties_of_messages."""
_UNREAD: Final = (
    "SELECT count(*) FROM messages m LEFT JOIN read_states r ON r.mid = m.mid AND r.username = ?"
    " WHERE m.folder_id = ? AND m.state = 0 AND NOT m.associated AND NOT coalesce(r.is_read, 0)"
)


class Properties(MessageRights):
    """Properties of the mailbox, of folders and of messages.

    Asked for with type PtypUnspecified (0), a property comes under the tag that it has; asked for as
    PtypString8, text comes in the code page given. What an object does not have is left out of the answer.
    """

    __slots__ = ()

    # The mailbox.

    @operation
    def store_properties(
        self, wanted: Sequence[int], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> Mapping[int, PropValue]:
        """Return properties of the mailbox ([MS-OXCSTOR] 2.2.2.1)."""
        file = self._file
        file.refresh()
        asked = _resolved(wanted, mailbox.tags_of(file))
        return _present((tag, mailbox.get(file, tag, code_page)) for tag in asked)

    @operation
    def store_tags(self) -> tuple[int, ...]:
        """Return the tags of all properties that the mailbox has."""
        self._file.refresh()
        return mailbox.tags_of(self._file)

    @operation
    def set_store_properties(
        self, values: Mapping[int, PropValue], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> tuple[PropertyProblem, ...]:
        """Set properties of the mailbox; returns those that were not set.

        Raises:
            DeniedError: the actor is not its owner.
            InvalidValueError, LimitError: nothing was set.
        """
        self._access.require_owner()
        wanted = text.stored_values(values, code_page)
        problems = [PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag in mailbox.READ_ONLY]
        allowed = {tag: value for tag, value in wanted.items() if tag not in mailbox.READ_ONLY}
        if allowed:
            with self._file.write(durable=True) as tx:
                mailbox.change(tx, allowed)
        return tuple(problems)

    @operation
    def delete_store_properties(self, wanted: Sequence[int]) -> tuple[PropertyProblem, ...]:
        """Remove properties of the mailbox; returns those that were not removed."""
        self._access.require_owner()
        known = frozenset(tag >> 16 for tag in mailbox.READ_ONLY)
        problems = [PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag >> 16 in known]
        allowed = [tag for tag in wanted if tag >> 16 not in known]
        if allowed:
            with self._file.write(durable=True) as tx:
                mailbox.change(tx, {}, allowed)
        return tuple(problems)

    # Folders.

    @operation
    def folder_properties(
        self, folder_id: int, wanted: Sequence[int], *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> Mapping[int, PropValue]:
        """Return properties of a folder ([MS-OXCFOLD] 2.2.2.2). Raises FolderGoneError."""
        row = self._folder_row(folder_id)
        found: dict[int, PropValue] = {}
        for tag in wanted:
            real = tag if tag & 0xFFFF else _with_id(tag >> 16, folder.COMPUTED, row.packed.tags)
            value = None if real is None else folder.get(row, real, code_page)
            if real is not None and value is not None:
                found[real] = value
        return found

    @operation
    def folder_tags(self, folder_id: int) -> tuple[int, ...]:
        """Return the tags of all properties that a folder has. Raises FolderGoneError."""
        return folder.tags_of(self._folder_row(folder_id))

    @operation
    def set_folder_properties(
        self,
        folder_id: int,
        values: Mapping[int, PropValue],
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
    ) -> tuple[PropertyProblem, ...]:
        """Set properties of a folder, its name among them; returns those that were not set.

        Spec: [MS-OXCFOLD] 2.2.2.2.2, [MS-OXCPERM] 2.2.7 (FolderOwner).

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or not the actor's.
            ExistsError, InvalidNameError, ReservedError: the folder cannot have that name.
            InvalidValueError, LimitError: nothing was set.
        """
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        wanted = text.stored_values(values, code_page)
        allowed = {tag: value for tag, value in wanted.items() if tag not in folder.READ_ONLY}
        if allowed:
            with self._file.write(durable=True) as tx:
                set_folder(tx, folder_id, allowed)
        return tuple([PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag in folder.READ_ONLY])

    @operation
    def delete_folder_properties(self, folder_id: int, wanted: Sequence[int]) -> tuple[PropertyProblem, ...]:
        """Remove properties of a folder; returns those that were not removed."""
        self._access.require_visible(folder_id)
        self._access.require(folder_id, Right.OWNER)
        fixed = frozenset(tag >> 16 for tag in folder.COMPUTED)
        allowed = [tag for tag in wanted if tag >> 16 not in fixed]
        if allowed:
            with self._file.write(durable=True) as tx:
                folder.change(tx, folder_id, {}, allowed)
        return tuple([PropertyProblem(tag, Reason.COMPUTED) for tag in wanted if tag >> 16 in fixed])

    # Messages.

    @operation
    def message_properties(
        self,
        mid: int,
        wanted: Sequence[int],
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
        deleted: bool = False,
    ) -> Mapping[int, PropValue]:
        """Return properties of a message.

        Spec:
            [MS-OXCPRPT] 3.2.5.1; [MS-OXCMSG] 2.2.1.58: a form of the body that is not there is made from the
            one that counts.

        Args:
            mid: the message.
            wanted: tags.
            code_page: for PtypString8.
            deleted: whether a softly deleted message counts as there.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        self._file.refresh()
        self._readable(mid, deleted=deleted)
        row = message_row(self._file, mid, username=self._actor.username)
        if row is None:
            return {}
        asked = [tag if tag & 0xFFFF else _message_tag(row, tag >> 16) for tag in wanted]
        known = [tag for tag in asked if tag is not None]
        reader = MessageProperties(
            self._file,
            known,
            username=self._actor.username,
            access=self._row_access,
            code_page=code_page,
        )
        return _present((tag, _with_body(reader, row, tag, code_page)) for tag in known)

    @operation
    def message_tags(self, mid: int, *, deleted: bool = False) -> tuple[int, ...]:
        """Return the tags of all properties that a message has ([MS-OXCPRPT] 2.2.4)."""
        self._file.refresh()
        self._readable(mid, deleted=deleted)
        row = message_row(self._file, mid, username=self._actor.username)
        return () if row is None else tags_of(row)

    @operation
    def properties_of_messages(
        self,
        mids: Sequence[int],
        wanted: Sequence[int],
        *,
        code_page: int = text.DEFAULT_CODE_PAGE,
        limit: int | None = None,
    ) -> Mapping[int, tuple[PropValue | None, ...]]:
        """Return the same properties of many messages: values in the order of ``wanted``, None for no value.

        Messages that the actor may not read, or that are gone, are left out; types have to be told, and
        bodies are not made from others.

        Raises:
            LimitError: there are too many messages.
        """
        if len(mids) > MAX_MESSAGES:
            raise LimitError(f"at most {MAX_MESSAGES} messages at a time")
        if not all(tag & 0xFFFF for tag in wanted):
            raise InvalidValueError("the types of the properties have to be told")
        self._file.refresh()
        reader = MessageProperties(
            self._file,
            wanted,
            username=self._actor.username,
            access=self._row_access,
            code_page=code_page,
            limit=limit,
        )
        found: dict[int, tuple[PropValue | None, ...]] = {}
        for row in reader.message_rows(mids):
            if row.folder_id in self._file.folders and not row.number("state") and self._row_access(row) & 2:
                found[row.mid] = tuple([reader.value(row, tag) for tag in reader.tags])
        return found

    def _folder_row(self, folder_id: int) -> folder.FolderRow:
        self._access.require_visible(folder_id)
        file = self._file
        unread = None
        if file.is_public:
            (unread,) = file.execute(_UNREAD, (self._actor.username.casefold(), folder_id)).fetchone()
        return folder.FolderRow(file, file.record(folder_id), self._access.rights(folder_id), unread)


def _with_body(reader: MessageProperties, row: MessageRow, tag: int, code_page: int) -> PropValue | None:
    value = reader.value(row, tag)
    if value is not None:
        return value
    stored = text.stored_tag(tag)
    if stored in body.DERIVED:
        value = body.derived(row, stored)
        return text.encoded(value, code_page) if value is not None and stored != tag else value
    return body.native(row) if stored == tags.PidTagNativeBody else None


def _message_tag(row: MessageRow, prop_id: int) -> int | None:
    tag = row.packed.tag_of(prop_id)
    if tag is None:
        tag = _with_id(prop_id, row.large, COMPUTED, BY_TAG)
    if tag is None and row.is_mail:
        tag = _with_id(prop_id, tags_of(row))
    return tag


def _with_id(prop_id: int, *known: Iterable[int]) -> int | None:
    return next((tag for each in known for tag in each if tag >> 16 == prop_id), None)


def _resolved(wanted: Sequence[int], known: Sequence[int]) -> list[int]:
    """Return tags with their types, where the type was not told."""
    asked = [tag if tag & 0xFFFF else _with_id(tag >> 16, known) for tag in wanted]
    return [tag for tag in asked if tag is not None]


def _present(pairs: Iterable[tuple[int, PropValue | None]]) -> dict[int, PropValue]:
    return {tag: value for tag, value in pairs if value is not None}
