"""The two binary properties of extended rules: their condition and their actions.

Both begin with the names of the named properties inside, because the identifiers that stand in them are those
of the client, not of the mailbox.

Spec: [MS-OXORULE] 2.2.4.1.9, 2.2.4.1.10, 2.2.4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi.propname import PropertyName
from gromox.mapi.restrictioncodec import pack_restriction, unpack_restriction
from gromox.mapi.ruleaction import EXTENDED, RuleAction, pack_rule_action, unpack_rule_action

if TYPE_CHECKING:
    from gromox.mapi.restriction import Restriction

_FIRST_NAMED: Final = 0x8000
_RULE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class NamedProperties:
    """Names by the identifiers (0x8000 and above) that a condition or its actions use for them."""

    pairs: tuple[tuple[int, PropertyName], ...] = ()

    @classmethod
    def decode(cls, r: Reader) -> NamedProperties:
        """Read a NamedPropertyInformation.

        Spec: [MS-OXORULE] 2.2.4.2
        Raises:
            ParseError: it does not follow the layout.
        """
        count = r.u16()
        if not count:
            return cls()
        at = r.offset
        ids = [r.u16() for _ in range(count)]
        if min(ids) < _FIRST_NAMED:
            raise ParseError("identifiers of named properties, 0x8000 and above", at)
        names = r.take(r.u32())
        within = Reader(names)
        try:
            pairs = tuple((prop_id, PropertyName.decode(within)) for prop_id in ids)
            within.end()
        except ParseError as error:
            raise ParseError(error.expectation, r.offset - len(names) + error.position) from None
        return cls(pairs)

    def write(self, w: Writer) -> None:
        """Append the wire form.

        Raises:
            ValueError: there are too many, or an identifier is below 0x8000.
        """
        if len(self.pairs) > _FIRST_NAMED or any(prop_id < _FIRST_NAMED for prop_id, _ in self.pairs):
            raise ValueError("named properties have identifiers of 0x8000 and above, each once")
        w.u16(len(self.pairs))
        if not self.pairs:
            return
        for prop_id, _ in self.pairs:
            w.u16(prop_id)
        names = Writer()
        for _, name in self.pairs:
            name.write(names)
        w.u32(len(names))
        w.raw(names.octets())


@dataclass(frozen=True, slots=True)
class ExtendedCondition:
    """PidTagExtendedRuleMessageCondition; nothing behind the names means that the rule always applies."""

    condition: Restriction | None
    names: NamedProperties = NamedProperties()

    @classmethod
    def from_octets(cls, octets: bytes) -> ExtendedCondition:
        """Read the value of the property.

        Spec: [MS-OXORULE] 2.2.4.1.10
        Raises:
            ParseError: it does not follow the layout.
        """
        r = Reader(octets)
        names = NamedProperties.decode(r)
        condition = unpack_restriction(r, wide=True) if r.remaining else None
        r.end()
        return cls(condition, names)

    def octets(self) -> bytes:
        """Return the value of the property; raises ValueError if a part does not fit."""
        w = Writer()
        self.names.write(w)
        if self.condition is not None:
            pack_restriction(w, self.condition, wide=True)
        return w.octets()


@dataclass(frozen=True, slots=True)
class ExtendedActions:
    """PidTagExtendedRuleMessageActions."""

    rule: RuleAction
    names: NamedProperties = NamedProperties()

    @classmethod
    def from_octets(cls, octets: bytes) -> ExtendedActions:
        """Read the value of the property.

        Spec: [MS-OXORULE] 2.2.4.1.9
        Raises:
            ParseError: it does not follow the layout or its version is not 1.
        """
        r = Reader(octets)
        names = NamedProperties.decode(r)
        at = r.offset
        if r.u32() != _RULE_VERSION:
            raise ParseError("version 1 of extended rules", at)
        rule = unpack_rule_action(r, EXTENDED)
        r.end()
        return cls(rule, names)

    def octets(self) -> bytes:
        """Return the value of the property; raises ValueError if a part does not fit."""
        w = Writer()
        self.names.write(w)
        w.u32(_RULE_VERSION)
        pack_rule_action(w, self.rule, EXTENDED)
        return w.octets()
