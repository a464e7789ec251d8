"""PtypString8 on the way in and out: a mailbox keeps Unicode.

Spec:
    [MS-OXCMSG] 2.2.1.4 (code page of a message), [MS-OXCPRPT] 3.2.5.1 (strings in the type asked for).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.mail.page import page_of_number
from gromox.mapi.proptypes import PropType
from gromox.mime import charset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propvalue import PropValue

DEFAULT_CODE_PAGE: Final = 1252
_STRING8, _STRING = int(PropType.STRING8), int(PropType.STRING)
_MANY_STRING8, _MANY_STRING = int(PropType.MULTIPLE_STRING8), int(PropType.MULTIPLE_STRING)
_STORED: Final = {_STRING8: _STRING, _MANY_STRING8: _MANY_STRING}


def stored_tag(tag: int) -> int:
    """Return the tag under which a property is kept."""
    kind = _STORED.get(tag & 0xFFFF)
    return tag if kind is None else tag & 0xFFFF0000 | kind


def is_string8(tag: int) -> bool:
    """Tell whether octets are asked for where text is kept."""
    return tag & 0xFFFF in _STORED


def stored_values(
    values: Mapping[int, PropValue], code_page: int = DEFAULT_CODE_PAGE
) -> dict[int, PropValue]:
    """Return values as they are kept; of one identifier the last one counts."""
    kept: dict[int, int] = {}
    result: dict[int, PropValue] = {}
    for tag, value in values.items():
        stored = stored_tag(tag)
        before = kept.get(tag >> 16)
        if before is not None and before != stored:
            del result[before]
        kept[tag >> 16] = stored
        result[stored] = value if stored == tag else _decoded(value, code_page)
    return result


def encoded(value: PropValue, code_page: int = DEFAULT_CODE_PAGE) -> PropValue:
    """Return text as octets of a code page; what it cannot tell becomes a question mark."""
    if isinstance(value, tuple):
        return tuple(_encode(each, code_page) for each in value)
    return _encode(value, code_page)


def _decoded(value: PropValue, code_page: int) -> PropValue:
    if isinstance(value, tuple):
        return tuple(_decode(each, code_page) for each in value)
    return _decode(value, code_page)


def decoded(octets: bytes, code_page: int) -> str:
    """Return the text that octets of a code page are, up to their first NUL."""
    return charset.decode(octets, page_of_number(code_page).name).partition("\0")[0]


def _decode(value: object, code_page: int) -> str:
    if isinstance(value, str):
        return value
    return decoded(value if isinstance(value, bytes) else b"", code_page)


def _encode(value: object, code_page: int) -> bytes:
    text = value if isinstance(value, str) else ""
    return text.encode(page_of_number(code_page).codec, "replace")
