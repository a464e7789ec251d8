"""For whom a session acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """A user with what the directory knows of them that rights depend on."""

    username: str
    """Login name; empty: anonymous."""
    groups: frozenset[str] = frozenset()
    """Names of the lists and groups that contain the user, casefolded."""
    is_system: bool = False
    """Delivery, tools and administrators: everything is allowed."""
    is_delegate_sender: bool = False
    """The user, or a list with the user, stands in one of the owner's lists of who may send in their name."""


#: The product itself.
SYSTEM: Final = Actor("", is_system=True)
