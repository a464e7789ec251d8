"""What the readers of one calendar share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gromox.convert.calendar.zone import UTC_ZONE, NamedZone
from gromox.ical.value import DateTime

if TYPE_CHECKING:
    from datetime import date

    from gromox.convert.calendar.options import ReaderOptions
    from gromox.convert.mail.address import Book
    from gromox.ical.component import Component
    from gromox.ical.timezone import Zones


@dataclass(frozen=True, slots=True)
class Context:
    """A calendar that is read."""

    options: ReaderOptions
    zones: Zones
    book: Book
    calendar: Component  #: its properties, not its components
    method: str = ""
    in_mail: bool = False  #: the message is a mail: its body, subject and recipients are there already

    def zone_of(self, value: date | DateTime) -> NamedZone:
        """Return the zone of a value; days and floating times are in that of the mailbox."""
        if isinstance(value, DateTime):
            if value.is_utc:
                return UTC_ZONE
            zone = self.zones.get(value.tzid) if value.tzid else None
            if zone is not None:
                # The name of the zone itself, whatever the calendar calls it.
                return NamedZone(zone.key if isinstance(zone, ZoneInfo) else value.tzid, zone)
        return NamedZone(self.options.zone_name, self.options.zone)
