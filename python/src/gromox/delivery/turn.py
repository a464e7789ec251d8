"""Whose turn it is among the workers of one process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


class Turn:
    """One worker brings mail to mailboxes, the others wait until it steps aside for something slow.

    Two threads that write the same mailboxes only wait for its lock and for the interpreter's, and each would
    read anew what the other wrote. Other systems may take minutes to take a mail: for that one steps aside.
    """

    def __init__(self) -> None:
        """It is nobody's turn."""
        self._lock = threading.Lock()
        self._owner = 0

    def __enter__(self) -> Self:
        """Wait until it is the calling thread's turn."""
        self._lock.acquire()
        self._owner = threading.get_ident()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the next one go on."""
        self._owner = 0
        self._lock.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others go on meanwhile, if it is the calling thread's turn."""
        if self._owner != threading.get_ident():
            yield
            return
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            self.__enter__()
