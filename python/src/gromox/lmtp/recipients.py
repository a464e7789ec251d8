"""May this service take mail for an address? Asked for each RCPT, answered from memory when possible."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from gromox.directory.resolve import Disabled, External, Unknown
from gromox.lmtp import replies

if TYPE_CHECKING:
    from gromox.base.clock import Clock
    from gromox.directory.resolve import Resolver

#: Seconds for which a recipient is accepted unasked. The resolver keeps its answers longer, but asking it
#: may block.
_LIFETIME: Final = 5.0
_MAX_ENTRIES: Final = 50_000


class RecipientChecks:
    """Shared by all connections; :meth:`remembered` belongs to the loop, :meth:`look_up` to threads."""

    def __init__(self, resolver: Resolver, clock: Clock) -> None:
        """Ask ``resolver``."""
        self._resolver, self._clock = resolver, clock
        # Only acceptances are remembered: a refusal that is out of date loses mail, an acceptance makes a
        # bounce.
        self._accepted: OrderedDict[str, float] = OrderedDict()

    def remembered(self, address: str) -> replies.Reply | None:
        """Return the answer if it is known without asking; never blocks."""
        expires = self._accepted.get(address)
        if expires is None or expires <= self._clock.monotonic():
            return None
        return replies.RECIPIENT_OK

    def look_up(self, address: str) -> replies.Reply:
        """Return the answer; may wait for the user database.

        Raises:
            UnavailableError: it does not answer.
        """
        found = self._resolver.recipient(address)
        if isinstance(found, Unknown):
            return replies.NO_SUCH_USER
        if isinstance(found, Disabled):
            return replies.DISABLED
        if isinstance(found, External) and not self._resolver.is_local_domain(address.rpartition("@")[2]):
            return replies.NO_RELAY  # of a contact only the address here is local
        return replies.RECIPIENT_OK

    def accept(self, address: str) -> None:
        """Remember that ``address`` may be accepted."""
        self._accepted[address] = self._clock.monotonic() + _LIFETIME
        self._accepted.move_to_end(address)
        if len(self._accepted) > _MAX_ENTRIES:
            self._accepted.popitem(last=False)
