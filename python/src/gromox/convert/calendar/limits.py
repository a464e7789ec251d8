"""How much one conversion of a calendar does; what lies beyond is left out or kept as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gromox.ical.limits import Limits as CalendarLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one conversion; the defaults lie far above what calendars hold."""

    ical: CalendarLimits = field(default_factory=CalendarLimits)  #: of the file and of expansions
    attendees: int = 5_000  #: of one component
    attachments: int = 500  #: of one component
    attachment_octets: int = 64 << 20  #: of one that stands in the calendar
    overrides: int = 2_000  #: changed instances of one series
    text: int = 8 << 20  #: characters of one text
    shown_days: int = 1_500  #: how long a series lasts whose rule MAPI cannot tell
    shown_instances: int = 500  #: and how many instances it has
    counted: int = 10_000  #: instances that are counted to find the last one


DEFAULT: Final = Limits()
