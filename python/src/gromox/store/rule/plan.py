"""What rules make of a message: a value, pure.

Spec: [MS-OXORULE] 3.2.5.1 (order, actions), 3.2.5.1.1 (Out of Office), 2.2.7.2 (errors).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi.objectid import ShortId
from gromox.mapi.ruleaction import (
    Action,
    ActionType,
    BounceCode,
    ExtendedReplyTemplate,
    ForwardFlavor,
    MoveTo,
    RecipientBlock,
    ReplyFlavor,
    ReplyTemplate,
    ServerEid,
    TagValue,
)
from gromox.store.rule.model import MAX_EXTENDED_RULES, MAX_RULES, Rule, RuleState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gromox.mapi.propvalue import PropValue

#: Mails that one mail may cause.
MAX_EFFECTS: Final = 64
#: Copies of one mail.
MAX_PLACES: Final = 64


class RuleError(IntEnum):
    """PidTagRuleError, [MS-OXORULE] 2.2.7.2."""

    UNKNOWN = 1
    PARSE = 4
    PROCESSING = 5
    MOVE_OR_COPY = 6
    REPLY_TEMPLATE = 10
    EXECUTION = 11
    TOO_MANY_RECIPIENTS = 13


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a rule (or one of its actions) could not be run: becomes a deferred error message."""

    rule: Rule
    error: RuleError
    action_type: int = 0
    action_number: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """OP_REPLY and OP_OOF_REPLY."""

    rule: Rule
    template: ReplyTemplate | ExtendedReplyTemplate
    action_number: int
    is_oof: bool
    to_sender: bool
    is_stock: bool


@dataclass(frozen=True, slots=True)
class Forward:
    """OP_FORWARD."""

    recipients: tuple[RecipientBlock, ...]
    flavor: ForwardFlavor


@dataclass(frozen=True, slots=True)
class Delegate:
    """OP_DELEGATE."""

    recipients: tuple[RecipientBlock, ...]


@dataclass(frozen=True, slots=True)
class Bounce:
    """OP_BOUNCE."""

    code: BounceCode


Effect: TypeAlias = Reply | Forward | Delegate | Bounce


