"""Accepting connections, and handing each to the worker that has the fewest.

So they are balanced however few they are, and limits count in one place.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from gromox.base import log
from gromox.serve import handover
from gromox.serve.listener import ACCEPTS, PAUSE, address_of
from gromox.serve.offspring import Untaken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.serve.offspring import Child
    from gromox.serve.parent.household import Household, Plan
    from gromox.serve.parent.loop import Loop
    from gromox.serve.succession import ListeningSocket

_log = log.get_logger(__name__)


class Doors:
    """The listening sockets of the present plan."""

    def __init__(self, household: Household, loop: Loop) -> None:
        """Accept nothing yet."""
        self._household, self._loop = household, loop
        self._accepting = False
        self._homeless: list[Untaken] = []
        self._order = count()

    # -- accepting

    def accept(self, *, wanted: bool) -> None:
        """Begin to accept, or accept nothing any more."""
        if wanted is self._accepting or (wanted and self._household.stopping):
            return
        self._accepting = wanted
        for door, one in enumerate(self._household.plan.sockets):
            if wanted:
                self._loop.watch(one.sock, self._acceptable, door, one)
            else:
                self._loop.unwatch(one.sock)

    def accept_if_served(self) -> None:
        """Begin to accept if there is a worker to take it, and who waits has been taken."""
        self.house()
        if self.has_homeless:
            self._rest()
        elif self._household.serving:
            self.accept(wanted=True)

    def _acceptable(self, door: int, one: ListeningSocket, _events: int) -> None:
        for _ in range(ACCEPTS):
            try:
                sock, name = one.sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                _log.error("cannot accept", port=one.port, reason=error)
                self._rest()
                return
            found = Untaken(sock, door, name)
            if not self._hand_over(found):
                # All that serve may have died without having been reaped yet: others follow them.
                self._homeless.append(found)
                self._rest()
                return

    def _rest(self) -> None:
        """Accept nothing for a moment."""
        self.accept(wanted=False)
        self._loop.after(PAUSE, self.accept_if_served)

    # -- handing over

    def _hand_over(self, found: Untaken) -> bool:
        """Give a connection to the worker that has the fewest; return False if none takes it.

        It stays open here until the worker says that it has it: who dies before serves nobody.
        """
        plan = self._household.plan
        one = plan.sockets[found.door]
        host, port = address_of(found.sock, found.name)
        refused = plan.limits.take(host, proxied=one.proxied)
        message = {
            "kind": "take",
            "number": (number := next(self._order)),
            "door": found.door,
            "address": [host, port],
            "port": one.port,
            "refused": refused,
        }
        for child in sorted(self._household.serving, key=lambda each: each.count):
            if not child.waiting and handover.send(child.channel, message, found.sock):
                child.untaken[number] = found
                child.gain(host, counted=refused is None)
                return True
        if refused is None:
            plan.limits.give_back(host)
        return False

    @property
    def has_homeless(self) -> bool:
        """Tell whether connections wait for a worker: theirs died before it took them, or none had room."""
        return bool(self._homeless)

    def house(self) -> None:
        """Find other workers for those."""
        while self._homeless and not self._household.stopping and self._hand_over(self._homeless[0]):
            del self._homeless[0]

    def take_back(self, child: Child) -> None:
        """Take back what a worker that ended had: its share of the limits, and what it had not taken."""
        for host, number in child.addresses.items():
            for _ in range(number):
                self._household.plan.limits.give_back(host)
        self._homeless += child.untaken.values()
        child.untaken = {}
        self.house()

    # -- other sockets

    def change(self, plan: Plan) -> None:
        """Close the sockets that ``plan`` does not have any more; the new ones are accepted on later."""
        if list(plan.sockets) == list(self._household.plan.sockets):
            return
        while self._homeless:  # their door may be another one now
            self._homeless.pop().sock.close()
        self.accept(wanted=False)
        close_all_but(plan.sockets, self._household.plan.sockets)

    def close(self) -> None:
        """Accept nothing any more, and give up who waits."""
        self.accept(wanted=False)
        self.close_sockets()
        self._homeless.clear()

    def close_sockets(self) -> None:
        """Close every socket; in a process that was forked, where the parent's selector must not change."""
        for one in self._household.plan.sockets:
            one.sock.close()
        for found in self._homeless:
            found.sock.close()


def close_all_but(kept: Sequence[ListeningSocket], sockets: Sequence[ListeningSocket]) -> None:
    """Close ``sockets`` that are not among those ``kept``."""
    open_still = [one.sock for one in kept]
    for one in sockets:
        if one.sock not in open_still:
            one.sock.close()
