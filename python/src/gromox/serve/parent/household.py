"""What all parts of the parent know: the plan, the workers and their generation, and how far things are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.serve import systemd
from gromox.serve.offspring import State

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from gromox.base.metrics import Snapshot
    from gromox.serve.limits import Limits
    from gromox.serve.offspring import Child
    from gromox.serve.succession import ListeningSocket


@dataclass(frozen=True, slots=True)
class Plan:
    """How workers are run with certain settings."""

    sockets: Sequence[ListeningSocket]
    workers: int
    retire_time: float  #: seconds that sessions of replaced workers may go on
    limits: Limits
    run: Callable[
        [socket.socket], int
    ]  #: is the worker on the other end of the channel; returns its exit status


@dataclass(slots=True)
class Household:
    """The parent and its workers."""

    plan: Plan
    children: dict[int, Child]  #: the workers, by process
    generation: int
    departed: Snapshot  #: the figures of workers that ended
    candidate: Plan | None = None  #: becomes the plan when its first worker is ready
    was_ready: bool = False  #: all workers were once
    stopping: bool = False

    @property
    def serving(self) -> list[Child]:
        """The workers that take connections."""
        return [child for child in self.children.values() if child.state is State.SERVING]

    @property
    def missing(self) -> int:
        """How many workers of the present generation are not there."""
        return self.plan.workers - sum(
            child.generation == self.generation and child.state is not State.RETIRING
            for child in self.children.values()
        )

    def tell_ready(self, remark: str = "") -> None:
        """Show systemd that all is well, and who serves."""
        systemd.ready(f"generation {self.generation}, {systemd.code()}{remark}")
