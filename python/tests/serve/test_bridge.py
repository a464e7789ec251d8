"""Two processes, played by two servers with a loop each, and an event server between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from gromox.base.log import captured
from gromox.event.broker import Broker
from gromox.event.session import EventCore
from gromox.serve.bridge import EventBridge
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind_unix
from gromox.serve.server import Server
from tests.support.server import PATIENCE, eventually

ALICE, BOB = Path("/mail/alice of example"), Path("/mail/bob")


class Process:
    """A server in a thread."""

    def __init__(self, build: Callable[[Server], None]) -> None:
        self.server = Server(tick=0.05)
        build(self.server)
        started = threading.Event()
        self.thread = threading.Thread(
            target=lambda: self.server.run(started.set, signals=False), daemon=True
        )
        self.thread.start()
        assert started.wait(PATIENCE)

    def watch(self, mailbox: Path) -> threading.Semaphore:
        rings = threading.Semaphore(0)
        done = threading.Event()

        def watch() -> None:
            self.server.doorbell.watch(mailbox, rings.release)
            done.set()

        self.server.loop.call_soon_threadsafe(watch)
        assert done.wait(PATIENCE)
        return rings

    def stop(self) -> None:
        if self.thread.is_alive():
            self.server.loop.call_soon_threadsafe(self.server.stop)
            self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[Server], None]], Process]]:
    processes: list[Process] = []

    def begin(build: Callable[[Server], None]) -> Process:
        processes.append(Process(build))
        return processes[-1]

    yield begin
    for process in reversed(processes):
        process.stop()


def event_server(path: Path) -> Callable[[Server], None]:
    def build(server: Server) -> None:
        wakeups = Doorbell(server.loop)
        broker = Broker(wakeups.ring_here)
        service = Service("event", lambda: EventCore(broker, lambda _: True), Limits(), doorbell=wakeups)
        server.listen(Listening(bind_unix(path), service))

    return build


def members(event: Process) -> list[tuple[object, object]]:
    """Return whose connections an event server has, and what each is for."""
    told = [connection.describe() for connection in list(event.server.engine.connections)]
    return [(each["name"], each["role"]) for each in told]


def member(path: Path, name: str) -> Callable[[Server], None]:
    return lambda server: server.add(EventBridge(server.engine, path, name))


def test_a_ring_in_one_process_is_heard_in_another(
    tmp_path: Path, start: Callable[[Callable[[Server], None]], Process]
) -> None:
    path = tmp_path / "event.sock"
    event = start(event_server(path))
    imap, delivery = start(member(path, "imap")), start(member(path, "delivery"))
    # Who is connected later looks at what is watched by then, once more.
    both = set(product(("imap", "delivery"), ("listener", "publisher")))
    eventually(lambda: set(members(event)) == both, what="both take part")
    alice, bob = imap.watch(ALICE), imap.watch(BOB)
    assert alice.acquire(timeout=PATIENCE)  # the selection holds now: looked at once
    assert bob.acquire(timeout=PATIENCE)

    waits = []
    for _ in range(50):
        begun = time.perf_counter()
        delivery.server.doorbell.ring(ALICE, 1)
        assert alice.acquire(timeout=PATIENCE)
        waits.append(time.perf_counter() - begun)

    assert sorted(waits)[len(waits) // 2] < 1  # by the bell; without it somebody looks after many seconds
    assert not bob.acquire(blocking=False)


def test_an_event_server_that_comes_late_or_again_is_found(
    tmp_path: Path, start: Callable[[Callable[[Server], None]], Process]
) -> None:
    path = tmp_path / "event.sock"
    with captured() as lines:
        imap = start(member(path, "imap"))
        alice = imap.watch(ALICE)
        delivery = start(member(path, "delivery"))
        for _ in range(2):
            event = start(event_server(path))
            deadline = time.monotonic() + PATIENCE
            heard = False
            while not heard and time.monotonic() < deadline:
                while alice.acquire(blocking=False):
                    pass
                delivery.server.doorbell.ring(ALICE, 1)
                heard = alice.acquire(timeout=0.1)
            assert heard
            event.stop()

    assert any("event server is away" in line for line in lines)
    assert any("event server is back" in line for line in lines)
