"""The other end of gromox-timer: ask for a job, or drop one. Blocking; a connection for each request.

Spec: reference/system/protocols.md section 16.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from gromox.base.settings import Endpoint

#: Seconds in which the daemon has to answer; it syncs a file before it does.
PATIENCE: Final = 10.0
_LONGEST_ANSWER: Final = 200
_GREETING: Final = "OK"


class TimerError(GromoxError):
    """The timer does not answer, or not with a promise."""


def add(timer: Endpoint, seconds: int, command: str) -> int:
    """Have a command run in some seconds; returns the job, which is durable.

    Raises:
        TimerError: nobody promised that.
    """
    answer = _ask(timer, f"ADD {seconds} {command}")
    word, _, number = answer.partition(" ")
    if word != "TRUE" or not number.isdecimal():
        raise TimerError(f"gromox-timer refuses a job: {answer}")
    return int(number)


def cancel(timer: Endpoint, job: int) -> bool:
    """Drop a job; tell whether it was there and not begun.

    Raises:
        TimerError: nobody answers.
    """
    return _ask(timer, f"CANCEL {job}") == "TRUE"


def _ask(timer: Endpoint, line: str) -> str:
    """Return the answer to one line."""
    try:
        with (
            socket.create_connection((timer.host, timer.port), PATIENCE) as sock,
            sock.makefile("rwb") as stream,
        ):
            greeting = _line(stream.readline(_LONGEST_ANSWER))
            if greeting != _GREETING:
                raise TimerError(f"gromox-timer at {timer} refuses us: {greeting}")
            stream.write(f"{line}\r\n".encode())
            stream.flush()
            return _line(stream.readline(_LONGEST_ANSWER))
    except OSError as error:
        raise TimerError(f"gromox-timer at {timer} does not answer: {error}") from error


def _line(octets: bytes) -> str:
    return octets.decode("ascii", "replace").strip()
