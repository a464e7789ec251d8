"""Drives a protocol core without a socket: what the connection driver does, in one thread and at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from gromox.base.wire import Call, Close, FilePiece, Outcome, Peer, Produce, Send, StartTls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.base.wire import Action, Core, Piece

#: Makes the next sync fail, or not.
FailSync = Callable[[], "Exception | None"]
PEER = Peer("192.0.2.7", 40000, tls=False, local_port=24, connection_id="t-1")


#: Opens a connection with some settings.
Connect = Callable[..., "Dialogue"]


class Dialogue:
    """A connection to a core: say something, read what it answered."""

    def __init__(self, core: Core, peer: Peer = PEER, *, fail_sync: FailSync = lambda: None) -> None:
        """Connect; ``fail_sync`` may make a sync fail."""
        self.core, self._fail_sync = core, fail_sync
        self.output = bytearray()
        self.closed = self.secured = False
        self._do(core.start(peer))

    def say(self, octets: bytes) -> None:
        """Send octets."""
        if not self.closed:
            self._do(self.core.receive(octets))

    def read(self) -> bytes:
        """Return what was answered since the last time."""
        answered = bytes(self.output)
        self.output.clear()
        return answered

    def ask(self, octets: bytes) -> bytes:
        """Send octets and return the answer to them."""
        self.say(octets)
        return self.read()

    def wait(self) -> None:
        """Be silent until the core's patience ends."""
        self._do(self.core.timed_out())

    def hang_up(self) -> None:
        """Close from the client's side."""
        self.closed = True
        self.core.lost()

    def _do(self, actions: Iterable[Action]) -> None:
        sent, tail = self._collect(actions)
        unsynced = [durable for durable in self.core.unsynced() if durable.needs_sync]
        if unsynced:
            error = self._fail_sync()
            for durable in unsynced if error is None else ():
                try:
                    durable.sync()
                except Exception as failure:  # noqa: BLE001 - as the driver does
                    error = failure
            if error is not None:
                sent, tail = self._collect(self.core.sync_failed(error))
        self.output += b"".join(map(_octets, sent))
        self._follow(tail)

    @staticmethod
    def _collect(actions: Iterable[Action]) -> tuple[list[Piece], Action | None]:
        sent: list[Piece] = []
        tail = None
        for action in actions:
            assert tail is None, "nothing may follow a suspending action"
            if isinstance(action, Send):
                sent += action.pieces
            else:
                tail = action
        return sent, tail

    def _follow(self, tail: Action | None) -> None:
        if isinstance(tail, Close):
            self.closed = True
            self.core.lost()
        elif isinstance(tail, Call):
            try:
                outcome = Outcome(value=tail.run())
            except Exception as error:  # noqa: BLE001 - as the driver does
                outcome = Outcome(error=error)
            self._do(self.core.completed(outcome))
        elif isinstance(tail, Produce):
            for pieces in tail.steps:
                self.output += b"".join(map(_octets, pieces))
            self._do(self.core.proceed())
        elif isinstance(tail, StartTls):
            self.secured = True
            self.core.tls_started()
            self._do(self.core.proceed())


def _octets(piece: Piece) -> bytes:
    if isinstance(piece, FilePiece):
        octets = os.pread(piece.fd, piece.length, piece.offset)
        piece.close()
        return octets
    return piece
