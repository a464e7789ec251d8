"""The other end of gromox-event: cores of a process that publishes and listens."""

from __future__ import annotations

from collections import OrderedDict, deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Action, Close, Send, SimpleCore, Watch
from gromox.event.grammar import ANY_FOLDER, EVENTS, TRUE, LineBuffer, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gromox.base.wire import Peer

_log = get_logger(__name__)

#: Seconds of silence after which the server is asked whether it is there; less than its own limit.
SILENCE: Final = 60.0
#: Lines that wait to be sent; a ring that does not fit is dropped.
MOST_WAITING: Final = 10_000
#: Lines sent that the server has not answered yet.
WINDOW: Final = 256
#: What a core of this module watches to be woken when there is something to send.
OUTGOING: Final = Path("event") / "outgoing"


class _Client(SimpleCore):
    """What both have in common: greeting, answers, keep-alive."""

    timeout = SILENCE

    def __init__(self, name: str) -> None:
        self._name = name
        self._input = LineBuffer()
        self._greeted = self._pinged = False

    def describe(self) -> Mapping[str, object]:
        """Return whether the server took us."""
        return {"greeted": self._greeted}

    def start(self, peer: Peer) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Wait for the greeting."""
        return []

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Act on each line."""
        self._pinged = False
        try:
            lines = self._input.feed(octets)
        except ParseError:
            return [Close()]
        actions: list[Action] = []
        for words in lines:
            if self._greeted:
                actions += self._heard(words)
            elif words[:1] == ["OK"]:
                self._greeted = True
                actions += self._introduce()
            else:
                _log.warning("event server refuses us", answer=" ".join(words))
                return [Close()]
        return actions

    def timed_out(self) -> Iterable[Action]:
        """Ask whether the server is there; close if it did not answer the last time."""
        if self._pinged or not self._greeted:
            return [Close()]
        self._pinged = True
        return self._ping()

    def _introduce(self) -> Iterable[Action]:
        raise NotImplementedError

    def _heard(self, words: list[str]) -> Iterable[Action]:
        raise NotImplementedError

    def _ping(self) -> Iterable[Action]:
        raise NotImplementedError


class Outgoing:
    """What a process has to tell the server: survives a lost connection, never grows without bound."""

    def __init__(self) -> None:
        self.selections: dict[str, None] = {}
        self.waiting: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.dropped = 0

    def touch(self, mailbox: str) -> None:
        """Say that ``mailbox`` changed."""
        if len(self.waiting) >= MOST_WAITING:
            self.dropped += 1
            if self.dropped.bit_count() == 1:
                _log.warning("rings dropped", dropped=self.dropped)
            return
        self.waiting["FOLDER-TOUCH", mailbox] = None

    def select(self, mailbox: str) -> None:
        """Ask for the rings of ``mailbox``."""
        self.selections[mailbox] = None
        self.waiting.pop(("UNSELECT", mailbox), None)
        self.waiting["SELECT", mailbox] = None

    def unselect(self, mailbox: str) -> None:
        """Ask no more for the rings of ``mailbox``."""
        self.selections.pop(mailbox, None)
        self.waiting.pop(("SELECT", mailbox), None)
        self.waiting["UNSELECT", mailbox] = None

    def start_anew(self) -> None:
        """Select everything again: the server forgot it with the connection."""
        for key in [key for key in self.waiting if key[0] != "FOLDER-TOUCH"]:
            del self.waiting[key]
        for mailbox in self.selections:
            self.waiting["SELECT", mailbox] = None


class Publisher(_Client):
    """Sends what is in ``outgoing``; reports each SELECT that holds: the mailbox is looked at once more."""

    def __init__(self, name: str, outgoing: Outgoing, selected: Callable[[str], None]) -> None:
        """Speak as ``name``; call ``selected`` with each mailbox whose rings will come from now on."""
        super().__init__(name)
        self._outgoing, self._selected = outgoing, selected
        self._sent: deque[tuple[str, str]] = deque()

    def rung(self) -> Iterable[Action]:
        """Send what waits, as far as the server keeps up."""
        if not self._greeted:
            return []
        waiting, lines = self._outgoing.waiting, []
        while waiting and len(self._sent) < WINDOW:
            (verb, mailbox), _ = waiting.popitem(last=False)
            self._sent.append((verb, mailbox))
            lines.append(line_of(verb, mailbox, ANY_FOLDER))
        return [Send([b"".join(lines)])] if lines else []

    def _introduce(self) -> Iterable[Action]:
        self._outgoing.start_anew()
        self._sent.append(("ID", self._name))
        return [Watch(OUTGOING), Send([line_of("ID", self._name)]), *self.rung()]

    def _heard(self, words: list[str]) -> Iterable[Action]:
        if not self._sent:
            return [Close()]
        verb, mailbox = self._sent.popleft()
        if verb == "SELECT" and words[:1] == ["TRUE"]:
            self._selected(mailbox)
        return self.rung()

    def _ping(self) -> Iterable[Action]:
        self._sent.append(("PING", ""))
        return [Send([b"PING\r\n"])]


class Listener(_Client):
    """Hears what other names say about the mailboxes that ours selected."""

    def __init__(self, name: str, touched: Callable[[str], None], ready: Callable[[], None]) -> None:
        """Listen as ``name``; call ``ready`` once connected and ``touched`` for each mailbox that changed."""
        super().__init__(name)
        self._touched, self._ready = touched, ready

    def _introduce(self) -> Iterable[Action]:
        self._ready()
        return [Send([line_of("LISTEN", self._name)])]

    def _heard(self, words: list[str]) -> Iterable[Action]:
        if words[:1] == ["TRUE"]:
            return []
        if words and words[0] in EVENTS and len(words) == EVENTS[words[0]] + 1:
            self._touched(words[1])
        return [Send([TRUE])]

    def _ping(self) -> Iterable[Action]:
        return [Send([b"PING\r\n"])]
