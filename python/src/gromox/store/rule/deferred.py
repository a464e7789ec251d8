"""What is left to clients: deferred action messages, and deferred error messages about rules that failed.

Both stand in the Deferred Action folder of the mailbox; public stores have none, there a rule that failed is
told to the log. Extended rules make neither.

Spec: [MS-OXORULE] 2.2.6, 2.2.7, 3.2.5.1.2, 3.2.5.1.3, 3.2.5.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.codec.packed import Writer
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.ruleaction import STANDARD, RuleAction, pack_rule_action
from gromox.store.property import ids
from gromox.store.property.message import MessageProperties
from gromox.store.rule import rows, stored
from gromox.store.rule.model import RuleState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import Write
    from gromox.store.rule.plan import Deferred, Problem

_log = get_logger(__name__)
ACTION_CLASS: Final = "IPC.Microsoft Exchange 4.0.Deferred Action"
ERROR_CLASS: Final = "IPC.Microsoft Exchange 4.0.Deferred Error"
_FOLDER: Final = int(Private.DEFERRED_ACTION)
_MAX_PATCHED: Final = 10_000
_FIND: Final = (
    "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND message_class = ? ORDER BY mid LIMIT ?"
)


def leave_actions(tx: Write, folder_id: int, mid: int, deferred: Iterable[Deferred]) -> None:
    """Write a message for each provider whose client has something left to do about a message."""
    file = tx.file
    if file.is_public:
        return  # its rules cannot have such actions, and no client would look for messages about them
    for each in deferred:
        original = ids.message_entry_id(file, folder_id, mid)
        values: dict[int, PropValue] = {
            tags.PidTagMessageClass: ACTION_CLASS,
            tags.PidTagDamBackPatched: False,
            tags.PidTagDamOriginalEntryId: original,
            tags.PidTagRuleProvider: each.provider,
            tags.PidTagRuleFolderEntryId: ids.folder_entry_id(file, folder_id),
            tags.PidTagClientActions: _actions(each),
            tags.PidTagRuleIds: b"".join(
                rule_id.to_bytes(8, "little") for rule_id in each.rule_ids[:1] * len(each.rule_ids)
            ),
            tags.PidTagDeferredActionMessageOriginalEntryId: server_eid(folder_id, mid),
        }
        stored.insert(tx, _FOLDER, values)


def report(tx: Write, folder_id: int, mid: int, problems: Sequence[Problem]) -> None:
    """Write a message about each rule that failed, once: the rule is not run again until it is changed."""
    file = tx.file
    told: set[int] = set()
    for problem in problems:
        rule = problem.rule
        if rule.is_extended or rule.rule_id in told or rule.state & RuleState.ERROR:
            continue
        told.add(rule.rule_id)
        if file.is_public:
            _log.notice(
                "a rule of a public folder failed", folder=folder_id, rule=rule.name, error=problem.error
            )
            rows.note_error(tx, rule, RuleState.ERROR)
            continue
        values: dict[int, PropValue] = {
            tags.PidTagMessageClass: ERROR_CLASS,
            tags.PidTagRuleError: int(problem.error),
            tags.PidTagRuleActionType: problem.action_type,
            tags.PidTagRuleActionNumber: problem.action_number,
            tags.PidTagRuleProvider: rule.provider,
            tags.PidTagRuleFolderEntryId: ids.folder_entry_id(file, folder_id),
            tags.PidTagRuleId: rule.rule_id,
        }
        if mid:
            values[tags.PidTagDamOriginalEntryId] = ids.message_entry_id(file, folder_id, mid)
        stored.insert(tx, _FOLDER, values)
        rows.note_error(tx, rule, RuleState.ERROR)


def server_eid(folder_id: int, mid: int) -> bytes:
    """Return a PtypServerId of a message of this mailbox, [MS-OXCDATA] 2.11.1.4."""
    w = Writer()
    w.u8(1)
    w.u64(ids.short_id(folder_id))
    w.u64(ids.short_id(mid))
    w.u32(0)
    return w.octets()


def _actions(deferred: Deferred) -> bytes:
    w = Writer()
    pack_rule_action(w, RuleAction(deferred.actions), STANDARD)
    return w.octets()


def back_patch(tx: Write, server_id: bytes, client_id: bytes) -> int:
    """Give deferred action messages about a message the id that their client knows; return their number.

    Spec: [MS-OXORULE] 2.2.3, 3.2.5.4.
    """
    tag = tags.PidTagDeferredActionMessageOriginalEntryId
    mids = [row[0] for row in tx.file.execute(_FIND, (_FOLDER, ACTION_CLASS, _MAX_PATCHED)).fetchall()]
    found = [mid for mid, (value,) in MessageProperties(tx.file, (tag,)).rows(mids) if value == server_id]
    for mid in found:
        stored.set_values(tx, mid, {tag: client_id, tags.PidTagDamBackPatched: True})
    return len(found)
