"""The parent's life: it acts on signals, and on workers that are ready or ended, until told to stop.

SIGTERM and SIGINT stop all. SIGHUP reads the settings anew: if they are different, new workers take the new
connections and the former ones end with their sessions; if not, the workers read their certificates anew.
SIGUSR1: all write their sessions to the log. SIGUSR2: the parent goes on with the code that is installed
now, and new workers follow as after new settings.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from gromox.base import log
from gromox.serve import memory, systemd
from gromox.serve.offspring import State
from gromox.serve.parent.channels import Channels
from gromox.serve.parent.figures import Figures
from gromox.serve.parent.generations import Generations
from gromox.serve.parent.household import Household, Plan
from gromox.serve.parent.loop import Loop
from gromox.serve.parent.replacement import Replacement
from gromox.serve.parent.signals import Signals
from gromox.serve.parent.workers import Workers
from gromox.serve.shares import Shares
from gromox.serve.succession import Estate

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from gromox.serve.offspring import Child

_log = log.get_logger(__name__)

#: Seconds that workers get to stop, a little more than the grace they give their clients.
STOP_LIMIT: Final = 8.0


@dataclass
class Supervisor:
    """Runs until it is told to stop."""

    plan: Plan  #: to begin with
    #: Reads the settings anew: the plan for them, which takes over from the sockets held now what it can,
    #: or None if nothing needs new workers. May raise.
    replan: Callable[[Sequence[socket.socket]], Plan | None]
    figures_socket: socket.socket | None = None  #: listens for who wants to read the metrics
    figures_path: str = ""
    #: What a former parent left. Its sockets are those of the plan to begin with.
    estate: Estate | None = None

    def __post_init__(self) -> None:
        """Put the parts together."""
        left = self.estate or Estate()
        shares = left.shares or Shares()
        household = self._household = Household(
            self.plan, shares, left.children, left.generation, left.departed
        )
        loop = self._loop = Loop()
        self._status = 0
        self._signals = Signals()
        self._figures = Figures(household, loop, self.figures_socket, self.figures_path)
        self._channels = Channels(household, loop, self._figures, self._is_ready)
        self._workers = Workers(household, loop, self._channels, self._leave)
        self._generations = Generations(household, self._workers, self.replan)
        self._replacement = Replacement(household, loop, self._figures, self._signalled)

    def run(self, ready: Callable[[], None]) -> int:
        """Serve until told to stop; return the exit status. ``ready`` is called when all workers are."""
        self._ready = ready
        self._signals.begin()
        self._loop.watch(self._signals.wakeup, self._signalled)
        self._figures.listen()
        memory.settle()
        self._signals.unblock()
        if self.estate is None:
            self._workers.start(self.plan, self._household.generation, first=True)
        else:
            self._follow(self.estate)
        self._workers.look_after()
        while not (self._household.stopping and not self._household.children):
            self._loop.turn()
        self._signals.end()
        return self._status

    def _follow(self, estate: Estate) -> None:
        """Go on where the former parent was, with its workers until there are new ones."""
        household = self._household
        household.was_ready = True
        household.plan = replace(self.plan, former=estate.sockets)
        for child in household.children.values():
            child.heard = monotonic()
            if child.channel.fileno() >= 0:
                self._channels.watch(child)
        self._reap()  # who ended while nobody listened
        self._generations.try_plan(self.plan)

    def _leave(self, plan: Plan) -> None:
        """Close, in a process that was just forked, what a worker of this plan does not need."""
        self._channels.close()
        self._household.close_sockets(plan.sockets)
        self._household.shares.close()
        self._signals.close()
        self._figures.close()
        self._replacement.close()
        self._loop.close()

    # -- signals

    def _signalled(self, _events: int = 0) -> None:
        for number in self._signals.came():
            match number:
                case signal.SIGTERM | signal.SIGINT:
                    self.stop()
                case signal.SIGHUP:
                    self._generations.reload()
                case signal.SIGUSR1:
                    self.dump()
                case signal.SIGUSR2:
                    self._replacement.begin()
                case signal.SIGCHLD:
                    self._reap()

    def stop(self) -> None:
        """Stop; a second time: at once."""
        if not self._household.stopping:
            systemd.notify("STOPPING=1")
            _log.notice("stopping", workers=len(self._household.children))
            self._household.stopping = True
            self._household.close_sockets()
            self._replacement.stop()
            self._loop.after(STOP_LIMIT, lambda: self._workers.signal_all(signal.SIGKILL))
        self._workers.signal_all(signal.SIGTERM)

    def dump(self) -> None:
        """Write the workers to the log; they write their sessions."""
        for child in self._household.children.values():
            _log.notice("worker", **child.describe())
        self._workers.signal_all(signal.SIGUSR1)

    # -- what happens to workers

    def _is_ready(self, child: Child) -> None:
        household = self._household
        if child.state is State.STARTING:  # else its successors were faster
            child.state = State.SERVING
        self._generations.joined(child)
        self._channels.tell_all({"kind": "joined", "by": child.pid}, but=child.pid)
        if child.is_first and not household.stopping:
            child.is_first = False
            self._workers.start_missing()
        is_complete = all(each.state is not State.STARTING for each in household.children.values())
        if is_complete and not household.was_ready:
            household.was_ready = True
            household.tell_ready()
            self._ready()

    def _reap(self) -> None:
        for pid, status in self._workers.ended():
            child = self._household.children.pop(pid, None)
            if child is None:
                self._replacement.ended(pid, status)
            else:
                self._channels.heard(child)  # what it said last
                self._ended(child, status)

    def _ended(self, child: Child, status: int) -> None:
        """Clear up after a worker, and start another if it was not to end."""
        household = self._household
        self._channels.hang_up(child)
        child.channel.close()
        sessions = child.share.count
        child.share.clear()
        self._figures.depart(child)
        self._channels.tell_all({"kind": "left", "by": child.pid}, but=child.pid)
        self._figures.look()
        if household.stopping or child.state is State.RETIRING:
            return
        if child.generation > household.generation:
            self._generations.refuse(status)
        elif not household.was_ready:
            self._status = 1  # it has said why
            self.stop()
        else:
            self._workers.crashed(child, status, sessions)
