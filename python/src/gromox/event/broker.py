"""Who wants to hear of what, and what waits for whom."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.event.grammar import ANY_FOLDER, ANY_MAILBOX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_log = get_logger(__name__)

_PUBLISHED: Final = metrics.EVENTS.cell("published")
_QUEUED: Final = metrics.EVENTS.cell("queued")

#: An event: its name, mailbox, folder, and the UID if it is about a message.
Event: TypeAlias = tuple[str, ...]

#: Waiting events above which those of messages become touches of their folders.
COALESCE_ABOVE: Final = 1000
#: Waiting events above which new ones are dropped.
DROP_ABOVE: Final = 10_000
#: Names known at once: more are somebody's mistake.
MOST_NAMES: Final = 10_000


@dataclass(slots=True)
class Name:
    """A named participant: what it selected (counted) and what waits for its listener."""

    name: str
    key: Path
    wants: dict[tuple[str, str], int] = field(default_factory=dict)
    waiting: OrderedDict[Event, None] = field(default_factory=OrderedDict)
    connections: int = 0
    listening: int = 0
    dropped: int = 0


class Broker:
    """Takes events from publishers and queues them for the names that selected their folder."""

    def __init__(self, wake: Callable[[Path], None]) -> None:
        """Call ``wake`` with a name's key when something waits for its listener."""
        self._wake = wake
        self._names: dict[str, Name] = {}
        self._selectors: dict[tuple[str, str], dict[str, Name]] = {}

    def join(self, name: str, *, listening: bool = False) -> Name | None:
        """Count a connection of ``name``; None if there are too many names."""
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= MOST_NAMES:
                _log.warning("too many names", name=name, limit=MOST_NAMES)
                return None
            known = self._names[name] = Name(name, Path("event") / name)
        known.connections += 1
        known.listening += listening
        return known

    def leave(self, name: Name, selections: Iterable[tuple[str, str]], *, listening: bool = False) -> None:
        """Undo :meth:`join` and the selections that the connection made."""
        for mailbox, folder in selections:
            self.unselect(name, mailbox, folder)
        name.connections -= 1
        name.listening -= listening
        if not name.connections:
            self._names.pop(name.name, None)

    def select(self, name: Name, mailbox: str, folder: str) -> None:
        """Let ``name`` hear of ``folder``."""
        place = (mailbox, folder)
        name.wants[place] = name.wants.get(place, 0) + 1
        self._selectors.setdefault(place, {})[name.name] = name

    def unselect(self, name: Name, mailbox: str, folder: str) -> None:
        """Take back one :meth:`select`."""
        place = (mailbox, folder)
        left = name.wants.get(place, 0) - 1
        if left > 0:
            name.wants[place] = left
            return
        name.wants.pop(place, None)
        selectors = self._selectors.get(place, {})
        selectors.pop(name.name, None)
        if not selectors:
            self._selectors.pop(place, None)

    def look(self) -> None:
        """Set the figures of who listens and what waits."""
        metrics.LISTENERS.cell()[0] = sum(name.listening > 0 for name in self._names.values())
        metrics.EVENTS_WAITING.cell()[0] = sum(len(name.waiting) for name in self._names.values())

    def publish(self, origin: str, event: Event) -> None:
        """Queue ``event`` for everybody who selected its folder, but not for the name it comes from."""
        _PUBLISHED[0] += 1
        mailbox, folder = event[1], event[2]
        places = {(mailbox, folder), (mailbox, ANY_FOLDER), (ANY_MAILBOX, ANY_FOLDER)}
        if folder == ANY_FOLDER:
            places |= {place for place in self._selectors if place[0] == mailbox}
        hearers = {
            name: hearer for place in places for name, hearer in self._selectors.get(place, {}).items()
        }
        for name, hearer in hearers.items():
            if name != origin:
                self._queue(hearer, event)

    def _queue(self, hearer: Name, event: Event) -> None:
        waiting = hearer.waiting
        if len(waiting) >= COALESCE_ABOVE:
            event = ("FOLDER-TOUCH", event[1], event[2])
        if len(waiting) >= DROP_ABOVE and event not in waiting:
            hearer.dropped += 1
            metrics.EVENTS.add("dropped")
            if hearer.dropped.bit_count() == 1:  # 1, 2, 4, 8, ...: a flood must not flood the log
                _log.warning("events dropped", listener=hearer.name, dropped=hearer.dropped)
            return
        _QUEUED[0] += 1
        first = not waiting
        waiting[event] = None
        if first and hearer.listening:
            self._wake(hearer.key)
