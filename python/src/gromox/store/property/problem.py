"""Why a property was not set: what MAPI answers one by one, and nobody else needs to know.

Spec: [MS-OXCDATA] 2.7 (PropertyProblem), [MS-OXCPRPT] 3.2.5.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """What was wrong."""

    COMPUTED = "it follows from others and cannot be set"
    INVALID = "the value does not fit"
    TOO_LARGE = "the value is larger than may be kept"
    DENIED = "the actor may not set it"


@dataclass(frozen=True, slots=True)
class PropertyProblem:
    """A property that was not set; the others were."""

    tag: int
    reason: Reason
