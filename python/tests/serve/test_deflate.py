"""Compressed connections: both directions, bounded, in clear and under TLS."""

from __future__ import annotations

import os
import socket
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gromox.base.wire import FilePiece
from gromox.serve.deflate import INFLATED, DeflateOutbox, Deflater, Inflater
from tests.serve.conftest import Line, Running
from tests.serve.cores import LineCore

Serve = Callable[..., Running]


class Squeezed:
    """The client's end of a compressed connection."""

    def __init__(self, line: Line) -> None:
        assert line.ask("compress") == "squeeze"
        self.sock = line.sock
        self.deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.inflate = zlib.decompressobj(-15)
        self.heard = b""

    def say(self, octets: bytes) -> None:
        self.sock.sendall(self.deflate.compress(octets) + self.deflate.flush(zlib.Z_SYNC_FLUSH))

    def hear(self, size: int) -> bytes:
        while len(self.heard) < size:
            octets = self.sock.recv(65536)
            assert octets, self.heard[-200:]
            self.heard += self.inflate.decompress(octets)
        octets, self.heard = self.heard[:size], self.heard[size:]
        return octets


@pytest.mark.parametrize("tls", [False, True])
def test_both_directions_are_compressed(serve: Serve, folder: Path, tls: bool) -> None:
    (folder / "large").write_bytes(os.urandom(100_000) + b"x" * 3_000_000)
    running = serve(lambda: LineCore(folder=folder))
    client = Squeezed(running.connect_tls() if tls else running.connect())

    client.say(b"one\r\ntwo\r\n")
    assert client.hear(10) == b"one\r\ntwo\r\n"
    client.say(b"big 500000\r\ncall x\r\nproduce 3\r\n")
    assert client.hear(500_000) == b"x" * 500_000
    assert client.hear(27) == b"X\r\n000000\r\n000001\r\n000002\r\n"
    client.say(b"file large\r\nend\r\n")
    content = (folder / "large").read_bytes()
    assert client.hear(len(content) + 9) == b"<" + content + b">\r\nend\r\n"


def test_what_is_short_on_the_wire_may_be_long(serve: Serve) -> None:
    # 200,000 commands in less than 4 kB: read in steps, answered all, while others get their turn.
    running = serve(LineCore)
    client, other = Squeezed(running.connect()), running.connect()

    client.say(b"0123456789\r\n" * 200_000)

    assert other.ask("hello") == "hello"
    assert client.hear(2_400_000) == b"0123456789\r\n" * 200_000


def test_no_step_returns_more_than_it_may() -> None:
    inflater = Inflater()
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    inflater.feed(stream.compress(bytes(50 << 20)) + stream.flush(zlib.Z_SYNC_FLUSH))
    sizes = []
    while (octets := inflater.step()) is not None:
        sizes.append(len(octets))

    assert max(sizes) <= INFLATED
    assert sum(sizes) == 50 << 20


def test_octets_may_come_one_by_one() -> None:
    inflater = Inflater()
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = b""
    for octet in stream.compress(b"a1 NOOP\r\n" * 9) + stream.flush(zlib.Z_SYNC_FLUSH):
        inflater.feed(bytes([octet]))
        while (octets := inflater.step()) is not None:
            out += octets

    assert out == b"a1 NOOP\r\n" * 9


@pytest.mark.parametrize("octets", [b"a1 NOOP\r\n" * 20, b"\xff" * 50, zlib.compress(b"x")[2:-4]])
def test_what_is_no_stream_or_ends_closes_the_connection(serve: Serve, octets: bytes) -> None:
    client = Squeezed(serve(LineCore).connect())

    client.sock.sendall(octets)

    received = b""
    while more := client.sock.recv(65536):
        received += more
    assert len(received) < 20


def test_a_queue_that_is_dropped_closes_its_files(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    (folder / "f").write_bytes(b"x" * 1000)
    closed: list[int] = []
    fd = os.open(folder / "f", os.O_RDONLY)
    outbox = DeflateOutbox(ours, Deflater(), tls=False)

    outbox.extend([b"before", b"", FilePiece(fd, 0, 1000, lambda: closed.append(fd))])
    outbox.extend([FilePiece(fd, 0, 0, lambda: closed.append(-fd))])
    assert outbox.size == 1006
    outbox.clear()

    assert closed == [-fd, fd]
    assert outbox.size == 0
    os.close(fd)
    ours.close()
    theirs.close()


def test_a_file_that_ends_early_is_an_error(folder: Path) -> None:
    ours, theirs = socket.socketpair()
    (folder / "f").write_bytes(b"x" * 10)
    fd = os.open(folder / "f", os.O_RDONLY)
    outbox = DeflateOutbox(ours, Deflater(), tls=False)
    outbox.extend([FilePiece(fd, 0, 1000, lambda: os.close(fd))])

    with pytest.raises(EOFError):
        outbox.flush()

    outbox.clear()
    ours.close()
    theirs.close()
