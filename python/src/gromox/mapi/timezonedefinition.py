"""Time zones as Windows tells them: offsets, and two days of the year at which clocks change.

Spec:
    [MS-OXOCAL] 2.2.1.39 (PidLidTimeZoneStruct), 2.2.1.41 (PidLidAppointmentTimeZoneDefinitionRecur, and with
    it the two others of its form), 2.2.1.41.1 (TZRule). Offsets are minutes west of Greenwich.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntFlag
from typing import Final, NamedTuple

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer

_SYSTEM_TIME: Final = struct.Struct("<8H")
_BIASES: Final = struct.Struct("<iii")
_HEADER: Final = struct.Struct("<BBH")
_RULE: Final = struct.Struct("<BBHHH")
_RULE_SIZE: Final = 62  #: octets after the size itself
_UNUSED: Final = 14
_MAJOR: Final = 2
_MINOR: Final = 1
_VALID_KEY_NAME: Final = 2
MAX_RULES: Final = 1024
MAX_KEY_NAME: Final = 260


class SystemTime(NamedTuple):
    """SYSTEMTIME, [MS-DTYP] 2.3.13.

    In rules ``year`` is 0 and ``day`` the number of the weekday in its month, 5 the last; with a year it is a
    date. A month of 0 means that clocks do not change.
    """

    year: int = 0
    month: int = 0
    day_of_week: int = 0  #: 0 is Sunday
    day: int = 0
    hour: int = 0
    minute: int = 0
    second: int = 0
    milliseconds: int = 0


class ZoneRule(NamedTuple):
    """What is the same in both structures: offsets from UTC, and when they change."""

    bias: int
    standard_bias: int = 0
    daylight_bias: int = 0
    standard_date: SystemTime = SystemTime()
    daylight_date: SystemTime = SystemTime()


@dataclass(frozen=True, slots=True)
class TimeZoneStruct:
    """PidLidTimeZoneStruct."""

    rule: ZoneRule
    standard_year: int = 0
    daylight_year: int = 0

    @classmethod
    def from_octets(cls, octets: bytes) -> TimeZoneStruct:
        """Read one; octets after its end are passed over.

        Raises:
            ParseError: it is cut off.
        """
        r = Reader(octets)
        biases = r.unpack(_BIASES)
        standard_year = r.u16()
        standard = SystemTime(*r.unpack(_SYSTEM_TIME))
        daylight_year = r.u16()
        daylight = SystemTime(*r.unpack(_SYSTEM_TIME))
        return cls(_rule(biases, standard, daylight), standard_year, daylight_year)

    def octets(self) -> bytes:
        """Return the wire form."""
        w = Writer()
        bias, standard_bias, daylight_bias, standard, daylight = self.rule
        w.pack(_BIASES, bias, standard_bias, daylight_bias)
        w.u16(self.standard_year)
        w.pack(_SYSTEM_TIME, *standard)
        w.u16(self.daylight_year)
        w.pack(_SYSTEM_TIME, *daylight)
        return w.octets()


class RuleFlag(IntFlag):
    """TZRule flags."""

    RECUR_CURRENT = 0x0001  #: the rule that PidLidTimeZoneStruct has too
    EFFECTIVE = 0x0002  #: the rule that counts


@dataclass(frozen=True, slots=True)
class TimeZoneRule:
    """TZRule: what holds from a year on."""

    rule: ZoneRule
    year: int
    flags: int = 0
    unused: bytes = bytes(_UNUSED)


@dataclass(frozen=True, slots=True)
class TimeZoneDefinition:
    """PidLidAppointmentTimeZoneDefinitionRecur, -StartDisplay and -EndDisplay."""

    key_name: str
    rules: tuple[TimeZoneRule, ...]
    reserved: int = _VALID_KEY_NAME

    @classmethod
    def from_octets(cls, octets: bytes) -> TimeZoneDefinition:
        """Read one; octets after its end are passed over.

        Raises:
            ParseError: it is cut off, of a version not known, or has more rules than there can be.
        """
        r = Reader(octets)
        major, _, header_size = r.unpack(_HEADER)
        if major != _MAJOR:
            raise ParseError("a time zone definition of version 2")
        rules_at = r.offset + header_size
        reserved, size = r.u16(), r.u16()
        if size > MAX_KEY_NAME:
            raise ParseError(f"a name of a time zone of at most {MAX_KEY_NAME} characters", r.offset)
        key_name = r.take(2 * size).decode("utf-16-le", "surrogatepass")
        count = r.u16()
        if rules_at != r.offset:
            raise ParseError("a header as long as it says", r.offset)
        if count > MAX_RULES:
            raise ParseError(f"at most {MAX_RULES} rules of a time zone", r.offset)
        return cls(key_name, tuple(_read_rule(r) for _ in range(count)), reserved)

    def octets(self) -> bytes:
        """Return the wire form.

        Raises:
            ValueError: the name or the list of rules is too long.
        """
        name = self.key_name.encode("utf-16-le", "surrogatepass")
        if len(name) // 2 > MAX_KEY_NAME or len(self.rules) > MAX_RULES:
            raise ValueError(f"a time zone has {MAX_KEY_NAME} characters and {MAX_RULES} rules at most")
        w = Writer()
        w.pack(_HEADER, _MAJOR, _MINOR, 6 + len(name))
        w.u16(self.reserved)
        w.u16(len(name) // 2)
        w.raw(name)
        w.u16(len(self.rules))
        for each in self.rules:
            bias, standard_bias, daylight_bias, standard, daylight = each.rule
            w.pack(_RULE, _MAJOR, _MINOR, _RULE_SIZE, each.flags, each.year)
            w.raw(each.unused)
            w.pack(_BIASES, bias, standard_bias, daylight_bias)
            w.pack(_SYSTEM_TIME, *standard)
            w.pack(_SYSTEM_TIME, *daylight)
        return w.octets()

    @property
    def effective(self) -> TimeZoneRule | None:
        """The rule that counts: the one marked, else the last."""
        for each in self.rules:
            if each.flags & RuleFlag.EFFECTIVE:
                return each
        return self.rules[-1] if self.rules else None


def _rule(biases: tuple[int, ...], standard: SystemTime, daylight: SystemTime) -> ZoneRule:
    return ZoneRule(biases[0], biases[1], biases[2], standard, daylight)


def _read_rule(r: Reader) -> TimeZoneRule:
    at = r.offset
    major, _, size, flags, year = r.unpack(_RULE)
    if major != _MAJOR or size < _RULE_SIZE:
        raise ParseError("a rule of a time zone of version 2", at)
    unused = r.take(_UNUSED)
    biases = r.unpack(_BIASES)
    standard, daylight = SystemTime(*r.unpack(_SYSTEM_TIME)), SystemTime(*r.unpack(_SYSTEM_TIME))
    r.take(size - _RULE_SIZE)
    return TimeZoneRule(_rule(biases, standard, daylight), year, flags, unused)
