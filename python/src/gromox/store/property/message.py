"""``MessageProperties``: fixed tags of any messages, a batch in one query.

Tables, searches, synchronisation and rules read through this; so does whoever asks for properties of one
message. Bodies and other large values are read when their row is looked at, so a batch stays small.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi import named, tags
from gromox.mapi.guids import PS_PUBLIC_STRINGS
from gromox.mapi.proptypes import PropType
from gromox.store import block_table
from gromox.store.errors import FolderGoneError
from gromox.store.flags import Flag
from gromox.store.property import text
from gromox.store.property.column import BY_TAG, Kind
from gromox.store.property.computed import COMPUTED
from gromox.store.property.keyword import categories_of
from gromox.store.property.mail import BODY_TAGS
from gromox.store.property.row import COLUMNS, PLACES, LargeValue, MessageRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.view import FolderView

    Getter: TypeAlias = "Callable[[MessageRow], PropValue | None]"

#: Messages a query.
BATCH: Final = 500
_SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM messages WHERE mid IN (SELECT value FROM json_each(?))"
_SELECT_NARROW: Final = _SELECT.replace(", properties FROM", ", NULL FROM")
_LARGE: Final = (
    "SELECT mid, proptag, content_id, size FROM large_values"
    " WHERE mid IN (SELECT value FROM json_each(?)) AND proptag IN (SELECT value FROM json_each(?))"
)
_ALL_LARGE: Final = (
    "SELECT mid, proptag, content_id, size FROM large_values WHERE mid IN (SELECT value FROM json_each(?))"
)
_READ_STATES: Final = (
    "SELECT mid, is_read FROM read_states WHERE username = ? AND mid IN (SELECT value FROM json_each(?))"
)
#: Types of values that may be large.
_LONG_TYPES: Final = frozenset({PropType.STRING, PropType.BINARY, PropType.OBJECT})


class MessageProperties:
    """Answers the same tags for many messages.

    A value is None where a message does not have the property. A text asked for as PtypString8 comes in the
    code page given. Types are those of the tags: PtypUnspecified has to be resolved first (:func:`tags_of`).
    """

    def __init__(
        self,
        file: MailboxFile,
        wanted: Sequence[int],
        *,
        username: str = "",
        access: Callable[[MessageRow], int] | None = None,
        code_page: int = text.DEFAULT_CODE_PAGE,
        limit: int | None = None,
    ) -> None:
        """Prepare to read.

        Args:
            file: the mailbox.
            wanted: the tags, in the order of the values.
            username: for whom messages of a public store are read or unread.
            access: what its reader may do with a message (PidTagAccess); None: everything.
            code_page: for PtypString8.
            limit: octets of large values that are wanted; None: all.
        """
        self.tags = tuple(wanted)
        self._file = file
        self._username = username.casefold()
        self._access = access
        self._code_page = code_page
        self._limit = limit
        self._needs_packed = False
        self._long: list[int] = []
        self._getters = [self._getter(tag) for tag in self.tags]

    def rows(self, mids: Iterable[int]) -> Iterator[tuple[int, tuple[PropValue | None, ...]]]:
        """Go through (mid, values) in the order of ``mids``; messages that are not there are left out."""
        getters = self._getters
        for row in self.message_rows(mids):
            yield row.mid, tuple([get(row) for get in getters])

    def of(self, mid: int) -> tuple[PropValue | None, ...] | None:
        """Return the values of one message, or None if it is not there."""
        return next((values for _, values in self.rows((mid,))), None)

    def message_rows(self, mids: Iterable[int]) -> Iterator[MessageRow]:
        """Go through the rows themselves, in the order of ``mids``."""
        pending = list(mids)
        for at in range(0, len(pending), BATCH):
            yield from self._batch(pending[at : at + BATCH])

    def value(self, row: MessageRow, tag: int) -> PropValue | None:
        """Return one of the tags of a row that :meth:`message_rows` gave."""
        return self._getters[self.tags.index(tag)](row)

    def _batch(self, mids: list[int]) -> Iterator[MessageRow]:
        file, packed = self._file, json.dumps(mids)
        select = _SELECT if self._needs_packed else _SELECT_NARROW
        rows = {values[0]: MessageRow(file, values) for values in file.execute(select, (packed,)).fetchall()}
        add_flags(file, rows, packed, self._username)
        if self._long:
            self._add_large(rows, packed)
        for mid in mids:
            row = rows.get(mid)
            if row is not None:
                yield row

    def _add_large(self, rows: dict[int, MessageRow], packed: str) -> None:
        found: dict[int, dict[int, LargeValue]] = {}
        for mid, tag, content_id, size in self._file.execute(
            _LARGE, (packed, json.dumps(self._long))
        ).fetchall():
            found.setdefault(mid, {})[tag] = LargeValue(content_id, size)
        for mid, values in found.items():
            if mid in rows:
                rows[mid].large = values

    def _getter(self, asked: int) -> Getter:
        tag = text.stored_tag(asked)
        get = self._plain_getter(tag)
        if tag == asked:
            return get
        code_page = self._code_page

        def encoded(row: MessageRow) -> PropValue | None:
            value = get(row)
            return None if value is None else text.encoded(value, code_page)

        return encoded

    def _plain_getter(self, tag: int) -> Getter:
        column = BY_TAG.get(tag)
        if column is not None:
            return _column_getter(PLACES[column.name], column.kind)
        if tag == tags.PidTagAccess:
            access = self._access
            return lambda row: ACCESS_ALL if access is None else access(row)
        if tag == tags.PidTagAccessLevel:
            access = self._access
            return lambda row: int(access is None or bool(access(row) & ACCESS_MODIFY))
        self._needs_packed = True
        if tag & 0xFFFF in _LONG_TYPES:
            self._long.append(tag)
        compute = COMPUTED.get(tag)
        if compute is not None:
            return compute
        if is_keywords(self._file, tag):
            return categories_of(tag)
        return self._stored_getter(tag)

    def _stored_getter(self, tag: int) -> Getter:
        limit, needs_parts = self._limit, tag in BODY_TAGS

        def get(row: MessageRow) -> PropValue | None:
            value = row.stored(tag, limit)
            return row.of_mail(tag, needs_parts=needs_parts) if value is None else value

        return get


ACCESS_MODIFY: Final = 0x01
ACCESS_READ: Final = 0x02
ACCESS_DELETE: Final = 0x04
ACCESS_ALL: Final = ACCESS_MODIFY | ACCESS_READ | ACCESS_DELETE
"""[MS-OXCPRPT] 2.2.1.1, for messages."""


def _column_getter(place: int, kind: Kind) -> Getter:
    if kind is Kind.BOOLEAN:
        return lambda row: bool(row.value(place))
    if kind is Kind.TEXT:
        return lambda row: row.value(place) or None
    return lambda row: row.value(place)


def is_keywords(file: MailboxFile, tag: int) -> bool:
    """Tell whether a tag is that of the categories (PidNameKeywords) in this mailbox."""
    if not tag >> 31 or tag & 0xFFFF != PropType.MULTIPLE_STRING:
        return False
    name = file.names.names((tag >> 16,))[0]
    return name is not None and name.guid == PS_PUBLIC_STRINGS and name.which == named.PidNameKeywords.which


def add_flags(file: MailboxFile, rows: dict[int, MessageRow], packed: str, username: str) -> None:
    r"""Give rows their flags and keywords; in public stores \Seen is that of the reader."""
    views: dict[int, FolderView | None] = {}
    for row in rows.values():
        place = None
        if row.number("state") == 0 and row.number("uid"):
            folder_id = row.folder_id
            if folder_id not in views:
                views[folder_id] = _view(file, folder_id)
            view = views[folder_id]
            place = view.place_of_uid(row.number("uid")) if view is not None else None
        if place is None:
            row.flag_octet, keyword_set = row.number("flags"), row.number("keyword_set")
        else:
            block, index, _ = place
            row.flag_octet = block.flags[index]
            keyword_set = block.keyword_sets[index] if block.keyword_sets else 0
        if keyword_set:
            row.keyword_names = file.keywords.names(keyword_set)
    if file.is_public and username:
        known = dict(file.execute(_READ_STATES, (username, packed)).fetchall())
        for mid, row in rows.items():
            row.flag_octet = row.flag_octet & ~Flag.SEEN | (Flag.SEEN if known.get(mid) else 0)


def _view(file: MailboxFile, folder_id: int) -> FolderView | None:
    try:
        return block_table.current_view(file, folder_id)
    except FolderGoneError:
        return None  # it is in a soft-deleted folder, whose blocks stay for its restoration


def message_row(file: MailboxFile, mid: int, *, username: str = "") -> MessageRow | None:
    """Return the whole row of one message with its flags and where its large values stand."""
    packed = json.dumps([mid])
    values = file.execute(_SELECT, (packed,)).fetchone()
    if values is None:
        return None
    row = MessageRow(file, values)
    add_flags(file, {mid: row}, packed, username.casefold())
    row.large = {
        tag: LargeValue(content_id, size)
        for _, tag, content_id, size in file.execute(_ALL_LARGE, (packed,)).fetchall()
    }
    return row


def tags_of(row: MessageRow) -> tuple[int, ...]:
    """Return the tags of all properties that a message has, but for the bodies' other forms.

    Spec: [MS-OXCPRPT] 3.2.5.4 (RopGetPropertiesList).
    """
    found = dict.fromkeys([*BY_TAG, *COMPUTED, tags.PidTagAccess, tags.PidTagAccessLevel])
    found.update(dict.fromkeys([*row.packed.tags, *row.large]))
    if row.is_mail:
        keys = row.mail.properties
        file = row.file
        names = [key for key in keys if not isinstance(key, int)]
        for name, propid in zip(names, file.names.ids([key.name for key in names]), strict=True):
            if propid:
                found[propid << 16 | name.type] = None
        found.update(dict.fromkeys([key for key in keys if isinstance(key, int)]))
    if row.keyword_names:
        keywords = named.PidNameKeywords
        propid = row.file.names.ids((keywords.name,))[0]
        if propid:
            found[propid << 16 | keywords.type] = None
    reader = MessageProperties(row.file, tuple(found))
    return tuple([tag for tag in found if _has(reader, row, tag)])


def _has(reader: MessageProperties, row: MessageRow, tag: int) -> bool:
    return tag in row.large or reader.value(row, tag) is not None
