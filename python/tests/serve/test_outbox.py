from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.wire import FilePiece, Piece
from gromox.serve.outbox import Outbox


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    with near, far:
        yield near, far


class File:
    """A file on disk, lent as pieces; counts what was given back."""

    def __init__(self, path: Path, octets: bytes) -> None:
        path.write_bytes(octets)
        self.fd = os.open(path, os.O_RDONLY)
        self.closed = 0

    def piece(self, offset: int, length: int) -> FilePiece:
        return FilePiece(self.fd, offset, length, self._close)

    def _close(self) -> None:
        self.closed += 1


def drain(outbox: Outbox, far: socket.socket) -> bytes:
    """Flush until nothing is left, reading little at a time."""
    heard = b""
    while outbox.size:
        outbox.flush()
        heard += far.recv(3000)
    far.settimeout(0.2)
    try:
        while more := far.recv(65536):
            heard += more
            far.settimeout(0)
    except (TimeoutError, BlockingIOError):
        return heard
    return heard


@pytest.mark.parametrize("seed", range(8))
def test_any_mixture_arrives_in_order(
    seed: int, pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    near, far = pair
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    content = chance.randbytes(300_000)
    file = File(tmp_path / "file", content)
    outbox, expected, files = Outbox(near), b"", 0
    for _ in range(60):
        pieces: list[Piece] = []
        for _ in range(chance.randrange(4)):
            if chance.random() < 0.3:
                offset, length = chance.randrange(200_000), chance.choice([0, 1, 5000, 90_000])
                pieces.append(file.piece(offset, length))
                expected += content[offset : offset + length]
                files += 1
            else:
                octets = chance.randbytes(chance.choice([0, 1, 30, 2000, 70_000]))
                pieces.append(octets)
                expected += octets
        outbox.extend(pieces)

    assert outbox.size == len(expected)
    assert drain(outbox, far) == expected
    assert file.closed == files
    os.close(file.fd)


def test_what_is_forgotten_gives_its_files_back(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    file = File(tmp_path / "file", b"x" * 1_000_000)
    outbox = Outbox(pair[0])
    outbox.extend([b"before", file.piece(0, 1_000_000), file.piece(0, 10)])

    outbox.flush()
    outbox.clear()

    assert outbox.size == 0
    assert file.closed == 2
    os.close(file.fd)


def test_a_file_that_is_shorter_than_announced_is_an_error(
    pair: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    file = File(tmp_path / "file", b"short")
    outbox = Outbox(pair[0])
    outbox.extend([file.piece(0, 100)])

    with pytest.raises(EOFError):
        outbox.flush()  # sends what there is, then finds the end
    outbox.clear()
    os.close(file.fd)


def test_a_peer_that_is_gone_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.close()
    outbox = Outbox(near)
    outbox.extend([b"hello"])

    with pytest.raises(OSError, match="Broken pipe"):
        outbox.flush()
