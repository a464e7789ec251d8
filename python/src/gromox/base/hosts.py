"""Addresses of other machines: how they are written, which are allowed something, and for whom they speak."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.base.wire import Peer

MAX_PORT: Final = 65535


def plain_address(address: str) -> str:
    """Return an address as people write it: IPv4 without its IPv6 prefix, no zone."""
    if address.startswith("::ffff:") and "." in address:
        return address[7:]
    return address.partition("%")[0]


class HostsAllow:
    """A list of addresses and networks, as in ``event_hosts_allow``; IPv4 may stand in its IPv6 form."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        """Parse ``hosts``; raises ValueError for what is neither an address nor a network."""
        self._networks = [ipaddress.ip_network(plain_address(host), strict=False) for host in hosts]

    def __contains__(self, address: object) -> bool:
        """Tell whether ``address`` may connect; a local socket always may."""
        if address == "local":
            return True
        parsed = ipaddress.ip_address(plain_address(str(address)))
        return any(parsed in network for network in self._networks if network.version == parsed.version)


@dataclass(frozen=True)
class TrustedHosts:
    """Machines whose word is taken for whom they are there: webmail and proxies, by ``*_trusted_hosts``."""

    hosts: tuple[str, ...] = ()
    _allowed: HostsAllow = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Parse the hosts; raises ValueError for what is neither an address nor a network."""
        object.__setattr__(self, "_allowed", HostsAllow(self.hosts))

    def __contains__(self, address: object) -> bool:
        """Tell whether ``address`` is believed; nobody is where nobody is listed."""
        return bool(self.hosts) and address in self._allowed


def originator(peer: Peer, address: str, port: str) -> Peer:
    """Return a peer as it calls the one for whom it is there.

    Raises:
        ValueError: that is no address, or no port.
    """
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= len(str(MAX_PORT)) else -1
    if not 0 <= number <= MAX_PORT:
        raise ValueError("a port is from 0 to 65535")
    return replace(peer, address=str(ipaddress.ip_address(plain_address(address))), port=number)
