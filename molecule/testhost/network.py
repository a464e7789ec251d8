"""The bridge of a checkout: its subnet, its way out by address translation."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from testhost.checkout import HostError, run

if TYPE_CHECKING:
    from testhost.checkout import Checkout

_ADDRESS: Final = re.compile(r"inet (\S+)")


def subnet(checkout: Checkout) -> ipaddress.IPv4Network:
    """The subnet of the bridge, which is made if it is not there."""
    if Path("/sys/class/net", checkout.bridge).exists():
        shown = run(["ip", "-4", "-o", "address", "show", "dev", checkout.bridge], timeout=10)
        if match := _ADDRESS.search(shown):
            return ipaddress.IPv4Interface(match[1]).network
    network = _free_subnet(checkout)
    _up(checkout, network)
    return network


def remove(checkout: Checkout) -> None:
    """Take bridge and translation away; it is no error if they are not there."""
    bridge = checkout.bridge
    for command in (["ip", "link", "delete", bridge], ["nft", "delete", "table", "ip", bridge]):
        try:
            run(command, timeout=10)
        except HostError:
            continue


def mtu() -> int:
    """Size of packets on the way out; a bridge that allows more would lose large ones."""
    for route in json.loads(run(["ip", "-4", "-j", "route", "show", "default"], timeout=10)):
        return int(Path("/sys/class/net", route["dev"], "mtu").read_text())
    return 1500


def _free_subnet(checkout: Checkout) -> ipaddress.IPv4Network:
    routes = json.loads(run(["ip", "-4", "-j", "route", "show"], timeout=10))
    known = [route["dst"] for route in routes if route["dst"] != "default"]
    taken = [ipaddress.IPv4Network(destination, strict=False) for destination in known]
    for candidate in checkout.subnets():
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise HostError("no subnet below 10.64.0.0/10 is free on this machine")


def _up(checkout: Checkout, network: ipaddress.IPv4Network) -> None:
    bridge = checkout.bridge
    if not Path("/sys/class/net", bridge).exists():
        run(["ip", "link", "add", bridge, "mtu", str(mtu()), "type", "bridge"], timeout=10)
    run(["ip", "address", "replace", f"{network[1]}/{network.prefixlen}", "dev", bridge], timeout=10)
    run(["ip", "link", "set", bridge, "up"], timeout=10)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
    run(["nft", "-f", "-"], timeout=10, text=_rules(bridge, network))


def _rules(bridge: str, network: ipaddress.IPv4Network) -> str:
    """Packets to elsewhere leave under the address of this machine; large segments are never promised."""
    return f"""
table ip {bridge} {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {network} oifname != "{bridge}" masquerade
  }}
  chain forward {{
    type filter hook forward priority filter;
    ip saddr {network} tcp flags syn tcp option maxseg size set rt mtu
  }}
}}
"""
