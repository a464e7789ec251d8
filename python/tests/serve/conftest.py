from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gromox.base.optionvalues import Endpoint
from gromox.base.wire import Core
from gromox.serve.dnsbl import Blocklist
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind
from gromox.serve.server import Server
from gromox.serve.tls import Identity, Tls
from tests.support.certificate import write_certificate
from tests.support.server import PATIENCE


class Line:
    """A client that speaks in lines."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self.file = sock.makefile("rb")

    def say(self, *lines: str) -> None:
        self.sock.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def hear(self) -> str:
        return self.file.readline().decode().rstrip("\r\n")

    def ask(self, line: str) -> str:
        self.say(line)
        return self.hear()

    def close(self) -> None:
        self.file.close()
        self.sock.close()


@dataclass
class Running:
    """A server in a thread, on a port that the system chose."""

    server: Server
    port: int
    tls_port: int
    thread: threading.Thread
    cores: list[Core] = field(default_factory=list)
    clients: list[Line] = field(default_factory=list)

    def connect(self, *, greeted: bool = True) -> Line:
        client = Line(socket.create_connection(("127.0.0.1", self.port)))
        self.clients.append(client)
        if greeted:
            assert client.hear() == "hello"
        return client

    def connect_tls(self) -> Line:
        client = Line(client_context().wrap_socket(socket.create_connection(("127.0.0.1", self.tls_port))))
        self.clients.append(client)
        assert client.hear() == "hello tls"
        return client

    def on_loop(self, call: Callable[[], object]) -> None:
        """Run ``call`` on the server's loop and wait for it."""
        done = threading.Event()

        def carry_out() -> None:
            call()
            done.set()

        self.server.loop.call_soon_threadsafe(carry_out)
        assert done.wait(PATIENCE)

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        if self.thread.is_alive():
            self.server.loop.call_soon_threadsafe(self.server.stop)
            self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    folder = tmp_path_factory.mktemp("tls")
    write_certificate(folder / "cert.pem", folder / "key.pem")
    return Identity(folder / "cert.pem", folder / "key.pem")


@pytest.fixture
def serve(identity: Identity) -> Iterator[Callable[..., Running]]:
    """Start a server with cores of the given factory; it is stopped after the test."""
    running: list[Running] = []

    def start(
        core: Callable[[], Core],
        *,
        limits: Limits | None = None,
        tick: float = 0.02,
        proxied: bool = False,
        blocklist: Blocklist | None = None,
    ) -> Running:
        cores: list[Core] = []

        def make() -> Core:
            cores.append(core())
            return cores[-1]

        service = Service(
            "test",
            make,
            limits or Limits(),
            tls=Tls(identity),
            refusal=b"no room\r\n",
            unwelcome=b"not you\r\n",
            farewell=b"farewell\r\n",
            excuse=b"sorry\r\n",
            proxied=proxied,
            blocklist=blocklist,
        )
        server = Server(tick=tick)
        plain = server.listen(Listening(bind(Endpoint("127.0.0.1", 0)), service))
        secure = server.listen(Listening(bind(Endpoint("127.0.0.1", 0)), service, tls=True))
        started = threading.Event()
        thread = threading.Thread(target=lambda: server.run(started.set, signals=False), daemon=True)
        thread.start()
        assert started.wait(PATIENCE)
        running.append(Running(server, plain.port, secure.port, thread, cores))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small").write_bytes(b"0123456789" * 10)
    (tmp_path / "large").write_bytes(bytes(range(256)) * 32768)  # 8 MiB
    return tmp_path
