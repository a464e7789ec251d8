"""Connections that a proxy makes for others."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from functools import partial

import pytest

from gromox.base.log import captured
from gromox.codec.haproxy import SIGNATURE
from gromox.serve import connection
from gromox.serve.limits import Limits
from tests.serve.conftest import Line, Running, client_context
from tests.serve.cores import LineCore
from tests.support.server import PATIENCE, eventually

HEADER = SIGNATURE + bytes.fromhex("2111 000c c0000209 c0000201 9c40 008f")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a proxy have more time for its header than the test, which may have to wait for the processor."""
    monkeypatch.setattr(connection, "PROXY_LIMIT", PATIENCE)


def connect(running: Running) -> Line:
    client = Line(socket.create_connection(("127.0.0.1", running.port)))
    running.clients.append(client)
    return client


def test_the_client_is_the_one_that_the_header_names(serve: Callable[..., Running]) -> None:
    running = serve(LineCore, proxied=True)
    client = connect(running)
    for octet in HEADER:  # as slowly as can be
        client.sock.sendall(bytes([octet]))
    assert client.hear() == "hello"
    with captured() as lines:
        running.on_loop(running.server.dump)
    assert any("peer=[192.0.2.9]:40000" in line for line in lines)


def test_tls_follows_the_header(serve: Callable[..., Running]) -> None:
    running = serve(LineCore, proxied=True)
    sock = socket.create_connection(("127.0.0.1", running.tls_port))
    sock.sendall(HEADER)
    client = Line(client_context().wrap_socket(sock))
    running.clients.append(client)
    assert client.hear() == "hello tls"


def is_logged(lines: list[str]) -> bool:
    return any("proxy header not understood" in line for line in lines)


def test_what_is_no_header_ends_the_connection_without_a_word(serve: Callable[..., Running]) -> None:
    running = serve(LineCore, proxied=True)
    for wrong in (b"NOOP NOOP NOOP NOOP\r\n", SIGNATURE + b"\x21\x31\x00\x00"):
        with captured() as lines:
            client = connect(running)
            client.sock.sendall(wrong)
            with contextlib.suppress(ConnectionResetError):
                assert client.hear() == ""
            eventually(partial(is_logged, lines), what="the word in the log")
    connect(running).sock.shutdown(socket.SHUT_WR)
    eventually(lambda: not running.server.engine.connections, what="the end of all")


def test_connections_are_counted_for_the_client_not_for_the_proxy(serve: Callable[..., Running]) -> None:
    running = serve(LineCore, proxied=True, limits=Limits(per_address=1))
    first = connect(running)
    first.sock.sendall(HEADER)
    assert first.hear() == "hello"
    second = connect(running)
    second.sock.sendall(HEADER)
    assert second.hear() == "no room"
    other = connect(running)
    other.sock.sendall(HEADER.replace(bytes([192, 0, 2, 9]), bytes([192, 0, 2, 10])))
    assert other.hear() == "hello"
    first.say("quit")
    assert first.hear() == "bye"
    first.close()

    def is_welcome() -> bool:
        again = connect(running)
        again.sock.sendall(HEADER)
        return again.hear() == "hello"

    eventually(is_welcome, what="room for another")
