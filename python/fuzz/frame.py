"""What the fuzz targets share: a mutator, the loop that feeds a target, and its command line."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def mutated(
    octets: bytes,
    others: Sequence[bytes],
    chance: random.Random,
    *,
    fragments: Sequence[bytes],
    longest: int,
) -> bytes:
    """Return octets with some of them replaced, removed, repeated, or taken from another input.

    Args:
        octets: what is damaged.
        others: what parts are taken from.
        chance: where all choices come from.
        fragments: what the format is sensitive to.
        longest: how many octets the result has at the most.
    """
    copy = bytearray(octets)
    for _ in range(chance.randrange(1, 8)):
        start = chance.randrange(len(copy) + 1)
        end = min(len(copy), start + chance.choice((0, 1, 4, 40, 400)))
        other = chance.choice(others)
        place = chance.randrange(len(other) + 1)
        copy[start:end] = chance.choice(
            (
                b"",
                chance.choice(fragments),
                chance.choice(fragments) * chance.randrange(30),
                other[place : place + chance.randrange(300)],
                chance.randbytes(chance.randrange(1, 6)),
                bytes(copy[start:end]) * 2,
            )
        )
    return bytes(copy[:longest])


def run_alone(
    exercise: Callable[[bytes], None],
    corpus: Sequence[bytes],
    mutate: Callable[[bytes, Sequence[bytes], random.Random], bytes],
    options: argparse.Namespace,
) -> int:
    """Mutate until the time is over; return the exit status."""
    chance = random.Random(options.seed)  # noqa: S311 - to be repeated, not to be secret
    population = list(corpus)
    end = time.monotonic() + options.seconds
    runs = 0
    while time.monotonic() < end:
        octets = mutate(chance.choice(population), corpus, chance)
        try:
            exercise(octets)
        except (Exception, RecursionError) as error:  # noqa: BLE001 - finding any is the purpose
            options.crashes.mkdir(parents=True, exist_ok=True)
            path = options.crashes / (hashlib.sha256(octets).hexdigest()[:16] + ".bin")
            path.write_bytes(octets)
            sys.stdout.write(f"{type(error).__name__}: {error}\nwritten to {path}\n")
            return 1
        runs += 1
        # Children of children get farther from the corpus; the oldest give way.
        if chance.randrange(4) == 0:
            population.append(octets)
        if len(population) > 4 * len(corpus):
            del population[len(corpus) :: 2]
    sys.stdout.write(f"{runs} inputs, seed {options.seed}: nothing found\n")
    return 0


def main(
    description: str,
    exercise: Callable[[bytes], None],
    corpus: Callable[[], Sequence[bytes]],
    mutate: Callable[[bytes, Sequence[bytes], random.Random], bytes],
) -> int:
    """Read the command line of a target, and run it; return the exit status."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for what fails")
    parser.add_argument(
        "--atheris", action="store_true", help="guided by coverage; further options are atheris's"
    )
    parser.add_argument("inputs", nargs="*", type=Path, help="play these instead")
    options, rest = parser.parse_known_args()
    if options.atheris:
        atheris = importlib.import_module("atheris")
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *rest, *map(str, options.inputs)], exercise)
        atheris.Fuzz()
        return 0
    if rest:
        parser.error(f"unknown options: {' '.join(rest)}")
    for path in options.inputs:
        exercise(path.read_bytes())
    return 0 if options.inputs else run_alone(exercise, corpus(), mutate, options)
