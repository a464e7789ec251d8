"""The table ``rules``: what it holds, and how [MS-OXORULE] 2.2.1 changes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi import restriction, tags
from gromox.mapi.modifyrow import Change
from gromox.mapi.restrictioncodec import pack_restriction, unpack_restriction
from gromox.mapi.ruleaction import STORED, RuleAction, pack_rule_action, unpack_rule_action
from gromox.store.errors import InvalidValueError, LimitError, NotFoundError
from gromox.store.rule.model import MAX_KEPT, MAX_RULE_SIZE, MAX_RULES, Rule, RuleState
from gromox.store.rule.validity import check_actions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.mapi.modifyrow import ModifyRow
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile, Write

T = TypeVar("T")

_COLUMNS: Final = (
    "rule_id, sequence, state, level, user_flags, name, provider, provider_data, condition, actions"
)
_SELECT: Final = f"SELECT {_COLUMNS} FROM rules WHERE folder_id = ? ORDER BY sequence, rule_id"
_SAVE: Final = (
    f"INSERT OR REPLACE INTO rules ({_COLUMNS}, folder_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_MAX_TEXT: Final = 1024
_MAX_PROVIDER_DATA: Final = 64 << 10

_Row = tuple[int, int, int, int | None, int | None, str | None, str, bytes | None, bytes, bytes]


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """What a change of rules came to."""

    rule_ids: tuple[int, ...]
    """Of the rules that were added, in their order."""
    exceeded: bool
    """There are more rules than are run: the client is told, and all is saved ([MS-OXORULE] 3.2.5.2)."""


def read(file: MailboxFile, folder_id: int) -> list[Rule]:
    """Return the rules of a folder in the order in which they are evaluated.

    A rule that cannot be read is there with ``PARSE_ERROR`` and without actions: it is not run.
    """
    return [_rule(row) for row in file.execute(_SELECT, (folder_id,)).fetchall()]


def has_rules(file: MailboxFile, folder_id: int) -> bool:
    """Return PidTagHasRules, [MS-OXORULE] 2.2.8.1."""
    return (
        file.execute("SELECT 1 FROM rules WHERE folder_id = ? LIMIT 1", (folder_id,)).fetchone() is not None
    )


def _rule(row: _Row) -> Rule:
    rule_id, sequence, state, level, user_flags, name, provider, provider_data, condition, actions = row
    restricted, acting = None, RuleAction(())
    try:
        if condition:
            restricted = unpack_restriction(Reader(condition), wide=True)
        acting = unpack_rule_action(Reader(actions), STORED)
    except ParseError:
        state |= RuleState.PARSE_ERROR
    return Rule(
        rule_id,
        sequence,
        state,
        provider,
        restricted,
        acting,
        name=name or "",
        level=level or 0,
        user_flags=user_flags or 0,
        provider_data=provider_data or b"",
    )


def modify(tx: Write, folder_id: int, changes: Sequence[ModifyRow], *, replace_all: bool) -> RulesChanged:
    """Add, change and remove rules of a folder; with ``replace_all`` all others go first.

    Spec: [MS-OXORULE] 2.2.1, 3.2.5.2.

    Raises:
        InvalidValueError: a row lacks what it must have, or has what it may not have. Nothing was changed.
        NotFoundError: a rule that is to be changed is not there.
        LimitError: the folder holds MAX_KEPT rules.
    """
    file = tx.file
    record = tx.folder(folder_id)
    if replace_all:
        file.execute("DELETE FROM rules WHERE folder_id = ?", (folder_id,))
    kept = {rule.rule_id: rule for rule in read(file, folder_id)}
    added: list[int] = []
    for change in changes:
        values = dict(change.values)
        if change.change is Change.ADD:
            rule = _new(tx.next_object_id(), values)
            added.append(rule.rule_id)
        else:
            rule_id = _number(values, tags.PidTagRuleId, None)
            if rule_id not in kept:
                raise NotFoundError("there is no such rule")
            if change.change is Change.REMOVE:
                del kept[rule_id]
                file.execute("DELETE FROM rules WHERE rule_id = ?", (rule_id,))
                continue
            rule = _changed(kept[rule_id], values)
        check_actions(rule.actions, is_public=file.is_public)
        if len(kept) >= MAX_KEPT:
            raise LimitError(f"a folder holds at most {MAX_KEPT} rules")
        kept[rule.rule_id] = rule
        _save(file, folder_id, rule)
    tx.next_cn()
    record.touch()
    return RulesChanged(tuple(added), exceeded=len(kept) > MAX_RULES)


def note_error(tx: Write, rule: Rule, state: RuleState) -> None:
    """Set ERROR or PARSE_ERROR on a standard rule so that it is not run again."""
    tx.file.execute("UPDATE rules SET state = state | ? WHERE rule_id = ?", (int(state), rule.rule_id))


def _new(rule_id: int, values: Mapping[int, PropValue]) -> Rule:
    actions = values.get(tags.PidTagRuleActions)
    provider = values.get(tags.PidTagRuleProvider)
    if not isinstance(actions, RuleAction) or not isinstance(provider, str):
        raise InvalidValueError("a rule has actions and a provider")
    if tags.PidTagRuleState not in values or tags.PidTagRuleSequence not in values:
        raise InvalidValueError("a rule has a state and a sequence")
    return _changed(Rule(rule_id, 0, 0, provider, None, actions), values)


def _changed(rule: Rule, values: Mapping[int, PropValue]) -> Rule:
    condition = values.get(tags.PidTagRuleCondition, rule.condition)
    if condition is not None and not isinstance(condition, restriction.KINDS):
        raise InvalidValueError("the condition of a rule is a restriction")
    return replace(
        rule,
        sequence=_number(values, tags.PidTagRuleSequence, rule.sequence),
        # A rule that the client writes anew is tried again.
        state=_number(values, tags.PidTagRuleState, rule.state) & ~(RuleState.ERROR | RuleState.PARSE_ERROR),
        provider=_of(values, tags.PidTagRuleProvider, str, rule.provider)[:_MAX_TEXT],
        condition=condition,
        actions=_of(values, tags.PidTagRuleActions, RuleAction, rule.actions),
        name=_of(values, tags.PidTagRuleName, str, rule.name)[:_MAX_TEXT],
        level=_number(values, tags.PidTagRuleLevel, rule.level),
        user_flags=_number(values, tags.PidTagRuleUserFlags, rule.user_flags),
        provider_data=_of(values, tags.PidTagRuleProviderData, bytes, rule.provider_data),
    )


def _number(values: Mapping[int, PropValue], tag: int, default: int | None) -> int:
    value = values.get(tag, default)
    if not isinstance(value, int):
        raise InvalidValueError(f"property {tag:08x} of a rule is a number")
    return value


def _of(values: Mapping[int, PropValue], tag: int, kind: type[T], default: T) -> T:
    value = values.get(tag, default)
    if not isinstance(value, kind):
        raise InvalidValueError(f"property {tag:08x} of a rule has another type")
    return value


def _save(file: MailboxFile, folder_id: int, rule: Rule) -> None:
    condition, actions = Writer(), Writer()
    try:
        if rule.condition is not None:
            pack_restriction(condition, rule.condition, wide=True)
        pack_rule_action(actions, rule.actions, STORED)
    except ValueError as error:
        raise InvalidValueError(str(error)) from error
    if len(condition) + len(actions) > MAX_RULE_SIZE or len(rule.provider_data) > _MAX_PROVIDER_DATA:
        raise InvalidValueError(f"condition and actions of a rule have at most {MAX_RULE_SIZE} octets")
    file.execute(
        _SAVE,
        (
            rule.rule_id,
            rule.sequence,
            rule.state,
            rule.level,
            rule.user_flags,
            rule.name,
            rule.provider,
            rule.provider_data,
            condition.octets(),
            actions.octets(),
            folder_id,
        ),
    )
