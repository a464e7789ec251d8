"""Time zones by their names in calendars: IANA, Windows, and what programs make of them.

A TZID is only a label of a VTIMEZONE, RFC 5545 3.8.3.1; but in practice it names a zone that everybody knows,
and the zone known here has better rules than most files. The rules of the file are taken for other names.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from gromox.base.errors import ParseError
from gromox.ical.limits import DEFAULT, Limits
from gromox.ical.rulezone import rule_zone
from gromox.ical.value import UTC_TZID, normal_tzid
from gromox.ical.windowszones import ZONES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.ical.component import Component

_ANYWHERE: Final = "001"
_LONGEST: Final = 255
_CACHED: Final = 1024
_FIXED: Final = re.compile(r"(?:UTC|GMT)\s*([+-])\s*([0-9]{1,2}):?([0-9]{2})?\Z", re.IGNORECASE)
#: What zone files hold beside zones: the machine's own zone is nobody else's.
_NO_ZONES: Final = frozenset(["localtime", "posixrules", "factory", "leapseconds", "tzdata.zi"])
_SEGMENTS: Final = 3
_MINUTES: Final = 59
_HOURS: Final = 18


@lru_cache(maxsize=1)
def _windows() -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return zones by Windows name and territory, and Windows names by zone; keys in lower case."""
    by_name: dict[str, dict[str, str]] = {}
    by_zone: dict[str, str] = {}
    for line in ZONES.splitlines():
        name, *territories = line.split("\t")
        zones = by_name[name.lower()] = {}
        for entry in territories:
            territory, _, olson = entry.partition(" ")
            zones[territory] = olson.split(" ")[0]
            for zone in olson.split(" "):
                by_zone.setdefault(zone.lower(), name)
    return by_name, by_zone


def iana_from_windows(name: str, territory: str = _ANYWHERE) -> str | None:
    """Return the IANA zone of a Windows zone, in a territory if it has one of its own there."""
    zones = _windows()[0].get(name.strip().lower())
    if zones is None:
        return None
    return zones.get(territory.upper()) or zones.get(_ANYWHERE)


def windows_from_iana(name: str) -> str | None:
    """Return the Windows name of an IANA zone, or None if there is none."""
    return _windows()[1].get(name.strip().lower())


@lru_cache(maxsize=1)
def _known_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@lru_cache(maxsize=_CACHED)
def zone_of_name(tzid: str) -> tzinfo | None:
    """Return the zone that a TZID names, or None if it names none.

    Known are IANA names in any case, Windows names, globally unique identifiers that end with one of both
    (``/freeassociation.sourceforge.net/Europe/Berlin``), UTC, and fixed offsets (``GMT+0100``).
    """
    name = normal_tzid(tzid)
    if not name or len(name) > _LONGEST:
        return None
    if name == UTC_TZID:
        return UTC
    candidates = [name, name.replace(" ", "_")]
    if "/" in name:
        segments = name.split("/")
        candidates += [
            "/".join(segments[-count:]) for count in range(_SEGMENTS, 0, -1) if count < len(segments)
        ]
    for candidate in candidates:
        found = _zone(candidate)
        if found is not None:
            return found
    return _fixed(name)


def _zone(name: str) -> tzinfo | None:
    windows = iana_from_windows(name)
    known = _known_names().get((windows or name).lower())
    if known is None or known.lower() in _NO_ZONES:
        return None
    return ZoneInfo(known)


def _fixed(name: str) -> tzinfo | None:
    found = _FIXED.match(name)
    if found is None:
        return None
    hours, minutes = int(found[2]), int(found[3] or 0)
    if hours > _HOURS or minutes > _MINUTES:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if found[1] == "-" else offset, name)


class Zones:
    """The zones of one calendar: those its VTIMEZONE components describe, and all that have a known name."""

    def __init__(self, components: Iterable[Component] = (), limits: Limits = DEFAULT) -> None:
        """Take the VTIMEZONE components among these; they are read when their zone is asked for."""
        self._limits = limits
        self._components = {
            normal_tzid(component.text("TZID")): component
            for component in components
            if component.name == "VTIMEZONE"
        }
        self._found: dict[str, tzinfo | None] = {}

    def get(self, tzid: str) -> tzinfo | None:
        """Return the zone of a TZID, or None if neither its name nor its rules are known."""
        name = normal_tzid(tzid)
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> tzinfo | None:
        found = zone_of_name(name)
        component = self._components.get(name)
        if found is not None or component is None:
            return found
        for extra in ("X-LIC-LOCATION", "TZID-ALIAS-OF", "X-TZINFO"):
            found = zone_of_name(component.text(extra))
            if found is not None:
                return found
        try:
            return rule_zone(component, self._limits)
        except ParseError:
            return None
