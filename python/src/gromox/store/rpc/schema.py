"""Forms of declared types: from the annotation of an operation to its octets.

Types that can be sent: None, truth values, numbers, text, octets, GUIDs, enumerations, unions, tuples, lists,
sets, mappings, dataclasses and named tuples of these, and the few classes in :data:`CUSTOM`. All else is
refused when the operation is first looked at, which a test does with every one.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TYPE_CHECKING, Final, Union, cast, get_args, get_origin

from gromox.base.errors import ParseError
from gromox.store.rpc.annotation import hints
from gromox.store.rpc.custom import CUSTOM
from gromox.store.rpc.value import PLAIN, Form, ValueReader, enumeration, misfit, numbers, write_count

if TYPE_CHECKING:
    from gromox.store.rpc.value import Read, Write

_TUPLES: Final = (tuple, Sequence, Collection, Iterable)
_made: Final[dict[object, Form]] = {}


class UnsendableError(TypeError):
    """A declaration has a type that cannot be sent."""


def form_of(hint: object) -> Form:
    """Return the form of a type.

    Raises:
        UnsendableError: values of it cannot be sent.
    """
    found = _made.get(hint)
    if found is None:
        found = _made[hint] = _make(hint)
    return found


def _make(hint: object) -> Form:
    if hint in PLAIN:
        return PLAIN[hint]
    if isinstance(hint, type) and hint in CUSTOM:
        return CUSTOM[hint](form_of)
    origin = get_origin(hint)
    if origin is Union or origin is types.UnionType:
        return _union(get_args(hint))
    if origin is not None:
        return _generic(hint, origin, get_args(hint))
    if isinstance(hint, type):
        if issubclass(hint, Enum):
            return enumeration(hint)
        if dataclasses.is_dataclass(hint):
            names = [field.name for field in dataclasses.fields(hint)]
            return _record(hint, names, hint)
        if issubclass(hint, tuple) and hasattr(hint, "_fields"):
            return _record(hint, list(hint._fields), hint)
    raise UnsendableError(f"values of {hint!r} cannot be sent")


def _generic(hint: object, origin: object, arguments: tuple[object, ...]) -> Form:
    if isinstance(origin, type) and origin in CUSTOM:
        return CUSTOM[origin](form_of)
    if origin in (dict, Mapping):
        return _mapping(form_of(arguments[0]), form_of(arguments[1]))
    if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):  # noqa: PLR2004
        return _fixed(arguments)
    if origin in _TUPLES:
        return numbers(tuple) if arguments[0] is int else _several(form_of(arguments[0]), tuple)
    if origin is list:
        return numbers(list) if arguments[0] is int else _several(form_of(arguments[0]), list)
    if origin in (frozenset, set, AbstractSet):
        make = set if origin is set else frozenset
        return numbers(make) if arguments[0] is int else _several(form_of(arguments[0]), make)
    raise UnsendableError(f"values of {hint!r} cannot be sent")


def _several(each: Form, make: Callable[[list[object]], object]) -> Form:
    write_each, read_each = each.write, each.read

    def write(out: bytearray, value: object) -> None:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise misfit(value, "several values")
        given = list(value)
        write_count(out, len(given))
        for one in given:
            write_each(out, one)

    def read(r: ValueReader) -> object:
        return make([read_each(r) for _ in range(r.count())])

    return Form(f"several({each.text})", write, read)


def _fixed(arguments: tuple[object, ...]) -> Form:
    forms = [form_of(argument) for argument in arguments if argument != ()]

    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, tuple) or len(value) != len(forms):
            raise misfit(value, f"a tuple of {len(forms)}")
        for form, each in zip(forms, value, strict=True):
            form.write(out, each)

    def read(r: ValueReader) -> object:
        return tuple([form.read(r) for form in forms])

    return Form(f"({' '.join([form.text for form in forms])})", write, read)


def _mapping(keys: Form, values: Form) -> Form:
    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, Mapping):
            raise misfit(value, "a mapping")
        write_count(out, len(value))
        for key, each in value.items():
            keys.write(out, key)
            values.write(out, each)

    def read(r: ValueReader) -> object:
        read_key, read_value = keys.read, values.read
        return {read_key(r): read_value(r) for _ in range(r.count(2))}

    return Form(f"map({keys.text} {values.text})", write, read)


def _union(members: tuple[object, ...]) -> Form:
    """Return the form of a union: the place of the member, then its value."""
    table: dict[type, tuple[int, Write]] = {}
    fallbacks: list[tuple[type | tuple[type, ...], int, Write]] = []
    forms = [form_of(member) for member in members]
    for number, (member, form) in enumerate(zip(members, forms, strict=True)):
        classes = _classes(member)
        for kind in classes:
            table.setdefault(kind, (number, form.write))
        fallbacks.append((classes, number, form.write))
    if bool not in table and int in table:
        table[bool] = table[int]
    reads: list[Read] = [form.read for form in forms]

    def write(out: bytearray, value: object) -> None:
        entry = table.get(type(value))
        if entry is None:
            entry = next(((n, w) for kinds, n, w in fallbacks if isinstance(value, kinds)), None)
            if entry is None:
                raise misfit(value, "one of several types")
        out.append(entry[0])
        entry[1](out, value)

    def read(r: ValueReader) -> object:
        at = r.offset
        number = r.u8()
        if number >= len(reads):
            raise ParseError(f"one of {len(reads)} types", at)
        return reads[number](r)

    return Form(f"either({' '.join([form.text for form in forms])})", write, read)


def _classes(member: object) -> tuple[type, ...]:
    """Return the classes that values of a union's member have."""
    if member is None or member is type(None):
        return (type(None),)
    if getattr(member, "_is_protocol", False):
        return (object,)  # what its form can write
    origin = get_origin(member)
    if isinstance(origin, type):
        return (tuple, list, origin) if origin is Sequence else (origin,)
    return (cast("type", member),)


