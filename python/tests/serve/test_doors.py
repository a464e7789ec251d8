"""Who comes while no worker can take a connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gromox.serve import handover
from gromox.serve.limits import Limits
from gromox.serve.offspring import Child, State
from gromox.serve.parent.doors import Doors
from gromox.serve.parent.household import Household, Plan
from gromox.serve.parent.loop import Loop
from gromox.serve.succession import ListeningSocket


@dataclass
class House:
    """A parent with a door, whose workers' ends of the channels are held here."""

    household: Household
    doors: Doors
    loop: Loop
    listening: socket.socket
    limits: Limits

    def add(self, pid: int) -> socket.socket:
        """Have another worker that serves; return its end of the channel."""
        ours, theirs = handover.pair()
        self.household.children[pid] = Child(pid, ours, generation=1, state=State.SERVING)
        return theirs

    def call(self) -> socket.socket:
        """Connect, and have the parent look."""
        client = socket.create_connection(self.listening.getsockname(), timeout=10)
        self.loop.turn()
        return client


@pytest.fixture
def house() -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        limits, loop = Limits(), Loop()
        plan = Plan([ListeningSocket(listening)], 1, 1.0, limits, lambda _channel: 0)
        household = Household(plan, {}, 1, {})
        doors = Doors(household, loop)
        yield House(household, doors, loop, listening, limits)
        loop.close()
        for child in household.children.values():
            child.channel.close()
            for found in child.untaken.values():
                found.sock.close()


def answer(worker: socket.socket) -> None:
    """Greet who is handed over."""
    found = handover.receive(worker)
    assert found is not None
    message, taken = found
    assert message["kind"] == "take"
    assert taken is not None
    with taken:
        taken.send(b"* OK\r\n")


def test_who_comes_when_the_worker_has_died_and_is_not_reaped_yet_waits_for_the_next(house: House) -> None:
    house.add(1).close()
    house.doors.accept(wanted=True)
    with house.call() as client:
        has_waited = house.doors.has_homeless
        assert has_waited
        assert house.limits.count == 0

        dead = house.household.children.pop(1)
        dead.channel.close()
        house.doors.take_back(dead)
        with house.add(2) as worker:
            house.doors.house()
            answer(worker)
            assert client.recv(100) == b"* OK\r\n"
    assert not house.doors.has_homeless
    assert house.limits.count == 1


def test_a_worker_without_room_gets_it_when_it_has_some(house: House) -> None:
    with house.add(1) as worker:
        child = house.household.children[1]
        while handover.send(child.channel, {"kind": "told"}):
            pass
        house.doors.accept(wanted=True)
        with house.call() as client, house.call() as later:
            assert house.doors.has_homeless
            house.loop.turn()  # the pause is over, and there is no room yet
            while (found := handover.receive(worker)) is not None:
                assert found[0]["kind"] == "told"
            house.loop.turn()
            answer(worker)
            assert client.recv(100) == b"* OK\r\n"
            house.loop.turn()  # accepts again
            answer(worker)
            assert later.recv(100) == b"* OK\r\n"


def test_who_waits_when_the_parent_stops_is_hung_up_on(house: House) -> None:
    house.add(1).close()
    house.doors.accept(wanted=True)
    with house.call() as client:
        house.doors.close()
        assert client.recv(100) == b""
