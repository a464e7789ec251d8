"""New settings: new workers take the new connections, and the former ones end with their sessions."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from gromox.base import log
from gromox.serve import systemd

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from gromox.serve.offspring import Child
    from gromox.serve.parent.household import Household, Plan
    from gromox.serve.parent.workers import Workers

_log = log.get_logger(__name__)

#: Former generations of workers that may still have sessions.
MOST_FORMER: Final = 2


class Generations:
    """Replaces one generation of workers by the next."""

    def __init__(
        self,
        household: Household,
        workers: Workers,
        replan: Callable[[Sequence[socket.socket]], Plan | None],
    ) -> None:
        """Change nothing yet; ``replan`` is :attr:`gromox.serve.parent.supervisor.Supervisor.replan`."""
        self._household, self._workers, self._replan = household, workers, replan

    def reload(self) -> None:
        """Take new settings with new workers, or have the present ones look at their certificates."""
        household = self._household
        if household.stopping:
            return
        systemd.reloading()
        try:
            plan = self._replan(household.plan.held)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, the present settings work
            _log.error("settings kept", reason=error)
            plan = None
        if plan is None or household.candidate is not None:
            self._workers.signal_all(signal.SIGHUP, only=household.generation)
            _log.notice("reloaded")
            household.tell_ready()
            return
        self.try_plan(plan)

    def try_plan(self, plan: Plan) -> None:
        """Start a worker with another plan, which becomes the plan if that one gets ready."""
        self._household.candidate = plan
        self._workers.start(plan, self._household.generation + 1, first=True)

    def joined(self, child: Child) -> None:
        """Let the others follow if a worker that is ready is the first of the next generation."""
        candidate = self._household.candidate
        if candidate is not None and child.generation == self._household.generation + 1:
            self._take_over(candidate)

    def _take_over(self, plan: Plan) -> None:
        """Let the workers with new settings serve, and the former ones end with their sessions."""
        household = self._household
        household.close_sockets(plan.sockets)
        household.candidate, household.plan = None, plan
        household.generation += 1
        for child in household.children.values():
            if child.generation >= household.generation:
                continue
            child.retire(plan.retire_time)
            if child.generation + MOST_FORMER < household.generation:
                child.kill(signal.SIGTERM)
        _log.notice("reloaded", generation=household.generation)
        household.tell_ready()

    def refuse(self, status: int) -> None:
        """Go on with the workers that are there; those that ended meanwhile follow the present plan."""
        household = self._household
        household.close_sockets(household.plan.held)
        household.candidate = None
        _log.error("settings kept", reason="a worker with the new ones did not start", status=status)
        household.tell_ready("; new workers did not start")
        self._workers.start_missing_later()