@dataclass(frozen=True, slots=True)
class Deferred:
    """Actions of one provider that are left to its client: becomes a deferred action message."""

    provider: str
    rule_ids: tuple[int, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a message."""

    folders: tuple[int, ...]
    """Where copies go, the first being the message itself; empty: it is not kept."""
    is_read: bool = False
    properties: tuple[tuple[int, PropValue], ...] = ()
    """Set on every copy."""
    deferred: tuple[Deferred, ...] = ()
    problems: tuple[Problem, ...] = ()
    effects: tuple[Effect, ...] = ()
    oof_recipients: tuple[int, ...] = ()
    """Rules that keep a list of whom they answered, and answer now."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides beside the rules and the message."""

    folder_id: int
    is_oof: bool
    is_safe: bool
    """PidTagContentFilterSpamConfidenceLevel is 0xFFFFFFFF."""
    may_reply: bool
    """Nothing about the message forbids an automatic reply."""
    may_reply_oof: bool
    may_forward: bool
    """It did not come through a rule of this mailbox already."""
    has_folder: Callable[[int], bool]
    was_answered: Callable[[int], bool]
    """Whether the sender stands in the list of a rule (KEEP_OOF_HIST)."""


def make_plan(
    rules: Sequence[Rule], holds: Callable[[Rule], bool | None], circumstances: Circumstances
) -> Plan:
    """Return what the rules, in their order, make of a message.

    Args:
        rules: standard and extended rules of the folder.
        holds: whether the condition of a rule is true; None: it cannot be evaluated.
        circumstances: what else decides.
    """
    making = _Making(circumstances)
    for rule in in_order(rules):
        making.consider(rule, holds)
    return making.plan()


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules that are looked at: by sequence, no more than the limits allow."""
    ordered = sorted(rules, key=lambda rule: (rule.sequence, rule.rule_id))
    plain = [rule for rule in ordered if not rule.is_extended][:MAX_RULES]
    extended = [rule for rule in ordered if rule.is_extended][:MAX_EXTENDED_RULES]
    return sorted([*plain, *extended], key=lambda rule: (rule.sequence, rule.rule_id))


@dataclass(slots=True)
class _Making:
    """A plan while it is made."""

    circumstances: Circumstances
    stays: bool = True
    only_oof: bool = False
    is_over: bool = False
    is_read: bool = False
    moved: list[int] = field(default_factory=list)
    copied: list[int] = field(default_factory=list)
    properties: dict[int, PropValue] = field(default_factory=dict)
    deferred: dict[str, list[tuple[int, tuple[Action, ...]]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    def consider(self, rule: Rule, holds: Callable[[Rule], bool | None]) -> None:
        """Evaluate one rule and take up its actions."""
        if rule.state & RuleState.ENABLED and rule.state & RuleState.PARSE_ERROR:
            if not rule.state & RuleState.ERROR:
                self.problems.append(Problem(rule, RuleError.PARSE))
            return
        if not rule.runs or self.is_over or not self._applies(rule):
            return
        held = holds(rule)
        if held is None:
            self.problems.append(Problem(rule, RuleError.PROCESSING))
        if not held:
            return
        if self._keeps_history(rule):
            self.answered.append(rule.rule_id)
        left: list[Action] = []
        for number, action in enumerate(rule.actions.actions):
            self._take(rule, number, action, left)
        if left:
            self.deferred.setdefault(rule.provider, []).append((rule.rule_id, tuple(left)))
        if rule.state & RuleState.EXIT_LEVEL:
            self.only_oof = True

    def _applies(self, rule: Rule) -> bool:
        here = self.circumstances
        only_when_oof = rule.state & RuleState.ONLY_WHEN_OOF
        if only_when_oof and not here.is_oof:
            return False
        if self.only_oof and not only_when_oof:
            return False
        if rule.state & RuleState.SKIP_IF_SCL_IS_SAFE and here.is_safe:
            return False
        return not (self._keeps_history(rule) and here.was_answered(rule.rule_id))

    def _keeps_history(self, rule: Rule) -> bool:
        return bool(rule.state & RuleState.KEEP_OOF_HIST) and any(
            action.type is ActionType.OOF_REPLY for action in rule.actions.actions
        )

    def _take(self, rule: Rule, number: int, action: Action, left: list[Action]) -> None:
        kind, data = action.type, action.data
        if isinstance(data, MoveTo):
            self._place(rule, number, action, data, left)
        elif isinstance(data, ReplyTemplate | ExtendedReplyTemplate):
            self._reply(rule, number, action, data)
        elif isinstance(data, TagValue):
            self.properties[data.tag] = data.value
        elif isinstance(data, BounceCode):
            self.stays, self.is_over = False, True
            self.moved.clear()
            self.copied.clear()
            self._cause(Bounce(data))
        elif kind is ActionType.FORWARD and isinstance(data, tuple):
            if self.circumstances.may_forward:
                self._cause(Forward(data, ForwardFlavor(action.flavor & 0x0F)))
        elif kind is ActionType.DELEGATE and isinstance(data, tuple):
            if self.circumstances.may_forward:
                self._cause(Delegate(data))
        elif kind is ActionType.DELETE:
            self.stays, self.only_oof = False, True
        elif kind is ActionType.MARK_AS_READ:
            self.is_read = True
        else:
            left.append(action)

    def _place(self, rule: Rule, number: int, action: Action, to: MoveTo, left: list[Action]) -> None:
        if not isinstance(to.folder, ServerEid):
            left.append(action)  # another store: only the client has it open
            return
        folder_id = ShortId.from_number(to.folder.folder_id).counter
        if not self.circumstances.has_folder(folder_id):
            self.problems.append(Problem(rule, RuleError.MOVE_OR_COPY, int(action.type), number))
            return
        if action.type is ActionType.MOVE:
            self.stays = False
            self.moved.append(folder_id)
        else:
            self.copied.append(folder_id)

    def _reply(
        self, rule: Rule, number: int, action: Action, template: ReplyTemplate | ExtendedReplyTemplate
    ) -> None:
        is_oof = action.type is ActionType.OOF_REPLY
        here = self.circumstances
        if not (here.may_reply_oof if is_oof else here.may_reply):
            return
        self._cause(
            Reply(
                rule,
                template,
                number,
                is_oof=is_oof,
                to_sender=not action.flavor & ReplyFlavor.NOT_TO_ORIGINATOR,
                is_stock=bool(action.flavor & ReplyFlavor.STOCK_TEMPLATE),
            )
        )

    def _cause(self, effect: Effect) -> None:
        if len(self.effects) < MAX_EFFECTS:
            self.effects.append(effect)

    def plan(self) -> Plan:
        """Return what was made."""
        # What was moved to several folders, or to one twice, stands in each of them as often.
        folders = [*self.moved, *self.copied]
        if self.stays:
            folders.insert(0, self.circumstances.folder_id)
        return Plan(
            tuple(folders[:MAX_PLACES]),
            is_read=self.is_read,
            properties=tuple(self.properties.items()),
            deferred=tuple(
                Deferred(
                    provider,
                    tuple(rule_id for rule_id, _ in parts),
                    tuple(action for _, actions in parts for action in actions),
                )
                for provider, parts in self.deferred.items()
            ),
            problems=tuple(self.problems),
            effects=tuple(self.effects),
            oof_recipients=tuple(self.answered),
        )
