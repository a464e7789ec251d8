"""Whose word is taken for whom they are there."""

from __future__ import annotations

import pytest

from gromox.base.hosts import TrustedHosts, originator
from gromox.base.wire import Peer

PEER = Peer("192.0.2.7", 40000, tls=True, local_port=143, connection_id="t-1")


def test_nobody_is_believed_where_nobody_is_listed() -> None:
    assert "local" not in TrustedHosts()
    assert "192.0.2.7" not in TrustedHosts()


def test_addresses_and_networks() -> None:
    hosts = TrustedHosts(("192.0.2.0/24", "::ffff:198.51.100.3", "2001:db8::/32"))
    assert all(address in hosts for address in ("192.0.2.7", "198.51.100.3", "2001:db8::1", "local"))
    assert not any(address in hosts for address in ("192.0.3.7", "2001:db9::1", "::1"))
    with pytest.raises(ValueError, match="webmail"):
        TrustedHosts(("webmail.example.test",))


def test_the_rest_of_the_peer_stays() -> None:
    assert originator(PEER, "::ffff:198.51.100.3", "0") == Peer(
        "198.51.100.3", 0, tls=True, local_port=143, connection_id="t-1"
    )
    assert originator(PEER, "2001:DB8::1", "65535").address == "2001:db8::1"


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("", "1"),
        ("x", "1"),
        ("192.0.2.256", "1"),
        ("192.0.2.1", ""),
        ("192.0.2.1", "65536"),
        ("192.0.2.1", "²"),
    ],
)
def test_what_is_no_address(address: str, port: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        originator(PEER, address, port)
