"""Counting failed logins, so that guessing passwords is slow. In memory, bounded.

The processes of one daemon tell each other what they count: it does not matter which of them is asked.

Spec:
    Fact sheet config.md: userfilter_rl_maxtries, userfilter_rl_window, userfilter_maxbans,
    block_interval_auths.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.neighbours import Neighbours

if TYPE_CHECKING:
    from gromox.base.clock import Clock

#: An address may fail this many times more often than one user from it: many people share an address.
ADDRESS_FACTOR: Final = 10
_IPV6_SUBNET: Final = 64
#: What is told to the other processes.
_FAILED: Final = "login failed"
_COUNTS: Final = "login failures"
_SUCCEEDED: Final = "login succeeded"


@dataclass(frozen=True, slots=True)
class LimiterBounds:
    """When a login is blocked and for how long (seconds); ``max_entries`` 0 blocks nothing."""

    max_tries: int = 10
    window: float = 60.0
    ban: float = 60.0
    max_entries: int = 1000


@dataclass(slots=True)
class _Count:
    """Failures since ``since``; blocked until ``until``."""

    since: float
    failures: int = 0
    until: float = 0.0


class FailureLimiter:
    """Failed logins per (user, address) and per address; safe to use from threads."""

    def __init__(self, bounds: LimiterBounds, clock: Clock, neighbours: Neighbours | None = None) -> None:
        """Count nothing yet."""
        self._neighbours = neighbours or Neighbours()
        self._neighbours.listen(_FAILED, lambda _, words: self._count(*words))
        self._neighbours.listen(_COUNTS, lambda _, words: self._learn(*words))
        self._neighbours.on_joined(self._tell_all)
        self._neighbours.listen(_SUCCEEDED, lambda _, words: self._forget(*words))
        self._bounds, self._clock = bounds, clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def retry_after(self, user: str, address: str) -> float:
        """Return for how many seconds this login is refused unseen; 0: it may be tried."""
        if not self._bounds.max_entries:
            return 0.0
        now = self._clock.monotonic()
        with self._lock:
            counts = [self._counts.get(key) for key, _ in self._keys(user, address)]
        return max(
            (count.until - now for count in counts if count is not None and count.until > now), default=0.0
        )

    def failed(self, user: str, address: str) -> float:
        """Count a failure; return for how many seconds the login is refused from now on."""
        self._neighbours.tell(_FAILED, user, address)
        return self._count(user, address)

    def _count(self, user: str, address: str) -> float:
        if not self._bounds.max_entries:
            return 0.0
        now, blocked = self._clock.monotonic(), 0.0
        with self._lock:
            for key, limit in self._keys(user, address):
                count = self._counts.get(key)
                if count is None or now - count.since > self._bounds.window:
                    until = count.until if count is not None else 0.0
                    count = self._counts[key] = _Count(since=now, until=until)
                count.failures += 1
                if count.failures >= limit:
                    count.since, count.failures, count.until = now, 0, now + self._bounds.ban
                    blocked = self._bounds.ban
                self._counts.move_to_end(key)
            self._shrink(now)
        return blocked

    def succeeded(self, user: str, address: str) -> None:
        """Forget the failures of this user from this address; those of the address alone stay."""
        if self._forget(user, address):
            self._neighbours.tell(_SUCCEEDED, user, address)

    def _forget(self, user: str, address: str) -> bool:
        key = self._keys(user, address)[0][0]
        with self._lock:
            return self._counts.pop(key, None) is not None

    def _tell_all(self) -> None:
        """Tell who is new what was counted: seconds since the first failure, failures, seconds left."""
        now = self._clock.monotonic()
        with self._lock:
            counts = list(self._counts.items())
        for key, count in counts:
            if count.until > now or now - count.since <= self._bounds.window:
                left = max(count.until - now, 0.0)
                words = (key, f"{now - count.since:.3f}", str(count.failures), f"{left:.3f}")
                self._neighbours.tell(_COUNTS, *words)

    def _learn(self, key: str, age: str, failures: str, left: str) -> None:
        now = self._clock.monotonic()
        with self._lock:
            count = self._counts.setdefault(key, _Count(since=now - float(age)))
            count.failures = max(count.failures, int(failures))
            count.until = max(count.until, now + float(left))
            self._shrink(now)

    def _keys(self, user: str, address: str) -> tuple[tuple[str, int], ...]:
        network = _network(address)
        pair = (f"{user.lower()} {network}", self._bounds.max_tries)
        if not network or network == "local":
            return (pair,)
        return (pair, (network, self._bounds.max_tries * ADDRESS_FACTOR))

    def _shrink(self, now: float) -> None:
        """Keep the table bounded: the oldest that are not blocked go first, then the oldest."""
        while len(self._counts) > self._bounds.max_entries:
            idle = next((key for key, count in self._counts.items() if count.until <= now), None)
            if idle is None:
                self._counts.popitem(last=False)
            else:
                del self._counts[idle]


def _network(address: str) -> str:
    """Return what counts as one peer: an IPv4 address, an IPv6 /64, "local", or "" if unknown."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            if parsed.is_loopback:
                return "local"
            return str(ipaddress.ip_network((parsed, _IPV6_SUBNET), strict=False))
        parsed = parsed.ipv4_mapped
    return "local" if parsed.is_loopback else str(parsed)
