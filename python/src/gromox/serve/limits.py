"""How many connections a service takes, in all and from one address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.hosts import TrustedHosts
from gromox.base.neighbours import Neighbours, Tally

if TYPE_CHECKING:
    from gromox.serve.shares import Share

#: Connections from one address if nothing else is said; a NAT gateway of a company is one address.
PER_ADDRESS: Final = 1000

#: Who is never limited by address: webmail, HAProxy and monitoring come from here.
LOCAL: Final = frozenset({"127.0.0.1", "::1", "local"})

_NOBODY: Final = TrustedHosts()


class Limits:
    """Counts of one service, together with the other processes of the daemon if there are any; 0 is no limit.

    The total is that of the table which the processes share; addresses they tell each other.
    """

    def __init__(
        self,
        total: int = 0,
        per_address: int = PER_ADDRESS,
        *,
        trusted: TrustedHosts = _NOBODY,
        neighbours: Neighbours | None = None,
        share: Share | None = None,
    ) -> None:
        """Take ``total`` connections at most, ``per_address`` of them from one that is not ``trusted``.

        ``share`` is that of this process in the connections of all, which tell each other by ``neighbours``.
        """
        self.total, self._trusted, self._share = total, trusted, share
        self.count = 0  #: connections of this process
        self._addresses = Tally(neighbours or Neighbours(), "address", per_address)

    def take(self, address: str, *, proxied: bool = False) -> str | None:
        """Count a connection; return why it is refused, or None.

        Where it is ``proxied`` everybody comes from the address of the proxy: only the total counts, and the
        address is taken later.
        """
        share = self._share
        others = share.others if self.total and share is not None else 0
        if self.total and self.count + others >= self.total:
            return "too many connections"
        if not proxied and not self.take_address(address):
            return "too many connections from this address"
        self.count += 1
        if share is not None:
            share.gain()
        return None

    def give_back(self, address: str, *, proxied: bool = False) -> None:
        """Count a connection that ended."""
        if not proxied:
            self.give_back_address(address)
        self.count -= 1
        if self._share is not None:
            self._share.lose()

    def part(self, number: int) -> None:
        """Note that we have taken leave of connections, or that such are closed (less than 0)."""
        if self._share is not None:
            self._share.part(number)

    def take_address(self, address: str) -> bool:
        """Count a connection for its address if that is limited; return False if it has too many."""
        return not self._is_limited(address) or self._addresses.take(address)

    def give_back_address(self, address: str) -> None:
        """Count a connection of an address that ended."""
        if self._is_limited(address):
            self._addresses.give_back(address)

    def _is_limited(self, address: str) -> bool:
        return address not in LOCAL and address not in self._trusted
