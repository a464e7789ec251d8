from __future__ import annotations

import asyncio

from gromox.serve.timers import LONGEST, TimerWheel


class Loop:
    """The two methods of an event loop that the wheel needs, with a clock that is moved."""

    def __init__(self) -> None:
        self.clock = 1000.0
        self.later: list[object] = []

    def time(self) -> float:
        return self.clock

    def call_later(self, _: float, callback: object) -> None:
        self.later = [callback]

    def advance(self, seconds: float, step: float = 1.0) -> None:
        end = self.clock + seconds
        while self.clock < end:
            self.clock += step
            callback = self.later[0]
            assert callable(callback)
            callback()


class Item:
    """Looks at its time and remembers when."""

    def __init__(self, again: list[float | None]) -> None:
        self.again, self.looks = again, list[float]()

    def check_time(self, now: float) -> float | None:
        self.looks.append(now)
        return self.again.pop(0)


def wheel_and_loop() -> tuple[TimerWheel, Loop]:
    loop = Loop()
    wheel = TimerWheel(loop)  # type: ignore[arg-type]  # all it uses is there
    wheel.start()
    return wheel, loop


def test_an_item_is_looked_at_once_due_and_not_before() -> None:
    wheel, loop = wheel_and_loop()
    item = Item([None])
    wheel.add(item, 1010.0)

    loop.advance(9)
    assert item.looks == []
    loop.advance(5)
    assert item.looks == [1011.0]


def test_an_item_names_its_next_time() -> None:
    wheel, loop = wheel_and_loop()
    item = Item([1005.0, 1007.0, None])
    wheel.add(item, 1001.0)

    loop.advance(20)

    assert item.looks == [1002.0, 1006.0, 1008.0]


def test_far_times_are_looked_at_in_between() -> None:
    wheel, loop = wheel_and_loop()
    item = Item([5000.0, None])
    wheel.add(item, 5000.0)

    loop.advance(3 * LONGEST)

    assert len(item.looks) == 2


def test_a_late_loop_skips_nobody() -> None:
    wheel, loop = wheel_and_loop()
    items = [Item([None]) for _ in range(10)]
    for number, item in enumerate(items):
        wheel.add(item, 1000.0 + number)

    loop.advance(25, step=25)

    assert all(item.looks == [1025.0] for item in items)


def test_a_wheel_on_a_real_loop_turns() -> None:
    loop = asyncio.new_event_loop()
    wheel = TimerWheel(loop, tick=0.001)
    wheel.start()

    class Stopper:
        def check_time(self, now: float) -> None:  # noqa: ARG002
            loop.stop()

    wheel.add(Stopper(), loop.time())
    loop.run_forever()
    wheel.stop()
    loop.close()
