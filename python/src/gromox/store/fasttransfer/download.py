"""A stream that a client fetches, buffer after buffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.mapi.fasttransfer.buffer import SMALLEST, Buffers
from gromox.store.errors import InvalidValueError, StoreError
from gromox.store.sync.state import Download

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gromox.mapi.fasttransfer.writer import Piece
    from gromox.store.fasttransfer.folder import Progress
    from gromox.store.sync.state import SyncState


@dataclass(frozen=True, slots=True)
class TransferPart:
    """One buffer of a stream."""

    octets: bytes
    is_done: bool
    """It is the last one."""
    in_progress_count: int
    """Steps that are done: messages."""
    total_step_count: int


class Transfer(Download):
    """A stream on its way to a client."""

    def __init__(
        self, pieces: Iterator[Piece], progress: Progress, state: Callable[[], SyncState] | None = None
    ) -> None:
        """Send these pieces; ``state`` tells the state of a client that took in what was sent."""
        self._buffers, self._progress, self._state = Buffers(pieces), progress, state
        self._failed: StoreError | None = None

    def take(self, size: int) -> TransferPart:
        """Return the next buffer.

        Raises:
            InvalidValueError: no atom would fit in it.
            StoreError: the stream cannot be made; it then fails so ever after ([MS-OXCFXICS] 3.2.5.8.1.5).
        """
        if size < SMALLEST:
            raise InvalidValueError(f"a buffer has at least {SMALLEST} octets")
        if self._failed is not None:
            raise self._failed
        try:
            octets = self._buffers.take(size)
        except StoreError as error:
            self._failed = error
            raise
        progress = self._progress
        return TransferPart(octets, self._buffers.is_done, progress.done, max(progress.total, progress.done))

    def state(self) -> SyncState:
        """Return the state of a client that took in what was sent; raises InvalidValueError: it has none."""
        if self._state is None:
            raise InvalidValueError("that stream is no synchronisation")
        return self._state()
