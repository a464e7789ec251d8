from __future__ import annotations

from gromox.base.hosts import HostsAllow, TrustedHosts, plain_address
from gromox.serve.limits import Limits


def test_connections_are_counted_in_all_and_per_address() -> None:
    limits = Limits(total=3, per_address=2)

    assert limits.take("192.0.2.1") is None
    assert limits.take("192.0.2.1") is None
    assert limits.take("192.0.2.1") == "too many connections from this address"
    assert limits.take("192.0.2.2") is None
    assert limits.take("192.0.2.3") == "too many connections"
    limits.give_back("192.0.2.1")
    assert limits.take("192.0.2.1") is None


def test_this_machine_is_not_limited_by_address() -> None:
    limits = Limits(per_address=1)

    assert [limits.take("::1") for _ in range(3)] == [None] * 3


def test_zero_is_no_limit() -> None:
    limits = Limits(0, 0)

    assert {limits.take("192.0.2.1") for _ in range(2000)} == {None}


def test_addresses_are_shown_as_people_write_them() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("2001:db8::1") == "2001:db8::1"


def test_hosts_are_allowed_by_address_and_network_in_either_form() -> None:
    allow = HostsAllow(("::1", "::ffff:10.10.10.20", "192.0.2.0/24"))

    assert "::1" in allow
    assert "10.10.10.20" in allow
    assert "::ffff:10.10.10.20" in allow
    assert "192.0.2.77" in allow
    assert "local" in allow
    assert "10.10.10.21" not in allow


def test_who_speaks_for_others_is_not_limited_by_address() -> None:
    limits = Limits(3, 1, trusted=TrustedHosts(("192.0.2.0/24",)))
    assert [limits.take("192.0.2.7") for _ in range(3)] == [None] * 3
    assert limits.take("192.0.2.7") == "too many connections"
    limits.give_back("192.0.2.7")
    assert limits.take("198.51.100.1") is None
    limits.give_back("192.0.2.7")
    assert limits.take("198.51.100.1") == "too many connections from this address"
