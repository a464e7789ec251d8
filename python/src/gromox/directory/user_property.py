"""MAPI properties of users in the address book, as rows of ``user_properties``.

Spec:
    Fact sheet db-schema.md, "user_properties": numbers as decimal text, strings verbatim, binary in
    ``propval_bin``, several values by ``order_id`` from 1. [MS-OXCDATA] 2.11.1 (property types).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from gromox.directory.errors import InvalidError, NotFoundError
from gromox.directory.model import User, UserProperty
from gromox.directory.status import DisplayType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from gromox.directory.directory import Directory

Value = int | float | bool | str | bytes
PropertyValue = Value | tuple[Value, ...]

DISPLAY_NAME: Final = 0x3001001F
COMMENT: Final = 0x3004001F
DISPLAY_TYPE_EX: Final = 0x39050003
SMTP_ADDRESS: Final = 0x39FE001F
NICKNAME: Final = 0x3A4F001F
STORAGE_QUOTA_LIMIT: Final = 0x3FF50003
PROHIBIT_RECEIVE_QUOTA: Final = 0x666A0003
PROHIBIT_SEND_QUOTA: Final = 0x666E0003
#: Keys of SCRAM (``gromox.directory.scram_store``). Who reads properties does not get it.
SCRAM_KEYS: Final = 0x67F50102

_MULTIPLE: Final = 0x1000
_MAX_TEXT: Final = 4000
_MAX_BINARY: Final = 4096
_MAX_VALUES: Final = 1000
_TYPE_MASK: Final = 0xFFFF


def _integer_reader(bits: int, *, unsigned: bool = False) -> Callable[[str], int]:
    """Read decimal text as strtoul would: a negative 32-bit number may stand as its unsigned twin."""

    def read(text: str) -> int:
        number = int(text, 0) & ((1 << bits) - 1)
        return number if unsigned or number < 1 << (bits - 1) else number - (1 << bits)

    return read


#: How the text of a value is read, by property type.
_READERS: Final[Mapping[int, Callable[[str], Value]]] = {
    0x0002: _integer_reader(16),
    0x0003: _integer_reader(32),
    0x0004: float,
    0x0005: float,
    0x0006: _integer_reader(64),
    0x0007: float,
    0x000A: _integer_reader(32, unsigned=True),
    0x000B: lambda text: bool(int(text, 0)),
    0x0014: _integer_reader(64),
    0x001E: str,
    0x001F: str,
    0x0040: _integer_reader(64, unsigned=True),
}
_BINARY: Final = 0x0102
_WHOLE: Final = frozenset({0x0002, 0x0003, 0x0006, 0x000A, 0x0014, 0x0040})
_REAL: Final = frozenset({0x0004, 0x0005, 0x0007})
_TEXTS: Final = frozenset({0x001E, 0x001F})
_BITS: Final[Mapping[int, int]] = {0x0002: 16, 0x0003: 32, 0x000A: 32, 0x0006: 64, 0x0014: 64, 0x0040: 64}


def encode(tag: int, value: Value) -> tuple[str | None, bytes | None]:
    """Return (propval_str, propval_bin) of one value.

    Raises:
        InvalidError: the value is not of the tag's type or too long.
    """
    kind = tag & _TYPE_MASK & ~_MULTIPLE
    if kind == _BINARY and isinstance(value, bytes):
        if len(value) > _MAX_BINARY:
            raise InvalidError(f"property {tag:#010x} has more than {_MAX_BINARY} octets")
        return None, value
    if kind in _TEXTS and isinstance(value, str):
        if len(value) > _MAX_TEXT or "\0" in value:
            raise InvalidError(f"property {tag:#010x} has more than {_MAX_TEXT} characters, or a NUL")
        return value, None
    if kind == 0x000B and isinstance(value, int):  # noqa: PLR2004 - PT_BOOLEAN, as in the table above
        return str(int(bool(value))), None
    if kind in _WHOLE and isinstance(value, int):
        bits = _BITS[kind]
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            raise InvalidError(f"property {tag:#010x} takes a number of {bits} bits")
        return str(value), None
    if kind in _REAL and isinstance(value, (int, float)):
        return repr(float(value)), None
    raise InvalidError(f"property {tag:#010x} does not take {value!r}")


def decode(tag: int, text: str | None, octets: bytes | None) -> Value | None:
    """Return the value of one row; None when it cannot be read (another program wrote nonsense)."""
    kind = tag & _TYPE_MASK & ~_MULTIPLE
    if kind == _BINARY:
        return bytes(octets) if octets is not None else None
    reader = _READERS.get(kind)
    if octets is not None and kind in _TEXTS:
        text = bytes(octets).decode("utf-8", "replace")
    if reader is None or text is None:
        return None
    try:
        return reader(text)
    except ValueError:
        return None


def read(directory: Directory, user_id: int) -> Mapping[int, PropertyValue]:
    """Return the properties of a user by tag; multi-valued ones as tuples."""
    with directory.reading() as session:
        return rows_of(session, user_id)


def write(directory: Directory, user_id: int, values: Mapping[int, PropertyValue | None]) -> None:
    """Set properties of a user; None removes one.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: a value is not of its tag's type, too long, or the mandatory display type would go.
    """
    with directory.writing() as session:
        if session.get(User, user_id) is None:
            raise NotFoundError(f"no user has the number {user_id}")
        put(session, user_id, values)


def rows_of(session: Session, user_id: int) -> Mapping[int, PropertyValue]:
    """Return the properties of a user within a transaction."""
    return rows_of_many(session, [user_id]).get(user_id, {})


def rows_of_many(session: Session, user_ids: Sequence[int]) -> Mapping[int, Mapping[int, PropertyValue]]:
    """Return the properties of several users by number, within a transaction."""
    query = (
        select(UserProperty.user_id, UserProperty.proptag, UserProperty.propval_str, UserProperty.propval_bin)
        .where(UserProperty.user_id.in_(user_ids), UserProperty.proptag != SCRAM_KEYS)
        .order_by(UserProperty.user_id, UserProperty.proptag, UserProperty.order_id)
    )
    found: dict[int, dict[int, PropertyValue]] = {}
    for user_id, tag, text, octets in session.execute(query):
        value = decode(tag, text, octets)
        if value is None:
            continue
        values = found.setdefault(user_id, {})
        if tag & _MULTIPLE:
            former = values.get(tag, ())
            values[tag] = (*(former if isinstance(former, tuple) else ()), value)
        else:
            values[tag] = value
    return found


def put(session: Session, user_id: int, values: Mapping[int, PropertyValue | None]) -> None:
    """Set or remove properties within a transaction."""
    for tag, value in values.items():
        if not 0 <= tag <= 0xFFFFFFFF:  # noqa: PLR2004 - the width of a tag
            raise InvalidError(f"{tag:#x} is no property tag")
        if tag == SCRAM_KEYS:
            raise InvalidError(f"property {tag:#010x} is written by logins only")
        rows = _rows(tag, value)
        if tag == DISPLAY_TYPE_EX and (not rows or value not in tuple(DisplayType)):
            raise InvalidError("the display type of a user is one of 0, 1, 6, 7, 8 and cannot be removed")
        session.execute(
            delete(UserProperty).where(UserProperty.user_id == user_id, UserProperty.proptag == tag)
        )
        for number, (text, octets) in enumerate(rows, start=1):
            session.add(
                UserProperty(
                    user_id=user_id, proptag=tag, order_id=number, propval_str=text, propval_bin=octets
                )
            )
    session.flush()


def _rows(tag: int, value: PropertyValue | None) -> Sequence[tuple[str | None, bytes | None]]:
    if value is None:
        return ()
    if not isinstance(value, tuple):
        if tag & _MULTIPLE:
            raise InvalidError(f"property {tag:#010x} takes several values")
        return (encode(tag, value),)
    if not tag & _MULTIPLE:
        raise InvalidError(f"property {tag:#010x} takes one value")
    if len(value) > _MAX_VALUES:
        raise InvalidError(f"property {tag:#010x} has more than {_MAX_VALUES} values")
    return tuple(encode(tag, one) for one in value)
