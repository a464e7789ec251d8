"""Filters, orders and specifications."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gromox.admin.service.errors import AmbiguousMatchError, InputError, NoMatchError
from gromox.admin.service.query import Query
from gromox.admin.service.specification import as_id, choose


@dataclass(frozen=True)
class Thing:
    number: int
    name: str
    tags: tuple[str, ...] = ()
    good: bool = False


QUERY = Query[Thing](
    {
        "ID": lambda thing: thing.number,
        "name": lambda thing: thing.name,
        "tags": lambda thing: list(thing.tags),
        "good": lambda thing: thing.good,
    },
    default=("ID", "name"),
)
THINGS = [Thing(1, "beta", ("x",), good=True), Thing(2, "Alpha", ("x", "y")), Thing(3, "gamma")]


def ids(*filters: str, sorts: tuple[str, ...] = ()) -> list[object]:
    return [row[0] for row in QUERY.run(THINGS, wanted=["id"], filters=filters, sorts=sorts)[1]]


def test_the_default_attributes_are_shown() -> None:
    assert QUERY.run(THINGS[:1]) == (("ID", "name"), [[1, "beta"]])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name=alpha", [2]),
        ("name=alpha,BETA", [1, 2]),
        ("ID=2..", [2, 3]),
        ("ID=..2", [1, 2]),
        ("ID=1,3", [1, 3]),
        ("tags=x", [1, 2]),
        ("tags=", [3]),
        ("good=yes", [1]),
        ("good=0", [2, 3]),
        ("name=", []),
    ],
)
def test_filters(condition: str, expected: list[int]) -> None:
    assert ids(condition) == expected


def test_all_filters_have_to_agree() -> None:
    assert ids("tags=x", "good=no") == [2]


def test_the_first_order_counts_most() -> None:
    assert ids(sorts=("name",)) == [2, 1, 3]
    assert ids(sorts=("name,desc",)) == [3, 1, 2]
    assert ids(sorts=("good,desc", "name")) == [1, 2, 3]


@pytest.mark.parametrize("condition", ["nothing=1", "name", "ID=x", "ID=1..x"])
def test_a_wrong_filter_is_explained(condition: str) -> None:
    with pytest.raises(InputError):
        ids(condition)


def test_a_wrong_order_is_explained() -> None:
    with pytest.raises(InputError, match="asc or desc"):
        ids(sorts=("name,up",))


def chosen(text: str, *names: str) -> str:
    return choose("user", text, names, lambda name: name)


def test_the_beginning_of_a_name_is_enough() -> None:
    assert chosen("al", "alice@a", "bob@a") == "alice@a"
    assert chosen("AL", "alice@a", "bob@a") == "alice@a"


def test_a_whole_name_wins_over_longer_ones() -> None:
    assert chosen("bob@a", "bob@a", "bob@a.example") == "bob@a"


def test_what_is_wrong_is_said_with_a_way_out() -> None:
    with pytest.raises(NoMatchError, match="No such user 'x' - try `grommunio-admin user query`"):
        chosen("x", "alice")
    with pytest.raises(NoMatchError):
        chosen("", "alice")
    with pytest.raises(AmbiguousMatchError, match="'a' is ambiguous: a1, a2, a3, a4, a5 and 1 more"):
        chosen("a", *(f"a{number}" for number in range(1, 7)))


def test_only_decimal_numbers_are_ids() -> None:
    assert [as_id(text) for text in ("12", "", "1a", "²", "99999999999")] == [12, None, None, None, None]
