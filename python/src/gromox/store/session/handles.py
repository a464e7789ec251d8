"""What lives between two calls of a session: open tables, contexts, subscriptions, uploads; by number."""

from __future__ import annotations

from typing import Final, Protocol, TypeVar, runtime_checkable

from gromox.store.errors import LimitError, NotFoundError

MAX_HANDLES: Final = 1024
"""Things that one session has open."""

T = TypeVar("T")


@runtime_checkable
class Closable(Protocol):
    """Has something to let go when its handle is closed."""

    def close(self) -> None:
        """Let it go; must not raise."""
        ...


class Handles:
    """The open things of one session."""

    __slots__ = ("_limit", "_next", "_things")

    def __init__(self, limit: int = MAX_HANDLES) -> None:
        """Have none."""
        self._things: dict[int, object] = {}
        self._limit, self._next = limit, 1

    def add(self, thing: object) -> int:
        """Return a new handle; no number is used twice.

        Raises:
            LimitError: too many are open.
        """
        if len(self._things) >= self._limit:
            raise LimitError(f"a session has at most {self._limit} things open: close some")
        handle, self._next = self._next, self._next + 1
        self._things[handle] = thing
        return handle

    def get(self, handle: int, kind: type[T]) -> T:
        """Return what a handle stands for. Raises NotFoundError: nothing of that kind."""
        thing = self._things.get(handle)
        if not isinstance(thing, kind):
            raise NotFoundError("there is no such handle (any more)")
        return thing

    def close(self, handle: int) -> None:
        """Let go of what a handle stands for; one that is not there is fine."""
        thing = self._things.pop(handle, None)
        if isinstance(thing, Closable):
            thing.close()

    def close_all(self) -> None:
        """Let go of everything, the newest first."""
        for handle in sorted(self._things, reverse=True):
            self.close(handle)
