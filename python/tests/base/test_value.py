from __future__ import annotations

from dataclasses import field, replace

import pytest
from gromox.base.value import value


@value
class Pair:
    first: int
    second: tuple[int, ...] = ()
    third: list[int] = field(default_factory=list, compare=False)


def test_values_compare_and_hash_by_their_fields() -> None:
    assert Pair(1, (2,)) == Pair(1, (2,), [3])
    assert Pair(1, (2,)) != Pair(1)
    assert len({Pair(1), Pair(1, ()), Pair(2)}) == 2
    assert replace(Pair(1), second=(5,)) == Pair(1, (5,))


def test_values_have_no_room_for_more_than_their_fields() -> None:
    assert not hasattr(Pair(1), "__dict__")
    with pytest.raises(AttributeError):
        setattr(Pair(1), "fourth", 4)  # noqa: B010 - what the type checker does not let through
