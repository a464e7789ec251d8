"""PidLidAppointmentRecur: a recurrence pattern with times of day and what differs in single instances.

Spec:
    [MS-OXOCAL] 2.2.1.44.2 to 2.2.1.44.5. Each exception is told twice: with texts in some code page
    (ExceptionInfo) and with Unicode texts (ExtendedException); we keep both.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.recurrence import RecurrencePattern

READER_VERSION_2: Final = 0x3006
WRITER_VERSION_2: Final = 0x3009
#: Writers of at least this version tell ChangeHighlight.
_WITH_CHANGE_HIGHLIGHT: Final = 0x3009
MAX_EXCEPTIONS: Final = 10_000
_MAX_RESERVED: Final = 0x10000
_MAX_TEXT: Final = 0xFFFE

_TIMES: Final = struct.Struct("<III")
_VERSIONS: Final = struct.Struct("<IIIIH")


class Override(IntFlag):
    """OverrideFlags: which values an exception has of its own, [MS-OXOCAL] 2.2.1.44.2."""

    SUBJECT = 0x0001
    MEETING_TYPE = 0x0002
    REMINDER_DELTA = 0x0004
    REMINDER = 0x0008
    LOCATION = 0x0010
    BUSY_STATUS = 0x0020
    ATTACHMENT = 0x0040
    SUB_TYPE = 0x0080
    COLOR = 0x0100
    BODY = 0x0200


#: Values of four octets by the bit that says that they are there, in wire order; None is the place of a text.
_NUMBERS: Final = (
    (Override.MEETING_TYPE, "meeting_type"),
    (Override.REMINDER_DELTA, "reminder_delta"),
    (Override.REMINDER, "reminder_set"),
    (Override.LOCATION, ""),
    (Override.BUSY_STATUS, "busy_status"),
    (Override.ATTACHMENT, "attachment"),
    (Override.SUB_TYPE, "sub_type"),
    (Override.COLOR, "color"),
)


@dataclass(frozen=True, slots=True)
class ChangedInstance:
    """ExceptionInfo and ExtendedException of one exception.

    Times are local minutes since 1601; values count where the flags say that they are there. ``subject`` and
    ``location`` are in the code page of the mailbox, ``wide_subject`` and ``wide_location`` in Unicode.
    """

    start: int
    end: int
    original_start: int
    flags: int = 0
    subject: bytes = b""
    meeting_type: int = 0
    reminder_delta: int = 0
    reminder_set: int = 0
    location: bytes = b""
    busy_status: int = 0
    attachment: int = 0
    sub_type: int = 0
    color: int = 0
    wide_subject: str = ""
    wide_location: str = ""
    change_highlight: int = 0
    change_highlight_rest: bytes = b""
    reserved_1: bytes = b""
    reserved_2: bytes = b""


@dataclass(frozen=True, slots=True)
class AppointmentRecurrence:
    """AppointmentRecurrencePattern; offsets are minutes after midnight of each instance's day."""

    pattern: RecurrencePattern
    start_offset: int
    end_offset: int
    exceptions: tuple[ChangedInstance, ...] = ()
    reader_version: int = READER_VERSION_2
    writer_version: int = WRITER_VERSION_2
    reserved_1: bytes = b""
    reserved_2: bytes = b""

    @classmethod
    def from_octets(cls, octets: bytes) -> AppointmentRecurrence:
        """Read PidLidAppointmentRecur; octets after its end are passed over.

        Raises:
            ParseError: it is cut off, or holds more than there can be.
        """
        r = Reader(octets)
        pattern = RecurrencePattern.decode(r)
        reader_version, writer_version, start_offset, end_offset, count = r.unpack(_VERSIONS)
        if count > MAX_EXCEPTIONS:
            raise ParseError(f"at most {MAX_EXCEPTIONS} exceptions", r.offset)
        infos = [_read_info(r) for _ in range(count)]
        reserved_1 = _read_reserved(r)
        has_highlight = writer_version >= _WITH_CHANGE_HIGHLIGHT
        exceptions = tuple(_read_extended(r, info, has_highlight=has_highlight) for info in infos)
        reserved_2 = _read_reserved(r)
        return cls(
            pattern,
            start_offset,
            end_offset,
            exceptions,
            reader_version,
            writer_version,
            reserved_1,
            reserved_2,
        )

    def octets(self) -> bytes:
        """Return the wire form.

        Raises:
            ValueError: there is more of something than its count can tell.
        """
        if len(self.exceptions) > MAX_EXCEPTIONS:
            raise ValueError(f"a recurrence has at most {MAX_EXCEPTIONS} exceptions")
        w = Writer()
        self.pattern.write(w)
        w.pack(
            _VERSIONS,
            self.reader_version,
            self.writer_version,
            self.start_offset,
            self.end_offset,
            len(self.exceptions),
        )
        for each in self.exceptions:
            _write_info(w, each)
        _write_reserved(w, self.reserved_1)
        for each in self.exceptions:
            _write_extended(w, each, has_highlight=self.writer_version >= _WITH_CHANGE_HIGHLIGHT)
        _write_reserved(w, self.reserved_2)
        return w.octets()


