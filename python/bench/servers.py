"""What the servers of a benchmark have in common: they have to answer, and to go when all is done."""

from __future__ import annotations

import signal
import socket
import time
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    import subprocess
    from types import FrameType

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def answers(port: int, *, seconds: float = 120.0) -> None:
    """Return as soon as something greets on 127.0.0.1:``port``.

    Raises:
        TimeoutError: nothing did within ``seconds``.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
                if peer.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")


def end(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """End a process, by force if it does not go in time or if nobody wants to wait any longer.

    Raises:
        TimeoutExpired: it had to be forced.
    """
    process.terminate()
    try:
        process.wait(seconds)
    finally:
        process.kill()  # of one that is gone, nothing
        process.wait()


def leave_on_signals() -> None:
    """Have signals that end a program raise SystemExit, so that it clears up as after an error."""
    for number in _SIGNALS:
        signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
