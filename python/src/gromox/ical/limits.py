"""How much of a file is read; what goes beyond is an error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one file and of one expansion.

    The defaults lie far above what calendars and address books hold; they keep the work for a
    hostile one small.
    """

    octets: int = 256 << 20  #: of one file
    depth: int = 16  #: of components in each other
    components: int = 1_000_000  #: in one file
    properties: int = 20_000_000  #: in one file
    parameters: int = 200  #: of one property
    values: int = 100_000  #: of one property that holds a list
    steps: int = 100_000  #: of looking for the next occurrence of a rule before it counts as ended
    instances: int = 20_000  #: of one event that are looked at for its busy time
    transitions: int = 20_000  #: of one time zone


DEFAULT: Final = Limits()
