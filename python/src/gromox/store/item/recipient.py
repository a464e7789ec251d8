"""Recipients of an item, packed into one value.

Layout (numbers little-endian): u8 version (1), u8 zero, u16 zero, u32 count, for each u32 size and its
properties as blob.py packs them. Bounds: 10,000 recipients, 32 MiB.

Spec: [MS-OXCMSG] 2.2.1.46 (recipients), [MS-OXOMSG] 2.2.3 (their properties).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.mapi.message import Recipient, RecipientType
from gromox.store.errors import CorruptError, LimitError
from gromox.store.property.blob import Packed, pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.propvalue import PropValue

MAX_RECIPIENTS: Final = 10_000
MAX_SIZE: Final = 32 << 20
_MAX_LIST: Final = 2000
"""Characters of a list of names that is kept for display."""
_KIND: Final = 0x0F
"""Flags stand above the kind, [MS-OXOMSG] 2.2.3.1."""
_HEAD: Final = struct.Struct("<BBHI")
_SIZE: Final = struct.Struct("<I")
_VERSION: Final = 1


def pack_recipients(rows: Sequence[dict[int, PropValue]]) -> bytes | None:
    """Return recipients packed; None if there are none.

    Raises:
        InvalidValueError: a value does not fit its type.
        LimitError: there are too many, or they are too large.
    """
    if not rows:
        return None
    if len(rows) > MAX_RECIPIENTS:
        raise LimitError(f"an item has at most {MAX_RECIPIENTS} recipients")
    out = bytearray(_HEAD.pack(_VERSION, 0, 0, len(rows)))
    for row in rows:
        octets = pack(row) or b""
        out += _SIZE.pack(len(octets))
        out += octets
        if len(out) > MAX_SIZE:
            raise LimitError("the recipients of an item are too large")
    return bytes(out)


def unpack_recipients(octets: bytes | None) -> list[dict[int, PropValue]]:
    """Return the properties of each recipient, in their order. Raises CorruptError."""
    if not octets:
        return []
    try:
        version, _, _, count = _HEAD.unpack_from(octets)
        if version != _VERSION or count > MAX_RECIPIENTS:
            raise CorruptError("packed recipients are damaged")
        rows = []
        at = _HEAD.size
        for _ in range(count):
            (size,) = _SIZE.unpack_from(octets, at)
            at += _SIZE.size
            if at + size > len(octets):
                raise CorruptError("packed recipients end too early")
            rows.append(Packed(octets[at : at + size]).values())
            at += size
    except struct.error as error:
        raise CorruptError("packed recipients end too early") from error
    if at != len(octets):
        raise CorruptError("packed recipients are damaged")
    return rows


def numbered(rows: Iterable[dict[int, PropValue]]) -> list[dict[int, PropValue]]:
    """Return recipients with PidTagRowid from 0 on in their order, where not all have one of their own."""
    found = list(rows)
    held = [row.get(tags.PidTagRowid) for row in found]
    if len(set(held)) == len(found) and None not in held:
        return found
    return [{**row, tags.PidTagRowid: number} for number, row in enumerate(found)]


def displays(rows: Iterable[dict[int, PropValue]]) -> tuple[str, str, str]:
    """Return PidTagDisplayTo, PidTagDisplayCc and PidTagDisplayBcc.

    Spec:
        [MS-OXOMSG] 2.2.1.7 to 2.2.1.9: names separated by semicolons; [MS-OXCMSG] 3.2.5.2: empty without any.
    """
    lists: dict[int, list[str]] = {RecipientType.TO: [], RecipientType.CC: [], RecipientType.BCC: []}
    for row in rows:
        kind = row.get(tags.PidTagRecipientType, RecipientType.TO)
        names = lists.get(kind & _KIND if isinstance(kind, int) else RecipientType.TO)
        name = _name(row)
        if names is not None and name:
            names.append(name)
    to, cc, bcc = ["; ".join(names)[:_MAX_LIST] for names in lists.values()]
    return to, cc, bcc


def _name(row: dict[int, PropValue]) -> str:
    for tag in (tags.PidTagDisplayName, tags.PidTagSmtpAddress, tags.PidTagEmailAddress):
        value = row.get(tag)
        if isinstance(value, str) and value:
            return value
    return ""


def recipient(row: dict[int, PropValue]) -> Recipient:
    """Return a row as the model has it, with tags as keys."""
    made = Recipient()
    for tag, value in row.items():
        made.properties[tag] = value
    return made
