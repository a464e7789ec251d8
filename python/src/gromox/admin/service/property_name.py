"""Names of MAPI properties as people write them: ``displayname``, ``PR_DISPLAY_NAME``, ``0x3001001F``.

Spec: reference/system/admin-api.md "Property names" (tag names in lower case without prefix; times as
``YYYY-MM-DD HH:MM:SS``), db-schema.md "user_properties".
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError
from gromox.mapi import tagnames
from gromox.mapi.proptypes import MULTI_VALUE, PropType
from gromox.mapi.tagtable import TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.directory.user_property import PropertyValue, Value

#: Tags that are our own and stand in no published table.
_OWN: Final[Mapping[str, int]] = {"attributehidden_gromox": 0x10F40003, "attrhidden_gromox": 0x10F40003}
_TYPE_MASK: Final = 0xFFFF
#: 1601-01-01 to 1970-01-01 in units of 100 ns, [MS-DTYP] 2.3.3.
_FILETIME_EPOCH: Final = 116_444_736_000_000_000
_TICKS: Final = 10_000_000
_WHOLE: Final = frozenset(
    {PropType.INTEGER16, PropType.INTEGER32, PropType.INTEGER64, PropType.CURRENCY, PropType.ERROR_CODE}
)
_REAL: Final = frozenset({PropType.FLOATING32, PropType.FLOATING64, PropType.FLOATING_TIME})
_TEXT: Final = frozenset({PropType.STRING, PropType.STRING8})
_BOOLEANS: Final[Mapping[str, bool]] = {
    "0": False,
    "no": False,
    "false": False,
    "off": False,
    "1": True,
    "yes": True,
    "true": True,
    "on": True,
}


def tag_of(name: str) -> int:
    """Return the tag a name stands for.

    Raises:
        InputError: no property is called so.
    """
    if name[:1].isdigit():
        try:
            tag = int(name, 0)
        except ValueError:
            raise InputError(f"property '{name}' begins like a number but is none") from None
        if not 0xFFFF < tag <= 0xFFFFFFFF:  # noqa: PLR2004 - identifier and type, 16 bits each
            raise InputError(f"property '{name}': a tag has an identifier and a type, such as 0x3001001F")
        return tag
    tag = _by_short_name().get(_short(name), 0)
    if not tag:
        raise InputError(f"no property is called '{name}' - try `grommunio-admin taginfo {name}`")
    return tag


def name_of(tag: int) -> str:
    """Return the short name of a tag, or the tag in hexadecimal."""
    own = next((name for name, other in _OWN.items() if other == tag), None)
    known = tagnames.by_tag(tag)
    if own is not None or known is None:
        return own or f"0x{tag:08X}"
    symbols = [name for name in known.names if name.startswith(("PidTag", "PR_"))]
    return _short(symbols[0]) if symbols else f"0x{tag:08X}"


def value_of(tag: int, text: str) -> PropertyValue:
    """Return what ``text`` means for the tag's type; several values are separated by commas.

    Raises:
        InputError: the text is no value of that type.
    """
    kind = tag & _TYPE_MASK
    if kind & MULTI_VALUE:
        return tuple(_single(kind & ~MULTI_VALUE, part.strip(), tag) for part in text.split(","))
    return _single(kind, text, tag)


def text_of(tag: int, value: PropertyValue) -> str:
    """Return a value as :func:`value_of` reads it."""
    if isinstance(value, tuple):
        return ",".join(text_of(tag & ~MULTI_VALUE, one) for one in value)
    if isinstance(value, bytes):
        return value.hex()
    if tag & _TYPE_MASK == PropType.TIME and isinstance(value, int):
        seconds = (value - _FILETIME_EPOCH) // _TICKS
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return str(int(value)) if isinstance(value, bool) else str(value)


def _single(kind: int, text: str, tag: int) -> Value:
    try:
        if kind in _TEXT:
            return text
        if kind in _WHOLE:
            return int(text, 0)
        if kind == PropType.BOOLEAN:
            return _BOOLEANS[text.lower()]
        if kind in _REAL:
            return float(text)
        if kind == PropType.BINARY:
            return bytes.fromhex(text)
        if kind == PropType.TIME:
            return _filetime(text)
    except (ValueError, KeyError):
        raise InputError(f"{name_of(tag)}: '{text}' is no value of type {tagnames.type_name(kind)}") from None
    raise InputError(f"{name_of(tag)}: values of type {tagnames.type_name(kind)} cannot be written as text")


def _filetime(text: str) -> int:
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * _TICKS + _FILETIME_EPOCH


def _short(name: str) -> str:
    lowered = name.lower()
    for prefix in ("pidtag", "ptag", "pr_"):
        lowered = lowered.removeprefix(prefix)
    return lowered.replace("_", "")


@cache
def _by_short_name() -> Mapping[str, int]:
    """Index the symbols; where one stands for two types, Unicode wins over 8-bit text."""
    found: dict[str, int] = {}
    for line in TABLE.splitlines():
        word, *names = line.split(" ")
        tag = int(word, 16)
        if not tag & _TYPE_MASK:
            continue
        for name in names:
            if name and name.startswith(("PR_", "PidTag")):
                present = found.setdefault(_short(name), tag)
                if present & _TYPE_MASK == PropType.STRING8 and tag & _TYPE_MASK == PropType.STRING:
                    found[_short(name)] = tag
    return found | {_short(name): tag for name, tag in _OWN.items()}
