"""A worker's side of the channel to its parent: connections come in, what happened goes out.

The parent accepts and hands each connection to the worker that has the fewest
(``gromox.serve.parent``); the worker serves it as if it had accepted it itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.serve import handover
from gromox.serve.listener import welcome

if TYPE_CHECKING:
    import socket

    from gromox.serve.engine import Service
    from gromox.serve.handover import Message
    from gromox.serve.server import Server

_log = get_logger(__name__)

#: Seconds between two signs of life.
BEAT: Final = 2.0
#: Every how many of them also carries the figures: what is lost of them in a crash.
FIGURES_EVERY: Final = 5
#: Messages taken in one turn of the loop.
_TURN: Final = 64
#: Messages that wait for room in the channel; beyond that all is told again when there is room.
_MOST_WAITING: Final = 10_000


@dataclass(frozen=True, slots=True)
class Door:
    """What is spoken on one of the parent's listening sockets."""

    service: Service
    tls: bool


class Worker:
    """The link to the parent; a part of the server (``gromox.serve.server.Part``)."""

    def __init__(self, server: Server, channel: socket.socket) -> None:
        """Take connections from ``channel`` once started."""
        self._server, self._channel = server, channel
        self._doors: list[Door] = []
        self._sessions = 0
        self._waiting: list[Message] = []
        self._retiring = self._has_lost = False
        self._beats = 0
        server.neighbours.carry = self._carry

    @property
    def services(self) -> list[Service]:
        """What is served."""
        return [door.service for door in self._doors]

    def open(self, service: Service, *, tls: bool) -> None:
        """Serve what comes in through the next of the parent's listening sockets."""
        self._doors.append(Door(service, tls))

    def start(self) -> None:
        """Listen to the parent."""
        self._server.loop.add_reader(self._channel.fileno(), self._hear)
        self._beat()

    def stop(self) -> None:
        """Say the last figures."""
        self._say({"kind": "alive", "metrics": metrics.snapshot()})
        self._hang_up()

    def ready(self) -> None:
        """Tell the parent that connections may come."""
        self._say({"kind": "ready"})

    def _beat(self) -> None:
        self._beats += 1
        told = {} if self._beats % FIGURES_EVERY else {"metrics": metrics.snapshot()}
        self._say({"kind": "alive", **told})
        self._server.loop.call_later(BEAT, self._beat)

    def _hear(self) -> None:
        for _ in range(_TURN):
            try:
                found = handover.receive(self._channel)
            except EOFError:
                self._orphaned()
                return
            if found is None:
                return
            message, sock = found
            self._obey(message, sock)

    def _obey(self, message: Message, sock: socket.socket | None) -> None:
        match message["kind"]:
            case "take" if sock is not None:
                self._take(message, sock)
            case "told":
                words = tuple(message["words"])
                self._server.neighbours.heard(message["by"], message["topic"], words)
            case "joined":
                self._server.neighbours.joined()
            case "left":
                self._server.neighbours.left(message["by"])
            case "report":
                self._say({"kind": "report", "metrics": metrics.snapshot()})
            case "retire":
                self._retire(message["seconds"])

    def _take(self, message: Message, sock: socket.socket) -> None:
        door = self._doors[message["door"]]
        host, port = message["address"]
        self._sessions += 1
        self._say({"kind": "took", "number": message["number"]})

        def ended() -> None:
            self._sessions -= 1
            self._say({"kind": "ended", "address": host, "counted": message["refused"] is None})
            self._end_if_done()

        welcome(
            self._server.engine,
            door.service,
            sock,
            (host, port),
            local_port=message["port"],
            tls=door.tls,
            refused=message["refused"],
            ended=ended,
        )

    def _retire(self, seconds: float) -> None:
        """Let the sessions end by themselves, for some time."""
        _log.notice("retiring", sessions=self._sessions)
        self._retiring = True
        self._server.loop.call_later(seconds, self._stop)
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._retiring and not self._sessions:
            self._server.loop.call_soon(self._stop)

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
        self._server.loop.call_soon_threadsafe(
            self._say, {"kind": "tell", "topic": topic, "words": list(words)}
        )

    def _say(self, message: Message) -> None:
        if self._channel.fileno() < 0:
            return
        if self._waiting or not handover.send(self._channel, message):
            if len(self._waiting) < _MOST_WAITING or message["kind"] == "ended":
                self._waiting.append(message)
            else:
                self._has_lost = True
            self._server.loop.add_writer(self._channel.fileno(), self._say_more)

    def _say_more(self) -> None:
        while self._waiting and handover.send(self._channel, self._waiting[0]):
            del self._waiting[0]
        if not self._waiting:
            self._server.loop.remove_writer(self._channel.fileno())
            if self._has_lost:
                self._has_lost = False
                self._server.neighbours.joined()  # what was lost is among what still counts
