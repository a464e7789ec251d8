from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gromox.base.log import captured
from gromox.base.wire import Gather
from gromox.serve import server
from gromox.serve.engine import ENOUGH, TOGETHER
from gromox.serve.limits import Limits

from tests.serve.conftest import Line, Running, client_context
from tests.serve.cores import Ledger, LineCore, gathered
from tests.support.server import PATIENCE

Serve = Callable[..., Running]


def test_a_line_is_answered(serve: Serve) -> None:
    client = serve(LineCore).connect()

    assert client.ask("one") == "one"
    assert client.ask("two") == "two"


def test_pipelined_lines_are_answered_in_order(serve: Serve) -> None:
    client = serve(LineCore).connect()

    client.say("a", "call b", "produce 2", "c", "produce 1", "call d", "e")

    assert [client.hear() for _ in range(8)] == ["a", "B", "000000", "000001", "c", "000000", "D", "e"]


def test_a_thousand_pipelined_productions_do_not_grow_the_stack(serve: Serve) -> None:
    client = serve(LineCore).connect()

    client.say(*["produce 3"] * 2000, "end")

    assert sum(client.hear() == "000002" for _ in range(6000)) == 2000
    assert client.hear() == "end"


@pytest.mark.parametrize("tls", [False, True])
def test_more_than_the_socket_takes_arrives_whole(serve: Serve, tls: bool) -> None:
    running = serve(LineCore)
    client = running.connect_tls() if tls else running.connect()

    client.say("big 20000000", "many 5000", "end")

    assert client.file.read(20_000_000) == b"x" * 20_000_000
    assert [client.hear() for _ in range(5000)] == [str(n) for n in range(5000)]
    assert client.hear() == "end"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("name", ["small", "large"])
def test_files_arrive_whole_between_octets(serve: Serve, folder: Path, name: str, tls: bool) -> None:
    running = serve(lambda: LineCore(folder=folder))
    client = running.connect_tls() if tls else running.connect()
    content = (folder / name).read_bytes()

    client.say(f"file {name}", f"file {name}", "end")

    for _ in range(2):
        assert client.file.read(len(content) + 4) == b"<" + content + b">\r\n"
    assert client.hear() == "end"


def test_a_long_production_lets_others_through(serve: Serve) -> None:
    running = serve(LineCore)
    slow, quick = running.connect(), running.connect()

    slow.say("produce 300000")
    assert slow.hear() == "000000"

    assert quick.ask("hello") == "hello"
    assert [slow.hear() for _ in range(299_999)][-1] == "299999"


def test_an_answer_waits_for_durability_and_others_join_the_sync(serve: Serve) -> None:
    ledger = Ledger()
    running = serve(lambda: LineCore(ledger))
    clients = [running.connect() for _ in range(20)]

    clients[0].say("write")
    assert ledger.entered.wait(PATIENCE)
    for client in clients[1:]:
        client.say("write")
    wait_for_sync(running, ledger, 20)
    clients[1].sock.settimeout(0.05)
    with pytest.raises(TimeoutError):
        clients[1].sock.recv(1)
    clients[1].sock.settimeout(PATIENCE)
    ledger.allowed.set()

    assert [client.file.readline() for client in (clients[0], *clients[2:])] == [b"written\r\n"] * 19
    assert clients[1].sock.recv(100) == b"written\r\n"
    assert ledger.syncs <= 2


def test_work_that_waits_for_a_sync_is_done_together(serve: Serve) -> None:
    ledger = Ledger()
    running = serve(lambda: LineCore(ledger))
    clients = [running.connect() for _ in range(12)]

    clients[0].say("gather one")
    assert ledger.entered.wait(PATIENCE)
    for client in clients[1:]:
        client.say("gather zero" if client is clients[5] else "gather more")
    wait_for_gathered(running, 11)
    ledger.allowed.set()

    assert clients[0].hear() == "1"
    others = [client.hear() for client in clients[1:]]
    assert others.pop(4) == "ValueError"
    assert set(others) == {"11"}
    assert ledger.syncs == 2


def test_gathered_work_that_breaks_is_an_outcome_for_all(serve: Serve) -> None:
    ledger = Ledger()
    ledger.allowed.set()
    client = serve(lambda: LineCore(ledger)).connect()

    assert client.ask("gather bug") == "ZeroDivisionError"
    assert client.ask("gather one") == "1"


