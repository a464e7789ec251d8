"""Threads that work on mailboxes for connections: each mailbox has one of them.

A thread opens its mailboxes in a pool of its own, carries out what waits for it, makes what was written
durable once for all of it, and only then hands the answers over. The event loop never waits.
"""

from __future__ import annotations

import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, Protocol

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.store.mailbox import Mailbox
    from gromox.store.pool import MailboxPool

_log = get_logger(__name__)

#: Jobs whose answers wait for one sync together.
BATCH: Final = 32
#: Threads for what waits for other machines: log-ons.
_GATE_THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with the mailboxes of a thread.

    ``run`` returns the mailbox that the answer depends on, or None, and what hands the answer over;
    ``failed`` takes the error if the mailbox does not become durable.
    """

    run: Callable[[MailboxPool], tuple[Mailbox | None, Callable[[], None]]]
    failed: Callable[[StoreError], None]


class Executor(Protocol):
    """What carries out the work of connections."""

    def submit(self, mailbox: Path, job: Job) -> None:
        """Do a job on the thread of a mailbox; those of one mailbox keep their order."""
        ...

    def elsewhere(self, run: Callable[[], None]) -> None:
        """Do what needs no mailbox and may wait long; ``run`` raises nothing."""
        ...


class Crew:
    """The threads."""

    def __init__(self, size: int, pool: Callable[[], MailboxPool], name: str = "store") -> None:
        """Start ``size`` threads, each with a pool made by ``pool``."""
        self._gates = ThreadPoolExecutor(_GATE_THREADS, thread_name_prefix=f"{name}-gate")
        self._workers = [_Worker(pool(), f"{name}-{number}") for number in range(size)]

    def submit(self, mailbox: Path, job: Job) -> None:
        """See :class:`Executor`."""
        place = zlib.crc32(str(mailbox).encode("utf-8", "surrogateescape"))
        self._workers[place % len(self._workers)].queue.put(job)

    def elsewhere(self, run: Callable[[], None]) -> None:
        """See :class:`Executor`."""
        self._gates.submit(run)

    def look(self) -> None:
        """Set the figures of what waits and what is open."""
        metrics.CALLS_WAITING.cell()[0] = sum(worker.queue.qsize() for worker in self._workers)
        metrics.MAILBOXES.cell()[0] = sum(len(worker.pool) for worker in self._workers)

    def dump(self) -> None:
        """Write to the log what each thread has to do."""
        for worker in self._workers:
            _log.notice(
                "thread", name=worker.thread.name, waiting=worker.queue.qsize(), mailboxes=len(worker.pool)
            )

    def start(self) -> None:
        """The threads run already; a part of a server has this method."""

    def stop(self) -> None:
        """Finish what was submitted and close the mailboxes."""
        self._gates.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.queue.put(None)
        for worker in self._workers:
            worker.thread.join()


class _Worker:
    """One thread."""

    def __init__(self, pool: MailboxPool, name: str) -> None:
        self.queue: SimpleQueue[Job | None] = SimpleQueue()
        self.pool = pool
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while True:
            try:
                job = self.queue.get(timeout=_TIDY)
            except Empty:
                self.pool.close_idle()
                continue
            if job is None:
                break
            try:
                self._carry_out(job)
            except Exception as error:  # noqa: BLE001 - the loop of the thread: one call must not end it
                _log.exception("store thread", error)
        self.pool.close()

    def _carry_out(self, job: Job) -> None:
        """Do this job and those that wait behind it; sync once."""
        waiting: list[tuple[Mailbox, Callable[[], None], Job]] = []
        count = 0
        while True:
            mailbox, deliver = job.run(self.pool)
            count += 1
            if mailbox is not None and mailbox.needs_sync:
                waiting.append((mailbox, deliver, job))
            else:
                deliver()
            if not waiting or count == BATCH:
                break
            try:
                following = self.queue.get_nowait()
            except Empty:
                break
            if following is None:
                self.queue.put(None)
                break
            job = following
        failures: dict[int, StoreError | None] = {}
        for mailbox, deliver, done in waiting:
            if id(mailbox) not in failures:
                failures[id(mailbox)] = _synced(mailbox)
            failure = failures[id(mailbox)]
            if failure is None:
                deliver()
            else:
                done.failed(failure)


#: Seconds without work after which mailboxes that nobody uses are looked for.
_TIDY: Final = 20.0


def _synced(mailbox: Mailbox) -> StoreError | None:
    try:
        mailbox.sync_and_tidy()
    except StoreError as error:
        return error
    return None
