"""Property values in octets: ``u32 tag`` and a value by the type in its low half.

The form of property blobs in mailboxes and of the store RPC (little-endian, reference/system/store.md section
9) and, narrow, of ROP buffers.

Spec:
    [MS-OXCDATA] 2.11.1 for the types and 2.11.2 for the values. Counts of octets are 32 bits in the wide form
    (the default: mailboxes and store RPC) and 16 bits in the narrow one (ROP buffers); counts of values are
    32 bits.

Values in Python: as :mod:`gromox.mapi.plainvalue` says, and two kinds of structures,
:data:`~gromox.mapi.restriction.Restriction` and :class:`~gromox.mapi.ruleaction.RuleAction`.

Decision: PtypRestriction and PtypRuleAction stand as what they are, without a count of octets, in both forms,
and are values in Python too, not octets: a rule that comes in by a ROP is kept in a mailbox in the wide form,
and octets of one form would be wrong in the other. They take only plain values inside, which bounds their
nesting without passing a depth through every reader.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from gromox.codec.packed import Reader, Writer
from gromox.mapi import plainvalue, restriction, restrictioncodec, ruleaction
from gromox.mapi.plainvalue import MAX_VALUES
from gromox.mapi.proptypes import PropType
from gromox.mapi.restriction import Restriction
from gromox.mapi.ruleaction import RuleAction

__all__ = [
    "MAX_PROPERTIES",
    "MAX_VALUES",
    "PropValue",
    "Scalar",
    "pack_properties",
    "pack_tagged",
    "pack_value",
    "unpack_properties",
    "unpack_tagged",
    "unpack_value",
]

Scalar: TypeAlias = plainvalue.Scalar | Restriction | RuleAction
PropValue: TypeAlias = Scalar | tuple[Scalar, ...]

MAX_PROPERTIES: Final = 0xFFFF  #: the count has 16 bits

_Read: TypeAlias = Callable[[Reader, bool], PropValue]
_Write: TypeAlias = Callable[[Writer, object, bool], None]


def unpack_value(r: Reader, kind: int, *, wide: bool = True) -> PropValue:
    """Read one value of type ``kind``.

    Raises:
        ParseError: the type is unknown, a count is too large, or the buffer ends too early.
    """
    pair = _SCALARS.get(kind)
    if pair is not None:
        return pair[0](r, wide)
    return plainvalue.unpack_value(r, kind, wide=wide)


def pack_value(w: Writer, kind: int, value: PropValue, *, wide: bool = True) -> None:
    """Write one value of type ``kind``.

    Raises:
        ValueError: the type is unknown or the value does not fit its type or count.
    """
    pair = _SCALARS.get(kind)
    if pair is not None:
        pair[1](w, value, wide)
    else:
        plainvalue.pack_value(w, kind, value, wide=wide)


def unpack_tagged(r: Reader, *, wide: bool = True) -> tuple[int, PropValue]:
    """Read a tag and its value; raises what :func:`unpack_value` does."""
    tag = r.u32()
    return tag, unpack_value(r, tag & 0xFFFF, wide=wide)


def pack_tagged(w: Writer, tag: int, value: PropValue, *, wide: bool = True) -> None:
    """Write a tag and its value; raises what :func:`pack_value` does."""
    w.u32(tag)
    pack_value(w, tag & 0xFFFF, value, wide=wide)


def unpack_properties(octets: bytes, *, wide: bool = True) -> dict[int, PropValue]:
    """Return the values of a whole blob by tag, in its order; of a repeated tag the last one counts.

    Raises:
        ParseError: the blob does not follow the layout or has something behind its end.
    """
    r = Reader(octets)
    values = dict(unpack_tagged(r, wide=wide) for _ in range(r.u16()))
    r.end()
    return values


def pack_properties(values: Mapping[int, PropValue], *, wide: bool = True) -> bytes:
    """Return the blob of these values, in their order.

    Raises:
        ValueError: there are too many, or one does not fit its type.
    """
    if len(values) > MAX_PROPERTIES:
        raise ValueError(f"a blob holds at most {MAX_PROPERTIES} properties")
    w = Writer()
    w.u16(len(values))
    for tag, value in values.items():
        pack_tagged(w, tag, value, wide=wide)
    return w.octets()


def _read_restriction(r: Reader, wide: bool) -> Restriction:
    return restrictioncodec.unpack_restriction(r, wide=wide)


def _write_restriction(w: Writer, value: object, wide: bool) -> None:
    if not isinstance(value, restriction.KINDS):
        raise plainvalue.misfit(value, "a restriction")
    restrictioncodec.pack_restriction(w, value, wide=wide)


def _read_rule_action(r: Reader, wide: bool) -> RuleAction:
    return ruleaction.unpack_rule_action(r, ruleaction.STORED if wide else ruleaction.STANDARD)


def _write_rule_action(w: Writer, value: object, wide: bool) -> None:
    if not isinstance(value, RuleAction):
        raise plainvalue.misfit(value, "a RuleAction")
    ruleaction.pack_rule_action(w, value, ruleaction.STORED if wide else ruleaction.STANDARD)


_SCALARS: Final[dict[int, tuple[_Read, _Write]]] = {
    **plainvalue.SCALARS,
    PropType.RESTRICTION: (_read_restriction, _write_restriction),
    PropType.RULE_ACTION: (_read_rule_action, _write_rule_action),
}
