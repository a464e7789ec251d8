"""Rings between processes: two connections to gromox-event, kept up as long as the daemon lives.

While the server is away nobody is told of changes; mailboxes that are watched are then looked at every few
seconds.
"""

from __future__ import annotations

import errno
import os
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.hosts import plain_address
from gromox.base.log import get_logger
from gromox.event.client import OUTGOING, Listener, Outgoing, Publisher
from gromox.event.grammar import ANY_FOLDER
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import short_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.base.settings import Endpoint
    from gromox.base.wire import Core
    from gromox.event.broker import Broker
    from gromox.serve.engine import Engine

_log = get_logger(__name__)

#: Seconds until a lost connection is tried again: the first time, and at most.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0


class HubBridge:
    """Connects the doorbell of the process that serves the event socket with the broker, without a socket."""

    def __init__(self, doorbell: Doorbell, broker: Broker, wakeups: Doorbell, name: str) -> None:
        """Take part in ``broker`` as ``name``; it wakes through ``wakeups``."""
        self._doorbell, self._broker = doorbell, broker
        member = broker.join(name, listening=True)
        if member is None:
            raise ValueError("the broker takes no more names")
        self._member = member
        wakeups.watch(member.key, self._hear)
        doorbell.bridge = self

    def rang(self, mailbox: Path) -> None:
        """Tell other processes that ``mailbox`` changed."""
        self._broker.publish(self._member.name, ("FOLDER-TOUCH", str(mailbox), ANY_FOLDER))

    def watched(self, mailbox: Path) -> None:
        """Ask for the rings of ``mailbox``."""
        self._broker.select(self._member, str(mailbox), ANY_FOLDER)

    def unwatched(self, mailbox: Path) -> None:
        """Ask no more for the rings of ``mailbox``."""
        self._broker.unselect(self._member, str(mailbox), ANY_FOLDER)

    def _hear(self) -> None:
        while self._member.waiting:
            event, _ = self._member.waiting.popitem(last=False)
            self._doorbell.ring_here(Path(event[1]))


class EventBridge:
    """Connects the doorbell of this process with those of others."""

    def __init__(self, engine: Engine, address: Path | Endpoint, name: str) -> None:
        """Speak as ``name``, which no other process uses, to the server at ``address``."""
        self._engine, self._address = engine, address
        self._outgoing = Outgoing()
        self._wakeups = Doorbell(engine.loop)
        self._pauses: dict[str, float] = {}
        self._services = {
            "event publisher": self._service(
                "event publisher", lambda: Publisher(name, self._outgoing, self._ring_here)
            ),
            "event listener": self._service(
                "event listener", lambda: Listener(name, self._ring_here, self._caught_up)
            ),
        }
        engine.doorbell.bridge = self

    def start(self) -> None:
        """Connect."""
        for mailbox in self._engine.doorbell.mailboxes:
            self._outgoing.select(str(mailbox))
        for name in self._services:
            self._connect(name)

    def stop(self) -> None:
        """Carry no more."""
        self._engine.doorbell.bridge = None

    def rang(self, mailbox: Path) -> None:
        """Tell other processes that ``mailbox`` changed."""
        self._outgoing.touch(str(mailbox))
        self._wakeups.ring_here(OUTGOING)

    def watched(self, mailbox: Path) -> None:
        """Ask for the rings of ``mailbox``."""
        self._outgoing.select(str(mailbox))
        self._wakeups.ring_here(OUTGOING)

    def unwatched(self, mailbox: Path) -> None:
        """Ask no more for the rings of ``mailbox``."""
        self._outgoing.unselect(str(mailbox))
        self._wakeups.ring_here(OUTGOING)

    def _service(self, name: str, core: Callable[[], Core]) -> Service:
        return Service(name, core, Limits(), doorbell=self._wakeups, counts_sessions=False)

    def _ring_here(self, mailbox: str) -> None:
        self._engine.doorbell.ring_here(Path(mailbox))

    def _caught_up(self) -> None:
        """Look at everything: what rang while we were away was not heard."""
        for mailbox in self._engine.doorbell.mailboxes:
            self._engine.doorbell.ring_here(mailbox)

    def _connect(self, name: str) -> None:
        if self._engine.stopping:
            return
        address = self._address
        family = socket.AF_UNIX if isinstance(address, Path) else _family(address)
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        found = _connect(sock, address)
        if found == errno.EINPROGRESS:
            self._engine.loop.add_writer(sock.fileno(), self._connecting, name, sock)
        else:
            self._connected(name, sock, found)

    def _connecting(self, name: str, sock: socket.socket) -> None:
        self._engine.loop.remove_writer(sock.fileno())
        self._connected(name, sock, sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def _connected(self, name: str, sock: socket.socket, error: int) -> None:
        if error:
            sock.close()
            self._lost(name, os.strerror(error))
            return
        if name in self._pauses:
            _log.notice("event server is back", part=name)
        self._pauses.pop(name, None)
        self._engine.adopt(
            self._services[name],
            sock,
            ("event", 0),
            local_port=0,
            tls=False,
            ended=partial(self._lost, name, "connection closed"),
        )

    def _lost(self, name: str, reason: str) -> None:
        if self._engine.stopping:
            return
        before = self._pauses.get(name)
        if before is None:
            _log.warning("event server is away", address=self._address, part=name, reason=reason)
        pause = self._pauses[name] = min((before or FIRST_PAUSE / 2) * 2, LONGEST_PAUSE)
        self._caught_up()
        self._engine.loop.call_later(pause, self._connect, name)


def _connect(sock: socket.socket, address: Path | Endpoint) -> int:
    """Begin to connect; return the error number."""
    if not isinstance(address, Path):
        return sock.connect_ex((plain_address(address.host), address.port))
    try:
        with short_name(address) as name:
            return sock.connect_ex(name)
    except OSError as error:  # the folder is not there
        return error.errno or errno.ENOENT


def _family(address: Endpoint) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in plain_address(address.host) else socket.AF_INET
