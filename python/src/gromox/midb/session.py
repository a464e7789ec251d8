"""One connection of gromox-midb, a core without I/O: a line comes in, lines go out.

Spec: reference/system/protocols.md section 15 (commands, error codes).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Action, Close, Send, SimpleCore
from gromox.midb import changing, reading
from gromox.midb.grammar import MAX_LINE, words_of
from gromox.midb.question import (
    BUSY,
    CANNOT_DELETE,
    FOLDER_EXISTS,
    FOLDER_LIMIT,
    MAILBOX_FULL,
    NO_FOLDER,
    NO_MESSAGE,
    NOT_LOADED,
    OTHER,
    PARAMETER,
    UNKNOWN,
    Answer,
    Command,
    Question,
    RefusedError,
    Services,
)
from gromox.store.errors import (
    BusyError,
    ExistsError,
    HasChildrenError,
    HasMessagesError,
    InvalidNameError,
    LimitError,
    MessageGoneError,
    NotFoundError,
    QuotaError,
    ReservedError,
    StoreError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.base.wire import Durable, Peer

_log = get_logger(__name__)

SILENCE: Final = 180.0


class MidbCore(SimpleCore):
    """Serves one connection."""

    __slots__ = ("_buffer", "_services")

    def __init__(self, services: Services) -> None:
        """Serve with these services."""
        self._services = services
        self._buffer = bytearray()

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`."""
        return SILENCE

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet, or close on who is not in ``midb_hosts_allow``."""
        if not self._services.allowed(peer.address):
            _log.notice("host not allowed", peer=peer.address, hint="add it to midb_hosts_allow")
            return [Send([b"FALSE Access Deny\r\n"]), Close()]
        return [Send([b"OK\r\n"])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Answer each line."""
        self._buffer += octets
        answers: list[bytes] = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            if line.upper() == b"QUIT":
                return [Send([*answers, b"BYE\r\n"]), Close()]
            answers.append(self._answer(line))
        if len(self._buffer) > MAX_LINE:
            return [Send([*answers, b"FALSE %d\r\n" % PARAMETER]), Close()]
        return [Send(answers)] if answers else []

    def rung(self) -> Iterable[Action]:
        """Nothing is watched."""
        return []

    def timed_out(self) -> Iterable[Action]:
        """Close."""
        return [Close()]

    def unsynced(self) -> Sequence[Durable]:
        """Nothing is promised here."""
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is promised here."""
        return [Close()]

    def _answer(self, line: bytes) -> bytes:
        try:
            words, lines = self._carried_out(words_of(line))
        except ParseError:
            return b"FALSE %d\r\n" % PARAMETER
        except RefusedError as refusal:
            return b"FALSE %d\r\n" % refusal.code
        except StoreError as error:
            code = next((code for kind, code in _CODES if isinstance(error, kind)), OTHER)
            if code == OTHER:
                _log.warning("question not answered", reason=error)
            return b"FALSE %d\r\n" % code
        return "\r\n".join([" ".join(["TRUE", *words]), *lines]).encode() + b"\r\n"

    def _carried_out(self, words: Sequence[str]) -> Answer:
        verb, *rest = words
        command = _COMMANDS.get(verb.upper())
        if command is None:
            raise RefusedError(UNKNOWN)
        if not rest or len(rest) - 1 not in command.arguments:
            raise RefusedError(PARAMETER)
        path = Path(rest[0])
        if not self._services.is_ours(path):
            raise RefusedError(NOT_LOADED)
        return command.run(Question(self._services, path), rest[1:])


def _synchronise(question: Question, _: Sequence[str]) -> Answer:
    question.mailbox.change_number()
    question.services.look_at(question.path)
    return ("1",), ()


def _unload(question: Question, _: Sequence[str]) -> Answer:
    question.services.unload(question.path)
    return ("1",), ()


_COMMANDS: Final[Mapping[str, Command]] = {
    **reading.COMMANDS,
    **changing.COMMANDS,
    "X-RSYM": Command(_synchronise),
    "X-RSYF": Command(_synchronise, range(1, 2)),
    "X-UNLD": Command(_unload),
}
#: What a refusal of the store is called; the first that fits.
_CODES: Final = (
    (BusyError, BUSY),
    (MessageGoneError, NO_MESSAGE),
    (NotFoundError, NO_FOLDER),
    (ExistsError, FOLDER_EXISTS),
    (LimitError, FOLDER_LIMIT),
    (QuotaError, MAILBOX_FULL),
    ((ReservedError, HasChildrenError, HasMessagesError), CANNOT_DELETE),
    (InvalidNameError, PARAMETER),
)
