"""The life of workers: they are forked, killed when they hang, and started again when they crash."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import log, metrics
from gromox.serve import intercom, systemd
from gromox.serve.offspring import Child, State, pause_after
from gromox.serve.parent.signals import reset_in_worker

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from gromox.serve.parent.channels import Channels
    from gromox.serve.parent.household import Household, Plan
    from gromox.serve.parent.loop import Loop
    from gromox.serve.shares import Share

_log = log.get_logger(__name__)

#: Seconds without a sign of life after which a worker is taken for hung, if systemd does not say.
HANG_LIMIT: Final = 180.0
#: Seconds for a worker to become ready.
START_LIMIT: Final = 120.0
#: Seconds of life after which a crash is the first one again.
LONG_LIFE: Final = 30.0
#: How many times as many rows as workers have bells: those of former generations have rows, too.
BELLS: Final = 4
_TICK: Final = 1.0


class Workers:
    """Starts workers and looks after them."""

    def __init__(
        self, household: Household, loop: Loop, channels: Channels, leave: Callable[[Plan], None]
    ) -> None:
        """Look after nobody yet.

        Args:
            household: whose workers they are.
            loop: tells the time.
            channels: to those that are started.
            leave: closes, in a process that was just forked, what a worker of a plan does not need.
        """
        self._household, self._loop, self._channels, self._leave = household, loop, channels, leave
        self._crashes = 0
        watchdog = int(os.environ.get("WATCHDOG_USEC", "0")) / 1_000_000
        self._hang_limit = watchdog or HANG_LIMIT
        self._watchdog, self._shown, self._ticked = watchdog / 2, 0.0, monotonic()

    # -- start

    def start(self, plan: Plan, generation: int, *, first: bool = False) -> None:
        """Fork a worker; the others of its generation follow when the ``first`` is ready."""
        ours, theirs = intercom.pair()
        self._household.shares.hang_bells(BELLS * plan.workers)
        share = self._household.free_share()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._become_worker(plan, ours, theirs, share)
        theirs.close()
        child = self._household.children[pid] = Child(pid, ours, generation, share, is_first=first)
        self._channels.watch(child)

    def start_missing(self) -> None:
        """Start what the present generation has too few."""
        for _ in range(self._household.missing):
            self.start(self._household.plan, self._household.generation)

    def start_missing_later(self) -> None:
        """Do so in a while, in which the machine may recover from what ended the others."""
        for _ in range(self._household.missing):
            self._start_after(pause_after(1 + self._crashes))

    def _start_after(self, pause: float) -> None:
        """Start a worker of the present generation, if one is missing then."""
        household = self._household
        generation = household.generation

        def again() -> None:
            if not household.stopping and generation == household.generation and household.missing:
                self.start(household.plan, generation)

        self._loop.after(pause, again)

    def _become_worker(self, plan: Plan, ours: socket.socket, theirs: socket.socket, share: Share) -> None:
        """Be the child of a fork, and never return."""
        status = 1
        try:
            reset_in_worker()
            for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
                os.environ.pop(name, None)
            ours.close()
            self._leave(plan)
            metrics.reset()
            status = plan.run(theirs, share)
        except BaseException:  # noqa: BLE001 - nothing may get out of here: it would go on as a second parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    # -- life

    def look_after(self) -> None:
        """Look after the workers once a second from now on, and show systemd that we do."""
        self._loop.after(_TICK, self.look_after)
        now = monotonic()
        children = list(self._household.children.values())
        # Who does not get the processor itself cannot blame others for their silence.
        late, self._ticked = now - self._ticked - _TICK, now
        if late > _TICK:
            for child in children:
                child.heard += late
        if self._watchdog and now - self._shown >= self._watchdog:
            self._shown = now
            systemd.notify("WATCHDOG=1")
        for child in children:
            limit = START_LIMIT if child.state is State.STARTING else self._hang_limit
            if now - child.heard > limit and not child.killed:
                _log.error("worker hangs", worker=child.pid, silent=round(now - child.heard))
                child.kill(signal.SIGKILL)

    def signal_all(self, number: int, *, only: int = 0) -> None:
        """Send a signal to all, or to one generation only."""
        for child in self._household.children.values():
            # One that starts has not yet said what it does with signals; it is new anyway.
            harmless = number in (signal.SIGHUP, signal.SIGUSR1)
            if only not in (0, child.generation) or (harmless and child.state is State.STARTING):
                continue
            child.kill(number)

    # -- end

    @staticmethod
    def ended() -> Iterator[tuple[int, int]]:
        """Give each process that ended, one after the other, and its exit status."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            yield pid, os.waitstatus_to_exitcode(status)

    def crashed(self, child: Child, status: int, sessions: int) -> None:
        """Start another in the place of one that was not to end, and that had so many sessions."""
        metrics.RESTARTS.add()
        self._crashes = 0 if child.age > LONG_LIFE else self._crashes + 1
        pause = pause_after(self._crashes)
        _log.error("worker ended", worker=child.pid, status=status, sessions=sessions, restart_after=pause)
        self._start_after(pause)
