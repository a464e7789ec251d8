"""Who may do what on a connection before it has a session: nodes of a cluster, or users by password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from gromox.store.errors import DeniedError, IncompatibleError
from gromox.store.rpc.request import LoggedOn, OpenMailbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.base.wire import Peer
    from gromox.store.rpc.request import Request
    from gromox.store.session.actor import Actor


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox that is to be opened, and for whom."""

    path: Path
    actor: Actor
    key: str = ""
    """The session closes with that of this user; empty: with the connection only."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A user is logged on."""

    user: str
    key: str


Verdict: TypeAlias = Place | Admitted | None


class Gate(Protocol):
    """Answers requests; may wait for other machines, so it is asked on a thread of its own."""

    def admits(self, peer: Peer) -> bool:
        """Tell whether a peer may speak at all."""
        ...

    def is_alive(self, key: str) -> bool:
        """Tell whether a user is still logged on; that counts as a sign of life. On the loop: does no I/O."""
        ...

    def decide(self, request: Request) -> Verdict:
        """Return what a request comes to; CloseSession is none.

        Raises:
            StoreError: it is refused.
        """
        ...


class NodeGate:
    """The gate of nodes, which were let in by address and certificate and settle themselves who acts."""

    def __init__(self, admits: Callable[[Peer], bool], is_mailbox: Callable[[Path], bool]) -> None:
        """Admit peers as ``admits`` says; open what ``is_mailbox`` says is a mailbox of this node."""
        self._admits, self._is_mailbox = admits, is_mailbox

    def admits(self, peer: Peer) -> bool:
        """See :class:`Gate`."""
        return self._admits(peer)

    def is_alive(self, key: str) -> bool:
        """Nobody logs on here."""
        return not key

    def decide(self, request: Request) -> Verdict:
        """See :class:`Gate`."""
        if not isinstance(request, OpenMailbox):
            raise IncompatibleError("nodes open mailboxes; users log on at gromox-zcore")
        path = Path(request.path)
        if not path.is_absolute() or ".." in path.parts or not self._is_mailbox(path):
            raise DeniedError("that is no mailbox of this node")
        return Place(path, request.actor)


def reply_to(verdict: Verdict) -> LoggedOn | None:
    """Return the reply to a verdict that opens nothing."""
    return LoggedOn(verdict.key, verdict.user) if isinstance(verdict, Admitted) else None