def _read_info(r: Reader) -> ChangedInstance:
    start, end, original = r.unpack(_TIMES)
    flags = r.u16()
    values: dict[str, int] = {}
    subject = _read_text(r) if flags & Override.SUBJECT else b""
    location = b""
    for bit, name in _NUMBERS:
        if flags & bit and name:
            values[name] = r.u32()
        elif flags & bit:
            location = _read_text(r)
    found = ChangedInstance(start, end, original, flags, subject=subject, location=location)
    return replace(found, **values)  # type: ignore[arg-type]  # all of them are numbers


def _write_info(w: Writer, each: ChangedInstance) -> None:
    w.pack(_TIMES, each.start, each.end, each.original_start)
    w.u16(each.flags)
    if each.flags & Override.SUBJECT:
        _write_text(w, each.subject)
    for bit, name in _NUMBERS:
        if each.flags & bit and name:
            w.u32(getattr(each, name))
        elif each.flags & bit:
            _write_text(w, each.location)


def _read_text(r: Reader) -> bytes:
    """Read a text that is preceded by its size and one more, and by its size."""
    at = r.offset
    larger, size = r.u16(), r.u16()
    if larger != size + 1:
        raise ParseError("a size of text that is one more than the next", at)
    return r.take(size)


def _write_text(w: Writer, text: bytes) -> None:
    if len(text) > _MAX_TEXT:
        raise ValueError(f"a text of an exception has at most {_MAX_TEXT} octets")
    w.u16(len(text) + 1)
    w.u16(len(text))
    w.raw(text)


def _read_extended(r: Reader, info: ChangedInstance, *, has_highlight: bool) -> ChangedInstance:
    highlight, rest = 0, b""
    if has_highlight:
        size = r.u32()
        if not 4 <= size <= _MAX_RESERVED:  # noqa: PLR2004 - of the value
            raise ParseError("a size of ChangeHighlight", r.offset)
        highlight = r.u32()
        rest = r.take(size - 4)
    reserved_1 = _read_reserved(r)
    wide_subject = wide_location = ""
    reserved_2 = b""
    if info.flags & (Override.SUBJECT | Override.LOCATION):
        # The three times once more.
        r.unpack(_TIMES)
        if info.flags & Override.SUBJECT:
            wide_subject = r.take(2 * r.u16()).decode("utf-16-le", "surrogatepass")
        if info.flags & Override.LOCATION:
            wide_location = r.take(2 * r.u16()).decode("utf-16-le", "surrogatepass")
        reserved_2 = _read_reserved(r)
    return ChangedInstance(
        **{name: getattr(info, name) for name in _INFO_FIELDS},
        wide_subject=wide_subject,
        wide_location=wide_location,
        change_highlight=highlight,
        change_highlight_rest=rest,
        reserved_1=reserved_1,
        reserved_2=reserved_2,
    )


def _write_extended(w: Writer, each: ChangedInstance, *, has_highlight: bool) -> None:
    if has_highlight:
        w.u32(4 + len(each.change_highlight_rest))
        w.u32(each.change_highlight)
        w.raw(each.change_highlight_rest)
    _write_reserved(w, each.reserved_1)
    if each.flags & (Override.SUBJECT | Override.LOCATION):
        w.pack(_TIMES, each.start, each.end, each.original_start)
        if each.flags & Override.SUBJECT:
            _write_wide(w, each.wide_subject)
        if each.flags & Override.LOCATION:
            _write_wide(w, each.wide_location)
        _write_reserved(w, each.reserved_2)


def _write_wide(w: Writer, text: str) -> None:
    octets = text.encode("utf-16-le", "surrogatepass")
    if len(octets) // 2 > _MAX_TEXT:
        raise ValueError(f"a text of an exception has at most {_MAX_TEXT} characters")
    w.u16(len(octets) // 2)
    w.raw(octets)


def _read_reserved(r: Reader) -> bytes:
    size = r.u32()
    if size > _MAX_RESERVED:
        raise ParseError(f"a reserved block of at most {_MAX_RESERVED} octets", r.offset)
    return r.take(size)


def _write_reserved(w: Writer, octets: bytes) -> None:
    w.u32(len(octets))
    w.raw(octets)


_INFO_FIELDS: Final = (
    "start",
    "end",
    "original_start",
    "flags",
    "subject",
    "location",
    *(name for _, name in _NUMBERS if name),
)
