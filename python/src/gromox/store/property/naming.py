"""Named properties of a mailbox: which identifier a name has here.

Spec:
    [MS-OXCPRPT] 3.2.5.9 and 3.2.5.10 (names and identifiers), 3.2.5.11 (all names); reference/system/store.md
    section 8 (the form of ``name_string``, identifiers from 0x8001 up, 0x7000 names at most).

Names are only ever added, so what was read stays true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from gromox.mapi import named
from gromox.mapi.guids import PS_INTERNET_HEADERS, PS_MAPI
from gromox.mapi.message import PropertyBag
from gromox.mapi.propname import NamedProperty, PropertyName
from gromox.share.property_names import FIRST_ID, LIMIT
from gromox.store.errors import CorruptError, InvalidValueError, LimitError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue

FIRST_NAMED: Final = 0x8000
_LAST_ID: Final = 0xFFFE
_MAX_LID: Final = 0xFFFFFFFF
MAX_NAME: Final = 126
"""Characters: the size on the wire is one octet ([MS-OXCDATA] 2.6.1)."""


class PropertyNames:
    """The names of a mailbox, both ways."""

    __slots__ = ("_connection", "_ids", "_known", "_names")

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read the names when they are first asked for."""
        self._connection = connection
        self._ids: dict[PropertyName, int] = {}
        self._names: dict[int, PropertyName] = {}
        self._known = 0

    def forget(self) -> None:
        """Drop what was read: a transaction that added names was rolled back."""
        self.__init__(self._connection)  # type: ignore[misc]

    def load(self) -> None:
        """Read the names added since the last time, by whatever process."""
        rows = self._connection.execute(
            "SELECT propid, name_string FROM named_properties WHERE propid > ? ORDER BY propid",
            (self._known,),
        )
        for propid, text in rows.fetchall():
            self._remember(propid, _parsed(text))

    def ids(self, names: Sequence[PropertyName]) -> list[int]:
        """Return the identifiers of names; 0 where a name has none here.

        Spec: [MS-OXCPRPT] 3.2.5.10: numbers of PS_MAPI below 0x8000 are identifiers themselves.
        """
        found = [self._id(_canonical(name)) for name in names]
        if not all(found):
            self.load()
            found = [self._id(_canonical(name)) for name in names]
        return found

    def create(self, names: Iterable[PropertyName]) -> None:
        """Give each name that has none an identifier; within a write transaction.

        Raises:
            InvalidValueError: no property can have such a name.
            LimitError: the mailbox has as many names as it may.
        """
        self.load()
        for given in names:
            if self._id(_canonical(given)):
                continue
            text = _text(_canonical(given))
            if len(self._names) >= LIMIT or self._known >= _LAST_ID:
                raise LimitError(f"a mailbox has at most {LIMIT} named properties")
            propid = max(self._known + 1, FIRST_ID)
            self._connection.execute("INSERT INTO named_properties VALUES (?, ?)", (propid, text))
            self._remember(propid, given)

    def names(self, propids: Sequence[int]) -> list[PropertyName | None]:
        """Return the names of identifiers; None where an identifier has none.

        Spec: [MS-OXCPRPT] 3.2.5.9: identifiers below 0x8000 belong to PS_MAPI.
        """
        if any(propid >= FIRST_NAMED and propid not in self._names for propid in propids):
            self.load()
        return [
            self._names.get(propid) if propid >= FIRST_NAMED else PropertyName(PS_MAPI, propid)
            for propid in propids
        ]

    def all(self) -> dict[int, PropertyName]:
        """Return every name by its identifier."""
        self.load()
        return dict(self._names)

    def numbered(self, values: Iterable[tuple[PropertyKey, PropValue]]) -> dict[int, PropValue]:
        """Return values of a bag by tags; those whose name has no identifier here are left out."""
        pairs = list(values)
        keys = [key for key, _ in pairs if isinstance(key, NamedProperty)]
        propids = dict(zip(keys, self.ids([key.name for key in keys]), strict=True))
        result: dict[int, PropValue] = {}
        for key, value in pairs:
            if not isinstance(key, NamedProperty):
                result[key] = value
            elif propids[key]:
                result[propids[key] << 16 | key.type] = value
        return result

    def bag(self, values: Iterable[tuple[int, PropValue]]) -> PropertyBag:
        """Return values by names where they have one: what conversions work on."""
        bag = PropertyBag()
        for tag, value in values:
            name = self.names((tag >> 16,))[0] if tag >> 16 >= FIRST_NAMED else None
            if name is not None and name.which is not None:
                bag[NamedProperty(name.guid, _spelled(name), tag & 0xFFFF)] = value
            elif tag >> 16 < FIRST_NAMED:
                bag[tag] = value
        return bag

    def _id(self, name: PropertyName) -> int:
        if name.guid == PS_MAPI and isinstance(name.which, int):
            return name.which if 0 < name.which < FIRST_NAMED else 0
        return self._ids.get(name, 0)

    def _remember(self, propid: int, name: PropertyName) -> None:
        self._ids.setdefault(_canonical(name), propid)
        self._names[propid] = _canonical(name)
        self._known = max(self._known, propid)


def named_value(bag: PropertyBag, name: PropertyName, kind: int) -> PropValue | None:
    """Return the value that a mail has under a name; fields of its header are found whatever their case."""
    if name.which is None:
        return None
    value = bag.get(NamedProperty(name.guid, name.which, kind))
    if value is not None or name.guid != PS_INTERNET_HEADERS:
        return value
    wanted = str(name.which).lower()
    for key, found in bag.items():
        if (
            isinstance(key, NamedProperty)
            and key.guid == name.guid
            and key.type == kind
            and str(key.which).lower() == wanted
        ):
            return found
    return None


#: Fields of headers as conversions spell them, by lower case.
_HEADERS: Final[dict[str, str]] = {
    found.which.lower(): found.which
    for found in vars(named).values()
    if isinstance(found, NamedProperty) and found.guid == PS_INTERNET_HEADERS and isinstance(found.which, str)
}


def _spelled(name: PropertyName) -> int | str:
    """Return which property of its set a name is, as conversions know it."""
    if name.guid == PS_INTERNET_HEADERS and isinstance(name.which, str):
        return _HEADERS.get(name.which, name.which)
    return name.which or 0


def _canonical(name: PropertyName) -> PropertyName:
    """Return the name as it is kept: those of header fields in lower case ([MS-OXCPRPT] 3.2.5.10)."""
    if name.guid == PS_INTERNET_HEADERS and isinstance(name.which, str):
        return PropertyName(name.guid, name.which.lower())
    return name


def _text(name: PropertyName) -> str:
    which = name.which
    if isinstance(which, str):
        if not 0 < len(which.encode("utf-16-le", "surrogatepass")) // 2 <= MAX_NAME or "\0" in which:
            raise InvalidValueError(f"the name of a property has 1 to {MAX_NAME} characters")
        try:
            which.encode()
        except UnicodeEncodeError as error:
            raise InvalidValueError("the name of a property is no text") from error
        return f"GUID={name.guid},NAME={which}"
    if which is None or not 0 <= which <= _MAX_LID or name.guid == PS_MAPI:
        raise InvalidValueError("no property can have that name")
    return f"GUID={name.guid},LID={which}"


def _parsed(text: str) -> PropertyName:
    guid, _, which = text.partition(",")
    kind, _, value = which.partition("=")
    try:
        set_guid = UUID(guid.removeprefix("GUID="))
        return PropertyName(set_guid, int(value) if kind == "LID" else value)
    except ValueError as error:
        raise CorruptError("a stored name of a property is damaged") from error
