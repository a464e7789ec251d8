"""What is known of MAPI property tags, for people.

Spec: reference/system/cli.md, ``taginfo``; [MS-OXPROPS], [MS-OXCDATA] 2.11.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gromox.admin.service.errors import InputError
from gromox.admin.service.property_name import tag_of
from gromox.mapi import tagnames

_LARGEST_ID: Final = 0xFFFF
_LARGEST_TAG: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class TagInfo:
    """One tag; ``names`` may be empty."""

    tag: int
    names: tuple[str, ...]

    @property
    def type_name(self) -> str:
        """Name of the type of its values."""
        return tagnames.type_name(self.tag & 0xFFFF)


def look_up(text: str) -> list[TagInfo]:
    """Return what is known of a tag (number in any base), of all tags with an identifier, or of a name.

    Raises:
        InputError: it is no number of a tag and no name of a property.
    """
    if text[:1].isdigit():
        return _by_number(text)
    found = tagnames.by_name(text)
    if found:
        return [TagInfo(entry.tag, entry.names) for entry in found]
    tag = tag_of(text)
    entry = tagnames.by_tag(tag)
    return [TagInfo(tag, entry.names if entry is not None else ())]


def _by_number(text: str) -> list[TagInfo]:
    try:
        number = int(text, 0)
    except ValueError:
        raise InputError(
            f"'{text}' begins like a number but is none; write 0x3001001F or 805371935"
        ) from None
    if number > _LARGEST_TAG:
        raise InputError(f"'{text}' is no property tag: those have 32 bits")
    if number <= _LARGEST_ID:
        return [TagInfo(entry.tag, entry.names) for entry in tagnames.by_id(number)] or [
            TagInfo(number << 16, ())
        ]
    entry = tagnames.by_tag(number)
    if entry is not None:
        return [TagInfo(number, entry.names)]
    # the same identifier with another type says at least what it might be
    same = tagnames.by_id(number >> 16)
    return [TagInfo(number, tuple(name for other in same for name in other.names))]
