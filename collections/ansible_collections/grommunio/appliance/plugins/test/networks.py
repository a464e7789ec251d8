"""Tests of addresses and networks, for roles that take lists of them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def networks(value: str | Iterable[str]) -> bool:
    """Tell whether this is an address or a network, or a list of nothing else."""
    return all(_network(one) is not None for one in ([value] if isinstance(value, str) else value))


def within(address: str, sources: Iterable[str]) -> bool:
    """Tell whether an address lies in one of the networks; what is no network contains nothing."""
    wanted = _network(address.partition("%")[0])
    if wanted is None:
        return False
    found = (_network(source) for source in sources)
    return any(one.version == wanted.version and one.supernet_of(wanted) for one in found if one is not None)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(str(text))
    except ValueError:
        return None


class TestModule:
    """How Ansible finds the tests."""

    def tests(self) -> dict[str, Callable[..., bool]]:
        """Return them by name."""
        return {"networks": networks, "within": within}
