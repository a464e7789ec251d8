"""Who reads the figures of several processes waits for all of them, for some time."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.serve.exposition import Exposition
from gromox.serve.listener import bind_unix


class Stand:
    """A parent whose workers the test plays: what they tell is ``text``, None as long as one is missing."""

    def __init__(self, path: Path) -> None:
        self.selector, self.path = selectors.DefaultSelector(), path
        self.text: bytes | None = None
        self.asked = 0
        self.exposition = Exposition(self.selector, self.collected)
        self.listening = bind_unix(path)
        self.exposition.listen(self.listening)

    def collected(self, *, asking: bool) -> bytes | None:
        self.asked += asking
        return self.text

    def turn(self) -> None:
        """Let everything happen that is due."""
        while found := self.selector.select(0):
            for key, events in found:
                handle, *arguments = key.data
                handle(*arguments, events)

    def reader(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self.path))
        sock.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        sock.setblocking(False)
        self.turn()
        return sock

    def answer(self, sock: socket.socket) -> bytes:
        self.turn()
        try:
            return sock.recv(65536)
        except BlockingIOError:
            return b""


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path / "metrics.sock")
    yield made
    made.exposition.close()
    made.listening.close()
    made.selector.close()


def test_all_are_answered_when_the_last_figures_come(stand: Stand) -> None:
    with stand.reader() as first, stand.reader() as second:
        assert stand.asked == 2
        assert stand.answer(first) == stand.answer(second) == b""
        stand.text = b"all"
        stand.exposition.look()
        assert stand.answer(first).endswith(b"\r\n\r\nall")
        assert stand.answer(second).endswith(b"\r\n\r\nall")


def test_who_asked_later_is_not_fobbed_off_with_what_others_have_waited_for(stand: Stand) -> None:
    with stand.reader() as sock:
        stand.exposition.look(b"old", waited=3600.0)
        assert stand.answer(sock) == b""
        stand.exposition.look(b"what is known", waited=0.0)
        assert stand.answer(sock).endswith(b"what is known")
