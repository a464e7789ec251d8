"""Microseconds of the codecs of the message model: rows, restrictions, id sets.

``python bench/micro_mapi.py`` prints a table. Rows are those of a contents table: 20 columns, five of them
texts, two of octets; the flagged one lacks two values.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox.codec.packed import Reader, Writer  # noqa: E402 - the tree is found only now
from gromox.mapi.globset import decode_globset, encode_globset  # noqa: E402
from gromox.mapi.propertyrow import pack_row, unpack_row  # noqa: E402
from gromox.mapi.propvalue import PropValue, pack_properties, unpack_properties  # noqa: E402
from gromox.mapi.rangeset import RangeSet  # noqa: E402
from gromox.mapi.restriction import (  # noqa: E402
    And,
    Content,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Property,
    RelOp,
)
from gromox.mapi.restrictioncodec import restriction_from_octets, restriction_octets  # noqa: E402
from gromox.mapi.rowcodec import RowCodec  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.propertyrow import Row

_ROUNDS: Final = 7

#: A column and its value.
_CELLS: Final[tuple[tuple[int, PropValue], ...]] = (
    (0x67480014, 0x0D00000000000001),
    (0x674A0014, 0x1234560000000001),
    (0x674D0014, 1),
    (0x001A001F, "IPM.Note"),
    (0x0037001F, "Minutes of the meeting on Tuesday"),
    (0x0C1A001F, "Joe Public"),
    (0x0E04001F, "Jane Doe; Bob Roe"),
    (0x0E060040, 0x01DA71727C810000),
    (0x00390040, 0x01DA71727C000000),
    (0x30080040, 0x01DA71727C810001),
    (0x0E080003, 24017),
    (0x0E070003, 1),
    (0x00170003, 1),
    (0x10800003, 0x105),
    (0x0E1B000B, True),
    (0x10900003, 0),
    (0x30130102, bytes(16)),
    (0x65E20102, bytes(22)),
    (0x0E17000B, False),
    (0x1035001F, "<20260601.1234@example.org>"),
)
COLUMNS: Final = tuple(tag for tag, _ in _CELLS)
ROW: Final[Row] = tuple(value for _, value in _CELLS)
FLAGGED: Final[Row] = (*ROW[:12], None, *ROW[13:18], None, ROW[19])


def microseconds(function: Callable[[], object], times: int) -> float:
    """Return the best mean of some rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            function()
        best = min(best, time.perf_counter() - start)
    return best / times * 1e6


def rows() -> list[tuple[str, float]]:
    """Rows by the specification and by generated functions."""
    codec = RowCodec(COLUMNS, wide=False)
    codec.make()
    plain, flagged = codec.pack(ROW), codec.pack(FLAGGED)

    def specified(row: Row) -> None:
        pack_row(Writer(), COLUMNS, row)

    return [
        ("pack a row, specification", microseconds(lambda: specified(ROW), 2000)),
        ("pack a row, generated", microseconds(lambda: codec.pack(ROW), 10000)),
        ("pack a flagged row, specification", microseconds(lambda: specified(FLAGGED), 2000)),
        ("pack a flagged row, generated", microseconds(lambda: codec.pack(FLAGGED), 10000)),
        ("unpack a row, specification", microseconds(lambda: unpack_row(Reader(plain), COLUMNS), 2000)),
        ("unpack a row, generated", microseconds(lambda: codec.unpack(plain), 10000)),
        ("unpack a flagged row", microseconds(lambda: codec.unpack(flagged), 2000)),
        ("generate the functions", microseconds(lambda: RowCodec(COLUMNS, wide=False).make(), 50)),
    ]


def bags() -> list[tuple[str, float]]:
    """Property blobs of mailboxes with the same 20 values."""
    bag = dict(_CELLS)
    octets = pack_properties(bag)
    return [
        ("pack a blob of 20 properties", microseconds(lambda: pack_properties(bag), 2000)),
        ("unpack a blob of 20 properties", microseconds(lambda: unpack_properties(octets), 2000)),
    ]


def restrictions() -> list[tuple[str, float]]:
    """A search as Outlook makes it."""
    restriction = And(
        (
            Content(0x0037001F, 0x0037001F, "meeting", FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE),
            Not(Property(RelOp.EQUAL, 0x001A001F, 0x001A001F, "IPM.Task")),
            Property(RelOp.GREATER_THAN, 0x0E080003, 0x0E080003, 1 << 20),
        )
    )
    octets = restriction_octets(restriction)
    return [
        ("pack a restriction of 5 parts", microseconds(lambda: restriction_octets(restriction), 2000)),
        ("unpack it", microseconds(lambda: restriction_from_octets(octets), 2000)),
    ]


def sets() -> list[tuple[str, float]]:
    """A set of 100,000 scattered ids and one of a single range."""
    chance = random.Random(1)  # noqa: S311 - the same ids each time
    scattered = RangeSet.of(chance.sample(range(1, 1_000_000), 100_000))
    other = RangeSet.of(chance.sample(range(1, 1_000_000), 1000))
    whole = RangeSet([(1, 1_000_000)])
    octets = encode_globset(scattered)
    return [
        (f"encode 100,000 ids ({len(octets)} octets)", microseconds(lambda: encode_globset(scattered), 1)),
        ("decode them", microseconds(lambda: decode_globset(Reader(octets)), 1)),
        ("join with 1,000 ids", microseconds(lambda: scattered | other, 1)),
        ("take them out of a million", microseconds(lambda: whole - scattered, 1)),
        (
            "add one id and take it out",
            microseconds(lambda: touch(scattered), 1000),
        ),
        ("look one up", microseconds(lambda: 500_000 in scattered, 10000)),
    ]


def touch(counters: RangeSet) -> None:
    """Add one counter and take it out."""
    counters.add(500_000)
    counters.remove(500_000)


def main() -> None:
    """Print the table."""
    for title, figure in [*rows(), *bags(), *restrictions(), *sets()]:
        sys.stdout.write(f"{title:44}{figure:12.2f} us\n")


if __name__ == "__main__":
    main()
