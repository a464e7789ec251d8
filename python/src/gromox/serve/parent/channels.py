"""What workers say to the parent, what it says to them, and what they say to each other through it."""

from __future__ import annotations

import selectors
from time import monotonic
from typing import TYPE_CHECKING

from gromox.serve import intercom

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.serve.intercom import Message
    from gromox.serve.offspring import Child
    from gromox.serve.parent.figures import Figures
    from gromox.serve.parent.household import Household
    from gromox.serve.parent.loop import Loop


class Channels:
    """The channels to all workers."""

    def __init__(
        self, household: Household, loop: Loop, figures: Figures, is_ready: Callable[[Child], None]
    ) -> None:
        """Listen to nobody yet; ``is_ready`` is called with each worker that says so."""
        self._household, self._loop, self._figures, self._is_ready = household, loop, figures, is_ready

    def watch(self, child: Child) -> None:
        """Listen to a worker from now on."""
        self._loop.watch(child.channel, self.heard, child)
        self._watch_room(child)

    def hang_up(self, child: Child) -> None:
        """Listen to a worker no more."""
        if child.is_watched(self._loop.selector):
            self._loop.unwatch(child.channel)
            self._figures.look()  # it does not report any more

    # -- what workers say

    def heard(self, child: Child, _events: int = 0) -> None:
        """Take what a worker said, and say what waited for room."""
        child.flush()
        while True:
            try:
                message = intercom.receive(child.channel)
            except (EOFError, OSError):
                self.hang_up(child)
                return
            if message is None:
                break
            child.heard = monotonic()
            self._obey(child, message)
        self._watch_room(child)

    def _obey(self, child: Child, message: Message) -> None:
        match message["kind"]:
            case "ready":
                self._is_ready(child)
            case "tell":
                self.tell_all({"kind": "told", "by": child.pid, "words": message["words"]}, but=child.pid)
            case "report":
                child.figures, child.reported = message["metrics"], True
                self._figures.look()
            case "alive" if "metrics" in message:
                child.figures = message["metrics"]

    # -- what they are told

    def tell_all(self, message: Message, *, but: int) -> None:
        """Tell all workers but one."""
        for child in self._household.children.values():
            if child.pid != but:
                child.say(message)
                self._watch_room(child)

    def _watch_room(self, child: Child) -> None:
        """Look for room in the channel as long as something waits for it."""
        if not child.is_watched(self._loop.selector):
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.waiting else 0)
        self._loop.selector.modify(child.channel, events, (self.heard, child))

    def close(self) -> None:
        """Close the channels to all; in a process that was forked."""
        for child in self._household.children.values():
            child.channel.close()
