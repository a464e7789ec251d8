"""Values of every declared type in octets and back; octets of strangers."""

from __future__ import annotations

import enum
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mapi import restriction as r
from gromox.mapi.changelist import Relation
from gromox.mapi.idset import IdSet
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.mapi.propname import NamedProperty
from gromox.mapi.propvalue import PropValue
from gromox.mapi.rangeset import RangeSet
from gromox.mapi.restriction import Restriction
from gromox.mapi.ruleaction import Action, ActionType, MoveTo, RuleAction, ServerEid
from gromox.mapi.sortorder import Order, SortOrder, SortOrderSet
from gromox.store.permission import Right
from gromox.store.rpc.request import packed, unpacked
from gromox.store.rpc.schema import UnsendableError, description, form_of
from gromox.store.rpc.value import MAX_DEPTH, MAX_ITEMS
from gromox.store.uidset import UidSet

GUID = UUID("00112233-4455-6677-8899-aabbccddeeff")


class Row(NamedTuple):
    mid: int
    cells: tuple[PropValue, ...]


@dataclass(frozen=True)
class Empty:
    pass


@dataclass(frozen=True)
class Tree:
    name: str
    below: tuple[Tree, ...] = ()


@dataclass(frozen=True)
class Narrow:
    value: int

    def __post_init__(self) -> None:
        if self.value > 9:
            raise ValueError("too much")


NESTED = r.And(
    (r.Not(r.Exist(0x0E1B000B)), r.Or((r.Content(0x0037001F, 0x0037001F, "x"), r.Size(r.RelOp.EQUAL, 1, 2))))
)
MESSAGE = Message(
    PropertyBag(
        {0x0037001F: "Subject", NamedProperty(GUID, 0x8205, 3): 2, NamedProperty(GUID, "x", 0x101F): ("a",)}
    ),
    [Recipient(PropertyBag({0x0C150003: 1}))],
    [
        Attachment(PropertyBag(), InMemory(b"data")),
        Attachment(PropertyBag(), None, Message(PropertyBag({1: None}))),
    ],
)
VALUES: list[tuple[object, object]] = [
    (None, None),
    (bool, True),
    (int, -1),
    (int, 2**64 - 1),
    (int, True),
    (float, 0.5),
    (str, "Zo\u00eb \U0001f600 \ud800"),
    (bytes, b"\0\xff"),
    (UUID, GUID),
    (Right, Right.OWNER | Right.VISIBLE),
    (Relation, Relation.CONFLICT),
    (int | None, None),
    (str | int | None, 5),
    (tuple[int, ...], (1, 2, 3)),
    (tuple[int, ...], (2**64 - 1, 1)),
    (list[int], [1, -2]),
    (Sequence[str], ("a", "b")),
    (tuple[int, str], (1, "x")),
    (frozenset[str], frozenset({"a"})),
    (set[int], {1, 2}),
    (
        Mapping[int, PropValue],
        {0x0037001F: "x", 0x0E080003: 7, 0x10F4000B: True, 1: (b"a", b"b"), 2: GUID, 3: None},
    ),
    (Row, Row(5, ("x", 1, None, 1.5))),
    (Empty, Empty()),
    (Tree, Tree("a", (Tree("b"), Tree("c", (Tree("d"),))))),
    (Restriction | None, NESTED),
    (PropValue, NESTED),
    (PropValue, RuleAction((Action(ActionType.MOVE, MoveTo(ServerEid(13), b"x")),))),
    (SortOrderSet, SortOrderSet((SortOrder(0x0E060040, Order.DESCENDING),), 0, 0)),
    (Message, MESSAGE),
    (RangeSet, RangeSet([(1, 5), (9, 9)])),
    (UidSet, UidSet([(1, 5), (9, 9)])),
    (IdSet[UUID], IdSet({GUID: RangeSet([(1, 2)])})),
]


@pytest.mark.parametrize(("hint", "value"), VALUES, ids=[str(hint) for hint, _ in VALUES])
def test_a_value_comes_back_and_no_truncation_passes(hint: object, value: object) -> None:
    octets = bytes(packed(hint, value))
    found = unpacked(hint, octets)
    assert found == value
    assert type(found) is type(value) or isinstance(value, (Sequence, bool))
    for size in range(len(octets)):
        with pytest.raises(ParseError):
            unpacked(hint, octets[:size])
    with pytest.raises(ParseError):
        unpacked(hint, octets + b"\0")


def test_an_array_is_a_sequence_of_numbers() -> None:
    assert unpacked(Sequence[int], bytes(packed(Sequence[int], array("Q", [1, 2])))) == (1, 2)


@given(
    st.recursive(
        st.integers(-(2**64), 2**64) | st.text() | st.binary() | st.none(), lambda s: st.tuples(s, s)
    )
)
def test_scalars_come_back(value: object) -> None:
    if isinstance(value, tuple):
        return
    hint = int | str | bytes | None
    assert unpacked(hint, bytes(packed(hint, value))) == value


@given(st.binary(max_size=200), st.sampled_from(VALUES))
def test_octets_of_strangers_are_refused_or_read(octets: bytes, declared: tuple[object, object]) -> None:
    try:
        unpacked(declared[0], octets)
    except ParseError:
        return


@pytest.mark.parametrize(
    ("hint", "value"),
    [(int, "x"), (str, 1), (tuple[int, str], (1,)), (int | str, b""), (Row, (1, ())), (Mapping[int, int], 3)],
)
def test_a_wrong_value_is_the_callers_mistake(hint: object, value: object) -> None:
    with pytest.raises(TypeError):
        packed(hint, value)


@pytest.mark.parametrize("hint", [object, type, dict, complex, memoryview, list, tuple])
def test_what_cannot_be_sent_is_refused_when_declared(hint: object) -> None:
    with pytest.raises(UnsendableError):
        form_of(hint)


def test_a_count_is_never_believed() -> None:
    with pytest.raises(ParseError):
        unpacked(Sequence[str], b"\xff\xff\xff\x7f" + b"\0" * 100)
    with pytest.raises(ParseError):
        unpacked(Sequence[bool], (MAX_ITEMS + 1).to_bytes(4, "little") + bytes(MAX_ITEMS + 1))


def test_depth_is_bounded() -> None:
    tree = Tree("x")
    for _ in range(MAX_DEPTH):
        tree = Tree("x", (tree,))
    octets = bytes(packed(Tree, tree))
    with pytest.raises(ParseError, match="deep"):
        unpacked(Tree, octets)
    assert unpacked(Tree, bytes(packed(Tree, tree.below[0]))) == tree.below[0]


def test_a_class_may_refuse_its_values() -> None:
    octets = bytes(packed(Narrow, Narrow(9))).replace(b"\x09", b"\x0a")
    with pytest.raises(ParseError):
        unpacked(Narrow, octets)


def test_unknown_members_are_refused() -> None:
    class Colour(enum.Enum):
        RED = "r"

    octets = bytes(packed(Colour, Colour.RED))
    with pytest.raises(ParseError):
        unpacked(Colour, octets.replace(b"RED", b"TED"))
    with pytest.raises(ParseError):
        unpacked(r.RelOp, bytes(packed(int, 99)))


def test_a_description_tells_changed_fields_apart() -> None:
    @dataclass
    class One:
        name: str

    @dataclass
    class Two:
        name: str
        more: int

    Two.__name__ = "One"
    assert description(One) != description(Two)
    assert description(Tree) == description(Tree)
