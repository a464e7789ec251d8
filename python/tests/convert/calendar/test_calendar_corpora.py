"""Calendars of other projects: nothing is raised, a fixed point, and the instances that others find.

``GROMOX_CORPORA`` names a folder; all calendars below it are read. The second opinions are
recurring-ical-events and icalendar, with python-dateutil underneath. Where they disagree, disagreements.tsv
says why.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha1
from itertools import islice
from pathlib import Path
from typing import Final

import icalendar
import pytest
import recurring_ical_events

from gromox.base.errors import ParseError
from gromox.convert.calendar import (
    ReaderOptions,
    calendar_from_messages,
    expansion_of,
    messages_from_calendar,
)
from gromox.convert.calendar.instant import instant_of, ticks_of
from gromox.convert.calendar.reader import context_of, groups_of, messages_of_group
from gromox.ical import Component, write
from gromox.ical import read as read_components
from gromox.mapi.message import Message
from tests.convert.calendar.drive import described

SUFFIXES: Final = frozenset([".ics", ".ical", ".icalendar", ".vcs", ".ifb", ".ref", ".orig", ".out"])
LIST: Final = Path(__file__).parent / "disagreements.tsv"
#: Of one file; holiday calendars have thousands of the same.
GROUPS: Final = 40
INSTANCES: Final = 3000
YEARS: Final = timedelta(days=3 * 366)
#: Instances of these are too many for the other libraries.
FAST: Final = ("FREQ=SECONDLY", "FREQ=MINUTELY")
LARGEST: Final = 4 << 20
DAYS: Final = re.compile(r"[0-9]{8}(?:,[0-9]{8})*$")


def files() -> list[Path]:
    folder = os.environ.get("GROMOX_CORPORA")
    if not folder:
        pytest.skip("GROMOX_CORPORA names no folder with calendars of other projects")
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        pytest.skip(f"GROMOX_CORPORA={folder} holds no calendar")
    return found


def calendars(path: Path) -> Iterator[Component]:
    """The calendars of a file; none if it is no calendar."""
    try:
        roots = read_components(path.read_bytes())
    except ParseError:
        return
    yield from (root for root in roots if root.name == "VCALENDAR")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_import_export_import_is_a_fixed_point() -> None:
    count = items = 0
    for path in files():
        for root in calendars(path):
            octets = write(root)
            first = list(messages_from_calendar(octets))
            count += 1
            items += len(first)
            if not first:
                continue
            made = calendar_from_messages(first)
            second = list(messages_from_calendar(made))
            assert [described(each) for each in second] == [described(each) for each in first], path
            assert calendar_from_messages(second) == made, path
    print(f"{count} calendars, {items} messages")  # noqa: T201 - shown with -rP
    assert count


def told() -> dict[str, str]:
    """The disagreements that are explained."""
    rows = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines()[1:]]
    return {row[0]: row[3] for row in rows}


def persons_of(messages: list[Message]) -> int:
    inner = [
        each.embedded for message in messages for each in message.attachments if each.embedded is not None
    ]
    return sum(len(message.recipients) for message in [*messages, *inner])


def for_others(group: list[Component], zones: list[Component]) -> bytes:
    """The calendar as the other library gets it: the days of whole days have no zone for us."""
    for component in group:
        component.properties = [
            one.with_parameter("TZID") if DAYS.match(one.value) else one for one in component.properties
        ]
    return write(Component("VCALENDAR", [], [*zones, *group]))


def theirs(octets: bytes, begin: datetime, end: datetime) -> list[datetime] | None:
    """The starts that recurring-ical-events finds, or None where it gives up."""
    # It keeps the zones of other calendars by their names.
    icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]
    try:
        found = icalendar.Calendar.from_ical(octets)
        values = [each["DTSTART"].dt for each in recurring_ical_events.of(found).between(begin, end)]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, IndexError, NotImplementedError):
        return None
    return sorted(map(as_instant, values))


def as_instant(value: date | datetime) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def window(messages: list[Message]) -> tuple[datetime, datetime, list[datetime]] | None:
    """Three years from the first instance on, or less if there are very many, and our starts within."""
    expansions = [found for each in messages if (found := expansion_of(each)) is not None]
    if not expansions:
        return None
    first = instant_of(min(each.bounds().first for each in expansions))
    if not 1602 < first.year < 9990:
        return None
    begin = first.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    end = begin + YEARS
    ticks = ticks_of(begin), ticks_of(end)
    assert ticks[0] is not None
    assert ticks[1] is not None
    ours = []
    for each in expansions:
        bounds = each.bounds()
        for one in islice(each.between(ticks[0], ticks[1]), INSTANCES):
            assert bounds.first <= one.start <= one.end <= bounds.last
            ours.append(instant_of(one.start))
    ours.sort()
    if len(ours) >= INSTANCES:
        end = ours[INSTANCES - 1]
        ours = [each for each in ours if each < end]
    return begin, end, ours


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_events_attendees_and_instants_are_those_others_find() -> None:
    explained = told()
    compared = instants = 0
    unexplained = []
    for path in files():
        if path.stat().st_size > LARGEST:
            continue
        for root in calendars(path):
            root.properties = [one for one in root.properties if one.name != "METHOD"]
            context = context_of(root, ReaderOptions())
            for group in groups_of(root)[:GROUPS]:
                if group[0].name != "VEVENT":
                    continue
                messages = list(messages_of_group(group, context))
                embedded = sum(
                    each.embedded is not None for message in messages for each in message.attachments
                )
                assert len(messages) + embedded == len(group), path
                attendees = sum(bool(one.value.strip()) for each in group for one in each.all("ATTENDEE"))
                assert persons_of(messages) == attendees, path
                if len(messages) > 1 or any(
                    word in one.value for word in FAST for one in group[0].all("RRULE")
                ):
                    # Of two series of one UID others take one, and instances without theirs as one.
                    continue
                found = window(messages)
                if found is None:
                    continue
                begin, end, ours = found
                octets = for_others(group, root.children("VTIMEZONE"))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    others = theirs(octets, begin, end)
                if others is None:
                    continue
                compared += 1
                instants += len(ours)
                digest = sha1(octets, usedforsecurity=False).hexdigest()[:12]
                if ours != others and digest not in explained:
                    uid = group[0].text("UID")[:40]
                    unexplained.append(f"{digest}\t{path.name}\t{uid}\t{sorted(set(ours) ^ set(others))[:4]}")
    print(f"{compared} events compared, {instants} instants")  # noqa: T201 - shown with -rP
    assert not unexplained, "\n".join(unexplained)
    assert compared
