"""Rates of reading, writing and expanding calendars, with the ratio to icalendar and python-dateutil.

``python bench/micro_ical.py`` prints a table; the same calendar each time.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

import icalendar  # noqa: E402
from dateutil.rrule import rrulestr  # noqa: E402

from gromox.ical import Component, Zones, read, series, write  # noqa: E402
from gromox.ical.recur import parse_recur  # noqa: E402
from gromox.ical.recurrence import occurrences  # noqa: E402
from gromox.ical.vtimezone import vtimezone  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

_EVENTS: Final = 10_000
_PARSED_BY_OTHERS: Final = 500
_EXPANDED_BY_OTHERS: Final = 500
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_END: Final = datetime(2027, 1, 1, tzinfo=UTC)
_RULES: Final = (
    "",
    "",
    "",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    "FREQ=DAILY;COUNT=20",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY",
)


def calendar(events: int) -> bytes:
    """Return a calendar of events as people have them."""
    chance = random.Random(1)  # noqa: S311 - the same calendar each time
    zone = write(vtimezone("Europe/Berlin", ZoneInfo("Europe/Berlin"), 2015, 2030)).decode()
    out = ["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n", zone]
    for number in range(events):
        start = datetime(2015, 1, 1, 9) + timedelta(days=chance.randrange(4300), hours=chance.randrange(9))  # noqa: DTZ001
        rule = chance.choice(_RULES)
        out.append(
            f"BEGIN:VEVENT\r\nUID:{number}@example.org\r\nDTSTAMP:20260101T000000Z\r\nCREATED:20260101T000000Z\r\n"
            f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}\r\n"
            f"DTEND;TZID=Europe/Berlin:{start + timedelta(hours=1):%Y%m%dT%H%M%S}\r\n"
            + (f"RRULE:{rule}\r\n" if rule else "")
            + f"SUMMARY:Meeting number {number}\\, gr\u00fcn\r\nLOCATION:Room 1\r\nSEQUENCE:0\r\n"
            f"ORGANIZER;CN=Boss:mailto:boss@example.org\r\n"
            f'ATTENDEE;CN="Public, Joe";PARTSTAT=ACCEPTED:mailto:joe{number}@example.org\r\n'
            f"DESCRIPTION:{'some words of text and ' * 3}\r\n {'that go on for a while ' * 3}\r\n"
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT\r\n"
        )
    return ("".join(out) + "END:VCALENDAR\r\n").encode()


def best(function: Callable[[], object], rounds: int = 3) -> float:
    """Return the seconds of the fastest of some rounds."""
    found = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        found = min(found, time.perf_counter() - start)
    return found


def expand(whole: Component) -> int:
    """Expand all events over the year; return the number of instances."""
    zones = Zones(whole.components)
    return sum(1 for event in whole.children("VEVENT") for _ in series([event], zones).between(_BEGIN, _END))


def rules_here(rules: list[tuple[str, datetime]]) -> int:
    """Expand rules over the year, in local time."""
    begin, end = _BEGIN.replace(tzinfo=None), _END.replace(tzinfo=None)
    return sum(
        1 for text, start in rules for _ in occurrences(parse_recur(text), start, after=begin, until=end)
    )


def rules_there(rules: list[tuple[str, datetime]]) -> int:
    """The same with python-dateutil."""
    begin, end = _BEGIN.replace(tzinfo=None), _END.replace(tzinfo=None)
    return sum(len(rrulestr(text, dtstart=start).between(begin, end, inc=True)) for text, start in rules)


def main() -> int:
    """Print the table."""
    octets, small = calendar(_EVENTS), calendar(_PARSED_BY_OTHERS)
    (whole,) = read(octets)
    reading, writing = best(lambda: read(octets)), best(lambda: write(whole))
    ours, theirs = best(lambda: read(small)), best(lambda: icalendar.Calendar.from_ical(small), 1)
    print(f"calendar of {_EVENTS} events, {len(octets) / 1e6:.1f} MB")
    print(
        f"read   {reading:6.3f} s  {len(octets) / 1e6 / reading:6.1f} MB/s  {theirs / ours:5.1f}x icalendar"
    )
    written = icalendar.Calendar.from_ical(small)
    (part,) = read(small)
    ratio = best(written.to_ical, 1) / best(lambda: write(part))
    print(f"write  {writing:6.3f} s  {len(octets) / 1e6 / writing:6.1f} MB/s  {ratio:5.1f}x icalendar")
    instances = expand(whole)
    expanding = best(lambda: expand(whole))
    print(f"expand {expanding:6.3f} s  {instances} instances, {instances / expanding:.0f}/s")
    chance = random.Random(2)  # noqa: S311 - the same rules each time
    rules = [
        (text, datetime(2015, 1, 1, 9) + timedelta(days=chance.randrange(4000)))  # noqa: DTZ001
        for text in islice((rule for _ in range(_EXPANDED_BY_OTHERS) for rule in _RULES if rule), 1400)
    ]
    if rules_here(rules) != rules_there(rules):
        print("python-dateutil finds other occurrences", file=sys.stderr)
        return 1
    here, there = best(lambda: rules_here(rules)), best(lambda: rules_there(rules), 1)
    print(f"rules  {here / len(rules) * 1e6:6.1f} us a rule and year  {there / here:5.1f}x python-dateutil")
    return 0


if __name__ == "__main__":
    sys.exit(main())
