"""What systemd wants to hear and hands over: readiness, watchdog, sockets. Nothing where systemd is not."""

from __future__ import annotations

import os
import socket
import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

#: First descriptor of socket activation, sd_listen_fds(3).
_FIRST: Final = 3


def notify(message: str) -> None:
    """Send ``message`` (READY=1, STOPPING=1, RELOADING=1, WATCHDOG=1) to the supervisor, sd_notify(3)."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.sendto(message.encode(), address)
        except OSError:
            return  # a supervisor that does not listen is its own problem


def reloading() -> None:
    """Tell that a reload has begun; READY=1 ends it. Type=notify-reload asks for the time."""
    notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def ready(status: str = "") -> None:
    """Tell that all is served, and one line about it for ``systemctl status``."""
    notify(f"READY=1\nMAINPID={os.getpid()}" + (f"\nSTATUS={status}" if status else ""))


def code() -> str:
    """Return which code runs: an installed release has a folder of its own."""
    return f"code of {sys.prefix}"


def inherited_sockets() -> list[socket.socket]:
    """Return the listening sockets that systemd opened for us."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    sockets = [socket.socket(fileno=fd) for fd in range(_FIRST, _FIRST + count)]
    for sock in sockets:
        sock.set_inheritable(False)
        sock.setblocking(False)
    return sockets


def start_watchdog(loop: AbstractEventLoop) -> None:
    """Report that the loop turns, twice as often as the unit's WatchdogSec asks for."""
    interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
    if not interval:
        return

    def report() -> None:
        notify("WATCHDOG=1")
        loop.call_later(interval, report)

    report()
