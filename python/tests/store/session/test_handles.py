"""Handles: numbers of what a session has open."""

from __future__ import annotations

import pytest

from gromox.store.errors import LimitError, NotFoundError
from gromox.store.session.handles import Handles


class Thing:
    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name

    def close(self) -> None:
        self.log.append(self.name)


def test_handles_are_numbers_that_are_never_used_again() -> None:
    log: list[str] = []
    handles = Handles()
    first, second = handles.add(Thing(log, "a")), handles.add("plain")
    assert handles.get(first, Thing).name == "a"
    assert handles.get(second, str) == "plain"
    handles.close(first)
    handles.close(first)
    assert log == ["a"]
    assert handles.add("other") not in (first, second)


@pytest.mark.parametrize("handle", [0, 1, 99])
def test_an_unknown_handle_or_one_of_another_kind_is_refused(handle: int) -> None:
    handles = Handles()
    handles.add("text")
    with pytest.raises(NotFoundError):
        handles.get(handle, Thing)


def test_their_number_is_bounded_and_all_are_closed_from_the_newest_on() -> None:
    log: list[str] = []
    handles = Handles(limit=2)
    handles.add(Thing(log, "a"))
    handles.add(Thing(log, "b"))
    with pytest.raises(LimitError):
        handles.add(Thing(log, "c"))
    handles.close_all()
    assert log == ["b", "a"]
    handles.add(Thing(log, "c"))
