"""Fuzz the codecs of the message model: octets are read or refused, and what was read comes back.

``python fuzz/fuzz_mapi.py --seconds 10 --seed 1`` mutates seeds of its own, a target in turn. With atheris
installed, ``python fuzz/fuzz_mapi.py --atheris`` takes its options (CPython 3.12 and newer have wheels). What
fails is written to the folder given by ``--crashes``, named after its target, and can be played again as an
argument.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox.base.errors import ParseError  # noqa: E402 - the tree is found only now
from gromox.codec.packed import Reader, Writer  # noqa: E402
from gromox.mapi.changelist import PredecessorChangeList  # noqa: E402
from gromox.mapi.conversation import ConversationIndex  # noqa: E402
from gromox.mapi.entryid import parse_entry_id  # noqa: E402
from gromox.mapi.extendedrule import ExtendedActions, ExtendedCondition  # noqa: E402
from gromox.mapi.fasttransfer import grammar as fasttransfer_grammar  # noqa: E402
from gromox.mapi.fasttransfer import writer as fasttransfer_writer  # noqa: E402
from gromox.mapi.fasttransfer.lexeme import LargeBegin, PropertyLexeme  # noqa: E402
from gromox.mapi.fasttransfer.lexer import Lexer  # noqa: E402
from gromox.mapi.fasttransfer.markers import Marker  # noqa: E402
from gromox.mapi.idset import (  # noqa: E402
    replguid_idset_from_octets,
    replguid_idset_octets,
    replid_idset_from_octets,
    replid_idset_octets,
)
from gromox.mapi.propertyrow import pack_row, unpack_row  # noqa: E402
from gromox.mapi.propvalue import pack_properties, unpack_properties  # noqa: E402
from gromox.mapi.recipientrow import RecipientRow  # noqa: E402
from gromox.mapi.restrictioncodec import restriction_from_octets, restriction_octets  # noqa: E402
from gromox.mapi.rowcodec import row_codec  # noqa: E402
from gromox.mapi.ruleaction import (  # noqa: E402
    EXTENDED,
    STANDARD,
    STORED,
    Form,
    pack_rule_action,
    unpack_rule_action,
)
from gromox.mapi.sortorder import SortOrderSet  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Reads octets, writes what it read, and reads that again.
Target: TypeAlias = Callable[[bytes], None]

_LONGEST: Final = 4096
_COLUMNS: Final = (
    0x0037001F,
    0x0E080003,
    0x0FF60102,
    0x00390040,
    0x3001001E,
    0x0E1B000B,
    0x12340048,
    0x8001101F,
)
_FAST: Final = _COLUMNS[:-1]


def _same(first: object, second: object) -> None:
    # By repr, as floating numbers that are none are not equal to themselves.
    if repr(first) != repr(second):
        raise AssertionError(f"{first!r} came back as {second!r}")


def restriction(octets: bytes) -> None:
    """Restrictions in both forms."""
    wide = bool(octets[:1] > b"\x7f")
    read = restriction_from_octets(octets[1:], wide=wide)
    _same(read, restriction_from_octets(restriction_octets(read, wide=wide), wide=wide))


def rule(octets: bytes) -> None:
    """Actions of rules in all forms."""
    form: Form = (STANDARD, EXTENDED, STORED)[(octets or b"\0")[0] % 3]
    read = unpack_rule_action(Reader(octets[1:]), form)
    w = Writer()
    pack_rule_action(w, read, form)
    _same(read, unpack_rule_action(Reader(w.octets()), form))


def extended_rule(octets: bytes) -> None:
    """The properties of extended rules."""
    if octets[:1] > b"\x7f":
        condition = ExtendedCondition.from_octets(octets[1:])
        _same(condition, ExtendedCondition.from_octets(condition.octets()))
    else:
        actions = ExtendedActions.from_octets(octets[1:])
        _same(actions, ExtendedActions.from_octets(actions.octets()))


def properties(octets: bytes) -> None:
    """Property blobs in both forms."""
    wide = bool(octets[:1] > b"\x7f")
    values = unpack_properties(octets[1:], wide=wide)
    _same(values, unpack_properties(pack_properties(values, wide=wide), wide=wide))


def row(octets: bytes) -> None:
    """Rows: the generated codec reads and writes what the specification does."""
    r = Reader(octets)
    codec = row_codec(_FAST)
    codec.make()
    try:
        read = unpack_row(r, _FAST)
    except ParseError:
        with contextlib.suppress(ParseError):
            raise AssertionError(f"only the generated codec reads {codec.unpack(octets)!r}") from None
        return
    _same((read, r.offset), codec.unpack(octets))
    w = Writer()
    pack_row(w, _FAST, read)
    _same(w.octets(), codec.pack(read))


def recipient(octets: bytes) -> None:
    """Recipients."""
    read = RecipientRow.decode(Reader(octets), _COLUMNS)
    w = Writer()
    read.write(w, _COLUMNS)
    _same(read, RecipientRow.decode(Reader(w.octets()), _COLUMNS))


def sort_orders(octets: bytes) -> None:
    """Sort orders."""
    read = SortOrderSet.decode(Reader(octets))
    w = Writer()
    read.write(w)
    _same(read, SortOrderSet.decode(Reader(w.octets())))


def entry_id(octets: bytes) -> None:
    """Entry ids."""
    read = parse_entry_id(octets)
    _same(read, parse_entry_id(read.octets()))


def conversation(octets: bytes) -> None:
    """Conversation indexes."""
    _same(octets, ConversationIndex.from_octets(octets).octets())


def change_list(octets: bytes) -> None:
    """Predecessor change lists."""
    read = PredecessorChangeList.from_octets(octets)
    _same(read, PredecessorChangeList.from_octets(read.octets()))


def id_set(octets: bytes) -> None:
    """Id sets in both forms."""
    if octets[:1] > b"\x7f":
        by_guid = replguid_idset_from_octets(octets[1:])
        _same(by_guid == replguid_idset_from_octets(replguid_idset_octets(by_guid)), second=True)
    else:
        by_id = replid_idset_from_octets(octets[1:])
        _same(by_id == replid_idset_from_octets(replid_idset_octets(by_id)), second=True)


_GUID: Final = "0420060000000000c000000000000046"


def fasttransfer(octets: bytes) -> None:
    """FastTransfer streams: cut anywhere they read the same; elements begin and end in pairs."""
    roots = list(fasttransfer_grammar.Root)
    root, octets = roots[(octets or b"\0")[0] % len(roots)], octets[1:]
    whole, by_octet = Lexer(), Lexer()
    found = list(whole.feed(octets))
    if not any(isinstance(each, LargeBegin) for each in found):
        _same(found, [each for octet in octets for each in by_octet.feed(bytes((octet,)))])
    for each in found:
        if isinstance(each, Marker):
            continue
        if isinstance(each, PropertyLexeme):
            pieces = fasttransfer_writer.property_value(each.tag, each.value, each.name)
            _same([each], list(Lexer().feed(b"".join(piece.octets for piece in pieces))))
    parser = fasttransfer_grammar.Parser(root)
    depth = 0
    for event in [*parser.feed(octets), *parser.end()]:
        depth += isinstance(event, fasttransfer_grammar.Begin)
        depth -= isinstance(event, fasttransfer_grammar.End | fasttransfer_grammar.GivenUp)
        if depth < 0:
            raise AssertionError("an element ended that had not begun")
    if depth:
        raise AssertionError("an element did not end")


TARGETS: Final[dict[str, tuple[Target, tuple[str, ...]]]] = {
    "restriction": (
        restriction,
        (
            "00 00 0300 081f003700 02 081f003700 03 0100 0500 1f003700 1f003700 610062000000",
            "ff 01 02000000 04 64 0201190c 0201190c 01000000 64 05 05 0201190c 02014100",
            "00 0a 01 03000166 07000000 01 0b 32000000 09 0d00120e 06 01 0300070e 01000000",
        ),
    ),
    "fasttransfer": (
        fasttransfer,
        (
            (
                "04 03000c40 1f003700 04000000 41000000 03000340 0300 0030 01000000 03000440 03000040"
                "0300210e 00000000 03000140 03000240 03000e40 03000d40"
            ),
            (
                "00 0b007440 02010000 02000000 beef 03001240 0201e065 00000000 03001540 1f100180"
                "22006200000000c00000000000000460 00 08820000 01000000 02000000 0000"
                "03003a40 03001740 00000000 03003b40 03001440"
            ),
            "07 03000940 0b001b0e 0100 03000a40 03000b40 03000b40",
            "06 03000c40 03001840 02010000 00000000",
        ),
    ),
    "rule": (
        rule,
        (
            "00 0100 2400 01 00000000 05000000 01 0100 73 1500 01 010000000000000d 0000000000000000 00000000",
            "00 0200 1700 07 03000000 00000000 0100 01 0100 1f000130 61000000 0900 0a 0000000000000000",
            f"01 01000000 20000000 03 0000000000000000 03000000 6d6573 {_GUID}",
        ),
    ),
    "extended_rule": (
        extended_rule,
        (
            f"ff 0100 0180 15000000 00{_GUID}33820000 00 01000000 08 03000180",
            "00 0000 01000000 01000000 09000000 0a 0000000000000000",
        ),
    ),
    "properties": (
        properties,
        (
            "ff 0200 1f000130 78000000 0300080e 07000000",
            "00 0200 fd007966 08 1f003700 fe008066 0100 0900 0a 0000000000000000",
            "ff 0100 1f100180 02000000 61000000 0000",
        ),
    ),
    "row": (
        row,
        (
            f"00 610062000000 07000000 0200 0102 0000817c7271da01 6100 01 {_GUID}",
            f"01 00 61000000 01 0a 0f010480 01 00 6100 00 01 00 {_GUID}",
        ),
    ),
    "recipient": (
        recipient,
        (
            "3b06 61000000 62000000 63000000 64000000 0100 01 00 61000000",
            "5102 07 01 626f6200 62000000 0000 00",
            "9601 0100 65 0200 6b6b 6200 0000 00",
        ),
    ),
    "sort_orders": (sort_orders, ("0300 0100 0100 1f004200 00 4000060e 04 4000060e 01",)),
    "entry_id": (
        entry_id,
        (
            "000000001a447390aa6611cd9bc800aa002fc45a 0300 c1f54ed028c6e54fbfb688aca28186db 0000000000010000",
            "00000000 dca740c8c042101ab4b908002b2fe182 01000000 01000000 2f6f3d7800",
            "00000000 812b1fa4bea310199d6e00dd010f5402 0000 0190 4200f6000000 53000000 6200400078000000",
        ),
    ),
    "conversation": (conversation, ("01da71727c81 814696a637e92446a36574d21f90b594 0096dfcf 5a",)),
    "change_list": (
        change_list,
        ("16 00000002000000000000000000000000 000000000005 14 03000001000000000000000000000000 00000007",),
    ),
    "id_set": (
        id_set,
        (
            "00 0100 05 0000000123 42 00 02 52 40 80 01 ff 50 00 0500 06 000000000001 00",
            f"ff {_GUID} 04 00000001 01 23 01 00 01 09 01 20 50 01 24 01 00 01 10 50 50 00",
        ),
    ),
}
_FRAGMENTS: Final = tuple(
    bytes.fromhex(each)
    for each in ("00", "ff", "ffff", "ffffffff", "0100", "01000000", "fd00", "fe00", "50", "7f")
)


def check(name: str, octets: bytes) -> None:
    """Feed one target; a refusal is an answer."""
    with contextlib.suppress(ParseError):
        TARGETS[name][0](octets)


def mutate(octets: bytes, chance: random.Random) -> bytes:
    """Change some places."""
    buf = bytearray(octets)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(buf) + 1)
        match chance.randrange(5):
            case 0:
                buf[at : at + 1] = bytes((chance.randrange(256),))
            case 1:
                del buf[at : at + chance.randrange(1, 6)]
            case 2:
                buf[at:at] = chance.choice(_FRAGMENTS)
            case 3:
                buf[at : at + 2] = chance.choice(_FRAGMENTS)
            case _:
                end = at + chance.randrange(1, 12)
                buf[at:at] = buf[at:end] * chance.randrange(1, 20)
    return bytes(buf[:_LONGEST])


def fuzz(seconds: float, seed: int, crashes: Path) -> int:
    """Mutate the seeds, and what came of them, for some seconds."""
    chance = random.Random(seed)  # noqa: S311 - the same octets each time
    pools = {name: [bytes.fromhex(each) for each in seeds] for name, (_, seeds) in TARGETS.items()}
    end = time.monotonic() + seconds
    runs = 0
    while time.monotonic() < end:
        for name, pool in pools.items():
            octets = mutate(chance.choice(pool), chance)
            if len(pool) < 64:
                pool.append(octets)
            elif not runs % 3:
                pool[chance.randrange(8, 64)] = octets
            try:
                check(name, octets)
            except Exception:
                crashes.mkdir(parents=True, exist_ok=True)
                file = crashes / f"{name}-{hashlib.sha256(octets).hexdigest()[:16]}.bin"
                file.write_bytes(octets)
                sys.stderr.write(f"{file}\n")
                raise
            runs += 1
    sys.stdout.write(f"{runs} inputs, seed {seed}: nothing found\n")
    return 0


def guided(arguments: Sequence[str]) -> None:
    """Let atheris make the octets; the first one says which target."""
    atheris = importlib.import_module("atheris")
    names = sorted(TARGETS)

    def one(octets: bytes) -> None:
        check(names[(octets or b"\0")[0] % len(names)], octets[1:])

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fuzz the codecs of the message model.")
    parser.add_argument(
        "files", nargs="*", type=Path, help="play these again, each to the target of its name"
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for what fails")
    parser.add_argument("--atheris", action="store_true", help="let atheris guide; takes its options")
    options, rest = parser.parse_known_args()
    if options.atheris:
        guided([*map(str, options.files), *rest])
        return 0
    for file in options.files:
        check(file.name.partition("-")[0], file.read_bytes())
    return 0 if options.files else fuzz(options.seconds, options.seed, options.crashes)


if __name__ == "__main__":
    sys.exit(main())