def test_more_work_than_fits_a_turn_is_done_in_several(serve: Serve) -> None:
    ledger = Ledger()
    running = serve(lambda: LineCore(ledger))
    clients = [running.connect() for _ in range(TOGETHER + 7)]

    clients[0].say("gather one")
    assert ledger.entered.wait(PATIENCE)
    for client in clients[1:]:
        client.say("gather more")
    wait_for_gathered(running, TOGETHER + 6)
    ledger.allowed.set()

    assert sorted(client.hear() for client in clients[1:]) == ["6"] * 6 + [str(TOGETHER)] * TOGETHER


def test_enough_work_is_not_kept_waiting_for_more(serve: Serve) -> None:
    ledger = Ledger()
    running = serve(lambda: LineCore(ledger))
    engine, outcomes = running.server.engine, list[object]()
    ended = threading.Event()

    def gather(count: int) -> None:
        for _ in range(count):
            engine.gather(Gather(ledger, gathered, "more"), lambda outcome: outcomes.append(outcome.value))

    def bring_mail() -> None:
        gather(ENOUGH)
        engine.syncer.wait([ledger], lambda _: ended.set())
        gather(3)

    running.on_loop(bring_mail)
    assert ledger.entered.wait(PATIENCE)  # the sync of the first is under way, the others wait for it
    assert outcomes == [ENOUGH] * ENOUGH
    ledger.allowed.set()
    assert ended.wait(PATIENCE)
    while len(outcomes) < ENOUGH + 3:
        running.on_loop(lambda: None)
    assert outcomes[ENOUGH:] == [3] * 3


def wait_for_sync(running: Running, ledger: Ledger, count: int) -> None:
    """Return when so many connections wait for a sync."""
    seen = 0

    def look() -> None:
        nonlocal seen
        group = running.server.engine.syncer._groups[id(ledger)]
        seen = len(group.running) + len(group.next)

    while seen < count:
        running.on_loop(look)


def wait_for_gathered(running: Running, count: int) -> None:
    """Return when so many connections wait for gathered work."""
    seen = 0

    def look() -> None:
        nonlocal seen
        seen = sum(map(len, running.server.engine._gathered.values()))

    while seen < count:
        running.on_loop(look)


def test_what_cannot_be_made_durable_is_not_acknowledged(serve: Serve) -> None:
    ledger = Ledger()
    ledger.error = OSError(28, "No space left on device")
    ledger.allowed.set()
    client = serve(lambda: LineCore(ledger)).connect()

    with captured() as lines:
        client.say("one", "write", "two")
        assert client.file.read() in {b"not durable\r\n", b"one\r\nnot durable\r\n"}

    assert any("sync failed" in line and "No space left" in line for line in lines)


def test_a_call_that_fails_is_an_outcome(serve: Serve) -> None:
    client = serve(LineCore).connect()

    assert client.ask("callfail") == "ValueError"


def test_an_error_of_ours_is_logged_and_excused(serve: Serve) -> None:
    running = serve(LineCore)
    client = running.connect()

    with captured() as lines:
        assert client.ask("fail") == "sorry"
        assert client.hear() == ""

    assert any(
        re.search(r"error connection failed connection=\S+ .*ZeroDivisionError", line) for line in lines
    )
    assert running.connect().ask("still here") == "still here"


def test_a_broken_production_ends_without_words(serve: Serve) -> None:
    client = serve(LineCore).connect()

    with captured():
        client.say("broken")
        assert client.file.read() in {b"", b"begun\r\n"}


def test_tls_is_started_on_request(serve: Serve) -> None:
    running = serve(LineCore)
    client = running.connect()
    assert client.ask("starttls") == "go"

    secured = Line(client_context().wrap_socket(client.sock))

    assert secured.ask("secret") == "secret"
    assert secured.ask("quit") == "bye"
    secured.close()


def test_what_was_sent_in_clear_behind_starttls_is_not_answered(serve: Serve) -> None:
    client = serve(LineCore).connect()

    client.say("starttls", "injected")
    assert client.hear() == "go"
    secured = Line(client_context().wrap_socket(client.sock))

    assert secured.ask("clean") == "clean"
    secured.close()


def test_what_is_no_tls_is_refused(serve: Serve) -> None:
    running = serve(LineCore)
    with socket.create_connection(("127.0.0.1", running.tls_port)) as sock:
        sock.settimeout(PATIENCE)
        sock.sendall(b"a login x y\r\n\r\n")
        try:
            while sock.recv(100):
                pass
        except ConnectionResetError:
            return


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_an_old_protocol_is_refused(serve: Serve) -> None:
    running = serve(LineCore)
    context = client_context()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", running.tls_port)) as sock,
        pytest.raises((ssl.SSLError, OSError)),
    ):
        context.wrap_socket(sock)


