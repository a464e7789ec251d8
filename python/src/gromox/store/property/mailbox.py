"""Properties of a mailbox as a whole (the Logon object).

Spec: [MS-OXCSTOR] 2.2.2.1; reference/system/store.md sections 4.3 and 8.

Numbers stand in ``store_properties`` as SQL numbers (limits are read there by quota.py), all else packed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi import tags
from gromox.mapi.proptypes import PropType
from gromox.mapi.propvalue import pack_value, unpack_value
from gromox.store import quota
from gromox.store.errors import CorruptError, InvalidValueError, LimitError
from gromox.store.property import ids, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile, Write

    Compute: TypeAlias = "Callable[[MailboxFile], PropValue]"

OBJECT_STORE: Final = 1
MAX_SIZE: Final = 16 << 20
"""Octets of one value: settings of web clients and pictures are the largest."""
_NORMAL_SIZE: Final = 0x66B30014
_ASSOCIATED_SIZE: Final = 0x66B40014
_DELETED_SIZE: Final = 0x669B0014
_ASSOCIATED_SIZE_32: Final = 0x66B40003
_MAX_32: Final = 0x7FFFFFFF
_NUMBERS: Final = frozenset(
    {PropType.INTEGER16, PropType.INTEGER32, PropType.INTEGER64, PropType.TIME, PropType.BOOLEAN}
)


def _used(file: MailboxFile) -> int:
    return file.normal_size + file.associated_size


def _created(file: MailboxFile) -> int:
    (time,) = file.execute("SELECT created_time FROM mailbox").fetchone()
    return int(time)


COMPUTED: Final[dict[int, Compute]] = {
    tags.PidTagObjectType: lambda _: OBJECT_STORE,
    tags.PidTagMessageSize: lambda file: min(_used(file), _MAX_32),
    tags.PidTagMessageSizeExtended: _used,
    tags.PidTagNormalMessageSize: lambda file: min(file.normal_size, _MAX_32),
    _NORMAL_SIZE: lambda file: file.normal_size,
    _ASSOCIATED_SIZE_32: lambda file: min(file.associated_size, _MAX_32),
    _ASSOCIATED_SIZE: lambda file: file.associated_size,
    _DELETED_SIZE: lambda file: file.deleted_size,
    tags.PidTagContentCount: lambda file: file.message_count,
    tags.PidTagCreationTime: _created,
    tags.PidTagRecordKey: lambda file: file.guid.bytes_le,
    tags.PidTagStoreRecordKey: lambda file: file.guid.bytes_le,
    tags.PidTagMappingSignature: lambda file: file.mapping_signature.bytes_le,
    tags.PidTagHierarchyChangeNumber: lambda file: file.hierarchy_cn & _MAX_32,
    tags.PidTagSourceKey: lambda file: ids.source_key(file, 1),
}
READ_ONLY: Final = frozenset(COMPUTED)


def get(file: MailboxFile, tag: int, code_page: int = text.DEFAULT_CODE_PAGE) -> PropValue | None:
    """Return one property, or None."""
    stored = text.stored_tag(tag)
    compute = COMPUTED.get(stored)
    value = compute(file) if compute is not None else _stored(file, stored)
    return value if stored == tag or value is None else text.encoded(value, code_page)


def _stored(file: MailboxFile, tag: int) -> PropValue | None:
    row = file.execute("SELECT value FROM store_properties WHERE proptag = ?", (tag,)).fetchone()
    if row is None:
        return None
    if isinstance(row[0], int):
        return bool(row[0]) if tag & 0xFFFF == PropType.BOOLEAN else row[0]
    r = Reader(row[0])
    try:
        value = unpack_value(r, tag & 0xFFFF)
        r.end()
    except ParseError as error:
        raise CorruptError("a property of the mailbox is damaged") from error
    return value


def tags_of(file: MailboxFile) -> tuple[int, ...]:
    """Return the tags of all properties."""
    stored = [tag for (tag,) in file.execute("SELECT proptag FROM store_properties").fetchall()]
    return tuple(dict.fromkeys([*COMPUTED, *stored]))


def change(tx: Write, values: Mapping[int, PropValue], removed: Sequence[int] = ()) -> None:
    """Set and remove properties; the caller has taken read-only ones out.

    Raises:
        InvalidValueError: a value does not fit its type.
        LimitError: one is too large.
    """
    file = tx.file
    tx.next_cn()
    for tag in (*removed, *values):
        file.execute("DELETE FROM store_properties WHERE proptag >> 16 = ?", (tag >> 16,))
    for tag, value in values.items():
        file.execute("INSERT INTO store_properties VALUES (?, ?)", (tag, _sql_value(tag, value)))
    if any(tag in quota.LIMITS for tag in (*values, *removed)):
        file.limits = None


def _sql_value(tag: int, value: PropValue) -> int | bytes:
    if tag & 0xFFFF in _NUMBERS and isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
        return int(value)
    w = Writer()
    try:
        pack_value(w, tag & 0xFFFF, value)
    except ValueError as error:
        raise InvalidValueError(f"property {tag:#010x}: {error}") from error
    if len(w) > MAX_SIZE:
        raise LimitError("a property of a mailbox is too large")
    return w.octets()
