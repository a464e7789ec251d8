"""gromox-timer: runs programs of the product at the time that was asked for."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.hosts import HostsAllow
from gromox.base.log import get_logger
from gromox.base.settings import Endpoint
from gromox.daemons.frame import Daemon, run
from gromox.serve.engine import Service
from gromox.serve.identity import give
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind
from gromox.timer import settings as declared
from gromox.timer.agenda import Agenda
from gromox.timer.journal import Job, Journal
from gromox.timer.programs import words_of
from gromox.timer.session import TimerCore

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server

_log = get_logger(__name__)
#: Seconds after which the clock is looked at again: it may have been set.
_LOOK: Final = 60.0
_OUTPUT: Final = 400


class SetupError(GromoxError):
    """A directive of timer.cfg cannot be used."""


class Runner:
    """Runs jobs when they are due: one thread that waits, others that run."""

    def __init__(self, journal: Journal, *, threads: int, timeout: float) -> None:
        """Run at most ``threads`` jobs at once, each for ``timeout`` seconds at most."""
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self.agenda = Agenda(journal, SYSTEM_CLOCK, wake=self._wake.set)
        self._journal, self._timeout = journal, timeout
        self._free = threading.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="timer-job")
        self._thread = threading.Thread(target=self._turn, name="timer")

    def start(self) -> None:
        """Begin to wait."""
        _log.notice("jobs", waiting=len(self.agenda))
        self._thread.start()

    def stop(self) -> None:
        """End; jobs that run are waited for as long as they may take, those that wait are kept."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown()
        self._journal.close()

    def look(self) -> None:
        """Set the figures of what waits."""
        metrics.JOBS_WAITING.cell()[0] = len(self.agenda)
        metrics.JOBS_LATE.cell()[0] = self.agenda.late()

    def dump(self) -> None:
        """Write what waits to the log."""
        _log.notice("jobs", waiting=len(self.agenda), next_in=self.agenda.wait())

    def _turn(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            if self._stopping.is_set():  # said so just before the clear: nobody says it again
                break
            while not self._stopping.is_set() and (job := self._next()) is not None:
                self._pool.submit(self._run, job)
            pause = self.agenda.wait()
            self._wake.wait(_LOOK if pause is None else min(pause, _LOOK))

    def _next(self) -> Job | None:
        self._free.acquire()
        job = self.agenda.take()
        if job is None:
            self._free.release()
        return job

    def _run(self, job: Job) -> None:
        try:
            succeeded = self._runs(job)
            over = self.agenda.done(job, succeeded=succeeded)
            metrics.JOBS.add("done" if succeeded else "given_up" if over else "again")
            if not over:
                _log.warning("job is tried again later", job=job.job_id)
            elif not succeeded:
                _log.error("job given up", job=job.job_id, command=job.command)
            self._journal.sync()
        except OSError as error:
            _log.error("journal cannot be written", job=job.job_id, reason=error)
        finally:
            self._free.release()
            self._wake.set()

    def _runs(self, job: Job) -> bool:
        """Run a job; tell whether it ended well."""
        try:
            done = subprocess.run(  # noqa: S603 - words_of lets only programs of the product pass
                argv_of(job.command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                check=False,
            )
        except (GromoxError, OSError, subprocess.TimeoutExpired) as error:
            _log.error("job failed", job=job.job_id, command=job.command, reason=error)
            return False
        if done.returncode:
            output = done.stderr[-_OUTPUT:].decode("utf-8", "replace")
            _log.error(
                "job failed", job=job.job_id, command=job.command, status=done.returncode, output=output
            )
            return False
        _log.notice("job done", job=job.job_id, command=job.command)
        return True


def argv_of(command: str) -> list[str]:
    """Return what is run for a command.

    A tree that is not installed (``gromox-server``, tests) has no programs in /usr; its tools are modules.

    Raises:
        CommandError: it is none that may be run.
    """
    words = words_of(command)
    program = Path(words[0])
    module = f"gromox.tools.{program.name.removeprefix('gromox-').replace('-', '_')}"
    if not program.exists() and importlib.util.find_spec(module) is not None:
        return [sys.executable, "-m", module, *words[1:]]
    return words


def add_runner(server: Server, settings: Settings) -> Runner:
    """Run the jobs that stand in the journal."""
    path = settings[declared.TIMER_STATE_PATH]
    journal = Journal(path)
    give(path, settings[RUNNING_IDENTITY])
    runner = Runner(
        journal,
        threads=settings[declared.TIMER_THREADS_NUM],
        timeout=settings[declared.TIMER_JOB_TIMEOUT],
    )
    server.add(runner)
    return runner


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    try:
        allowed = HostsAllow(settings[declared.TIMER_HOSTS_ALLOW] or ("::1",))
    except ValueError as error:
        raise SetupError(f"timer_hosts_allow: {error}; write addresses or networks") from error
    runner = add_runner(server, settings)
    metrics.before_reading(runner.look)
    server.on_dump(runner.dump)
    service = Service(
        "timer",
        lambda: TimerCore(runner.agenda, allowed.__contains__),
        Limits(),
        refusal=b"FALSE\r\n",
    )
    endpoint = Endpoint(settings[declared.TIMER_LISTEN_IP], settings[declared.TIMER_LISTEN_PORT])
    server.listen(Listening(bind(endpoint), service))


DAEMON = Daemon(
    declared.PROGRAM, declared.LOG_FILE, declared.LOG_LEVEL, build, metrics=declared.METRICS_SOCKET
)


def main() -> int:
    """Run gromox-timer."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
