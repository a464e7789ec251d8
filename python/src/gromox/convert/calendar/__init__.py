"""Calendars and messages: iCalendar to appointments, meeting messages, tasks, journal entries, and back.

Decisions not to break:

* A message is what MAPI programs see and change. What a calendar says beyond it is kept in one named property
  (``kept``), group by group, with a digest of what the message alone would give; a group that a program has
  changed is written from the message, all others come back as they were. See docs/decisions/0019.
* What is written from a message alone (``eventout``, ``task``, ``journal``) depends on nothing else, so that
  reading what was written gives the same message, and the same is written again.
* A rule becomes a pattern of MAPI only if both mean the same days for ever. Any other shows the instances of
  the next years, and the rule is kept.
* Whole days and floating times need the zone of the mailbox (``ReaderOptions.zone``) and are written again as
  they were.
* Zones are known by the names of CLDR and IANA; rules in messages and calendars count for other names only.
* Calendars of other persons are read as they come: what cannot be read stays text, and nothing is raised but
  ParseError for what is no calendar.

From low to high: limits, options, instant, zone, context; pattern, blob, foreign, times, expansion; person,
alarm, attach, table, kept, method; event, eventout, eventreader; task, journal; split, reader, writer;
freebusy, workhours, schedule; mailpart.
"""

from __future__ import annotations

from gromox.convert.calendar.expansion import NEVER, Bounds, Occurrence, bounds_of, expansion_of
from gromox.convert.calendar.limits import Limits
from gromox.convert.calendar.mailpart import calendar_reader, calendar_writer
from gromox.convert.calendar.options import ReaderOptions, WriterOptions
from gromox.convert.calendar.reader import messages_from_calendar, messages_of_calendar
from gromox.convert.calendar.writer import calendar_from_messages, calendar_of_messages

__all__ = [
    "NEVER",
    "Bounds",
    "Limits",
    "Occurrence",
    "ReaderOptions",
    "WriterOptions",
    "bounds_of",
    "calendar_from_messages",
    "calendar_of_messages",
    "calendar_reader",
    "calendar_writer",
    "expansion_of",
    "messages_from_calendar",
    "messages_of_calendar",
]