def _record(kind: type, names: list[str], make: Callable[..., object]) -> Form:
    """Return the form of a dataclass or named tuple: its fields in their order.

    The fields are looked at when the first value passes: a message may hold messages.
    """
    forms: list[Form] = []

    def prepare() -> list[Form]:
        if not forms:
            declared = hints(kind)
            forms.extend([form_of(declared[name]) for name in names])
        return forms

    def write(out: bytearray, value: object) -> None:
        if not isinstance(value, kind):
            raise misfit(value, kind.__name__)
        if not names:
            out.append(0)
        for name, form in zip(names, forms or prepare(), strict=True):
            form.write(out, getattr(value, name))

    def read(r: ValueReader) -> object:
        r.enter()
        if not names:
            r.u8()
        at = r.offset
        values = [form.read(r) for form in forms or prepare()]
        r.depth -= 1
        try:
            return make(*values)
        except (ValueError, TypeError):
            # What the class itself refuses.
            raise ParseError(f"a valid {kind.__name__}", at) from None

    return Form(kind.__name__, write, read)


def description(hint: object, seen: set[object] | None = None) -> str:
    """Return a text that is another one as soon as the form of a type changes, however deep.

    Raises:
        UnsendableError: values of it cannot be sent.
    """
    seen = set() if seen is None else seen
    text = form_of(hint).text
    parts = [description(argument, seen) for argument in get_args(hint) if argument not in (Ellipsis, ())]
    if isinstance(hint, type) and hint not in seen and hint not in CUSTOM:
        seen.add(hint)
        if dataclasses.is_dataclass(hint):
            names = [field.name for field in dataclasses.fields(hint)]
        else:
            names = list(getattr(hint, "_fields", ()))
        if names:
            declared = hints(hint)
            parts += [f"{name}:{description(declared[name], seen)}" for name in names]
    return f"{text}[{' '.join(parts)}]" if parts else text
