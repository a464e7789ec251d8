"""Fuzz restrictions: whatever the octets are, they are refused or evaluated, the same by SQL and by values.

``python fuzz/fuzz_match.py --seconds 10 --seed 1`` mutates restrictions of its own making. What fails is
written to the folder given by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sqlite3
import sys
import time
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox.base.errors import ParseError  # noqa: E402 - the tree is found only now
from gromox.codec.packed import Reader, Writer  # noqa: E402
from gromox.mapi.restriction import (  # noqa: E402
    And,
    BitMapRelOp,
    BitMask,
    CompareProperties,
    Content,
    Count,
    Exist,
    FuzzyHigh,
    FuzzyLow,
    Not,
    Or,
    Property,
    RelOp,
    Restriction,
    Size,
    SubObject,
)
from gromox.mapi.restrictioncodec import pack_restriction, unpack_restriction  # noqa: E402
from gromox.store.errors import LimitError  # noqa: E402
from gromox.store.match import evaluate, sql  # noqa: E402
from gromox.store.match.expression import expression_of  # noqa: E402
from gromox.store.property.column import BY_TAG, Kind  # noqa: E402

TAGS: Final = (*BY_TAG, 0x80011F, 0x8001101F, 0x0E07_0003, 0x0E12_000D, 0x1000_001F)
TEXTS: Final = ("", "Straße", "STRASSE", "a", "%_", "\0", "日本語", "\ud800")
#: Evaluating one restriction may take this many seconds.
_SLOW: Final = 5.0


def made(source: random.Random, depth: int = 0) -> Restriction:
    """Return a restriction."""
    tag = source.choice(TAGS)
    kind = source.randrange(9 if depth < 4 else 5)
    if kind == 0:
        high = FuzzyHigh(source.randrange(8))
        return Content(tag, tag, source.choice(TEXTS), FuzzyLow(source.choice((0, 1, 2, 0x10, 0x20))), high)
    if kind == 1:
        value: int | str | bytes = source.choice((*TEXTS, 0, 1, -1, 2**63, b"", b"abc"))
        return Property(source.choice(list(RelOp)), tag, tag, value)
    if kind == 2:
        return BitMask(source.choice(list(BitMapRelOp)), tag, source.randrange(2**32))
    if kind == 3:
        return Size(source.choice(list(RelOp)), tag, source.randrange(100))
    if kind == 4:
        return source.choice((Exist(tag), CompareProperties(RelOp.EQUAL, tag, source.choice(TAGS))))
    parts = tuple(made(source, depth + 1) for _ in range(source.randrange(4)))
    if kind == 5:
        return And(parts)
    if kind == 6:
        return Or(parts)
    inner = made(source, depth + 1)
    return source.choice((Not(inner), Count(3, inner), SubObject(0x0E12_000D, inner)))


class Target:
    """A table with one message, asked by SQL and by values."""

    def __init__(self) -> None:
        """Make the table."""
        names = sorted({column.name for column in BY_TAG.values()})
        self.connection = sqlite3.connect(":memory:")
        self.connection.create_function(
            "gx_fold", 1, lambda text: text.casefold() if isinstance(text, str) else text, deterministic=True
        )
        self.connection.execute(f"CREATE TABLE messages ({', '.join(names)})")
        values = dict.fromkeys(names, 1) | dict.fromkeys(
            ("subject", "normalized_subject", "display_to", "message_class"), "Straße nach Süden"
        )
        values |= {"display_cc": "", "display_bcc": "", "sender_name": "", "sender_address": "a@b"}
        values |= {"conversation_id": b"abc", "sent_time": None}
        self.connection.execute(
            f"INSERT INTO messages VALUES ({', '.join('?' * len(names))})",  # noqa: S608 - question marks
            [values[name] for name in names],
        )
        self.values: dict[int, object] = {}
        for tag, column in BY_TAG.items():
            value = values[column.name]
            if column.kind is Kind.BOOLEAN:
                value = bool(value)
            elif column.kind is Kind.TEXT:
                value = value or None
            self.values[tag] = value

    def look(self, octets: bytes) -> None:
        """Evaluate what octets may be in all ways."""
        try:
            r = Reader(octets)
            restriction = unpack_restriction(r, wide=True)
        except ParseError:
            return
        try:
            said = evaluate.matches(restriction, self.values.get)
            expression_of(restriction)
        except LimitError:
            return
        compiled = sql.compiled(restriction)
        if compiled is not None:
            (count,) = self.connection.execute(
                f"SELECT count(*) FROM messages WHERE {compiled.condition}",  # noqa: S608 - what is tested
                compiled.parameters,
            ).fetchone()
            if bool(count) is not said:
                raise AssertionError(f"values say {said}: {restriction}")


def mutated(octets: bytes, source: random.Random) -> bytes:
    """Return octets with a few changes."""
    result = bytearray(octets)
    for _ in range(source.choice((0, 0, 1, 2, 5))):
        if not result:
            break
        at = source.randrange(len(result))
        how = source.randrange(3)
        if how == 0:
            result[at] = source.randrange(256)
        elif how == 1:
            del result[at : at + source.randrange(1, 9)]
        else:
            result[at:at] = result[source.randrange(len(result)) :][: source.randrange(40)]
    return bytes(result)


def packed(restriction: Restriction) -> bytes:
    """Return the octets of a restriction, none if it has none."""
    w = Writer()
    try:
        pack_restriction(w, restriction, wide=True)
    except ValueError:
        return b""
    return w.octets()


def main() -> int:
    """Play files again, or fuzz for a while."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("crashes"))
    options = parser.parse_args()
    target = Target()
    for file in options.files:
        target.look(file.read_bytes())
    if options.files:
        return 0
    source = random.Random(options.seed)  # noqa: S311 - repeatable
    end, count = time.monotonic() + options.seconds, 0
    while time.monotonic() < end:
        octets = mutated(packed(made(source)), source)
        start = time.monotonic()
        try:
            target.look(octets)
            if time.monotonic() - start > _SLOW:
                raise AssertionError("a bound of the work was forgotten")  # noqa: TRY301 - kept as others are
        except BaseException:
            options.crashes.mkdir(parents=True, exist_ok=True)
            name = options.crashes / hashlib.sha256(octets).hexdigest()[:16]
            name.write_bytes(octets)
            print(f"kept as {name}", file=sys.stderr)
            raise
        count += 1
    print(f"{count} restrictions")
    return 0


if __name__ == "__main__":
    sys.exit(main())
