"""Sessions over TLS and over the Unix socket: calls, refusals, lost connections, users who come and go."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store.create import create_private
from gromox.store.errors import (
    BusyError,
    DeniedError,
    FolderGoneError,
    NotFoundError,
    SessionLostError,
    UnreachableError,
    IncompatibleError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.operation import OPERATIONS
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.rpc import request as requests
from gromox.store.rpc.client import Address, Channel, Client
from gromox.store.rpc.crew import Job
from gromox.store.rpc.frame import Kind
from gromox.store.rpc.operations import signature, table
from gromox.store.rpc.peers import Peers
from gromox.store.session import Actor
from tests.support.server import PATIENCE
from tests.support.storerpc import PASSWORD, Doors, StoreServer

ALICE, BOB = "alice@example.test", "bob@example.test"
INBOX = 13


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_private(tmp_path / "alice", owner=ALICE, user_id=7).close()
    create_private(tmp_path / "bob", owner=BOB, user_id=8).close()
    return tmp_path / "alice"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def served(path: Path, tmp_path: Path, clock: ManualClock) -> Iterator[StoreServer]:
    doors = Doors({ALICE: path, BOB: tmp_path / "bob"}, {BOB: frozenset({"team@example.test"})})
    server = StoreServer(tmp_path / "run", doors, clock=clock, max_users=3)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def node(served: StoreServer) -> Iterator[Client]:
    client = served.node()
    yield client
    client.close()


@pytest.fixture
def web(served: StoreServer) -> Iterator[Client]:
    client = served.web()
    yield client
    client.close()


def test_every_operation_can_be_sent() -> None:
    names = [name for name, _ in table()]
    assert names == sorted(OPERATIONS)
    assert len({print_ for _, print_ in table()}) > 1


def test_an_actor_of_another_node(node: Client, path: Path) -> None:
    session = node.open(path, Actor(ALICE))
    assert session.store_rights() == OWNER_RIGHTS
    assert session.folder_rights(folder_id=INBOX) == OWNER_RIGHTS
    session.close()
    with pytest.raises(SessionLostError):
        session.store_rights()


def test_refusals_keep_their_class_and_text(node: Client, path: Path) -> None:
    with pytest.raises(FolderGoneError, match="no such folder"):
        node.open(path, Actor(BOB)).folder_rights(INBOX)
    with pytest.raises(DeniedError):
        node.open(path.parent, Actor(ALICE))
    with pytest.raises(IncompatibleError):
        node.log_on(ALICE, PASSWORD)


def test_arguments_are_judged_at_both_ends(node: Client, path: Path) -> None:
    session = node.open(path, Actor(ALICE))
    for wrong in ((), (INBOX, 1), ("x",)):
        with pytest.raises(TypeError):
            session.folder_rights(*wrong)
    with pytest.raises(TypeError):
        session.folder_rights(INBOX, folder_id=INBOX)  # type: ignore[misc]
    channel = node.channel()
    declared = signature(OPERATIONS["folder_rights"])
    head = (1).to_bytes(4, "little") + channel.number_of(declared).to_bytes(2, "little")
    good = bytes(declared.pack_arguments((INBOX,), {}))
    for size in range(len(good)):
        with pytest.raises(IncompatibleError):
            channel.exchange(Kind.CALL, head + good[:size])
    with pytest.raises(IncompatibleError):
        channel.exchange(Kind.CALL, head[:4] + b"\xff\xff" + good)
    assert channel.exchange(Kind.CALL, head + good)


def test_many_threads_share_a_connection(node: Client, path: Path) -> None:
    sessions = [node.open(path, Actor(user)) for user in (ALICE, BOB) * 5]

    def work(number: int) -> int:
        return sessions[number % 10].store_rights()

    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(work, range(500)))
    assert found == [OWNER_RIGHTS, 0] * 250


def test_a_user_by_password_and_by_token(web: Client, served: StoreServer, path: Path) -> None:
    key = web.log_on(BOB, PASSWORD, remote_host="192.0.2.1")
    assert web.open_store(key).store_rights() == OWNER_RIGHTS
    with Mailbox.open(path) as box:
        box.set_rights(INBOX, "team@example.test", Right.READ_ANY)
    assert web.open_store(key, ALICE).folder_rights(INBOX) == Right.READ_ANY
    other = served.web()
    assert other.resume(key) == BOB
    assert other.resume(other.log_on_with_token(ALICE[::-1])) == ALICE
    web.log_off(key)
    with pytest.raises(SessionLostError):
        other.open_store(key)
    other.close()


def test_who_is_nobody_gets_nothing(web: Client, path: Path) -> None:
    with pytest.raises(DeniedError):
        web.log_on(ALICE, "wrong")
    with pytest.raises(SessionLostError):
        web.open_store("")
    with pytest.raises(IncompatibleError):
        web.open(path, Actor(ALICE))
    key = web.log_on(ALICE, PASSWORD)
    with pytest.raises(NotFoundError):
        web.open_store(key, "nobody@example.test")


def test_a_silent_user_is_logged_off(web: Client, clock: ManualClock) -> None:
    key = web.log_on(ALICE, PASSWORD)
    session = web.open_store(key)
    clock.advance(3000)
    assert session.store_rights() == OWNER_RIGHTS
    clock.advance(3601)
    with pytest.raises(SessionLostError):
        session.store_rights()
    with pytest.raises(SessionLostError):
        web.resume(key)


def test_users_are_bounded_and_silent_ones_make_room(web: Client, clock: ManualClock) -> None:
    for _ in range(3):
        web.log_on(ALICE, PASSWORD)
    with pytest.raises(BusyError):
        web.log_on(ALICE, PASSWORD)
    clock.advance(3601)
    assert web.resume(web.log_on(ALICE, PASSWORD)) == ALICE


def test_a_lost_connection_ends_its_sessions_and_is_made_anew(node: Client, path: Path) -> None:
    session = node.open(path, Actor(ALICE))
    node.channel().close()
    with pytest.raises(SessionLostError):
        session.store_rights()
    assert node.open(path, Actor(ALICE)).store_rights() == OWNER_RIGHTS
    node.ping()


def test_peers_share_a_connection_each(served: StoreServer, path: Path) -> None:
    peers = Peers(served.port, served.tls_address.tls, name="test", timeout=PATIENCE)
    sessions = [peers.open("127.0.0.1", path, Actor(ALICE)) for _ in range(3)]
    assert [session.store_rights() for session in sessions] == [OWNER_RIGHTS] * 3
    assert peers.client("127.0.0.1") is peers.client("127.0.0.1")
    assert peers.client("localhost") is not peers.client("127.0.0.1")
    peers.close()
    with pytest.raises(SessionLostError):
        sessions[0].store_rights()


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        Client(Address(path=tmp_path / "nothing.sock")).ping()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    with pytest.raises(UnreachableError):
        Client(Address("127.0.0.1", port)).ping()


def test_a_node_without_certificate_is_not_let_in(served: StoreServer) -> None:
    stranger = Client(Address("127.0.0.1", served.port, tls=served.context_without_certificate()))
    with pytest.raises(UnreachableError):
        stranger.ping()


def test_another_version_is_told_so(served: StoreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hello = requests.Hello(requests.MAGIC, 99, 99, "future")
    channel = served.web().channel()
    with pytest.raises(IncompatibleError, match="version"):
        channel.exchange(Kind.HELLO, requests.packed(requests.Hello, hello))
    channel._reader.join(PATIENCE)
    assert not channel.is_alive


def test_an_operation_of_another_form_is_not_called(node: Client, path: Path) -> None:
    session = node.open(path, Actor(ALICE))
    channel = node.channel()
    channel._known["store_rights"] = (0, b"other")
    with pytest.raises(IncompatibleError, match="store_rights"):
        session.store_rights()


@pytest.mark.parametrize(
    "octets", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 20, bytes(10), b"\0\0\0\0\x03\0\0\0\0\0"]
)
def test_strangers_are_hung_up_on(served: StoreServer, octets: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(str(served.socket))
        sock.sendall(octets)
        assert sock.recv(100) == b""


def test_a_call_that_takes_too_long_is_given_up(served: StoreServer, path: Path) -> None:
    client = served.node()
    session = client.open(path, Actor(ALICE))
    client.channel()._timeout = 0.2  # not to connect and open, too
    release = threading.Event()
    served.crew.submit(path, _blocking(release))
    with pytest.raises(UnreachableError, match="in time"):
        session.store_rights()
    release.set()
    assert client.channel().is_alive
    client.close()


def _blocking(release: threading.Event) -> Job:
    """Return a job that keeps the thread of a mailbox busy."""

    def wait_for_release() -> None:
        assert release.wait(PATIENCE)

    return Job(lambda _pool: (None, wait_for_release), lambda _error: None)


def test_a_wait_ends_with_its_time_or_its_session(node: Client, path: Path) -> None:
    session = node.open(path, Actor(ALICE))
    transport = session._transport
    assert transport is not None
    assert transport.wait(0.05) is False
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(transport.wait, PATIENCE)
        node.ping()
        session.close()
        with pytest.raises(SessionLostError):
            waiting.result(PATIENCE)


def test_too_many_calls_at_once_are_refused(served: StoreServer, path: Path) -> None:
    client = served.node()
    session = client.open(path, Actor(ALICE))
    release = threading.Event()
    served.crew.submit(path, _blocking(release))
    channel: Channel = client.channel()
    channel._places = threading.Semaphore(1000)
    with ThreadPoolExecutor(300) as threads:
        calls = [threads.submit(session.store_rights) for _ in range(300)]
        wait(calls, PATIENCE, FIRST_COMPLETED)  # the mailbox is blocked: what ends first was refused
        release.set()
        found = [call.exception() for call in calls]
    assert any(isinstance(error, BusyError) for error in found)
    assert sum(error is None for error in found) >= 256
    client.close()
