"""Time zones of Windows, [MS-OXOCAL] 2.2.1.39 and 2.2.1.41: layouts, round trips, truncations, bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import timezonedefinition
from gromox.mapi.timezonedefinition import (
    RuleFlag,
    SystemTime,
    TimeZoneDefinition,
    TimeZoneRule,
    TimeZoneStruct,
    ZoneRule,
)
from tests.mapi.mutation import mutations

PACIFIC = ZoneRule(480, 0, -60, SystemTime(0, 11, 0, 1, 2), SystemTime(0, 3, 0, 2, 2))
# Assembled by hand from the field table of [MS-OXOCAL] 2.2.1.39.
STRUCT = bytes.fromhex(
    "e0010000"  # lBias
    "00000000"  # lStandardBias
    "c4ffffff"  # lDaylightBias
    "0000"  # wStandardYear
    "00000b0000000100 0200000000000000"  # stStandardDate: first Sunday of November, 2:00
    "0000"  # wDaylightYear
    "0000030000000200 0200000000000000"  # stDaylightDate: second Sunday of March, 2:00
)
# Assembled by hand from the field tables of [MS-OXOCAL] 2.2.1.41 and 2.2.1.41.1.
DEFINITION = bytes.fromhex(
    "02"  # Major version
    "01"  # Minor version
    "0c00"  # cbHeader
    "0200"  # Reserved
    "0300"  # cchKeyName
    "500053005400"  # KeyName
    "0100"  # cRules
    "02"  # Major version of the rule
    "01"  # Minor version
    "3e00"  # Reserved: size of what follows
    "0200"  # flags: effective
    "d707"  # wYear
    "0000000000000000000000000000"  # X
    "e001000000000000c4ffffff"  # biases
    "00000b00000001000200000000000000"
    "00000300000002000200000000000000"
)


def test_the_old_structure() -> None:
    found = TimeZoneStruct.from_octets(STRUCT)
    assert found == TimeZoneStruct(PACIFIC)
    assert found.octets() == STRUCT
    assert len(STRUCT) == 48


def test_a_definition_with_one_rule() -> None:
    found = TimeZoneDefinition.from_octets(DEFINITION)
    assert found == TimeZoneDefinition("PST", (TimeZoneRule(PACIFIC, 2007, RuleFlag.EFFECTIVE),))
    assert found.octets() == DEFINITION


def test_the_rule_that_counts() -> None:
    rules = tuple(TimeZoneRule(ZoneRule(bias), 2000 + bias) for bias in (1, 2, 3))
    marked = (rules[0], replace(rules[1], flags=RuleFlag.EFFECTIVE), rules[2])
    assert TimeZoneDefinition("x", marked).effective == marked[1]
    assert TimeZoneDefinition("x", rules).effective == rules[2]
    assert TimeZoneDefinition("x", ()).effective is None


@pytest.mark.parametrize("size", range(len(DEFINITION)))
def test_every_truncation_of_a_definition_is_an_error(size: int) -> None:
    with pytest.raises(ParseError):
        TimeZoneDefinition.from_octets(DEFINITION[:size])


@pytest.mark.parametrize("size", range(len(STRUCT)))
def test_every_truncation_of_the_old_structure_is_an_error(size: int) -> None:
    with pytest.raises(ParseError):
        TimeZoneStruct.from_octets(STRUCT[:size])


SYSTEM_TIMES = st.builds(SystemTime, *[st.integers(0, 0xFFFF)] * 8)
BIASES = st.integers(-(2**31), 2**31 - 1)
RULES = st.builds(ZoneRule, BIASES, BIASES, BIASES, SYSTEM_TIMES, SYSTEM_TIMES)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.builds(TimeZoneStruct, RULES, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)))
def test_old_structures_are_read_back(value: TimeZoneStruct) -> None:
    assert TimeZoneStruct.from_octets(value.octets()) == value


ZONE_RULES = st.builds(
    TimeZoneRule, RULES, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(min_size=14, max_size=14)
)


@given(
    st.builds(TimeZoneDefinition, TEXTS, st.lists(ZONE_RULES, max_size=3).map(tuple), st.integers(0, 0xFFFF))
)
def test_definitions_are_read_back(value: TimeZoneDefinition) -> None:
    assert TimeZoneDefinition.from_octets(value.octets()) == value


def test_damaged_definitions_are_read_or_refused() -> None:
    for octets in mutations(DEFINITION, 2000, 5):
        try:
            found = TimeZoneDefinition.from_octets(octets)
        except ParseError:
            continue
        assert TimeZoneDefinition.from_octets(found.octets()) == found


def test_other_versions_and_headers_that_lie_are_errors() -> None:
    for octets in (
        b"\3" + DEFINITION[1:],
        DEFINITION[:2] + b"\x0d\0" + DEFINITION[4:],
        DEFINITION[:16] + b"\3" + DEFINITION[17:],
        DEFINITION[:18] + b"\x3d" + DEFINITION[19:],
        DEFINITION[:6] + b"\xff\xff" + DEFINITION[8:],
    ):
        with pytest.raises(ParseError):
            TimeZoneDefinition.from_octets(octets)


def test_longer_rules_of_later_versions_are_read() -> None:
    octets = DEFINITION[:18] + b"\x40" + DEFINITION[19:] + b"\1\2"
    assert TimeZoneDefinition.from_octets(octets) == TimeZoneDefinition.from_octets(DEFINITION)


def test_too_many_rules_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = TimeZoneDefinition.from_octets(DEFINITION)
    monkeypatch.setattr(timezonedefinition, "MAX_RULES", 0)
    with pytest.raises(ParseError, match="at most 0 rules"):
        TimeZoneDefinition.from_octets(DEFINITION)
    with pytest.raises(ValueError, match="rules at most"):
        found.octets()
