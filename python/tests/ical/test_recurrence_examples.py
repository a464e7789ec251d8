"""RFC 5545 3.8.5.3: each example with all the instances it lists, and with the offset it says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from gromox.ical import Component, Property, series

VECTORS = Path(__file__).parent / "vectors" / "rfc5545_recurrence.txt"
ZONE = (("TZID", ("America/New_York",)),)


class Example(NamedTuple):
    properties: list[Property]
    listed: list[datetime | None]  # None: any number of others


def examples() -> list[Example]:
    found: list[Example] = []
    for block in VECTORS.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        example = Example([], [])
        for line in lines:
            word, rest = line.split(" ", 1)
            if word[0].isalpha():
                example.properties.append(Property(word, rest, () if word == "RRULE" else ZONE))
            else:
                offset, *items = rest.split()
                for item in items:
                    example.listed.extend(instances(word, offset, item))
        found.append(example)
    return found


def instances(day: str, offset: str, item: str) -> list[datetime | None]:
    if item == "...":
        return [None]
    if ":" in item:
        return [datetime.strptime(f"{day} {item} {offset}", "%Y-%m-%d %H:%M %z")]
    first, _, last = item.partition("-")
    return [
        datetime.strptime(f"{day}-{number:02d} 09:00 {offset}", "%Y-%m-%d %H:%M %z")
        for number in range(int(first), int(last or first) + 1)
    ]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.properties[-1].value)
def test_the_listed_instances_are_found(example: Example) -> None:
    made = series([Component("VEVENT", example.properties)])
    is_open = not re.search("COUNT|UNTIL", example.properties[-1].value)
    listed = example.listed
    last = max(when for when in listed if when is not None)
    found = [one.start for one in made.between(datetime(1990, 1, 1, tzinfo=UTC), last + timedelta(seconds=1))]
    rest = list(found)
    for at, wanted in enumerate(listed):
        if wanted is None:
            while at + 1 < len(listed) and rest[0] != listed[at + 1]:
                rest.pop(0)
        else:
            here = rest.pop(0)
            assert isinstance(here, datetime)
            assert (here, here.utcoffset()) == (wanted, wanted.utcoffset())
    assert not rest
    if not is_open:
        assert list(made.between(last + timedelta(seconds=1), datetime(2100, 1, 1, tzinfo=UTC))) == []


def test_all_examples_are_here() -> None:
    assert len(examples()) == 42
