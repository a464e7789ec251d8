"""Damaged octets, the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Callable


def mutations(octets: bytes, count: int, seed: int) -> list[bytes]:
    """Return octets with one to three changes each."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    made: list[bytes] = []
    changes: list[Callable[[bytearray, int], None]] = [
        lambda buf, at: buf.__setitem__(at, chance.randrange(256)),
        lambda buf, at: buf.__delitem__(slice(at, at + chance.randrange(1, 4))),
        lambda buf, at: buf.insert(at, chance.choice(b"\0\1\xff\x80")),
    ]
    for _ in range(count):
        buf = bytearray(octets)
        for _ in range(chance.randrange(1, 4)):
            if buf:
                chance.choice(changes)(buf, chance.randrange(len(buf)))
        made.append(bytes(buf))
    return made
