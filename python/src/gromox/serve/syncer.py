"""Group durability: many connections wait for a file, one thread syncs it, all are released together."""

from __future__ import annotations

from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Sequence

    from gromox.base.wire import Durable

Released: TypeAlias = "Callable[[Exception | None], None]"

#: Syncs that run at once; a disk takes several, and waiting threads cost nothing.
THREADS: Final = 8


class _Waiter:
    """A connection that waits until all its durables are synced."""

    __slots__ = ("error", "missing", "released")

    def __init__(self, missing: int, released: Released) -> None:
        self.missing, self.released = missing, released
        self.error: Exception | None = None

    def one_done(self, error: Exception | None) -> None:
        self.missing -= 1
        self.error = self.error or error
        if not self.missing:
            self.released(self.error)


@dataclass(slots=True)
class _Group:
    """Who waits for one durable: for the sync that runs, and for the one after it."""

    durable: Durable
    running: list[_Waiter] = field(default_factory=list)
    next: list[_Waiter] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)


class Syncer:
    """Syncs outside the loop; a sync begins after the round that asked for it, so that others can join."""

    def __init__(self, loop: AbstractEventLoop, threads: int = THREADS) -> None:
        """Run the syncs in ``threads`` threads and release on ``loop``."""
        self._loop = loop
        # Not an executor: its futures and locks cost 30 us a sync, which each answer would wait for.
        self._work: SimpleQueue[_Group | None] = SimpleQueue()
        self._most, self._running = threads, 0
        self._threads: list[Thread] = []
        # What syncs left to do has a thread of its own: who waits for the next sync must not wait for it.
        self._left: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._tidying: Thread | None = None
        self._groups: dict[int, _Group] = {}

    def wait(self, durables: Sequence[Durable], released: Released) -> None:
        """Call ``released`` once all of ``durables`` are synced, with the error if one could not be."""
        waiter = _Waiter(len(durables), released)
        for durable in durables:
            group = self._groups.get(id(durable))
            if group is None:
                group = self._groups[id(durable)] = _Group(durable)
                self._loop.call_soon(self._begin_unless_begun, group)
            group.next.append(waiter)

    def after(self, durable: Durable, then: Callable[[], None]) -> None:
        """Call ``then`` in another turn of the loop, after the sync of ``durable`` that is under way.

        Who has something to commit and waits for that makes one commit of many: its own sync could not begin
        earlier.
        """
        group = self._groups.get(id(durable))
        if group is None or not group.running:
            self._loop.call_soon(then)
        else:
            group.after.append(then)

    def close(self) -> None:
        """Let running syncs end."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()
        if self._tidying is not None:
            self._left.put(None)
            self._tidying.join()

    def is_running(self, durable: Durable) -> bool:
        """Tell whether a sync is under way."""
        group = self._groups.get(id(durable))
        return group is not None and bool(group.running)

    def hurry(self, durable: Durable) -> None:
        """Begin the sync that is asked for now; who asks later in this turn has the next one."""
        group = self._groups.get(id(durable))
        if group is not None:
            self._begin_unless_begun(group)

    def _begin_unless_begun(self, group: _Group) -> None:
        if not group.running and group.next:
            self._begin(group)

    def _begin(self, group: _Group) -> None:
        group.running, group.next = group.next, []
        self._running += 1
        if len(self._threads) < min(self._running, self._most):
            self._threads.append(Thread(target=self._run, name=f"sync_{len(self._threads)}"))
            self._threads[-1].start()
        self._work.put(group)

    def _run(self) -> None:
        while (group := self._work.get()) is not None:
            self._sync(group)

    def _sync(self, group: _Group) -> None:
        error: Exception | None = None
        left = None
        try:
            if group.durable.needs_sync:
                left = group.durable.sync()
        except Exception as failure:  # noqa: BLE001 - whatever it is, who waits must hear of it
            error = failure
        self._loop.call_soon_threadsafe(self._done, group, error, left)

    def _tidy(self) -> None:
        while (left := self._left.get()) is not None:
            left()

    def _done(self, group: _Group, error: Exception | None, left: Callable[[], None] | None) -> None:
        self._running -= 1
        if left is not None:
            if self._tidying is None:
                self._tidying = Thread(target=self._tidy, name="sync_rest")
                self._tidying.start()
            self._left.put(left)
        released, group.running = group.running, []
        if group.next:
            self._begin(group)
        else:
            del self._groups[id(group.durable)]
        after, group.after = group.after, []
        for waiter in released:
            waiter.one_done(error)
        for then in after:
            then()
