"""Calls of operations in octets, and the table that tells two programs whether they mean the same."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.store.operation import OPERATIONS
from gromox.store.rpc.annotation import hints
from gromox.store.rpc.schema import description, form_of
from gromox.store.rpc.value import ValueReader, misfit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.operation import Operation
    from gromox.store.rpc.value import Form

_FINGERPRINT_SIZE: Final = 8
#: The mask of parameters that are given has so many octets.
_MASK_SIZE: Final = 2


@dataclass(frozen=True, slots=True)
class Signature:
    """The forms of an operation's parameters and result."""

    operation: Operation
    names: tuple[str, ...]
    places: Mapping[str, int]
    required: int
    """Mask of the parameters without a default."""
    positional: int
    """How many parameters may be given by place."""
    forms: tuple[Form, ...]
    result: Form
    fingerprint: bytes

    def pack_arguments(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> bytearray:
        """Return the octets of arguments; those that are not given keep the default of the server.

        Raises:
            TypeError: they do not fit the declaration: a mistake of the caller's program.
        """
        if len(args) > self.positional:
            raise TypeError(f"{self.operation.name} takes {self.positional} arguments by place")
        given = {place: args[place] for place in range(len(args))}
        for name, value in kwargs.items():
            place = self.places.get(name, -1)
            if place < 0 or place in given:
                raise TypeError(f"{self.operation.name} does not take {name} (again)")
            given[place] = value
        mask = sum([1 << place for place in given])
        if self.required & ~mask:
            raise TypeError(f"{self.operation.name} needs more arguments")
        out = bytearray(mask.to_bytes(_MASK_SIZE, "little"))
        for place in sorted(given):
            self.forms[place].write(out, given[place])
        return out

    def unpack_arguments(self, octets: bytes) -> dict[str, object]:
        """Return arguments by name.

        Raises:
            ParseError: they do not follow the declaration.
        """
        r = ValueReader(octets)
        mask = r.u16()
        if mask >> len(self.names) or self.required & ~mask:
            raise ParseError(f"the parameters of {self.operation.name}")
        given = {
            name: form.read(r)
            for place, (name, form) in enumerate(zip(self.names, self.forms, strict=True))
            if mask >> place & 1
        }
        r.end()
        return given

    def pack_result(self, value: object) -> bytearray:
        """Return the octets of a result; raises TypeError if it is not as declared."""
        out = bytearray()
        self.result.write(out, value)
        return out

    def unpack_result(self, octets: bytes) -> object:
        """Return a result; raises ParseError."""
        r = ValueReader(octets)
        value = self.result.read(r)
        r.end()
        return value


@cache
def signature(operation: Operation) -> Signature:
    """Return the forms of an operation.

    Raises:
        UnsendableError: it takes or returns what cannot be sent.
    """
    declared = list(inspect.signature(operation.function).parameters.values())[1:]
    types = hints(operation.function)
    names = tuple([each.name for each in declared])
    if len(names) > 8 * _MASK_SIZE:
        raise misfit(operation, "an operation with fewer parameters")
    texts = [
        f"{name}{'' if each.default is each.empty else '='}"
        for name, each in zip(names, declared, strict=True)
    ]
    texts += [description(types[name]) for name in (*names, "return")]
    return Signature(
        operation,
        names,
        {name: place for place, name in enumerate(names)},
        sum([1 << place for place, each in enumerate(declared) if each.default is each.empty]),
        len([each for each in declared if each.kind is not each.KEYWORD_ONLY]),
        tuple([form_of(types[name]) for name in names]),
        form_of(types["return"]),
        hashlib.sha256("\n".join(texts).encode()).digest()[:_FINGERPRINT_SIZE],
    )


def table() -> tuple[tuple[str, bytes], ...]:
    """Return names and fingerprints of all operations: what a welcome tells."""
    return tuple([(name, signature(OPERATIONS[name]).fingerprint) for name in sorted(OPERATIONS)])
