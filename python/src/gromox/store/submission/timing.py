"""When a message is sent.

Spec: [MS-OXOMSG] 2.2.3.2 to 2.2.3.4 (PidTagDeferredSendNumber, PidTagDeferredSendUnits and
PidTagDeferredSendTime).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.mapi.message import PropertyBag

TICKS: Final = 10_000_000
#: Seconds by which clocks of two daemons of one machine may differ in what they call due.
SLACK: Final = 2
_UNITS: Final = (60, 3600, 86400, 7 * 86400)
_MOST: Final = 999


def due_time(bag: PropertyBag, submitted: int) -> int | None:
    """Return when a message is to be sent (FILETIME); None: at once.

    A number of units counts from the submission and overrides a time; one out of its bounds says nothing.
    """
    number, unit = bag.get(tags.PidTagDeferredSendNumber), bag.get(tags.PidTagDeferredSendUnits)
    due = bag.get(tags.PidTagDeferredSendTime)
    if isinstance(number, int) and isinstance(unit, int) and 0 <= number <= _MOST and 0 <= unit < len(_UNITS):
        due = submitted + number * _UNITS[unit] * TICKS
    return due if isinstance(due, int) and due > submitted else None


def is_due(due: int, now: int) -> bool:
    """Tell whether a time has come."""
    return due <= now + SLACK * TICKS
