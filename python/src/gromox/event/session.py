"""One connection of gromox-event, a core without I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.wire import Action, Close, Send, SimpleCore, Watch
from gromox.event.grammar import EVENTS, FALSE, TRUE, LineBuffer, line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gromox.base.wire import Peer
    from gromox.event.broker import Broker, Name

_log = get_logger(__name__)

#: Seconds of silence after which a publisher is closed and a listener is sent PING.
SILENCE: Final = 180.0
#: Events sent to a listener that it has not answered yet.
WINDOW: Final = 128
#: Folders that one connection may select.
MOST_SELECTIONS: Final = 200_000


class EventCore(SimpleCore):
    """Serves a publisher or a listener, depending on how it names itself."""

    __slots__ = (
        "_allowed",
        "_broker",
        "_input",
        "_listening",
        "_name",
        "_pinged",
        "_selections",
        "_unanswered",
    )

    def __init__(self, broker: Broker, allowed: Callable[[str], bool]) -> None:
        """Serve ``broker`` to peers whose address is ``allowed``."""
        self._broker, self._allowed = broker, allowed
        self._input = LineBuffer()
        self._name: Name | None = None
        self._listening = self._pinged = False
        self._selections: dict[tuple[str, str], None] = {}
        self._unanswered = 0

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`."""
        return SILENCE

    def describe(self) -> Mapping[str, object]:
        """Return who it is, what it wants to hear of, and what it has not taken."""
        name = self._name
        return {
            "name": name.name if name is not None else "",
            "role": "listener" if self._listening else "publisher",
            "selections": len(self._selections),
            "waiting": len(name.waiting) if name is not None and self._listening else 0,
        }

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet, or close on who is not in ``event_hosts_allow``."""
        if not self._allowed(peer.address):
            _log.notice("host not allowed", peer=peer.address, hint="add it to event_hosts_allow")
            return [Send([b"FALSE Access Deny\r\n"]), Close()]
        return [Send([b"OK\r\n"])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Act on each line."""
        try:
            lines = self._input.feed(octets)
        except ParseError:
            return [Send([FALSE]), Close()]
        actions: list[Action] = []
        answers: list[bytes] = []
        for words in lines:
            if self._listening and words and words[0] in {"TRUE", "FALSE"}:
                self._answered()
            elif words and words[0].upper() == "QUIT":
                return [*actions, Send([*answers, TRUE]), Close()]
            else:
                found = self._command(words)
                answers.append(TRUE if found is not None else FALSE)
                actions += found or []
        if answers:
            actions.insert(0, Send([b"".join(answers)]))
        if self._listening:
            actions += self.rung()
        return actions

    def rung(self) -> Iterable[Action]:
        """Send the listener what waits for it, as far as it keeps up."""
        if self._name is None or not self._listening:
            return []
        waiting, lines = self._name.waiting, []
        while waiting and self._unanswered < WINDOW:
            event, _ = waiting.popitem(last=False)
            lines.append(line_of(*event))
            self._unanswered += 1
        return [Send([b"".join(lines)])] if lines else []

    def timed_out(self) -> Iterable[Action]:
        """Ask a listener whether it is there; close on a publisher."""
        if not self._listening or self._pinged:
            return [Close()]
        self._pinged = True
        self._unanswered += 1
        return [Send([b"PING\r\n"])]

    def lost(self) -> None:
        """Forget the connection and what it selected."""
        if self._name is not None:
            self._broker.leave(self._name, self._selections, listening=self._listening)
            self._name = None

    def _answered(self) -> None:
        self._pinged = False
        self._unanswered = max(self._unanswered - 1, 0)

    def _command(self, words: list[str]) -> list[Action] | None:
        """Carry out a line; None is FALSE."""
        match [word.upper() if not place else word for place, word in enumerate(words)]:
            case ["PING"]:
                return []
            case ["ID" | "LISTEN" as verb, name] if self._name is None:
                return self._join(name, listening=verb == "LISTEN")
            case ["SELECT", mailbox, folder] if self._name is not None:
                return self._select(self._name, mailbox, folder)
            case ["UNSELECT", mailbox, folder] if self._name is not None:
                if (mailbox, folder) not in self._selections:
                    return None
                del self._selections[mailbox, folder]
                self._broker.unselect(self._name, mailbox, folder)
                return []
            case [verb, *rest] if EVENTS.get(verb) == len(rest) and self._name is not None:
                self._broker.publish(self._name.name, (verb, *rest))
                return []
        return None

    def _join(self, name: str, *, listening: bool) -> list[Action] | None:
        self._name = self._broker.join(name, listening=listening)
        if self._name is None:
            return None
        self._listening = listening
        return [Watch(self._name.key)] if listening else []

    def _select(self, name: Name, mailbox: str, folder: str) -> list[Action] | None:
        if len(self._selections) >= MOST_SELECTIONS:
            return None
        if (mailbox, folder) not in self._selections:
            self._selections[mailbox, folder] = None
            self._broker.select(name, mailbox, folder)
        return []
