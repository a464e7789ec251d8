"""No failure is without a meaning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gromox.delivery import outcome
from gromox.delivery.outcome import REASONS, Fate, Reason, reason_of
from gromox.directory.errors import DirectoryError
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


def all_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from all_below(each)


@pytest.mark.parametrize("kind", [OSError, *all_below(DirectoryError), *all_below(StoreError)])
def test_every_refusal_has_a_meaning(kind: type[Exception]) -> None:
    assert reason_of(kind.__new__(kind)) is not None


def test_a_defect_has_none() -> None:
    assert reason_of(KeyError("x")) is None
    assert all(issubclass(kind, Exception) for kind in REASONS)


@pytest.mark.parametrize("reason", [each for each in vars(outcome).values() if isinstance(each, Reason)])
def test_codes_agree_with_fates(reason: Reason) -> None:
    expected = "4" if reason.fate is Fate.LATER or reason is outcome.EXPIRED else "5"

    assert re.fullmatch(rf"{expected}\.\d+\.\d+", reason.status)
    assert reason.text.endswith(".")
