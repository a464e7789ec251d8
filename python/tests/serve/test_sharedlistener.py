"""Workers that accept on one socket, each in its turn."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from gromox.base.hosts import TrustedHosts
from gromox.base.log import captured
from gromox.base.optionvalues import Endpoint
from gromox.serve import connection, intercom, sharedlistener
from gromox.serve.engine import Service
from gromox.serve.intercom import Message
from gromox.serve.listener import Listening, bind
from gromox.serve.server import Server
from gromox.serve.shares import Share, Shares
from gromox.serve.worker import Worker
from tests.serve.conftest import Line
from tests.serve.cores import LineCore
from tests.support.server import PATIENCE, eventually


#: After how many looks who lets his turn pass is passed over.
LOOKS = sharedlistener.PATIENCE


@dataclass
class Hand:
    """A worker in a thread; this test is its parent."""

    server: Server
    share: Share
    channel: socket.socket
    thread: threading.Thread
    heard: list[Message] = field(default_factory=list)
    resume: threading.Event = field(default_factory=threading.Event)

    def pause(self) -> None:
        """Have it do nothing until it is to resume."""
        paused = threading.Event()

        def hang() -> None:
            paused.set()
            self.resume.wait(PATIENCE)

        self.server.loop.call_soon_threadsafe(hang)
        assert paused.wait(PATIENCE)

    def hear(self, kind: str) -> Message:
        """Wait for a message of this kind."""
        self.channel.settimeout(PATIENCE)
        while True:
            message = intercom.receive(self.channel)
            assert message is not None
            if message["kind"] == kind:
                return message

    def say(self, **message: object) -> None:
        self.channel.settimeout(PATIENCE)
        assert intercom.send(self.channel, message)

    def stop(self) -> None:
        self.resume.set()

        def stop() -> None:
            self.server.stop()
            self.server.stop()  # at once

        with suppress(RuntimeError):  # its loop has ended already
            self.server.loop.call_soon_threadsafe(stop)
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.channel.close()


@dataclass
class Crew:
    """Workers on one socket."""

    sock: socket.socket
    shares: Shares
    hands: list[Hand] = field(default_factory=list)
    clients: list[Line] = field(default_factory=list)

    def add(self, *, total: int = 0, per_address: int = 0) -> Hand:
        ours, theirs = intercom.pair()
        share = self.shares.free([hand.share.row for hand in self.hands])
        mine = self.sock.dup()
        mine.setblocking(False)
        server = Server(tick=0.02)
        worker = server.worker = Worker(server, theirs, [mine], share)
        server.add(worker)
        limits = server.limits(total, per_address, trusted=TrustedHosts())
        service = Service("test", LineCore, limits, refusal=b"no room\r\n")
        server.listen(Listening(mine, service))
        thread = threading.Thread(target=lambda: server.run(worker.ready, signals=False), daemon=True)
        thread.start()
        self.hands.append(Hand(server, share, ours, thread))
        self.hands[-1].hear("ready")
        return self.hands[-1]

    def connect(self, greeting: str = "hello") -> Line:
        client = Line(socket.create_connection(self.sock.getsockname()[:2]))
        self.clients.append(client)
        assert client.hear() == greeting
        return client

    @property
    def counts(self) -> list[int]:
        return [hand.share.count for hand in self.hands]


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    """Nobody is passed over: each has his turn, however late he gets the processor."""
    monkeypatch.setattr(sharedlistener, "PATIENCE", 1_000_000)
    with bind(Endpoint("127.0.0.1", 0)) as sock:
        made = Crew(sock, Shares())
        made.shares.hang_bells(2)
        yield made
        for client in made.clients:
            client.close()
        for hand in made.hands:
            hand.stop()
        made.shares.close()


def test_nobody_takes_all(crew: Crew) -> None:
    for _ in range(3):
        crew.add()
    for _ in range(12):
        crew.connect()
    # Who begins a spell of four has the fewest: nobody has more than four more than another one in the end.
    assert sum(crew.counts) == 12
    assert max(crew.counts) - min(crew.counts) <= sharedlistener.SPELL


def rest(crew: Crew) -> Hand:
    """Let sessions come and go until one was woken for nothing and rests; return which."""
    resting: list[Hand] = []

    def come_and_go() -> bool:
        client = crew.connect()
        client.say("quit")
        client.close()
        resting.extend(hand for hand in crew.hands if hand.share.rests)
        return bool(resting)

    eventually(come_and_go, what="rest")
    return resting[0]


def test_who_was_woken_for_nothing_rests_until_it_is_his_turn(crew: Crew) -> None:
    crew.add()
    crew.add()
    resting = rest(crew)
    eventually(lambda: sum(crew.counts) == 0, what="the end of all sessions")

    def has_turns() -> bool:
        crew.connect()
        return resting.share.count > 1

    eventually(has_turns, what="connections of the one that rested")


def test_a_rest_is_over_after_a_while(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharedlistener, "REST", 0.2)
    crew.add()
    crew.add()
    resting = rest(crew)
    eventually(lambda: not resting.share.rests, what="the end of the rest")


def test_who_has_the_fewest_again_does_not_rest(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharedlistener, "REST", 3600)
    first, second = crew.add(), crew.add()
    clients = [crew.connect() for _ in range(4)]
    rest(crew)
    for client in clients:
        client.say("quit")
        client.close()
    eventually(lambda: sum(crew.counts) == 0, what="the end of all sessions")
    # Each may try to for an instant, and finds that the other one does.
    eventually(lambda: not (first.share.rests and second.share.rests), what="one that is awake")
    crew.connect()


def test_a_rest_ends_with_the_accepting(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharedlistener, "REST", 3600)
    crew.add()
    crew.add()
    resting = rest(crew)
    resting.say(kind="retire", seconds=3600)
    resting.thread.join(PATIENCE)
    assert not resting.share.rests
    crew.connect()


def test_many_who_come_at_once_are_all_served(crew: Crew) -> None:
    for _ in range(2):
        crew.add()
    for hand in crew.hands:
        hand.pause()
    waiting = [Line(socket.create_connection(crew.sock.getsockname()[:2])) for _ in range(200)]
    crew.clients += waiting
    for hand in crew.hands:
        hand.resume.set()
    assert {client.hear() for client in waiting} == {"hello"}
    assert sum(crew.counts) == 200
    assert max(crew.counts) - min(crew.counts) <= sharedlistener.SPELL


def test_who_has_been_told_goodbye_counts_for_the_total_until_he_is_gone(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LINGER_LIMIT", 3600.0)
    first, _ = crew.add(total=1), crew.add(total=1)
    client = crew.connect()
    client.say("quit")
    assert client.file.read() == b"bye\r\n"
    assert crew.counts == [1, 0]
    crew.connect("no room")
    client.close()
    eventually(lambda: first.share.count == 0, what="the end")
    assert first.share.turn()[0] == first.share.row
    crew.connect()


def test_who_hangs_is_passed_over_and_has_his_turn_when_he_is_back(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharedlistener, "PATIENCE", LOOKS)
    first, second = crew.add(), crew.add()
    first.pause()
    for _ in range(3):
        crew.connect()
    assert crew.counts == [0, 3]
    first.resume.set()

    def is_back() -> bool:
        crew.connect()
        return first.share.count > 1

    eventually(is_back, what="connections of the one that was away")
    assert second.share.count >= 3


def test_who_comes_while_nobody_can_accept_waits(crew: Crew) -> None:
    hand = crew.add()
    hand.pause()
    client = Line(socket.create_connection(crew.sock.getsockname()[:2]))
    crew.clients.append(client)
    assert crew.counts == [0]
    hand.resume.set()
    assert client.hear() == "hello"


def test_the_parent_ends_the_accepting_before_the_worker_hears_of_it(crew: Crew) -> None:
    former = crew.add()
    client = crew.connect()
    former.share.end()
    waiting = Line(socket.create_connection(crew.sock.getsockname()[:2]))
    crew.clients.append(waiting)
    assert client.ask("still there") == "still there"  # the loop has turned meanwhile
    assert crew.counts == [1]
    crew.add()
    assert waiting.hear() == "hello"
    assert crew.counts == [1, 1]


def test_who_retires_serves_his_sessions_and_ends_with_the_last(crew: Crew) -> None:
    former, _ = crew.add(), crew.add()
    kept = crew.connect()
    former.say(kind="retire", seconds=3600)
    eventually(lambda: not former.share.accepts, what="the end of accepting")
    for _ in range(3):
        crew.connect()
    assert crew.counts == [1, 3]
    assert kept.ask("still there") == "still there"
    assert former.thread.is_alive()
    kept.say("quit")
    assert kept.file.read() == b"bye\r\n"
    kept.close()
    former.thread.join(PATIENCE)
    assert not former.thread.is_alive()


def test_who_has_no_session_retires_at_once_and_who_has_one_when_the_time_is_over(crew: Crew) -> None:
    idle = crew.add()
    idle.say(kind="retire", seconds=3600)
    idle.thread.join(PATIENCE)
    busy = crew.add()
    client = crew.connect()
    busy.say(kind="retire", seconds=0)
    busy.thread.join(PATIENCE)
    assert client.file.read() == b""


def test_a_worker_ends_when_its_parent_is_gone(crew: Crew) -> None:
    hand = crew.add()
    hand.channel.close()
    hand.thread.join(PATIENCE)
    assert not hand.share.accepts


def test_the_total_is_that_of_all(crew: Crew) -> None:
    for _ in range(2):
        crew.add(total=3)
    clients = [crew.connect() for _ in range(3)]
    crew.connect("no room")
    clients[0].say("quit")
    clients[0].close()
    eventually(lambda: sum(crew.counts) == 2, what="the end of one")
    crew.connect()
    crew.connect("no room")


def test_accepting_goes_on_when_there_are_descriptors_again(crew: Crew) -> None:
    crew.add()
    client = Line(socket.socket())
    crew.clients.append(client)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as last:
        lowest = last.fileno()
    with captured() as lines:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        try:
            client.sock.connect(crew.sock.getsockname()[:2])
            eventually(lambda: any("cannot accept" in line for line in lines), what="the word in the log")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert client.hear() == "hello"


def test_words_for_the_others_are_collected(crew: Crew) -> None:
    hand = crew.add()
    tell = hand.server.neighbours.tell

    def tell_much() -> None:
        for number in range(100):
            tell("numbers", str(number))
        tell("long", "x" * 60_000)
        tell("last", "word")

    hand.server.loop.call_soon_threadsafe(tell_much)
    told = [hand.hear("tell")["words"], hand.hear("tell")["words"]]
    assert told[0] == [*(["numbers", str(number)] for number in range(100)), ["long", "x" * 60_000]]
    assert told[1] == [["last", "word"]]


def test_words_come_from_any_thread_and_none_is_lost(crew: Crew) -> None:
    hand = crew.add()

    def tell(name: str) -> None:
        for number in range(500):
            hand.server.neighbours.tell(name, str(number))

    threads = [threading.Thread(target=tell, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    heard: list[list[str]] = []
    while len(heard) < 1500:
        heard += hand.hear("tell")["words"]
    for thread in threads:
        thread.join()
    for name in ("a", "b", "c"):
        assert [word for topic, word in heard if topic == name] == [str(number) for number in range(500)]


def test_what_others_told_is_heard(crew: Crew) -> None:
    hand = crew.add()
    heard: list[tuple[int, tuple[str, ...]]] = []
    left: list[int] = []
    hand.server.neighbours.listen("numbers", lambda process, words: heard.append((process, words)))
    hand.server.neighbours.on_left(left.append)
    hand.say(kind="told", by=7, words=[["numbers", "1", "2"], ["unknown", "x"], ["numbers", "3"]])
    hand.say(kind="left", by=7)
    eventually(lambda: left == [7], what="the message")
    assert heard == [(7, ("1", "2")), (7, ("3",))]
