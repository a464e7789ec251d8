from __future__ import annotations

from gromox.base.clock import ManualClock
from gromox.directory.limiter import ADDRESS_FACTOR, FailureLimiter, LimiterBounds

BOUNDS = LimiterBounds(max_tries=3, window=60, ban=30, max_entries=100)


def fail(limiter: FailureLimiter, count: int, user: str = "alice", address: str = "192.0.2.1") -> float:
    return [limiter.failed(user, address) for _ in range(count)][-1]


def test_the_third_failure_blocks_this_user_from_this_address() -> None:
    clock = ManualClock()
    limiter = FailureLimiter(BOUNDS, clock)

    assert fail(limiter, 2) == 0
    assert limiter.retry_after("alice", "192.0.2.1") == 0
    assert fail(limiter, 1) == 30
    assert limiter.retry_after("ALICE", "192.0.2.1") == 30
    assert limiter.retry_after("bob", "192.0.2.1") == 0
    assert limiter.retry_after("alice", "192.0.2.2") == 0
    clock.advance(31)
    assert limiter.retry_after("alice", "192.0.2.1") == 0
    assert fail(limiter, 2) == 0


def test_failures_are_forgotten_after_the_window() -> None:
    clock = ManualClock()
    limiter = FailureLimiter(BOUNDS, clock)

    fail(limiter, 2)
    clock.advance(61)

    assert fail(limiter, 2) == 0


def test_success_forgets_the_failures_of_the_user() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    fail(limiter, 2)
    limiter.succeeded("alice", "192.0.2.1")

    assert fail(limiter, 2) == 0


def test_an_address_that_tries_many_users_is_blocked() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    for number in range(3 * ADDRESS_FACTOR):
        limiter.failed(f"user{number}", "192.0.2.1")

    assert limiter.retry_after("somebody", "::ffff:192.0.2.1") == 30
    assert limiter.retry_after("somebody", "192.0.2.2") == 0


def test_an_ipv6_network_is_one_address() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    for number in range(3):
        limiter.failed("alice", f"2001:db8::{number}")

    assert limiter.retry_after("alice", "2001:db8::ffff") == 30
    assert limiter.retry_after("alice", "2001:db8:0:1::1") == 0


def test_this_machine_is_not_blocked_as_a_whole() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    for number in range(100):
        limiter.failed(f"user{number}", "::1")

    assert limiter.retry_after("somebody", "127.0.0.1") == 0
    assert fail(limiter, 3, "alice", "127.0.0.1") == 30


def test_an_unknown_address_counts_by_user() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    assert fail(limiter, 3, address="") == 30
    assert limiter.retry_after("bob", "") == 0


def test_the_table_is_bounded_and_keeps_who_is_blocked() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    fail(limiter, 3, "alice", "")
    for number in range(1000):
        limiter.failed(f"user{number}", "")

    assert len(limiter._counts) == 100
    assert limiter.retry_after("alice", "") == 30


def test_the_table_is_bounded_even_if_everybody_is_blocked() -> None:
    limiter = FailureLimiter(BOUNDS, ManualClock())

    for number in range(200):
        fail(limiter, 3, f"user{number}", "")

    assert len(limiter._counts) == 100


def test_no_entries_means_no_blocking() -> None:
    limiter = FailureLimiter(LimiterBounds(max_tries=1, max_entries=0), ManualClock())

    assert fail(limiter, 50) == 0
    assert limiter.retry_after("alice", "192.0.2.1") == 0
