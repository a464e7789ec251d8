"""Small protocol cores that show one property of the driver each."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gromox.base.wire import (
    Action,
    Call,
    Close,
    Compress,
    Durable,
    FilePiece,
    Gather,
    Outcome,
    Peer,
    Piece,
    Produce,
    Send,
    StartTls,
    Watch,
)
from tests.support.server import PATIENCE


class Ledger:
    """A durable whose sync the test lets happen."""

    def __init__(self) -> None:
        self.needs_sync = False
        self.syncs = 0
        self.allowed = threading.Event()
        self.entered = threading.Event()
        self.error: Exception | None = None

    def sync(self) -> None:
        self.entered.set()
        assert self.allowed.wait(PATIENCE)
        self.syncs += 1
        if self.error is not None:
            raise self.error
        self.needs_sync = False


def gathered(key: Durable, works: Sequence[object]) -> Sequence[Outcome]:
    """Tell each how many there were; "zero" fails alone, "bug" all."""
    assert isinstance(key, Ledger)
    key.needs_sync = True
    if "bug" in works:
        raise ZeroDivisionError
    return [
        Outcome(error=ValueError("zero")) if work == "zero" else Outcome(value=len(works)) for work in works
    ]


class LineCore:
    """A line is a command: its first word names the method, the rest is its argument; others are echoed."""

    def __init__(
        self, ledger: Ledger | None = None, *, timeout: float = 60.0, folder: Path | None = None
    ) -> None:
        self.timeout = timeout
        self.ledger = ledger
        self.folder = folder
        self.buffer = b""
        self.rings = 0
        self.is_lost = threading.Event()
        self.uses_ledger = False

    def describe(self) -> Mapping[str, object]:
        return {"rings": self.rings}

    def start(self, peer: Peer) -> Iterable[Action]:
        return [Send([b"hello%s\r\n" % (b" tls" if peer.tls else b"")])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        self.buffer += octets
        return self.proceed()

    def proceed(self) -> Iterable[Action]:
        actions: list[Action] = []
        while b"\r\n" in self.buffer:
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            word, _, argument = line.decode().partition(" ")
            found = self.command(word, argument, line)
            actions += found
            if any(
                isinstance(action, (Produce, Call, Gather, StartTls, Compress, Close)) for action in found
            ):
                break
        return actions

    def command(self, word: str, argument: str, line: bytes) -> list[Action]:
        handlers: dict[str, Callable[[str], list[Action]]] = {
            "big": lambda size: [Send([b"x" * int(size)])],
            "many": lambda count: [Send([b"%d\r\n" % n for n in range(int(count))])],
            "file": self.file,
            "produce": lambda steps: [Produce(self.produced(int(steps)))],
            "broken": lambda _: [Produce(self.broken())],
            "call": lambda text: [Call(text.upper)],
            "callfail": lambda _: [Call(lambda: int("x"))],
            "compress": lambda _: [Send([b"squeeze\r\n"]), Compress()],
            "gather": self.gather,
            "starttls": lambda _: [Send([b"go\r\n"]), StartTls()],
            "watch": lambda path: [Watch(Path(path)), Send([b"watching\r\n"])],
            "fail": lambda _: [Send([str(1 // 0).encode()])],
            "quit": lambda _: [Send([b"bye\r\n"]), Close()],
            "write": self.write,
        }
        return handlers[word](argument) if word in handlers else [Send([line + b"\r\n"])]

    def write(self, _: str) -> list[Action]:
        assert self.ledger is not None
        self.ledger.needs_sync = self.uses_ledger = True
        return [Send([b"written\r\n"])]

    def gather(self, text: str) -> list[Action]:
        assert self.ledger is not None
        return [Gather(self.ledger, gathered, text)]

    def file(self, name: str) -> list[Action]:
        assert self.folder is not None
        fd = os.open(self.folder / name, os.O_RDONLY)
        length = os.fstat(fd).st_size
        return [Send([b"<", FilePiece(fd, 0, length, lambda: os.close(fd)), b">\r\n"])]

    def produced(self, steps: int) -> Iterator[Sequence[Piece]]:
        for number in range(steps):
            yield [b"%06d\r\n" % number]

    def broken(self) -> Iterator[Sequence[Piece]]:
        yield [b"begun\r\n"]
        raise ArithmeticError

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        self.uses_ledger = self.ledger is not None
        told = f"{outcome.value}" if outcome.error is None else type(outcome.error).__name__
        return [Send([told.encode() + b"\r\n"]), *self.proceed()]

    def rung(self) -> Iterable[Action]:
        self.rings += 1
        return [Send([b"rung\r\n"])]

    def timed_out(self) -> Iterable[Action]:
        return [Send([b"too slow\r\n"]), Close()]

    def tls_started(self) -> None:
        self.buffer = b""

    def lost(self) -> None:
        self.is_lost.set()

    def unsynced(self) -> Sequence[Durable]:
        used, self.uses_ledger = self.uses_ledger, False
        return [self.ledger] if used and self.ledger is not None else []

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002
        return [Send([b"not durable\r\n"]), Close()]
