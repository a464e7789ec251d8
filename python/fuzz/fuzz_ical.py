"""Fuzz calendars and contacts: whatever the octets are, only ParseError comes out and what is written stands.

``python fuzz/fuzz_ical.py --seconds 10 --seed 1`` mutates the corpus of the tests by itself. With atheris
installed, ``python fuzz/fuzz_ical.py --atheris`` takes its options. What fails is written to the folder given
by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import frame  # noqa: E402 - the tree is found only now

from gromox.base.errors import ParseError  # noqa: E402
from gromox.ical import Component, Zones, read, series, write  # noqa: E402
from gromox.ical.freebusy import busy_time, read_freebusy  # noqa: E402
from gromox.ical.itip import problems  # noqa: E402
from gromox.ical.recur import format_recur, parse_recur  # noqa: E402
from gromox.ical.vcard import read_card  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST: Final = 1 << 14
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_END: Final = datetime(2026, 3, 1, tzinfo=UTC)
#: Looking at one file may take this many seconds: a bound of the work was forgotten where it takes more.
_SLOW: Final = 20.0
_FRAGMENTS: Final = (
    b"\r\n",
    b"\n ",
    b"\r",
    b"\x00",
    b"=\r\n",
    b"BEGIN:VEVENT\r\n",
    b"END:VEVENT\r\n",
    b"BEGIN:VTIMEZONE\r\n",
    b"VERSION:2.1\r\n",
    b";ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-16:",
    b";TZID=Customized Time Zone:",
    b"RRULE:FREQ=SECONDLY;BYDAY=MO\r\n",
    b"RRULE:FREQ=YEARLY;BYWEEKNO=-1;BYSETPOS=-1\r\n",
    b"DTSTART:99991231T235959Z\r\n",
    b"DTSTART;VALUE=DATE:00010101\r\n",
    b"RECURRENCE-ID;RANGE=THISANDFUTURE:20260101T000000Z\r\n",
    b"EXDATE:20260101\r\n",
    b"TZOFFSETTO:-2359\r\n",
    b"P9999999D",
    b";COUNT=9999999999",
    b";INTERVAL=9999999999",
    b'"',
    b"\\",
    b"^",
    b":",
    b";",
    b",",
    b"\xff\xfe",
    b"\xc3\xa9",
)


class BrokenPromiseError(AssertionError):
    """What the package promises of a file does not hold."""


def promise(*, holds: bool, text: str) -> None:
    """Raise unless something holds (an assert would vanish under -O)."""
    if not holds:
        raise BrokenPromiseError(text)


def exercise(octets: bytes) -> None:
    """Use all of the package on one file and see that its promises hold."""
    begin = time.process_time()
    try:
        components = read(octets)
    except ParseError:
        return
    written = write(*components)
    promise(holds=read(written) == components, text="what is written is read back")
    promise(holds=b"\x00" not in written, text="no NUL is written")
    promise(holds=all(len(line) <= 76 for line in written.split(b"\r\n")), text="lines are folded")
    for component in components:
        _exercise_component(component)
    promise(holds=time.process_time() - begin < _SLOW, text="the work is bounded")


def _exercise_component(component: Component) -> None:
    problems(component)
    read_card(component)
    zones = Zones(component.components)
    made = []
    for inner in component.walk():
        read_freebusy(inner)
        for one in inner.all("RRULE"):
            try:
                rule = parse_recur(one.value)
            except ParseError:
                continue
            promise(holds=parse_recur(format_recur(rule)) == rule, text="rules are written as they are")
        try:
            made.append(series([inner], zones))
            found = list(islice(made[-1].between(_BEGIN, _END), 50))
        except ParseError:
            continue
        instants = [one.instant for one in found]
        promise(holds=instants == sorted(instants), text="instances ascend")
    try:
        for event in made[:5]:
            list(islice(event.between(_BEGIN, _END), 50))
        busy_time(made[:1], _BEGIN, _BEGIN.replace(hour=1))
    except ParseError:
        return


def mutated(octets: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a damaged copy."""
    return frame.mutated(octets, others, chance, fragments=_FRAGMENTS, longest=_LONGEST)


def samples() -> list[bytes]:
    """Return the corpus of the tests."""
    return [path.read_bytes() for path in sorted((HERE.parent / "tests/ical/corpus").iterdir())]


if __name__ == "__main__":
    sys.exit(frame.main("Fuzz calendars and contacts.", exercise, samples, mutated))
