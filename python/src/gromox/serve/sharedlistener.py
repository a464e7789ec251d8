"""Accepting on a socket that all workers of a daemon accept on: each in its turn, so that all have the same.

Every worker is woken for a connection that comes, and the one whose turn it is takes it
(:mod:`gromox.serve.shares`). The others look again a little later: the one whose turn it was may be busy with
something long, or hang. If they were woken for nothing they rest: connections do not wake them for some time,
unless it becomes their turn and somebody calls.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Final

from gromox.serve.listener import ACCEPTS, Listener

if TYPE_CHECKING:
    import socket
    from asyncio import TimerHandle

    from gromox.serve.engine import Engine
    from gromox.serve.listener import Listening
    from gromox.serve.shares import Share

#: Seconds between two looks at who waits.
LOOK: Final = 0.001
#: Looks after which somebody who has let his turn pass all the time is slow. On a busy machine it takes a
#: process some milliseconds to get a processor.
PATIENCE: Final = 5
#: Connections that are taken in one turn if so many wait: many come at once, and to leave each to another one
#: costs more than it is worth.
SPELL: Final = 4
#: Seconds of a rest.
REST: Final = 0.02


class SharedListener(Listener):
    """Accepts connections on one socket while it is open and it is this worker's turn."""

    def __init__(self, engine: Engine, listening: Listening, share: Share) -> None:
        """Accept once :meth:`open` was called."""
        super().__init__(engine, listening)
        self._share = share
        # An own epoll tells of each connection that comes once. The one of the loop would tell without end
        # of those that are left to others.
        self._edges = select.epoll()
        self._waiting = select.poll()
        self._waiting.register(self._sock, select.POLLIN)
        self._is_woken = False  # by connections that come: not while it rests, or is closed
        self._timer: TimerHandle | None = None
        self._rest: TimerHandle | None = None
        # At the last look: whose turn it was, and how many looks it had been so.
        self._expected, self._looks = (0, 0), 0

    def open(self) -> None:
        """Accept."""
        self._share.begin()
        super().open()

    def close(self) -> None:
        """Accept no more; the socket is closed here, and open where others accept."""
        self._share.end()
        self._end_rest()
        if self._timer is not None:
            self._timer.cancel()
        super().close()
        self._edges.close()

    def _resume(self) -> None:
        self._is_woken = True
        self._edges.register(self._sock, select.EPOLLIN | select.EPOLLET)
        self._engine.loop.add_reader(self._edges.fileno(), self._woken)

    def _suspend(self) -> None:
        if self._is_woken:
            self._is_woken = False
            self._engine.loop.remove_reader(self._edges.fileno())
            self._edges.unregister(self._sock)

    @property
    def _may(self) -> bool:
        """Tell whether this worker may accept now: the parent may have ended that, and will say so soon."""
        return self._is_woken and self._share.accepts

    def _woken(self) -> None:
        """Take who came, or rest if another one has done so already."""
        self._edges.poll(0)
        if self._waiting.poll(0):
            self._accept()
        else:
            self._begin_rest()

    def _accept(self) -> None:
        """Take who waits, one after the other, as long as it is our turn."""
        for number in range(ACCEPTS):
            if not self._may:
                return
            if number % SPELL == 0 and (turn := self._share.turn()[0]) != self._share.row:
                self._leave_to(turn, is_new=number > 0)
                return
            if not self._accept_one():
                return
        self._engine.loop.call_soon(self._accept)

    def _leave_to(self, turn: int, *, is_new: bool) -> None:
        """Leave who waits to another one, who may not know yet that it is his turn."""
        if self._waiting.poll(0):
            if is_new or self._share.is_resting(turn):
                self._share.call(turn)
            self._look_later()

    def _begin_rest(self) -> None:
        if self._share.begin_rest():
            self._suspend()
            self._rest = self._engine.loop.call_later(REST, self.wake)

    def wake(self) -> None:
        """Rest no longer, and look who waits."""
        if self._end_rest():
            self._resume()  # tells of who waits
        elif self._waiting.poll(0):
            self._accept()

    def _end_rest(self) -> bool:
        if self._rest is None:
            return False
        self._rest.cancel()
        self._rest = None
        self._share.end_rest()
        return True

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = self._engine.loop.call_later(LOOK, self._look)

    def _look(self) -> None:
        """Take who waits if it is our turn by now, or if the one whose turn it is lets it pass."""
        self._timer = None
        if not self._may:
            return
        if not self._waiting.poll(0):
            self._looks = 0
            self._begin_rest()
            return
        turn = self._share.turn()
        if turn[0] != self._share.row:
            self._looks = self._looks + 1 if turn == self._expected else 1
            self._expected = turn
            if self._share.is_resting(turn[0]):
                self._share.call(turn[0])
            if self._looks <= PATIENCE:
                self._look_later()
                return
            self._share.pass_over(*turn)
        self._looks = 0
        self._accept()

    def _take(self, sock: socket.socket, name: object) -> None:
        self._share.accepted()
        super()._take(sock, name)
