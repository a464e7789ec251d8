"""What the processes of one daemon tell each other: a word to all, no answer.

A daemon with several workers counts failed logins and sessions as if it were one process. Each worker tells
the others what it counts; how that is carried is not known here. In a daemon of one process nobody listens.

A process that begins later has heard nothing: when it joins, the others tell it all that still counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

#: Hears who told something (a number that no two living processes share) and what.
Hear: TypeAlias = "Callable[[int, tuple[str, ...]], object]"

#: Words of one message when everything is told again; even, as they come in pairs.
_AT_ONCE: Final = 400


class Neighbours:
    """The other processes of the same daemon."""

    def __init__(self) -> None:
        """Be alone until :attr:`carry` is set."""
        #: Takes a topic and words to the others; may be called from any thread.
        self.carry: Callable[[str, tuple[str, ...]], None] | None = None
        self._listeners: dict[str, list[Hear]] = {}
        self._left: list[Callable[[int], None]] = []
        self._joined: list[Callable[[], object]] = []

    def tell(self, topic: str, *words: str) -> None:
        """Tell all others."""
        if self.carry is not None:
            self.carry(topic, words)

    def listen(self, topic: str, hear: Hear) -> None:
        """Call ``hear`` with what others tell on a topic."""
        self._listeners.setdefault(topic, []).append(hear)

    def on_left(self, forget: Callable[[int], None]) -> None:
        """Call ``forget`` when one of the others is gone."""
        self._left.append(forget)

    def on_joined(self, tell: Callable[[], object]) -> None:
        """Call ``tell`` when somebody does not know what was told before."""
        self._joined.append(tell)

    def heard(self, process: int, topic: str, words: tuple[str, ...]) -> None:
        """Pass on what ``process`` told."""
        for hear in self._listeners.get(topic, ()):
            hear(process, words)

    def left(self, process: int) -> None:
        """Pass on that ``process`` is gone."""
        for forget in self._left:
            forget(process)

    def joined(self) -> None:
        """Have everything told again: a process is new, or words were lost on the way."""
        for tell in self._joined:
            tell()


class Tally:
    """How often each key is in use, here and in the other processes; for limits on users and addresses.

    Two processes that take the last place at the same moment both get it: a limit may be exceeded by what
    happens before the others are told, some milliseconds.
    """

    def __init__(self, neighbours: Neighbours, topic: str, most: int = 0) -> None:
        """Allow ``most`` uses of one key; 0 is no limit."""
        self.most = most
        self._is_told = most > 0
        self._topic, self._neighbours = topic, neighbours
        self._here: dict[str, int] = {}
        self._there: dict[int, dict[str, int]] = {}
        neighbours.listen(topic, self._hear)
        neighbours.on_left(self._forget)
        neighbours.on_joined(self._tell_all)

    def count(self, key: str) -> int:
        """Return how often ``key`` is in use."""
        return self._here.get(key, 0) + sum(counts.get(key, 0) for counts in self._there.values())

    def take(self, key: str) -> bool:
        """Use ``key`` once more, if that is allowed."""
        if self.most and self.count(key) >= self.most:
            return False
        self._set(key, self._here.get(key, 0) + 1)
        return True

    def give_back(self, key: str) -> None:
        """Use ``key`` once less."""
        self._set(key, self._here[key] - 1)

    def _set(self, key: str, count: int) -> None:
        _put(self._here, key, count)
        if self._is_told:
            self._neighbours.tell(self._topic, key, str(count))

    def _tell_all(self) -> None:
        # A process with newer settings may have a limit where there is none here: from now on it is told.
        self._is_told = True
        words = [word for key, count in self._here.items() for word in (key, str(count))]
        for begin in range(0, len(words), _AT_ONCE):
            self._neighbours.tell(self._topic, *words[begin : begin + _AT_ONCE])

    def _forget(self, process: int) -> None:
        self._there.pop(process, None)

    def _hear(self, process: int, words: tuple[str, ...]) -> None:
        counts = self._there.setdefault(process, {})
        for key, count in zip(words[::2], words[1::2], strict=True):
            _put(counts, key, int(count))


def _put(counts: dict[str, int], key: str, count: int) -> None:
    if count:
        counts[key] = count
    else:
        counts.pop(key, None)
