"""Rules as values.

Spec: [MS-OXORULE] 2.2.1.3 (properties of standard rules), 2.2.4.1 (of extended rules).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.mapi.restriction import Restriction
    from gromox.mapi.ruleaction import RuleAction

#: ``max_rule_number``: rules of one folder that are looked at; those beyond it are kept and not run.
MAX_RULES: Final = 1000
#: ``max_ext_rule_number``
MAX_EXTENDED_RULES: Final = 20
#: Octets of condition and actions together; the wire allows 32 KiB for a standard rule.
MAX_RULE_SIZE: Final = 256 << 10
#: Rules a folder may hold at all.
MAX_KEPT: Final = 4 * MAX_RULES


class RuleState(IntFlag):
    """[MS-OXORULE] 2.2.1.3.1.3; undefined bits are kept for the client."""

    ENABLED = 0x01
    ERROR = 0x02
    ONLY_WHEN_OOF = 0x04
    KEEP_OOF_HIST = 0x08
    EXIT_LEVEL = 0x10
    SKIP_IF_SCL_IS_SAFE = 0x20
    PARSE_ERROR = 0x40


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a folder."""

    rule_id: int
    """Its counter in the mailbox; that of the FAI message of an extended rule."""
    sequence: int
    state: int
    provider: str
    condition: Restriction | None
    """None: always true."""
    actions: RuleAction
    name: str = ""
    level: int = 0
    user_flags: int = 0
    provider_data: bytes = b""
    is_extended: bool = False
    names: Mapping[int, PropertyName] = field(default_factory=dict)
    """Names by the identifiers that an extended rule brings along; empty: those of the mailbox hold."""

    @property
    def runs(self) -> bool:
        """Tell whether it is looked at: enabled and not in error."""
        return bool(
            self.state & RuleState.ENABLED and not self.state & (RuleState.ERROR | RuleState.PARSE_ERROR)
        )

    def properties(self) -> dict[int, PropValue]:
        """Return the row of the rules table, [MS-OXORULE] 2.2.1.3.1; without a condition it is left out."""
        values: dict[int, PropValue] = {
            tags.PidTagRuleId: self.rule_id,
            tags.PidTagRuleSequence: self.sequence,
            tags.PidTagRuleState: self.state,
            tags.PidTagRuleName: self.name,
            tags.PidTagRuleProvider: self.provider,
            tags.PidTagRuleLevel: self.level,
            tags.PidTagRuleUserFlags: self.user_flags,
            tags.PidTagRuleProviderData: self.provider_data,
            tags.PidTagRuleActions: self.actions,
        }
        if self.condition is not None:
            values[tags.PidTagRuleCondition] = self.condition
        return values


@dataclass(frozen=True, slots=True)
class MeetingPolicy:
    """What a mailbox does about invitations."""

    accepts: bool
    """Book and answer; otherwise they are only noted as tentative."""
    declines_recurring: bool = False
    declines_conflicts: bool = True


@dataclass(frozen=True, slots=True)
class Addressed:
    """What the delivery knows of a mail that its octets do not tell."""

    sender: str
    """The reverse-path; empty: nobody is to be answered."""
    recipient: str
    """The address that led to this mailbox."""
    addresses: frozenset[str]
    """All addresses of the mailbox, casefolded."""
    display_name: str = ""
    """Of the owner."""
    is_internal: bool = False
    """The sender belongs to the same organisation."""
    meetings: MeetingPolicy | None = None
    """What is done about invitations; None: nothing."""
    timezone: str = ""
    """Of the owner (IANA or Windows name): what a calendar says without a zone means there; empty: UTC."""
    delegated_for: str = ""
    """Whose rule passed the mail to this mailbox as that of a delegate."""
