"""How many connections a service takes, in all and from one address."""

from __future__ import annotations

from typing import Final

from gromox.base.hosts import TrustedHosts

#: Connections from one address if nothing else is said; a NAT gateway of a company is one address.
PER_ADDRESS: Final = 1000

#: Who is never limited by address: webmail, HAProxy and monitoring come from here.
LOCAL: Final = frozenset({"127.0.0.1", "::1", "local"})

_NOBODY: Final = TrustedHosts()


class Limits:
    """Counts of one service; 0 is no limit."""

    def __init__(
        self, total: int = 0, per_address: int = PER_ADDRESS, *, trusted: TrustedHosts = _NOBODY
    ) -> None:
        """Take ``total`` connections at most, ``per_address`` of them from one that is not ``trusted``."""
        self.total, self.per_address, self._trusted = total, per_address, trusted
        self.count = 0
        self._addresses: dict[str, int] = {}

    def take(self, address: str, *, proxied: bool = False) -> str | None:
        """Count a connection; return why it is refused, or None.

        Where it is ``proxied`` everybody comes from the address of the proxy: only the total counts.
        """
        if self.total and self.count >= self.total:
            return "too many connections"
        mine = self._addresses.get(address, 0)
        is_one = not proxied and address not in LOCAL
        if self.per_address and mine >= self.per_address and is_one and address not in self._trusted:
            return "too many connections from this address"
        self.count += 1
        self._addresses[address] = mine + 1
        return None

    def adopt(self, former: Limits) -> None:
        """Go on counting where ``former`` was."""
        self.count, self._addresses = former.count, former._addresses

    def restore(self, address: str, number: int) -> None:
        """Count connections that were taken before, whatever the limits are now."""
        self.count += number
        self._addresses[address] = self._addresses.get(address, 0) + number

    def give_back(self, address: str) -> None:
        """Count a connection that ended."""
        self.count -= 1
        left = self._addresses[address] - 1
        if left:
            self._addresses[address] = left
        else:
            del self._addresses[address]
