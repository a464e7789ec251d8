"""Operations of a session: methods that run here on a mailbox, or in another process through a transport.

A method marked :func:`operation` is declared once and served by all transports. Its parameters and its
result are plain values that can be sent (see :mod:`gromox.store.rpc`): numbers, texts, octets, UUIDs,
tuples and sequences, mappings, enumerations, frozen dataclasses, property values and bags, restrictions,
sort orders, messages. Objects that live between two calls (open tables, synchronisation contexts,
subscriptions) are numbers which the session hands out.

In-process, a call costs one attribute, one comparison and a guard more than the method itself: nothing but a
StoreError leaves it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol, TypeVar

from gromox.store.database import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Operated")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method that can be called from afar."""

    name: str
    function: Callable[..., object]


class Transport(Protocol):
    """Carries calls to the process where the mailbox lies."""

    def call(self, operation: Operation, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        """Have the operation carried out there; raises the StoreError that it raised."""
        ...


class Operated:
    """Has operations; with a transport they run elsewhere."""

    __slots__ = ("_transport",)

    _transport: Transport | None


#: All operations by name: what the store RPC serves.
OPERATIONS: Final[dict[str, Operation]] = {}


def operation(function: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Declare a method as an operation; its name must be the only one of its kind."""
    run = guarded(function)
    declared = Operation(function.__name__, run)
    if declared.name in OPERATIONS:
        raise ValueError(f"two operations are named {declared.name}")
    OPERATIONS[declared.name] = declared

    @functools.wraps(function)
    def call(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        transport = self._transport
        if transport is None:
            return run(self, *args, **kwargs)
        return transport.call(declared, args, kwargs)  # type: ignore[return-value] # as declared

    return call
