"""A bound on the octets of mail that all workers of a process have in memory."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class MemoryBudget:
    """Shared by workers; who would exceed it waits until another one is done."""

    def __init__(self, total: int) -> None:
        """Lend ``total`` octets."""
        self._total, self._free = total, total
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, octets: int) -> Iterator[None]:
        """Hold so many octets; one larger than everything waits until it is alone."""
        share = min(octets, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= share)
            self._free -= share
        try:
            yield
        finally:
            with self._changed:
                self._free += share
                self._changed.notify_all()
