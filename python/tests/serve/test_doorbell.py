from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.serve.doorbell import EVERY_MAILBOX, Doorbell

ALICE, BOB = Path("/mail/alice"), Path("/mail/bob")


class Recorder:
    """A bridge that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Path]] = []

    def rang(self, mailbox: Path) -> None:
        self.events.append(("rang", mailbox))

    def watched(self, mailbox: Path) -> None:
        self.events.append(("watched", mailbox))

    def unwatched(self, mailbox: Path) -> None:
        self.events.append(("unwatched", mailbox))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def turn(loop: asyncio.AbstractEventLoop) -> None:
    """Let everything happen that is due."""
    for _ in range(4):
        loop.call_soon(loop.stop)
        loop.run_forever()


def test_rings_of_one_turn_are_one(loop: asyncio.AbstractEventLoop) -> None:
    doorbell, calls = Doorbell(loop), list[str]()
    doorbell.watch(ALICE, lambda: calls.append("alice"))
    doorbell.watch(BOB, lambda: calls.append("bob"))

    for number in range(100):
        doorbell.ring(ALICE, number)
    turn(loop)

    assert calls == ["alice"]


def test_a_ring_after_the_notification_is_heard_again(loop: asyncio.AbstractEventLoop) -> None:
    doorbell, calls = Doorbell(loop), list[str]()
    doorbell.watch(ALICE, lambda: calls.append("alice"))

    for _ in range(3):
        doorbell.ring(ALICE)
        turn(loop)

    assert len(calls) == 3


def test_who_cancelled_hears_nothing_even_if_the_ring_was_on_its_way(loop: asyncio.AbstractEventLoop) -> None:
    doorbell, calls = Doorbell(loop), list[str]()

    def hear_first() -> None:
        calls.append("first")
        second.cancel()

    first = doorbell.watch(ALICE, hear_first)
    second = doorbell.watch(ALICE, lambda: calls.append("second"))

    doorbell.ring(ALICE)
    turn(loop)
    first.cancel()
    first.cancel()
    doorbell.ring(ALICE)
    turn(loop)

    assert calls == ["first"]
    assert doorbell.mailboxes == []


def test_any_thread_may_ring(loop: asyncio.AbstractEventLoop) -> None:
    doorbell, heard = Doorbell(loop), threading.Event()

    def hear() -> None:
        heard.set()
        loop.stop()

    doorbell.watch(ALICE, hear)

    thread = threading.Thread(target=doorbell.ring, args=(ALICE,))
    thread.start()
    loop.run_forever()
    thread.join()

    assert heard.is_set()


def test_the_bridge_hears_of_first_and_last_watcher_and_of_every_ring(
    loop: asyncio.AbstractEventLoop,
) -> None:
    doorbell, bridge = Doorbell(loop), Recorder()
    doorbell.bridge = bridge

    one, two = doorbell.watch(ALICE, lambda: None), doorbell.watch(ALICE, lambda: None)
    doorbell.ring(BOB)
    turn(loop)
    one.cancel()
    two.cancel()
    doorbell.ring_here(ALICE)
    turn(loop)

    assert bridge.events == [("watched", ALICE), ("rang", BOB), ("unwatched", ALICE)]


def test_every_mailbox_can_be_overheard(loop: asyncio.AbstractEventLoop) -> None:
    doorbell, bridge, heard = Doorbell(loop), Recorder(), list[Path]()
    doorbell.bridge = bridge
    doorbell.overhear(heard.append)

    doorbell.ring(ALICE)
    doorbell.ring_here(BOB)
    doorbell.ring_here(EVERY_MAILBOX)  # a bridge that comes back rings for everything that is watched
    turn(loop)

    assert sorted(heard) == [ALICE, BOB]
    assert ("watched", EVERY_MAILBOX) in bridge.events
    assert doorbell.mailboxes == [EVERY_MAILBOX]
