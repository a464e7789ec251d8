"""Damages dialogues, in the same way for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

NOISE = (b"\r\n", b"\n", b".\r\n", b"\r\n.\r\n", b"\0", b"\xff", b"<", b" ")


def damaged(octets: bytes, words: Sequence[bytes], *, seed: int, count: int) -> Iterator[list[bytes]]:
    """Yield ``count`` damaged copies, each cut in two somewhere; ``words`` are put in here and there."""
    source = random.Random(seed)  # noqa: S311 - repeatable by intent
    for _ in range(count):
        copy = bytearray(octets)
        for _ in range(source.randrange(1, 8)):
            _damage(source, copy, words)
        cut = source.randrange(len(copy) + 1)
        yield [bytes(copy[:cut]), bytes(copy[cut:])]


def _damage(source: random.Random, copy: bytearray, words: Sequence[bytes]) -> None:
    at = source.randrange(len(copy))
    match source.randrange(5):
        case 0:
            copy[at] = source.randrange(256)
        case 1:
            del copy[at : at + source.randrange(1, 30)]
        case 2:
            copy[at:at] = source.choice(NOISE)
        case 3:
            again = source.randrange(len(copy))
            copy[at:at] = copy[again : again + source.randrange(60)]
        case _:
            copy[at:at] = source.choice(words)
    if not copy:
        copy += b"\r\n"
