"""One connection of gromox-midb, a core without I/O: a line comes in, lines go out.

Spec: reference/system/protocols.md section 15 (commands, error codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Action, Close, Send, SimpleCore
from gromox.midb.grammar import MAX_LINE, letters_of, name_of, word_of, words_of
from gromox.store.builtin import INBOX, ipm_subtree, is_mail_class
from gromox.store.errors import BusyError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gromox.base.wire import Durable, Peer
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

_log = get_logger(__name__)

SILENCE: Final = 180.0
UNKNOWN, PARAMETER, NO_FOLDER, NO_MESSAGE, NOT_LOADED, BUSY, OTHER = 0, 1, 3, 5, 11, 12, 14
MAX_ANSWER: Final = 50_000
"""Messages that one answer lists."""


class RefusedError(Exception):
    """The answer is FALSE and a code."""

    def __init__(self, code: int) -> None:
        """Answer with ``code``."""
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class Services:
    """What a connection needs."""

    mailbox: Callable[[Path], Mailbox]
    """Gives an open mailbox. Raises StoreError."""
    is_ours: Callable[[Path], bool]
    """Tells whether a directory is that of a mailbox of this node."""
    look_at: Callable[[Path], None]
    """Has the mailbox looked at soon."""
    unload: Callable[[Path], object]
    """Has the mailbox closed if nobody uses it."""
    allowed: Callable[[str], bool]
    """Tells whether a peer may connect."""


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
            result = self._carried_out(words_of(line))
        except ParseError:
            return b"FALSE %d\r\n" % PARAMETER
        except RefusedError as refusal:
            return b"FALSE %d\r\n" % refusal.code
        except BusyError:
            return b"FALSE %d\r\n" % BUSY
        except NotFoundError:
            return b"FALSE %d\r\n" % NO_FOLDER
        except StoreError as error:
            _log.warning("question not answered", reason=error)
            return b"FALSE %d\r\n" % OTHER
        return "\r\n".join([" ".join(["TRUE", *result[0]]), *result[1]]).encode() + b"\r\n"

    def _carried_out(self, words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Return the words behind TRUE, and the lines below."""
        verb, *rest = words
        command = _COMMANDS.get(verb.upper())
        if command is None:
            raise RefusedError(UNKNOWN)
        if not rest or len(rest) - 1 not in command.arguments:
            raise RefusedError(PARAMETER)
        path = Path(rest[0])
        if not self._services.is_ours(path):
            raise RefusedError(NOT_LOADED)
        return command.run(_Question(self._services, path), rest[1:])


@dataclass(frozen=True, slots=True)
class _Question:
    services: Services
    path: Path

    @property
    def mailbox(self) -> Mailbox:
        return self.services.mailbox(self.path)

    def folder(self, word: str) -> Folder:
        """Return the folder that a word names."""
        folders = {each.folder_id: each for each in self.mailbox.folders()}
        path = name_of(word)
        if path[0].casefold() == "inbox":
            at, path = INBOX, path[1:]
        else:
            at = ipm_subtree(is_public=self.mailbox.is_public)
        for name in path:
            child = self.mailbox.child(at, name)
            if child is None:
                raise RefusedError(NO_FOLDER)
            at = child.folder_id
        return folders[at]

    def named(self) -> list[tuple[Folder, str]]:
        """Return the folders of mail with their names as words."""
        folders = {each.folder_id: each for each in self.mailbox.folders()}
        top = ipm_subtree(is_public=self.mailbox.is_public)
        found = []
        for folder in folders.values():
            path: list[str] = []
            at: Folder | None = folder
            while at is not None and at.folder_id not in (top, INBOX):
                path.insert(0, at.name)
                at = folders.get(at.parent_id)
            if at is None or folder.folder_id == top or folder.is_search:
                continue
            if is_mail_class(folder.container_class):
                whole = ["inbox", *path] if at.folder_id == INBOX else path
                found.append((folder, word_of(whole)))
        return found


_Answer = tuple["Sequence[str]", "Sequence[str]"]


def _listed(lines: Sequence[str]) -> _Answer:
    return (str(len(lines)),), lines[:MAX_ANSWER]


def _ping(question: _Question, _: Sequence[str]) -> _Answer:
    question.mailbox.change_number()
    return (), ()


def _enumerate(question: _Question, _: Sequence[str]) -> _Answer:
    return _listed([f"{folder.folder_id} {word}" for folder, word in question.named()])


def _subscribed(question: _Question, _: Sequence[str]) -> _Answer:
    return _listed([word for folder, word in question.named() if folder.subscribed])


def _summary(question: _Question, words: Sequence[str]) -> _Answer:
    folder = question.folder(words[0])
    view = question.mailbox.view(folder.folder_id)
    recent = sum(uid >= folder.recent_from for uid in view.uids())
    numbers = (view.total, recent, view.unseen, folder.uid_validity, folder.uid_next)
    return [str(number) for number in numbers], ()


def _size(question: _Question, words: Sequence[str]) -> _Answer:
    folder = question.folder(words[0])
    return (str(folder.size), str(folder.deleted_total)), ()


def _subscribe(question: _Question, words: Sequence[str], *, subscribed: bool = True) -> _Answer:
    question.mailbox.set_subscribed(question.folder(words[0]).folder_id, subscribed=subscribed)
    return (), ()


def _unsubscribe(question: _Question, words: Sequence[str]) -> _Answer:
    return _subscribe(question, words, subscribed=False)


def _messages(question: _Question, words: Sequence[str]) -> _Answer:
    view = question.mailbox.view(question.folder(words[0]).folder_id)
    try:
        low, high = int(words[1]), int(words[2])
    except ValueError:
        raise RefusedError(PARAMETER) from None
    lines = []
    for uid in view.uids():
        if low <= uid and (uid <= high or high < 0):
            flags = view.flags_of(uid)
            lines.append(f"- {uid} {letters_of(int(flags[0]) if flags else 0)}")
    return _listed(lines)


def _deleted(question: _Question, words: Sequence[str]) -> _Answer:
    view = question.mailbox.view(question.folder(words[0]).folder_id)
    return _listed(
        [
            f"- {uid}"
            for uid in view.uids()
            if (flags := view.flags_of(uid)) and "D" in letters_of(int(flags[0]))
        ]
    )


def _synchronise(question: _Question, _: Sequence[str]) -> _Answer:
    question.mailbox.change_number()
    question.services.look_at(question.path)
    return ("1",), ()


def _unload(question: _Question, _: Sequence[str]) -> _Answer:
    question.services.unload(question.path)
    return ("1",), ()


@dataclass(frozen=True, slots=True)
class _Command:
    run: Callable[[_Question, Sequence[str]], _Answer]
    arguments: range = range(1)
    """How many words may follow the directory."""


_COMMANDS: Final[Mapping[str, _Command]] = {
    "M-PING": _Command(_ping),
    "M-ENUM": _Command(_enumerate),
    "P-SUBL": _Command(_subscribed),
    "P-FDDT": _Command(_summary, range(1, 2)),
    "P-FDSZ": _Command(_size, range(1, 2)),
    "P-SUBF": _Command(_subscribe, range(1, 2)),
    "P-UNSF": _Command(_unsubscribe, range(1, 2)),
    "P-SIMU": _Command(_messages, range(3, 4)),
    "P-DELL": _Command(_deleted, range(1, 2)),
    "X-RSYM": _Command(_synchronise),
    "X-RSYF": _Command(_synchronise, range(1, 2)),
    "X-UNLD": _Command(_unload),
}
