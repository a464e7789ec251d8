"""The tests of addresses and networks that roles use."""

from __future__ import annotations

import pytest

import tests.support.collections  # noqa: F401 - makes the collection importable

from ansible_collections.grommunio.appliance.plugins.test import networks as plugin

networks, within = (plugin.TestModule().tests()[name] for name in ("networks", "within"))


@pytest.mark.parametrize("text", ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32", "::1", "0.0.0.0/0"])
def test_addresses_and_networks(text: str) -> None:
    assert networks(text)
    assert networks([text, "::1"])


@pytest.mark.parametrize("text", ["", "192.0.2.7/24", "192.0.2", "office", "192.0.2.7-9", "2001:db8::/129"])
def test_what_is_neither(text: str) -> None:
    assert not networks(text)
    assert not networks(["::1", text])


def test_an_address_lies_within() -> None:
    assert within("192.0.2.7", ["198.51.100.0/24", "192.0.2.0/24"])
    assert within("2001:db8::7", ["192.0.2.0/24", "2001:db8::/32"])
    assert within("fe80::1%eth0", ["fe80::/10"])
    assert not within("192.0.3.7", ["192.0.2.0/24", "2001:db8::/32"])
    assert not within("192.0.2.7", [])
    assert not within("192.0.2.7", ["office"])
    assert not within("office", ["0.0.0.0/0"])
