"""A worker's side of the channel to its parent: what the others count comes in, what happened goes out.

It accepts on the sockets that its parent holds (:mod:`gromox.serve.sharedlistener`).
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from threading import get_ident
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.serve import intercom

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from gromox.serve.intercom import Message
    from gromox.serve.server import Server
    from gromox.serve.shares import Share

_log = get_logger(__name__)

#: Seconds between two signs of life.
BEAT: Final = 2.0
#: Every how many of them also carries the figures: what is lost of them in a crash.
FIGURES_EVERY: Final = 5
#: Seconds in which words for the others are collected: a message wakes the parent and all of them.
COLLECT: Final = 0.01
#: Characters of words after which a message is full; the last word said may be as long as another message.
_FULL: Final = 8 << 10
#: Messages taken in one turn of the loop.
_TURN: Final = 64
#: Messages that wait for room in the channel; beyond that all is told again when there is room.
_MOST_WAITING: Final = 1000


class Worker:
    """The link to the parent; a part of the server (``gromox.serve.server.Part``)."""

    def __init__(
        self, server: Server, channel: socket.socket, sockets: Sequence[socket.socket], share: Share
    ) -> None:
        """Listen to the parent once started.

        Args:
            server: whose part it is.
            channel: to the parent.
            sockets: those to accept on, in the order of the settings.
            share: what this worker has of the connections.
        """
        self._server, self._channel = server, channel
        self.sockets, self.share = sockets, share
        self._words: deque[tuple[str, ...]] = deque()
        self._collecting = False
        self._waiting: list[Message] = []
        self._has_lost = False
        self._beats, self._thread = 0, 0
        server.neighbours.carry = self._carry

    def start(self) -> None:
        """Listen to the parent."""
        self._thread = get_ident()
        self._server.loop.add_reader(self._channel.fileno(), self._hear)
        if self.share.bell >= 0:
            self._server.loop.add_reader(self.share.bell, self._called)
            self.share.recall = self._recalled
        self._beat()

    def stop(self) -> None:
        """Say the last figures."""
        self._tell()
        self._say({"kind": "alive", "metrics": metrics.snapshot()})
        self._hang_up()

    def ready(self) -> None:
        """Tell the parent that connections are accepted."""
        self._say({"kind": "ready"})

    def _beat(self) -> None:
        self._beats += 1
        told = {} if self._beats % FIGURES_EVERY else {"metrics": metrics.snapshot()}
        self._say({"kind": "alive", **told})
        self._server.loop.call_later(BEAT, self._beat)

    def _hear(self) -> None:
        for _ in range(_TURN):
            try:
                message = intercom.receive(self._channel)
            except EOFError:
                self._orphaned()
                return
            if message is None:
                return
            self._obey(message)

    def _called(self) -> None:
        """Look for connections: it is our turn to accept."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.share.bell)
        for listener in self._server.listeners:
            listener.wake()

    def _recalled(self) -> None:
        """Rest no more if it is our turn again; a connection is being closed right now."""
        if self.share.turn()[0] == self.share.row:
            self._server.loop.call_soon(self._called)

    def _obey(self, message: Message) -> None:
        match message["kind"]:
            case "told":
                for topic, *words in message["words"]:
                    self._server.neighbours.heard(message["by"], topic, tuple(words))
            case "joined":
                self._server.neighbours.joined()
            case "left":
                self._server.neighbours.left(message["by"])
            case "report":
                self._say({"kind": "report", "metrics": metrics.snapshot()})
            case "retire":
                self._retire(message["seconds"])

    def _retire(self, seconds: float) -> None:
        """Leave new connections to others, and let the sessions end by themselves, for some time."""
        _log.notice("retiring", sessions=self.share.count)
        for listener in self._server.listeners:
            listener.close()
        loop = self._server.loop
        loop.call_later(seconds, self._stop)
        self.share.emptied = lambda: loop.call_soon(self._stop)
        if not self.share.count:
            self._stop()

    def _stop(self) -> None:
        if not self._server.engine.stopping:
            self._server.stop()

    def _orphaned(self) -> None:
        """End: nobody counts, restarts or stops us any more."""
        self._hang_up()
        _log.warning("parent is gone", parent=os.getppid())
        self._stop()

    def _hang_up(self) -> None:
        if self._channel.fileno() >= 0:
            self._server.loop.remove_reader(self._channel.fileno())
            self._server.loop.remove_writer(self._channel.fileno())
            self._channel.close()

    def _carry(self, topic: str, words: tuple[str, ...]) -> None:
        """Take words for the others, from any thread; they are told soon, with others that come meanwhile."""
        self._words.append((topic, *words))
        if not self._collecting:
            self._collecting = True
            loop = self._server.loop
            if get_ident() == self._thread:
                loop.call_later(COLLECT, self._tell)
            else:
                loop.call_soon_threadsafe(loop.call_later, COLLECT, self._tell)

    def _tell(self) -> None:
        self._collecting = False  # before the words are taken: who comes meanwhile is told later
        while self._words:
            told, size = [], 0
            while self._words and size < _FULL:
                told.append(self._words.popleft())
                size += sum(map(len, told[-1]))
            self._say({"kind": "tell", "words": told})

    def _say(self, message: Message) -> None:
        if self._channel.fileno() < 0:
            return
        if self._waiting or not intercom.send(self._channel, message):
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(message)
            else:
                self._has_lost = True
            self._server.loop.add_writer(self._channel.fileno(), self._say_more)

    def _say_more(self) -> None:
        while self._waiting and intercom.send(self._channel, self._waiting[0]):
            del self._waiting[0]
        if not self._waiting:
            self._server.loop.remove_writer(self._channel.fileno())
            if self._has_lost:
                self._has_lost = False
                self._server.neighbours.joined()  # what was lost is among what still counts
