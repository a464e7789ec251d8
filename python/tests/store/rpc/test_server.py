"""The core of a connection by itself: strangers, bounds, and what is left when it is gone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fuzz import fuzz_rpc
from gromox.base.errors import ParseError
from gromox.store.rpc.frame import MAX_MESSAGE, MAX_PARTIAL, PIECE, FrameBuffer, Kind, pieces


def test_messages_come_back_in_any_pieces() -> None:
    large = bytes(range(256)) * 1000
    stream = b"".join([*pieces(Kind.CALL, 1, large), *pieces(Kind.PING, 2, b"")])
    for step in (1 << 20, 1000, 7):
        frames = FrameBuffer()
        found = [frame for at in range(0, len(stream), step) for frame in frames.feed(stream[at : at + step])]
        assert [tuple(frame) for frame in found] == [(Kind.CALL, 1, large), (Kind.PING, 2, b"")]


def test_a_small_message_passes_a_large_one() -> None:
    first, *rest = pieces(Kind.RESULT, 1, bytes(3 * PIECE))
    (small,) = pieces(Kind.RESULT, 2, b"x")
    frames = FrameBuffer()
    assert frames.feed(first) == []
    assert [frame.call for frame in frames.feed(small)] == [2]
    assert [frame.call for frame in frames.feed(b"".join(rest))] == [1]


def test_what_is_under_way_is_bounded() -> None:
    with pytest.raises(ValueError, match="at most"):
        list(pieces(Kind.CALL, 1, bytes(MAX_MESSAGE + 1)))
    frames = FrameBuffer()
    first, *_ = pieces(Kind.CALL, 1, bytes(2 * PIECE))
    for _ in range(MAX_MESSAGE // PIECE):
        frames.feed(first)
    with pytest.raises(ParseError):
        frames.feed(first)
    many = FrameBuffer()
    for call in range(MAX_PARTIAL):
        many.feed(next(pieces(Kind.CALL, call, bytes(2 * PIECE))))
    with pytest.raises(ParseError):
        many.feed(next(pieces(Kind.CALL, MAX_PARTIAL, bytes(2 * PIECE))))
    with pytest.raises(ParseError):
        FrameBuffer().feed(b"\xff\xff\xff\xff" + bytes(20))
    mixed = FrameBuffer()
    mixed.feed(first)
    with pytest.raises(ParseError):
        mixed.feed(next(pieces(Kind.PING, 1, bytes(2 * PIECE))))


def test_strangers_of_all_kinds(tmp_path: Path) -> None:
    server = fuzz_rpc.Server(tmp_path)
    seeds = [server.greeting, server.opening, *server.calls()]
    chance = random.Random(5)  # noqa: S311 - repeatable
    for octets in seeds:
        fuzz_rpc.run(server, octets)
    for _ in range(150):
        fuzz_rpc.run(server, fuzz_rpc.mutated(b"".join(chance.choices(seeds, k=2)), chance))
