"""Signals as something the loop waits for: nothing happens inside a handler."""

from __future__ import annotations

import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the parent acts on.
SIGNALS: Final = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGCHLD,
)
_MOST: Final = 64


class Signals:
    """The signals that came and were not acted on yet."""

    def __init__(self) -> None:
        """Wait for none yet."""
        self._written, self.wakeup = socket.socketpair()
        for end in (self._written, self.wakeup):
            end.setblocking(False)

    def begin(self) -> None:
        """Take signals from now on; ``wakeup`` can be read when one came."""
        for number in SIGNALS:
            signal.signal(number, lambda _number, _frame: None)
            signal.siginterrupt(number, False)
        signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)

    @staticmethod
    def unblock() -> None:
        """Let come what waited, a signal to a former parent for one."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    @staticmethod
    def end() -> None:
        """Take none any more."""
        signal.set_wakeup_fd(-1)

    def came(self) -> list[int]:
        """Return those that came since the last time, each once."""
        try:
            return list(dict.fromkeys(self.wakeup.recv(_MOST)))
        except BlockingIOError:
            return []

    def close(self) -> None:
        """Close; in a process that was forked."""
        self._written.close()
        self.wakeup.close()


@contextmanager
def blocked() -> Iterator[None]:
    """Have signals wait while the context lasts."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def reset_in_worker() -> None:
    """Take signals as a worker does until it says otherwise.

    Ctrl-C reaches all processes of the terminal, and ``systemctl kill`` those of the unit; the parent tells
    its workers what to do.
    """
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
