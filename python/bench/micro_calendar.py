"""Rates of calendars as messages: reading, writing, expanding over a year, and filtering by bounds.

``python bench/micro_calendar.py`` prints a table of processor time; the same calendar of 10,000 events each
time (that of ``micro_ical.py``). What others need for the instances of 300 of these events stands beside.
"""

from __future__ import annotations

import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
sys.path.insert(0, str(HERE))

import icalendar  # noqa: E402
import recurring_ical_events  # noqa: E402
from micro_ical import calendar  # noqa: E402

from gromox.convert.calendar import (  # noqa: E402
    Bounds,
    bounds_of,
    calendar_from_messages,
    expansion_of,
    messages_from_calendar,
)
from gromox.convert.calendar.instant import ticks_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.convert.calendar.expansion import Expansion
    from gromox.mapi.message import Message

_EVENTS: Final = 10_000
_FEW: Final = 300
_FILTERED: Final = 1_000_000
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_END: Final = datetime(2027, 1, 1, tzinfo=UTC)
_FIRST: Final = ticks_of(_BEGIN) or 0
_LAST: Final = ticks_of(_END) or 0
_WEEK: Final = 7 * 864_000_000_000


def best(function: Callable[[], object], rounds: int = 3) -> float:
    """Return the processor seconds of the fastest of some rounds."""
    found = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        function()
        found = min(found, time.process_time() - start)
    return found


def expand(messages: list[Message]) -> int:
    """Expand messages over the year; return the number of instances."""
    return sum(1 for each in messages if (found := expansion_of(each)) for _ in found.between(_FIRST, _LAST))


def expand_again(prepared: list[Expansion]) -> int:
    """The same where the recurrences were read before."""
    return sum(1 for found in prepared for _ in found.between(_FIRST, _LAST))


def filtered(bounds: list[Bounds]) -> int:
    """Return how many of very many items may have an instance in one week."""
    end = _FIRST + _WEEK
    return sum(1 for first, last in bounds if first < end and last > _FIRST)


def expand_there(octets: bytes) -> int:
    """The same with recurring-ical-events, its parsing included."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(octets))
    return sum(1 for _ in found.between(_BEGIN, _END))


def main() -> int:
    """Print the table."""
    octets = calendar(_EVENTS)
    started = time.process_time()
    messages = list(messages_from_calendar(octets))
    reading = time.process_time() - started
    print(f"calendar of {_EVENTS} events, {len(octets) / 1e6:.1f} MB")
    print(f"read      {reading:6.2f} s  {_EVENTS / reading:9.0f} events/s")
    writing = best(lambda: calendar_from_messages(messages), 2)
    print(f"write     {writing:6.2f} s  {_EVENTS / writing:9.0f} events/s")
    instances = expand(messages)
    expanding = best(lambda: expand(messages))
    print(f"expand    {expanding:6.2f} s  {instances / expanding:9.0f} instances/s  ({instances} in a year)")
    prepared = [found for each in messages if (found := expansion_of(each))]
    again = best(lambda: expand_again(prepared))
    print(f"prepared  {again:6.2f} s  {instances / again:9.0f} instances/s")
    measuring = best(lambda: [bounds_of(each) for each in messages])
    print(f"bounds    {measuring:6.2f} s  {_EVENTS / measuring:9.0f} events/s")
    bounds = [found for each in messages if (found := bounds_of(each))]
    many = bounds * (_FILTERED // len(bounds))
    filtering = best(lambda: filtered(many))
    print(f"filter    {filtering:6.2f} s  {len(many) / filtering:9.0f} items/s  ({filtered(many)} may match)")
    few = calendar(_FEW)
    small = list(messages_from_calendar(few))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.process_time()
        theirs = expand_there(few)
        there = time.process_time() - started
    here = best(lambda: expand(small))
    print(f"{_FEW} events: {there / here:.1f} times as fast as recurring-ical-events")
    if theirs != expand(small):
        print("recurring-ical-events finds other instances", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
