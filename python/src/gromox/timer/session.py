"""One connection of gromox-timer, a core without I/O but for the journal.

Spec: reference/system/protocols.md section 16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.base.wire import Close, Send, SimpleCore
from gromox.timer.agenda import FullError, IntervalError
from gromox.timer.programs import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gromox.base.wire import Action, Durable, Peer
    from gromox.timer.agenda import Agenda

_log = get_logger(__name__)
#: Seconds of silence after which a connection is closed.
SILENCE: Final = 180.0
#: Octets of a line at most, its end included.
LONGEST_LINE: Final = 2048
_TRUE: Final = b"TRUE\r\n"
_FALSE: Final = b"FALSE\r\n"
_MISSING, _INTERVAL, _FULL = b"FALSE 1\r\n", b"FALSE 2\r\n", b"FALSE 3\r\n"


class TimerCore(SimpleCore):
    """Takes jobs."""

    __slots__ = ("_agenda", "_allowed", "_input", "_wrote")

    def __init__(self, agenda: Agenda, allowed: Callable[[str], bool]) -> None:
        """Serve peers whose address is ``allowed``."""
        self._agenda, self._allowed = agenda, allowed
        self._input = b""
        self._wrote = False

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`."""
        return SILENCE

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet, or close on who is not in ``timer_hosts_allow``."""
        if not self._allowed(peer.address):
            _log.notice("host not allowed", peer=peer.address, hint="add it to timer_hosts_allow")
            return [Send([b"FALSE Access Deny\r\n"]), Close()]
        return [Send([b"OK\r\n"])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Act on each line."""
        *lines, self._input = (self._input + octets).split(b"\n")
        answers: list[bytes] = []
        for line in lines:
            if len(line) > LONGEST_LINE:
                return [Send([*answers, _FALSE]), Close()]
            answer = self._command(line.decode("utf-8", "replace").strip())
            if answer is None:
                return [Send([*answers, _TRUE]), Close()]
            answers.append(answer)
        if len(self._input) > LONGEST_LINE:
            return [Send([*answers, _FALSE]), Close()]
        return [Send(answers)] if answers else []

    def timed_out(self) -> Iterable[Action]:
        """Close."""
        return [Close()]

    def unsynced(self) -> Sequence[Durable]:
        """Return the journal, if a job was added or cancelled."""
        wrote, self._wrote = self._wrote, False
        return (self._agenda.journal,) if wrote else ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:
        """Say that nothing is promised."""
        _log.error("jobs cannot be written to disk", reason=error)
        return [Send([_FULL]), Close()]

    def _command(self, line: str) -> bytes | None:
        """Carry out a line; None: the peer leaves."""
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "PING":
                return _TRUE
            case "QUIT":
                return None
            case "ADD":
                return self._add(rest.strip())
            case "CANCEL":
                return self._cancel(rest.strip())
        return _FALSE

    def _add(self, arguments: str) -> bytes:
        seconds, _, command = arguments.partition(" ")
        if not command.strip():
            return _MISSING
        if not seconds.isascii() or not seconds.isdigit():
            return _INTERVAL
        try:
            job_id = self._agenda.add(int(seconds[:20]), command.strip())
        except IntervalError:
            return _INTERVAL
        except CommandError as error:
            _log.warning("job refused", reason=error)
            return _MISSING
        except (FullError, OSError) as error:
            _log.error("job refused", reason=error)
            return _FULL
        self._wrote = True
        return b"TRUE %d\r\n" % job_id

    def _cancel(self, argument: str) -> bytes:
        if not argument.isascii() or not argument.isdigit():
            return _FALSE
        try:
            cancelled = self._agenda.cancel(int(argument[:20]))
        except OSError as error:
            _log.error("job not cancelled", reason=error)
            return _FALSE
        self._wrote = self._wrote or cancelled
        return _TRUE if cancelled else _FALSE
