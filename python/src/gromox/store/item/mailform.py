"""When a mail becomes an item of property form, and how.

Spec: [MS-OXCMAIL] 2.2 tells which properties a mail is; changing one of them makes the octets untrue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi import named, tags
from gromox.mapi.message import Message
from gromox.store.item import writing
from gromox.store.item.plan import names_in
from gromox.store.property.computed import READ_ONLY
from gromox.store.property.row import PROPERTY_FORM

if TYPE_CHECKING:
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.change import MessageChange
    from gromox.store.item.holding import Holding
    from gromox.store.item.plan import Planner
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.property.row import MessageRow

#: What is about the mail as its reader sees it: kept beside the octets whatever the header says.
_BESIDE: Final = frozenset(
    {
        tags.PidTagFlagStatus,
        tags.PidTagReplyTime,
        tags.PidTagIconIndex,
        tags.PidTagLastVerbExecuted,
        tags.PidTagMessageDeliveryTime,
    }
)
_BESIDE_NAMED: Final = (named.PidNameKeywords.name, named.PidLidFlagRequest.name)
#: What only the columns and the whole mail tell together.
_ALWAYS_TOLD: Final = frozenset(
    {
        tags.PidTagSubject,
        tags.PidTagSubjectPrefix,
        tags.PidTagNormalizedSubject,
        tags.PidTagMessageClass,
        tags.PidTagBody,
        tags.PidTagHtml,
        tags.PidTagRtfCompressed,
    }
)


def is_told(row: MessageRow, values: dict[int, PropValue], change: MessageChange) -> bool:
    """Tell whether a change of a mail makes its octets untrue."""
    if change.recipients is not None or change.attachments:
        return True
    file = row.file
    beside = {tag >> 16 for tag in _BESIDE} | set(file.names.ids(_BESIDE_NAMED))
    removed = {tag >> 16: None for tag in change.removed if isinstance(tag, int)}
    removed |= {
        tag >> 16: None
        for tag in file.names.numbered((key, 0) for key in change.removed if not isinstance(key, int))
    }
    told = told_values(row)
    always = {tag >> 16 for tag in _ALWAYS_TOLD}
    for tag, value in values.items():
        if tag in READ_ONLY or tag >> 16 in beside:
            continue
        if (tag >> 16 in always or tag >> 16 in told) and told.get(tag >> 16) != value:
            return True
    return any(propid in always or (propid in told and propid not in beside) for propid in removed)


def told_values(row: MessageRow) -> dict[int, PropValue]:
    """Return what a mail tells, by identifier."""
    return {tag >> 16: value for tag, value in row.file.names.numbered(row.mail.properties.items()).items()}


def become_properties(tx: Write, holding: Holding, planner: Planner, row: MessageRow) -> None:
    """Write a mail as an item of property form: under the same id, with what was kept beside it.

    Its octets stay as the rendering that IMAP has seen, until the change that follows lets them go.
    """
    file, mid = tx.file, row.mid
    mail = row.mail
    file.names.create(sorted(names_in(mail), key=repr))
    message = Message(mail.properties, mail.recipients, mail.attachments)
    for tag, value in row.packed.values().items():
        message.properties[tag] = value
    plan = planner.message(message)
    columns = {
        name: value
        for name, value in plan.parts.columns.items()
        if name not in ("created_time", "modified_time", "received_time", "message_flags")
    }
    columns |= {"primary_form": PROPERTY_FORM, "properties": plan.packed, "rendered_cn": row.number("cn")}
    assignments = ", ".join(f"{name} = ?" for name in columns)
    file.execute(f"UPDATE messages SET {assignments} WHERE mid = ?", (*columns.values(), mid))
    writing.insert_parts(tx, holding, plan, mid)


def needs_names(file: MailboxFile, message: Message) -> bool:
    """Tell whether an item uses names that the mailbox does not know."""
    return not all(file.names.ids(list(names_in(message))))
