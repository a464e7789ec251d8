"""What operations on several objects at once report: MAPI calls it partial completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Transferred:
    """Messages that were copied or moved."""

    pairs: Sequence[tuple[int, int]] = ()
    """(id before, id now) of each."""
    refused: Sequence[int] = ()
    """Ids of those that are not there, or not the actor's to take."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Objects that were removed."""

    removed: Sequence[int] = ()
    refused: Sequence[int] = ()
    """Ids of those that are not there, or not the actor's to remove."""
    unread: Sequence[int] = ()
    """Those removed messages whose senders asked to be told that they were removed unread."""


@dataclass(frozen=True, slots=True)
class ReadChange:
    """Messages whose read state was changed."""

    changed: Sequence[int] = ()
    refused: Sequence[int] = ()
    receipts: Sequence[int] = ()
    """Those whose senders are to be told that they were read; they are told only once."""
