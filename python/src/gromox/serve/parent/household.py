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
    from gromox.serve.offspring import Child
    from gromox.serve.shares import Share, Shares


@dataclass(frozen=True, slots=True)
class Plan:
    """How workers are run with certain settings."""

    sockets: Sequence[socket.socket]  #: those that the workers accept on
    workers: int
    retire_time: float  #: seconds that sessions of replaced workers may go on
    #: Is the worker on the other end of the channel, with its share; returns its exit status.
    run: Callable[[socket.socket, Share], int]
    former: Sequence[socket.socket] = ()  #: those of a former parent, whose workers accept on them still

    @property
    def held(self) -> list[socket.socket]:
        """The sockets that are open in the parent."""
        return [*self.sockets, *(sock for sock in self.former if sock not in self.sockets)]


@dataclass(slots=True)
class Household:
    """The parent and its workers."""

    plan: Plan
    shares: Shares  #: of the workers in the connections
    children: dict[int, Child]  #: the workers, by process
    generation: int
    departed: Snapshot  #: the figures of workers that ended
    candidate: Plan | None = None  #: becomes the plan when its first worker is ready
    was_ready: bool = False  #: all workers were once
    stopping: bool = False

    @property
    def missing(self) -> int:
        """How many workers of the present generation are not there."""
        return self.plan.workers - sum(
            child.generation == self.generation and child.state is not State.RETIRING
            for child in self.children.values()
        )

    def free_share(self) -> Share:
        """Return a share that no worker has."""
        return self.shares.free({child.share.row for child in self.children.values()})

    def close_sockets(self, kept: Sequence[socket.socket] = ()) -> None:
        """Close all sockets but those ``kept``; workers have theirs as long as they accept."""
        for plan in (self.plan, self.candidate):
            for sock in plan.held if plan is not None else ():
                if sock not in kept:
                    sock.close()

    def tell_ready(self, remark: str = "") -> None:
        """Show systemd that all is well, and who serves."""
        systemd.ready(f"generation {self.generation}, {systemd.code()}{remark}")
