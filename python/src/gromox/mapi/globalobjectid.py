"""Global object ids: what a meeting is called in all mailboxes.

Spec:
    [MS-OXOCAL] 2.2.1.27 (PidLidGlobalObjectId), 2.2.1.28 (PidLidCleanGlobalObjectId, without the date).
    A UID of iCalendar that is none of these stands in ``data``, [MS-OXCICAL] 2.1.3.1.1.20.26.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer

if TYPE_CHECKING:
    from datetime import date

ARRAY_ID: Final = bytes.fromhex("040000008200E00074C5B7101A82E008")
#: Mark of data that holds a UID of iCalendar; a version follows.
VCAL_UID: Final = b"vCal-Uid\x01\x00\x00\x00"
MAX_DATA: Final = 64 << 10
_DATE: Final = struct.Struct(">HBB")


@dataclass(frozen=True, slots=True)
class GlobalObjectId:
    """PidLidGlobalObjectId; year, month and day are those of an exception, else 0."""

    data: bytes
    year: int = 0
    month: int = 0
    day: int = 0
    creation_time: int = 0  #: FILETIME
    reserved: bytes = bytes(8)
    array_id: bytes = ARRAY_ID

    @classmethod
    def from_octets(cls, octets: bytes) -> GlobalObjectId:
        """Read one.

        Raises:
            ParseError: it is cut off or longer than it says.
        """
        r = Reader(octets)
        array_id = r.take(len(ARRAY_ID))
        year, month, day = r.unpack(_DATE)
        creation_time = r.u64()
        reserved = r.take(8)
        size = r.u32()
        if size > MAX_DATA:
            raise ParseError(f"an id of at most {MAX_DATA} octets", r.offset)
        data = r.take(size)
        r.end()
        return cls(data, year, month, day, creation_time, reserved, array_id)

    def octets(self) -> bytes:
        """Return the wire form."""
        w = Writer()
        w.raw(self.array_id)
        w.pack(_DATE, self.year, self.month, self.day)
        w.u64(self.creation_time)
        w.raw(self.reserved)
        w.u32(len(self.data))
        w.raw(self.data)
        return w.octets()

    @classmethod
    def of_uid(cls, uid: str) -> GlobalObjectId:
        """Return the id of an iCalendar UID, [MS-OXCICAL] 2.1.3.1.1.20.26.

        A UID that is the hexadecimal form of an id is that id; others are wrapped. The date is left out.
        """
        head = ARRAY_ID.hex().upper()
        if uid[: len(head)].upper() == head and uid.isascii():
            try:
                return cls.from_octets(bytes.fromhex(uid)).clean()
            except (ValueError, ParseError):
                pass
        return cls(VCAL_UID + uid.encode("utf-8", "surrogatepass")[: MAX_DATA - len(VCAL_UID) - 1] + b"\0")

    @property
    def uid(self) -> str:
        """The UID of iCalendar that this is."""
        if self.data.startswith(VCAL_UID):
            return self.data[len(VCAL_UID) :].rstrip(b"\0").decode("utf-8", "replace")
        return self.clean().octets().hex().upper()

    def clean(self) -> GlobalObjectId:
        """Return the id of the whole series."""
        return replace(self, year=0, month=0, day=0)

    def of_instance(self, day: date) -> GlobalObjectId:
        """Return the id of the instance that was to begin on a day."""
        return replace(self, year=day.year, month=day.month, day=day.day)
