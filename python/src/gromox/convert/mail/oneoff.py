"""One-off entry identifiers and lists of them."""

from __future__ import annotations

import struct
from codecs import utf_16_le_encode
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.mapi.entryid import OneOffEntryId
from gromox.mapi.guids import MuidOOP

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEADER: Final = struct.Struct("<I16sHH")
_LIST: Final = struct.Struct("<II")
_SIZE: Final = struct.Struct("<I")
#: MIME, Unicode, not looked up.
_FLAGS: Final = 0x9001
_PREFIX: Final = _HEADER.pack(0, MuidOOP.bytes_le, 0, _FLAGS)
_MAX_ENTRIES: Final = 10_000


class OneOff(NamedTuple):
    """A correspondent that no address book knows."""

    name: str
    address_type: str
    address: str


def one_off_entry_id(name: str, address: str, address_type: str = "SMTP") -> bytes:
    """Return a One-Off EntryID with Unicode texts, [MS-OXCDATA] 2.2.5.1."""
    # As OneOffEntryId writes it, in a fraction of the time: there is one for each address of each mail.
    text = f"{name}\0{address_type}\0{address}\0"
    return _PREFIX + utf_16_le_encode(text, "replace")[0]


def read_one_off(entry_id: bytes) -> OneOff | None:
    """Return what a One-Off EntryID says, or None if it is none."""
    try:
        found = OneOffEntryId.from_octets(entry_id)
    except ParseError:
        return None
    texts = (found.display_name, found.address_type, found.email_address)
    return OneOff(*(text if isinstance(text, str) else text.decode("cp1252", "replace") for text in texts))


def flat_entry_list(entry_ids: Sequence[bytes]) -> bytes:
    """Return a FlatEntryList, [MS-OXCDATA] 2.3.3: each identifier padded to four octets."""
    body = b"".join(_SIZE.pack(len(each)) + each + b"\0" * (-len(each) % 4) for each in entry_ids)
    return _LIST.pack(len(entry_ids), len(body)) + body


def read_flat_entry_list(octets: bytes) -> list[bytes]:
    """Return the identifiers of a FlatEntryList as far as it goes."""
    if len(octets) < _LIST.size:
        return []
    count, _ = _LIST.unpack_from(octets)
    at = _LIST.size
    found: list[bytes] = []
    while len(found) < min(count, _MAX_ENTRIES) and at + _SIZE.size <= len(octets):
        (size,) = _SIZE.unpack_from(octets, at)
        at += _SIZE.size
        if at + size > len(octets):
            break
        found.append(octets[at : at + size])
        at += size + -size % 4
    return found
