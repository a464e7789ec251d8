from __future__ import annotations

from gromox.base.clock import ManualClock
from gromox.base.neighbours import Neighbours, Tally
from gromox.directory.limiter import FailureLimiter, LimiterBounds


def pair() -> tuple[Neighbours, Neighbours]:
    """Return two processes that hear each other."""
    one, other = Neighbours(), Neighbours()
    one.carry = lambda topic, words: other.heard(1, topic, words)
    other.carry = lambda topic, words: one.heard(2, topic, words)
    return one, other


def test_a_tally_counts_what_all_have() -> None:
    one, other = pair()
    here, there = Tally(one, "user", 2), Tally(other, "user", 2)

    assert here.take("a")
    assert there.take("a")
    assert not here.take("a")
    assert not there.take("a")
    assert here.take("b")
    there.give_back("a")
    assert here.take("a")
    assert (here.count("a"), there.count("a"), there.count("b")) == (2, 2, 1)


def test_what_a_process_had_is_forgotten_when_it_is_gone() -> None:
    one, other = pair()
    here, there = Tally(one, "user", 1), Tally(other, "user", 1)
    assert there.take("a")
    assert not here.take("a")

    one.left(2)
    assert here.take("a")


def test_without_a_limit_nothing_is_told() -> None:
    told: list[str] = []
    alone = Neighbours()
    alone.carry = lambda topic, _: told.append(topic)
    tally = Tally(alone, "user")

    assert all(tally.take("a") for _ in range(1000))
    assert not told


def test_who_comes_later_learns_what_counts() -> None:
    one, other = pair()
    carry, one.carry = one.carry, None
    here = Tally(one, "user", 1)
    assert all(here.take(f"user {number}") for number in range(1000))
    there = Tally(other, "user", 1)
    assert there.take("user 1")
    there.give_back("user 1")

    one.carry = carry
    one.joined()
    assert not any(there.take(f"user {number}") for number in range(1000))
    here.give_back("user 7")
    assert there.take("user 7")


def test_a_limit_of_newer_settings_counts_what_was_there() -> None:
    one, other = pair()
    here, there = Tally(one, "user"), Tally(other, "user", 1)
    here.take("a")
    one.joined()
    assert not there.take("a")
    here.give_back("a")
    assert there.take("a")


def test_who_comes_later_learns_of_failed_logins() -> None:
    one, other = pair()
    clock = ManualClock()
    carry, one.carry = one.carry, None
    here = FailureLimiter(LimiterBounds(max_tries=3, window=60, ban=100), clock, one)
    there = FailureLimiter(LimiterBounds(max_tries=3, window=60, ban=100), clock, other)
    for _ in range(3):
        here.failed("alice", "192.0.2.1")
    here.failed("bob", "192.0.2.2")
    here.failed("bob", "192.0.2.2")
    clock.advance(40)

    one.carry = carry
    one.joined()
    assert there.retry_after("alice", "192.0.2.1") == 60
    assert there.failed("bob", "192.0.2.2")
    clock.advance(61)
    assert not there.retry_after("alice", "192.0.2.1")


def test_failed_logins_count_in_all_processes() -> None:
    one, other = pair()
    clock = ManualClock()
    here = FailureLimiter(LimiterBounds(max_tries=3), clock, one)
    there = FailureLimiter(LimiterBounds(max_tries=3), clock, other)

    here.failed("alice", "192.0.2.1")
    there.failed("alice", "192.0.2.1")
    assert not here.retry_after("alice", "192.0.2.1")
    assert here.failed("alice", "192.0.2.1")
    assert there.retry_after("alice", "192.0.2.1")


def test_a_login_that_succeeds_forgets_failures_in_all_processes() -> None:
    one, other = pair()
    clock = ManualClock()
    here = FailureLimiter(LimiterBounds(max_tries=2), clock, one)
    there = FailureLimiter(LimiterBounds(max_tries=2), clock, other)

    here.failed("alice", "192.0.2.1")
    there.succeeded("alice", "192.0.2.1")
    assert not here.failed("alice", "192.0.2.1")
