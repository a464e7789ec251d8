"""New code: the parent becomes its own successor once a rehearsal has shown that this one works.

How that is done stands in :mod:`gromox.serve.succession`; here is when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import log, metrics
from gromox.serve import succession, systemd
from gromox.serve.offspring import State
from gromox.serve.parent.signals import blocked
from gromox.serve.parent.workers import START_LIMIT
from gromox.serve.succession import Estate

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.serve.parent.figures import Figures
    from gromox.serve.parent.household import Household
    from gromox.serve.parent.loop import Loop
    from gromox.serve.succession import Rehearsal

_log = log.get_logger(__name__)

_SOON: Final = 0.1


class Replacement:
    """The rehearsal that is under way, if any, and what comes after it."""

    def __init__(
        self,
        household: Household,
        loop: Loop,
        figures: Figures,
        take_signals: Callable[[], None],
    ) -> None:
        """Rehearse nothing yet; ``take_signals`` acts on those that came."""
        self._household, self._loop, self._figures = household, loop, figures
        self._take_signals = take_signals
        self._rehearsal: Rehearsal | None = None

    def begin(self) -> None:
        """Go on with the code that is installed now, if a rehearsal succeeds."""
        if self._household.stopping or self._rehearsal is not None:
            return
        systemd.reloading()
        try:
            rehearsal = self._rehearsal = succession.rehearse(self._estate())
        except OSError as error:
            self._keep_code(str(error))
            return
        _log.notice("rehearsing new code", process=rehearsal.pid)
        self._loop.watch(rehearsal.output, self._speaks, rehearsal)

        def give_up() -> None:
            if self._rehearsal is rehearsal:
                rehearsal.process.kill()

        self._loop.after(START_LIMIT, give_up)

    def _speaks(self, rehearsal: Rehearsal, _events: int) -> None:
        if not rehearsal.listen():
            self._loop.unwatch(rehearsal.output)

    def ended(self, pid: int, status: int) -> None:
        """Act on the end of a process that is no worker: succeed if it was the rehearsal and went well."""
        rehearsal = self._rehearsal
        if rehearsal is None or pid != rehearsal.pid:
            return
        if rehearsal.output in self._loop.selector.get_map():
            self._loop.unwatch(rehearsal.output)
        reason = rehearsal.ended(status)
        if reason or self._household.stopping:
            self._keep_code(reason)
        else:
            self._succeed()

    def _keep_code(self, reason: str) -> None:
        self._rehearsal = None
        if not self._household.stopping:
            _log.error("code kept", reason=reason)
            self._household.tell_ready(f"; new code did not start: {reason}")

    def _succeed(self) -> None:
        """Become the successor as soon as no worker is on its way; the limits of their start see to it."""
        household = self._household
        with blocked():
            self._take_signals()  # what came until now is for us, all else for the successor
            if household.stopping:
                return
            starting = any(child.state is State.STARTING for child in household.children.values())
            if starting or household.candidate is not None:
                self._loop.after(_SOON, self._succeed)
                return
            _log.notice("replaced by new code", generation=household.generation)
            try:
                succession.become(self._estate())
            except OSError as error:
                self._keep_code(str(error))

    def _estate(self) -> Estate:
        household = self._household
        return Estate(
            household.generation,
            household.plan.held,
            household.shares,
            self._figures.sock,
            self._figures.path,
            household.children,
            metrics.summed([household.departed, metrics.snapshot()]),
        )

    def stop(self) -> None:
        """Rehearse no more."""
        if self._rehearsal is not None:
            self._rehearsal.process.kill()

    def close(self) -> None:
        """Close; in a process that was forked."""
        if self._rehearsal is not None:
            self._rehearsal.output.close()
