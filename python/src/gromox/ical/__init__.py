"""Calendars and address books: octets, components, values, instants. Nothing here does I/O or knows the time.

Decisions not to break:

* ``read`` takes any octets and raises nothing but ParseError: if there is no component at all, or a bound of
  ``Limits`` is exceeded. What programs get wrong is mended, what is not known is kept.
* Components are the truth: properties, parameters and components that are not known keep their text and
  their order. Typed readings (``Card``, ``Series``, busy time) are made of them and never written back.
* ``Property.value`` is still escaped but never encoded: QUOTED-PRINTABLE and charsets end in the reader. What
  ``write`` makes of components is read back as the same components.
* A TZID that names a zone known here means that zone; the rules of its VTIMEZONE count only otherwise.
* Rules are expanded in local time without a zone; instants are made last (gaps and overlaps: RFC 5545 3.3.5).
  DTSTART is always an instance and counts for COUNT, whether the rule gives it or not.
* A rule that finds nothing for ``Limits.steps`` steps counts as ended. Windows far away are jumped to.
* Rules of other calendars than the Gregorian are read and written unharmed, and refused when expanded.

From low to high: text, property, component; unfold, reader, writer; value, recur; dayset, recurrence;
rulezone, timezone, vtimezone; series, seriesreader; freebusy, itip (table: itiptable), vcard and vcarddate.
"""

from __future__ import annotations

from gromox.ical.component import Component
from gromox.ical.limits import Limits
from gromox.ical.property import Property
from gromox.ical.reader import read
from gromox.ical.series import Occurrence, Series
from gromox.ical.seriesreader import series
from gromox.ical.timezone import Zones
from gromox.ical.writer import write

__all__ = ["Component", "Limits", "Occurrence", "Property", "Series", "Zones", "read", "series", "write"]
