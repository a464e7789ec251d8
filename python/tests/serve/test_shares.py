"""The table of who has how many connections, and the turns that follow from it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gromox.serve.shares import Share, Shares


@pytest.fixture
def shares() -> Iterator[Shares]:
    made = Shares()
    made.hang_bells(3)
    yield made
    made.close()


@pytest.fixture
def crew(shares: Shares) -> list[Share]:
    """Three workers that accept."""
    found: list[Share] = []
    for _ in range(3):
        found.append(shares.free([one.row for one in found]))
        found[-1].begin()
    return found


def whose(share: Share) -> int:
    return share.turn()[0]


def test_it_is_the_turn_of_who_has_the_fewest_and_of_the_first_among_several(crew: list[Share]) -> None:
    first, second, third = crew
    turns = []
    for _ in range(7):
        row = whose(second)
        assert all(whose(each) == row for each in crew)
        turns.append(row)
        crew[row - 1].gain()
    assert turns == [1, 2, 3, 1, 2, 3, 1]
    third.lose()
    assert whose(first) == third.row
    assert (first.count, first.others) == (3, 3)


def test_who_is_about_to_leave_counts_for_limits_and_not_for_turns(crew: list[Share]) -> None:
    first, second, _ = crew
    first.gain()
    assert whose(first) == 2
    first.part(1)
    assert whose(first) == whose(second) == 1
    assert second.others == 1
    first.part(-1)
    first.lose()
    assert whose(second) == 1
    second.part(1)
    second.clear()
    second.begin()
    assert whose(second) == 1


def test_who_does_not_accept_has_no_turn(crew: list[Share]) -> None:
    first, second, _ = crew
    second.gain()
    first.end()
    assert not first.accepts
    assert whose(second) == 3
    crew[2].end()
    assert whose(second) == 2


def test_who_is_slow_is_passed_over_until_he_accepts_again(crew: list[Share]) -> None:
    first, second, third = crew
    second.gain()
    second.pass_over(*second.turn())
    second.pass_over(*second.turn())
    assert whose(second) == 2
    assert whose(third) == 1  # the others find out by themselves
    third.accepted()
    assert whose(second) == 3
    first.accepted()
    assert whose(second) == 1


def test_the_share_of_who_is_gone_goes_to_another_one(shares: Shares, crew: list[Share]) -> None:
    first, second, third = crew
    second.gain()
    first.gain()
    first.pass_over(third.row, third.turn()[1])
    second.clear()
    assert (second.accepts, second.count, first.others) == (False, 0, 0)
    fresh = shares.free([first.row, third.row])
    assert fresh.row == second.row
    assert not fresh.accepts


def test_who_rests_is_called_by_his_bell(shares: Shares, crew: list[Share]) -> None:
    first, second, _ = crew
    assert second.begin_rest()
    assert first.is_resting(second.row)
    for _ in range(3):
        first.call(second.row)
    assert os.eventfd_read(second.bell) == 3
    os.eventfd_write(second.bell, 2**64 - 2)
    first.call(second.row)  # is not waited for
    second.end_rest()
    assert not first.is_resting(second.row)

    beyond = shares.free([1, 2, 3])
    beyond.begin()
    assert beyond.bell == -1
    assert not beyond.begin_rest()
    assert not beyond.rests


def test_nobody_rests_while_all_others_do(crew: list[Share]) -> None:
    first, second, third = crew
    assert second.begin_rest()
    third.end()
    assert not first.begin_rest()
    third.begin()
    assert third.begin_rest()
    assert not first.begin_rest()
    assert not first.rests
    second.clear()
    second.begin()
    assert first.begin_rest()


def test_who_rests_hears_that_he_has_less_to_do(crew: list[Share]) -> None:
    share, told = crew[0], list[int]()
    share.recall = lambda: told.append(share.count)
    share.gain()
    share.gain()
    share.lose()
    assert told == []
    assert share.begin_rest()
    share.part(1)
    share.lose()
    assert told == [1, 0]


def test_another_process_and_a_successor_see_the_same(shares: Shares, crew: list[Share]) -> None:
    pid = os.fork()
    if pid == 0:
        crew[0].gain()
        crew[0].gain()
        os._exit(crew[0].others)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    successor = Shares(os.dup(shares.fd))
    assert crew[1].others == 2
    assert successor.share(1).count == 2
    with pytest.raises(PermissionError):
        os.ftruncate(successor.fd, 8)  # whoever holds it cannot have the others die of it
    successor.close()


def test_it_is_told_when_the_last_connection_ends(crew: list[Share]) -> None:
    share, told = crew[0], list[int]()
    share.gain()
    share.gain()
    share.emptied = lambda: told.append(share.count)
    share.lose()
    assert told == []
    share.lose()
    assert told == [0]


def test_many_workers_have_rows_of_their_own(shares: Shares) -> None:
    taken: set[int] = set()
    for _ in range(2000):
        taken.add(shares.free(taken).row)
    assert taken == set(range(1, 2001))
    share = shares.share(2000)
    share.begin()
    share.gain()
    assert whose(share) == 2000
    assert shares.share(1).others == 1
