"""The figures of all workers in one text, for who reads them from the parent's socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.serve.exposition import Exposition
from gromox.serve.offspring import State

if TYPE_CHECKING:
    import socket

    from gromox.base.metrics import Snapshot
    from gromox.serve.offspring import Child
    from gromox.serve.parent.household import Household
    from gromox.serve.parent.loop import Loop

#: Seconds in which workers tell their figures to who asks.
PATIENCE: Final = 2.0


@dataclass(eq=False)
class Figures:
    """Asks the workers when somebody reads."""

    household: Household
    loop: Loop
    sock: socket.socket | None  #: listens for who wants to read the metrics
    path: str
    _exposition: Exposition | None = field(default=None, init=False)

    def listen(self) -> None:
        """Let figures be read from now on."""
        if self.sock is not None:
            self._exposition = Exposition(self.loop.selector, self._collected)
            self._exposition.listen(self.sock)

    def look(self) -> None:
        """Answer who waits, if all figures are there by now."""
        if self._exposition is not None:
            self._exposition.look()

    def depart(self, child: Child) -> None:
        """Keep the figures of a worker that ended: counters never go down."""
        self.household.departed = metrics.summed([self.household.departed, child.figures])

    def _collected(self, *, asking: bool) -> bytes | None:
        """Ask the workers for their figures; return the text as soon as all have answered."""
        alive = [
            child
            for child in self.household.children.values()
            if child.state is not State.STARTING and child.is_watched(self.loop.selector)
        ]
        if asking:
            for child in alive:
                child.reported = False
                child.say({"kind": "report"})
            self.loop.after(PATIENCE, self._stop_waiting)
            return None
        return self._text() if all(child.reported for child in alive) else None

    def _stop_waiting(self) -> None:
        """Answer with what is known if a worker is too busy to tell; who asked later waits on."""
        if self._exposition is not None:
            self._exposition.look(self._text(), waited=PATIENCE)

    def _text(self) -> bytes:
        """Return the figures as they were told last."""
        children = self.household.children.values()
        for state in State:
            metrics.WORKERS.cell(state.name.lower())[0] = sum(child.state is state for child in children)
        numbered: dict[str, Snapshot] = {str(child.pid): child.figures for child in children}
        return metrics.render({"parent": metrics.snapshot(), "": self.household.departed, **numbered})

    def close(self) -> None:
        """Close; in a process that was forked."""
        if self.sock is not None:
            self.sock.close()
        if self._exposition is not None:
            self._exposition.close()