def test_a_silent_peer_is_told_and_closed(serve: Serve) -> None:
    client = serve(lambda: LineCore(timeout=0.1)).connect()

    assert client.hear() == "too slow"
    assert client.file.read() == b""


def test_the_core_is_released_when_the_peer_goes(serve: Serve) -> None:
    running = serve(LineCore)
    client = running.connect()
    client.close()

    core = running.cores[0]
    assert isinstance(core, LineCore)
    assert core.is_lost.wait(PATIENCE)


def test_a_peer_that_ends_its_direction_still_gets_its_answers(serve: Serve) -> None:
    client = serve(LineCore).connect()

    client.say("big 8000000", "last")
    client.sock.shutdown(socket.SHUT_WR)

    assert client.file.read() == b"x" * 8_000_000 + b"last\r\n"


def test_too_many_connections_are_refused_politely(serve: Serve) -> None:
    running = serve(LineCore, limits=Limits(total=2))
    clients = [running.connect() for _ in range(2)]

    with captured() as lines:
        refused = running.connect(greeted=False)
        assert refused.file.read() == b"no room\r\n"
    assert any("too many connections" in line for line in lines)

    clients[0].say("quit")
    assert clients[0].file.read() == b"bye\r\n"
    clients[0].close()
    core = running.cores[0]
    assert isinstance(core, LineCore)
    assert core.is_lost.wait(PATIENCE)
    assert running.connect().ask("room again") == "room again"


def test_a_ring_reaches_who_watches(serve: Serve) -> None:
    running = serve(LineCore)
    watcher, other = running.connect(), running.connect()
    assert watcher.ask("watch /mail/alice") == "watching"

    running.server.doorbell.ring(Path("/mail/bob"))
    running.server.doorbell.ring(Path("/mail/alice"), 7)

    assert watcher.hear() == "rung"
    assert other.ask("nothing") == "nothing"


def test_a_ring_waits_until_the_answer_is_complete(serve: Serve) -> None:
    running = serve(LineCore)
    client = running.connect()
    client.say("watch /mail/alice", "produce 200000", "end")
    assert client.hear() == "watching"

    running.server.doorbell.ring(Path("/mail/alice"))
    heard = [client.hear() for _ in range(200_002)]

    assert sorted(heard[-2:]) == ["end", "rung"]


@pytest.fixture
def much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who works have all the time in the world: nothing ends because it is over."""
    monkeypatch.setattr(server, "GRACE", 3600.0)


@pytest.mark.usefixtures("much_time")
def test_stopping_says_goodbye_and_ends(serve: Serve) -> None:
    running = serve(LineCore)
    idle, busy = running.connect(), running.connect()
    busy.say("produce 100000")
    assert busy.hear() == "000000"

    running.server.loop.call_soon_threadsafe(running.server.stop)

    assert idle.file.read() == b"farewell\r\n"
    assert busy.file.read().endswith(b"099999\r\nfarewell\r\n")
    idle.close()
    busy.close()
    running.thread.join(PATIENCE)
    assert not running.thread.is_alive()


@pytest.mark.usefixtures("much_time")
def test_a_peer_that_does_not_close_does_not_hold_up_the_stop(serve: Serve) -> None:
    running = serve(LineCore)
    idle = running.connect()

    running.server.loop.call_soon_threadsafe(running.server.stop)
    running.thread.join(PATIENCE)

    assert not running.thread.is_alive()
    assert idle.file.read() == b"farewell\r\n"


class StubbornPart:
    """Notes that it is told to stop, and does not."""

    def __init__(self) -> None:
        self.is_told = False

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        self.is_told = True
        raise FileNotFoundError(2, "No such file or directory", "queue")


def test_a_part_that_cannot_stop_hinders_no_other() -> None:
    parts = [StubbornPart(), StubbornPart()]
    stubborn = server.Server()
    for part in parts:
        stubborn.add(part)
    stubborn.loop.call_soon(stubborn.stop)

    with captured() as lines:
        stubborn.run(signals=False)

    assert all(part.is_told for part in parts)
    assert sum("part not stopped" in line and "StubbornPart" in line for line in lines) == 2


def test_sessions_are_dumped_to_the_log(serve: Serve) -> None:
    running = serve(LineCore)
    running.connect()

    with captured() as lines:
        running.on_loop(running.server.dump)

    assert any(re.match(r"notice session connection=\S+ protocol=test .*phase=open", line) for line in lines)


def test_many_at_once(serve: Serve) -> None:
    running = serve(LineCore)
    wrong: list[str] = []

    def talk(number: int) -> None:
        client = running.connect()
        said = [f"{number} {turn}" for turn in range(50)]
        wrong.extend(line for line in said if client.ask(line) != line)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
