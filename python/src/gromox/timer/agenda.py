"""Which jobs are due when."""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError
from gromox.timer.journal import Job
from gromox.timer.programs import words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.base.clock import Clock
    from gromox.timer.journal import Journal

MAX_JOBS: Final = 100_000
MAX_INTERVAL: Final = 10 * 366 * 86400
#: Seconds after which a job that failed is tried again, and how often.
RETRY_AFTER: Final = 300
MAX_TRIES: Final = 5


class IntervalError(GromoxError):
    """The interval is none."""


class FullError(GromoxError):
    """There are as many jobs as there may be."""


class Agenda:
    """The jobs of a journal in the order of their time; any thread."""

    def __init__(self, journal: Journal, clock: Clock, *, wake: Callable[[], None]) -> None:
        """Take over the jobs of ``journal``; ``wake`` is called when the next one may be due earlier."""
        self.journal, self._clock, self._wake = journal, clock, wake
        self._jobs = dict(journal.jobs)
        self._last_id = journal.last_id
        self._tries: dict[int, int] = {}
        self._running: set[int] = set()
        self._heap = [(job.due, job.job_id) for job in self._jobs.values()]
        heapq.heapify(self._heap)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many jobs there are."""
        return len(self._jobs)

    def add(self, interval: int, command: str) -> int:
        """Add a job for ``interval`` seconds from now; return its id. It counts after a sync of the journal.

        Raises:
            IntervalError, CommandError, FullError: it was not added.
            OSError: the journal could not be written.
        """
        if not 0 < interval <= MAX_INTERVAL:
            raise IntervalError(f"an interval has 1 to {MAX_INTERVAL} seconds")
        words_of(command)
        with self._lock:
            if len(self._jobs) >= MAX_JOBS:
                raise FullError(f"there are {MAX_JOBS} jobs already")
            job = Job(self._last_id + 1, int(self._clock.now()) + interval, command)
            self.journal.add(job)
            self._last_id = job.job_id
            self._jobs[job.job_id] = job
            heapq.heappush(self._heap, (job.due, job.job_id))
        self._wake()
        return job.job_id

    def cancel(self, job_id: int) -> bool:
        """Cancel a job; tell whether it was there and not begun. Raises OSError."""
        with self._lock:
            if job_id not in self._jobs or job_id in self._running:
                return False
            self.journal.cancel(job_id)
            del self._jobs[job_id]
            return True

    def take(self) -> Job | None:
        """Return a job that is due, which the caller runs and then reports to :meth:`done`."""
        now = self._clock.now()
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                _, job_id = heapq.heappop(self._heap)
                job = self._jobs.get(job_id)
                if job is not None and job_id not in self._running:
                    self._running.add(job_id)
                    return job
        return None

    def wait(self) -> float | None:
        """Return the seconds until the next job is due; None: there is none."""
        with self._lock:
            while self._heap and self._heap[0][1] not in self._jobs:
                heapq.heappop(self._heap)
            return max(self._heap[0][0] - self._clock.now(), 0.0) if self._heap else None

    def late(self) -> float:
        """Return for how many seconds the next job is due already."""
        with self._lock:
            due = min((due for due, job_id in self._heap if job_id in self._jobs), default=None)
        return 0.0 if due is None else max(self._clock.now() - due, 0.0)

    def done(self, job: Job, *, succeeded: bool) -> bool:
        """Forget a job that ran, or have it tried again after a while; tell whether it is over.

        Raises:
            OSError: the journal could not be written; after a restart the job runs once more.
        """
        with self._lock:
            self._running.discard(job.job_id)
            tries = self._tries.get(job.job_id, 0) + 1
            if not succeeded and tries < MAX_TRIES:
                self._tries[job.job_id] = tries
                heapq.heappush(self._heap, (int(self._clock.now()) + RETRY_AFTER * tries, job.job_id))
                return False
            self._tries.pop(job.job_id, None)
            self._jobs.pop(job.job_id, None)
            self.journal.cancel(job.job_id)
            return True
