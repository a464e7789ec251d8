from __future__ import annotations

from collections.abc import Iterator

import pytest
import uvloop

from gromox.serve.vigil import AT_ONCE, MOST, SPAN, USUAL, Vigil

SOON = SPAN / 2
LATE = SPAN * 2


class World:
    """A vigil with a clock that the test moves and a loop that it turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.loop = uvloop.new_event_loop()
        self.vigil = Vigil(self.loop, lambda: self.now)
        self.vigil.is_possible = True

    def ask(self, after: float, times: int = 1) -> None:
        """Ask so long after the last answer."""
        for _ in range(times):
            self.now += after
            self.vigil.heard()
            self.vigil.answered()

    def is_awake(self) -> bool:
        return self.vigil.is_awake

    def turn(self) -> None:
        """Let the loop do what there is to do, and then sleep if it would."""
        self.loop.call_soon(self.loop.stop)
        self.loop.run_forever()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.loop.close()


def test_who_asks_again_at_once_keeps_the_loop_awake_for_a_moment(world: World) -> None:
    world.ask(LATE)
    world.ask(SOON, USUAL - 1)
    assert not world.is_awake()
    world.ask(SOON)
    assert world.is_awake()
    world.now += SPAN * 0.9
    world.turn()
    assert world.is_awake()
    world.now += SPAN * 0.2
    world.turn()
    assert not world.is_awake()


def test_each_answer_prolongs_it(world: World) -> None:
    world.ask(SOON, MOST)
    for _ in range(10):
        world.turn()
        world.ask(SPAN * 0.9)
    world.turn()
    assert world.is_awake()


def test_who_thinks_lets_it_sleep(world: World) -> None:
    world.ask(SOON, 100)
    world.ask(LATE, (MOST - USUAL) // 2 + 1)
    world.now += LATE
    world.turn()
    world.ask(LATE)
    assert not world.is_awake()


def test_what_was_there_already_does_not_count(world: World) -> None:
    world.ask(AT_ONCE / 2, 100)
    assert not world.is_awake()


def test_a_single_processor_is_left_to_who_asks(world: World) -> None:
    world.vigil.is_possible = False
    world.ask(SOON, 100)
    assert not world.is_awake()
