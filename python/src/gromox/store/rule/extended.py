"""Extended rules: associated messages of a folder whose properties make a rule.

Spec: [MS-OXORULE] 2.2.4. All other properties of such a message are the client's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi import tags
from gromox.mapi.extendedrule import ExtendedActions, ExtendedCondition
from gromox.mapi.ruleaction import RuleAction
from gromox.store.errors import LimitError
from gromox.store.property import mailbox
from gromox.store.property.message import MessageProperties
from gromox.store.rule.model import Rule, RuleState

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile

MESSAGE_CLASS: Final = "IPM.ExtendedRule.Message"
#: ``max_ext_rule_length``: octets of a condition, or of actions, that are read.
MAX_LENGTH: Final = 510 << 10
_MAX_READ: Final = 100
_FIND: Final = (
    "SELECT mid FROM messages WHERE folder_id = ? AND associated = 1 AND state = 0 AND message_class = ?"
    " ORDER BY mid LIMIT ?"
)
_TAGS: Final = (
    tags.PidTagRuleMessageSequence,
    tags.PidTagRuleMessageState,
    tags.PidTagRuleMessageProvider,
    tags.PidTagExtendedRuleMessageCondition,
    tags.PidTagExtendedRuleMessageActions,
    tags.PidTagRuleMessageName,
    tags.PidTagRuleMessageLevel,
    tags.PidTagRuleMessageUserFlags,
    tags.PidTagRuleMessageProviderData,
)


def check_size(file: MailboxFile, condition: object) -> None:
    """Refuse a condition that is larger than the mailbox allows ([MS-OXORULE] 3.2.5.1). Raises LimitError."""
    limit = mailbox.get(file, tags.PidTagExtendedRuleSizeLimit)
    if isinstance(condition, bytes) and isinstance(limit, int) and len(condition) > limit:
        raise LimitError(f"the condition of an extended rule has at most {limit} octets")


def has_rules(file: MailboxFile, folder_id: int) -> bool:
    """Tell whether a folder has an extended rule."""
    record = file.folders.get(folder_id)
    if record is None or not record.associated_total:
        return False
    return file.execute(_FIND, (folder_id, MESSAGE_CLASS, 1)).fetchone() is not None


def read(file: MailboxFile, folder_id: int) -> list[Rule]:
    """Return the extended rules of a folder; one that cannot be read has ``PARSE_ERROR`` and is not run."""
    if not has_rules(file, folder_id):
        return []
    mids = [row[0] for row in file.execute(_FIND, (folder_id, MESSAGE_CLASS, _MAX_READ)).fetchall()]
    return [_rule(mid, values) for mid, values in MessageProperties(file, _TAGS).rows(mids)]


def _rule(mid: int, values: tuple[PropValue | None, ...]) -> Rule:
    sequence, state, provider, condition, actions, name, level, user_flags, provider_data = values
    number = _number(state)
    try:
        restricted = ExtendedCondition.from_octets(_octets(condition))
        acting = ExtendedActions.from_octets(_octets(actions))
        names = {**dict(restricted.names.pairs), **dict(acting.names.pairs)}
        restriction, rule_actions = restricted.condition, acting.rule
    except ParseError:
        number |= RuleState.PARSE_ERROR
        restriction, rule_actions, names = None, RuleAction(()), {}
    return Rule(
        mid,
        _number(sequence),
        number,
        provider if isinstance(provider, str) else "",
        restriction,
        rule_actions,
        name=name if isinstance(name, str) else "",
        level=_number(level),
        user_flags=_number(user_flags),
        provider_data=provider_data if isinstance(provider_data, bytes) else b"",
        is_extended=True,
        names=names,
    )


def _number(value: PropValue | None) -> int:
    return value if isinstance(value, int) else 0


def _octets(value: PropValue | None) -> bytes:
    """Raises ParseError for what is not there, or is too long."""
    if not isinstance(value, bytes) or len(value) > MAX_LENGTH:
        raise ParseError(f"condition and actions of at most {MAX_LENGTH} octets", 0)
    return value
