"""Whether an address stands on a list of the DNS that is not to be served (``dnsbl_client``).

Spec:
    RFC 5782 2.1 (reversed octets, A records in 127.0.0.0/8), 2.4 (IPv6: reversed hexadecimal digits).
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import dns.exception
import dns.reversename
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, Resolver

from gromox.base.log import get_logger

if TYPE_CHECKING:
    from gromox.base.clock import Clock

_log = get_logger(__name__)

#: Seconds that a question may take; a client waits for its greeting meanwhile.
PATIENCE: Final = 2.0
#: Seconds for which an answer is remembered, and how many addresses.
LIFETIME: Final = 300.0
MOST_REMEMBERED: Final = 20_000
#: Questions at the same time; they take threads that logins need too.
MOST_QUESTIONS: Final = 6


class Blocklist:
    """One zone, asked by threads. Who cannot be asked for is served: a list that is away locks nobody out."""

    def __init__(self, zone: str, clock: Clock, resolver: Resolver | None = None) -> None:
        """Ask for names below ``zone``."""
        self.zone, self._clock = zone.strip("."), clock
        self._resolver = resolver or Resolver()
        self._places = threading.Semaphore(MOST_QUESTIONS)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()

    def remembered(self, address: str) -> bool | None:
        """Return the answer without asking: of private addresses, and of those known; None: not known."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False  # a Unix socket
        if not parsed.is_global:
            return False
        found = self._known.get(address)
        return found[1] if found is not None and found[0] > self._clock.monotonic() else None

    def is_listed(self, address: str) -> bool:
        """Ask, for :data:`PATIENCE` seconds at the most. Blocks."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            listed = self._ask(address)
        finally:
            self._places.release()
        with self._lock:
            self._known[address] = self._clock.monotonic() + LIFETIME, listed
            self._known.move_to_end(address)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return listed

    def _ask(self, address: str) -> bool:
        reverse = dns.reversename.from_address(address).to_text()
        name = reverse.removesuffix("in-addr.arpa.").removesuffix("ip6.arpa.") + self.zone + "."
        try:
            answer = self._resolver.resolve(name, "A", lifetime=PATIENCE, search=False)
        except (NXDOMAIN, NoAnswer):
            return False
        except (NoNameservers, dns.exception.DNSException) as error:
            _log.warning("blocklist does not answer", zone=self.zone, reason=type(error).__name__)
            return False
        # Other answers are those of resolvers that invent addresses for names that do not exist.
        return any(record.to_text().startswith("127.") for record in answer)
