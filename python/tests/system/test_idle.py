"""A thousand clients that wait for mail."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.support.mail import send, unique
from tests.support.server import HOST, GromoxServer
from tests.system.conftest import ALICE

COUNT = 1000
#: KiB that one idle connection may take of the server's memory.
MEMORY_LIMIT = 32.0
#: Seconds between the first and the last client that is told; promised are 0.1 on an idle machine.
SPREAD_LIMIT = 10.0


def dialogue(sock: socket.socket, line: str, until: bytes) -> bytes:
    sock.sendall(f"{line}\r\n".encode())
    heard = b""
    while until not in heard:
        more = sock.recv(65536)
        assert more, heard
        heard += more
    return heard


def idle_connection(server: GromoxServer) -> socket.socket:
    sock = socket.create_connection((HOST, server.port("imap")), timeout=60)
    assert sock.recv(4096).startswith(b"* OK")
    dialogue(sock, f"a LOGIN {ALICE} {server.password(ALICE)}", b"a OK")
    dialogue(sock, "b SELECT INBOX", b"b OK")
    dialogue(sock, "c IDLE", b"+ ")
    return sock


@pytest.fixture
def idlers(server: GromoxServer) -> Iterator[list[socket.socket]]:
    socks: list[socket.socket] = []
    yield socks
    for sock in socks:
        sock.close()


def test_a_thousand_idle_clients(
    server: GromoxServer, idlers: list[socket.socket], measured: Callable[[str], None]
) -> None:
    process = psutil.Process(server.pid)
    idlers.append(idle_connection(server))
    before = process.memory_full_info().uss
    idlers.extend(idle_connection(server) for _ in range(COUNT - 1))
    memory = (process.memory_full_info().uss - before) / 1024 / (COUNT - 1)

    told: list[float] = []
    with selectors.DefaultSelector() as selector:
        for sock in idlers:
            selector.register(sock, selectors.EVENT_READ)
        send(server, unique("thousand"))
        sent = time.perf_counter()
        waiting = set(idlers)
        while waiting:
            ready = selector.select(30)
            assert ready, f"{len(waiting)} clients were never told"
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                if b" EXISTS" in key.fileobj.recv(65536) and key.fileobj in waiting:
                    waiting.remove(key.fileobj)
                    told.append(time.perf_counter())

    spread = told[-1] - told[0]
    measured(f"{COUNT} idle IMAP connections: {memory:.1f} KiB each")
    measured(
        f"new mail told to {COUNT} idle clients: last {spread * 1000:.0f} ms after the first, "
        f"{(told[-1] - sent) * 1000:.0f} ms after it was accepted"
    )
    assert memory < MEMORY_LIMIT
    assert spread < SPREAD_LIMIT
