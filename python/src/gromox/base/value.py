"""Small values of which many are made every second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """Make a class of a dataclass with slots, whose objects nobody may change.

    For what is made again and again on the way of a command; all else is a dataclass that is frozen. That one
    sets each field through ``object.__setattr__`` and takes three times as long (3.7 us instead of 1.0 for
    the eleven fields of a reply). Here the type checker alone sees to it that nothing is changed.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
