from __future__ import annotations

from gromox.base.hosts import HostsAllow, TrustedHosts, plain_address
from gromox.base.neighbours import Neighbours
from gromox.serve.limits import Limits
from gromox.serve.shares import Shares


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


def test_connections_are_counted_in_all_processes() -> None:
    shares = Shares()
    one, other = Neighbours(), Neighbours()
    one.carry = lambda topic, words: other.heard(1, topic, words)
    other.carry = lambda topic, words: one.heard(2, topic, words)
    here = Limits(4, 2, neighbours=one, share=shares.free(()))
    there = Limits(4, 2, neighbours=other, share=(theirs := shares.free({1})))
    shares.close()

    assert here.take("192.0.2.1") is None
    assert there.take("192.0.2.1") is None
    assert here.take("192.0.2.1") == "too many connections from this address"
    assert there.take("127.0.0.1") is None
    assert here.take("192.0.2.2", proxied=True) is None
    assert here.take("192.0.2.3") == "too many connections"
    assert not there.take_address("192.0.2.1")  # behind a proxy it is the same limit
    here.give_back("192.0.2.2", proxied=True)
    assert here.take("192.0.2.2") is None
    here.give_back("192.0.2.2")

    theirs.clear()
    one.left(2)
    assert here.take("192.0.2.1") is None
    assert here.take("192.0.2.1") == "too many connections from this address"
    assert [here.take(f"198.51.100.{number}") for number in range(2)] == [None, None]
    assert here.take("198.51.100.9") == "too many connections"


def test_only_addresses_that_are_limited_are_told() -> None:
    told: list[tuple[str, ...]] = []
    neighbours = Neighbours()
    neighbours.carry = lambda _, words: told.append(words)
    limits = Limits(0, 5, trusted=TrustedHosts(("192.0.2.0/24",)), neighbours=neighbours)
    for address, proxied in (("::1", False), ("192.0.2.7", False), ("198.51.100.1", True)):
        assert limits.take(address, proxied=proxied) is None
        limits.give_back(address, proxied=proxied)
    assert told == []
    assert limits.take("198.51.100.1") is None
    limits.give_back("198.51.100.1")
    assert told == [("198.51.100.1", "1"), ("198.51.100.1", "0")]
