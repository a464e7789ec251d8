"""The transaction that sends: the mail is in the outgoing queue, and the message where it belongs afterwards.

Spec: [MS-OXOMSG] 2.2.3.8 (PidTagDeleteAfterSubmit), 2.2.3.10 (PidTagSentMailSvrEID), 2.2.3.11
(PidTagClientSubmitTime); [MS-OXCMSG] 2.2.1.6 (mfUnsent, mfFromMe).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag
from gromox.store.errors import ConflictError, MessageGoneError
from gromox.store.flags import Flag
from gromox.store.item import moving, removing
from gromox.store.item.change import MessageChange
from gromox.store.item.changing import Changer
from gromox.store.item.entry import entry_of
from gromox.store.item.flagged import set_flags
from gromox.store.property import ids
from gromox.store.property.computed import MessageFlag
from gromox.store.property.message import message_row
from gromox.store.rule.outgoing import Outgoing, keep_held, submission_token
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mapi.message import Recipient
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Held, Holding
    from gromox.store.mailbox_file import MailboxFile, Write
    from gromox.store.submission.addressee import Addressees
    from gromox.store.submission.originator import Originator

#: PidTagContentFilterSpamConfidenceLevel of what one writes oneself: -1.
_TRUSTED: Final = 0xFFFFFFFF
AFTERWARDS_TAGS: Final = (
    tags.PidTagSentMailSvrEID,
    tags.PidTagSentMailEntryId,
    tags.PidTagDeleteAfterSubmit,
)
#: What is about sending alone: a copy that is sent again begins anew.
_SPENT: Final = (
    *AFTERWARDS_TAGS,
    tags.PidTagDeferredSendTime,
    tags.PidTagDeferredSendNumber,
    tags.PidTagDeferredSendUnits,
    tags.PidTagSubmitFlags,
)
_OURS: Final = 1
_JOBS: Final = (
    "SELECT mid, timer_id FROM messages WHERE mid IN (SELECT value FROM json_each(?))"
    " AND message_flags & ? AND timer_id IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What becomes of a message that is sent."""

    is_deleted: bool = False
    folder_id: int | None = None
    """Where it goes; None: it stays."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that can be sent."""

    mid: int
    cn: int
    """Of the version that was looked at."""
    is_mail: bool
    message: Message
    origin: Originator
    to: Addressees
    afterwards: Afterwards


def submission_values(file: MailboxFile, ready: Ready, now: int) -> dict[int, PropValue]:
    """Return the properties that a message gets when it is submitted ([MS-OXOMSG] 2.2.3.11, 2.2.1)."""
    values = ready.origin.values(ready.message.properties)
    values[tags.PidTagClientSubmitTime] = now
    values[tags.PidTagContentFilterSpamConfidenceLevel] = _TRUSTED
    if not ready.message.properties.text(tags.PidTagInternetMessageId):
        domain = ready.origin.represented.address.rpartition("@")[2]
        values[tags.PidTagInternetMessageId] = f"<{file.ids.guid().hex}@{domain}>"
    return values


def with_values(
    message: Message, values: dict[int, PropValue], recipients: Sequence[Recipient] | None
) -> Message:
    """Return a message with other properties, and (unless None) other recipients."""
    bag = PropertyBag(dict(message.properties.items()))
    for tag, value in values.items():
        bag[tag] = value
    rows = message.recipients if recipients is None else list(recipients)
    return Message(bag, rows, message.attachments)


def afterwards_of(file: MailboxFile, bag: PropertyBag) -> Afterwards:
    """Return what a message says is to become of it; a folder that is not one of the mailbox says nothing."""
    if bag.get(tags.PidTagDeleteAfterSubmit):
        return Afterwards(is_deleted=True)
    target = _folder_of_server_id(bag.get(tags.PidTagSentMailSvrEID))
    entry_id = bag.get(tags.PidTagSentMailEntryId)
    if target is None and isinstance(entry_id, bytes):
        target = ids.folder_of_entry_id(file, entry_id)
    return Afterwards(folder_id=target if target in file.folders else None)


def _folder_of_server_id(value: PropValue | None) -> int | None:
    """Return the folder that a PtypServerId names, [MS-OXCDATA] 2.11.1.4."""
    if not isinstance(value, bytes):
        return None
    r = Reader(value)
    try:
        return ids.counter_of_short_id(r.u64()) if r.u8() == _OURS else None
    except ParseError:
        return None


def change(
    tx: Write,
    holding: Holding,
    ready: Ready,
    values: dict[int, PropValue],
    *,
    removed: tuple[int, ...] = (),
    modifier: str = "",
) -> None:
    """Make what a submission settles part of the message.

    Raises:
        ConflictError: it was changed since it was looked at.
        MessageGoneError: it is not there any more.
    """
    row = message_row(tx.file, ready.mid)
    if row is None or row.number("state"):
        raise MessageGoneError("there is no such message (any more)")
    if row.number("cn") != ready.cn:
        raise ConflictError("the message was changed while it was submitted")
    changer = Changer(tx, holding, modifier=modifier, is_submission=True)
    rows = ready.to.rows if values else None
    changer.change(ready.mid, MessageChange(dict(values.items()), removed, recipients=rows))


def send(
    tx: Write, holding: Holding, ready: Ready, values: dict[int, PropValue], mail: Held, *, modifier: str = ""
) -> int:
    """Put a mail into the outgoing queue, and its message where it belongs; returns its id there, or 0."""
    file = tx.file
    # A message that is a mail keeps its octets: they are what is sent.
    told = {} if ready.is_mail else values
    change(tx, holding, ready, told, removed=_SPENT, modifier=modifier)
    outgoing = Outgoing(
        submission_token(file, ready.mid, ready.cn), ready.origin.reverse_path, ready.to.addresses, b""
    )
    keep_held(tx, outgoing, holding.refer(tx, mail))
    mark(tx, ready.mid, on=MessageFlag.FROM_ME, off=MessageFlag.SUBMITTED | MessageFlag.RESEND, timer_id=None)
    set_flags(tx, ready.mid, Flag.SEEN, Flag.DRAFT)
    entry = entry_of(file, ready.mid)
    tx.note(entry.folder_id, [ready.mid], Touch.CONTENT)
    if ready.afterwards.is_deleted:
        removing.remove(tx, entry.folder_id, [entry], is_hard=True)
        return 0
    target = ready.afterwards.folder_id
    if target is None or target == entry.folder_id:
        return ready.mid
    return moving.transfer(tx, entry.folder_id, [entry], target, is_move=True)[0][1]


def mark(tx: Write, mid: int, *, on: int = 0, off: int = 0, timer_id: int | None) -> None:
    """Set and clear bits of ``message_flags``, and note the job by which a message is sent."""
    tx.next_cn()
    tx.file.execute(
        "UPDATE messages SET message_flags = (message_flags | ?) & ~?, timer_id = ? WHERE mid = ?",
        (int(on), int(off), timer_id, mid),
    )


def release(tx: Write, mid: int) -> None:
    """Make a message that is on its way a draft again."""
    mark(tx, mid, off=MessageFlag.SUBMITTED, timer_id=None)
    set_flags(tx, mid, Flag.DRAFT, Flag(0))
    tx.note(entry_of(tx.file, mid).folder_id, [mid], Touch.CONTENT)


def timer_of(file: MailboxFile, mid: int) -> int | None:
    """Return the job by which a message is sent; None: it is not on its way."""
    return jobs_of(file, [mid]).get(mid)


def jobs_of(file: MailboxFile, mids: Sequence[int]) -> dict[int, int]:
    """Return the jobs by which messages are sent, by message; of those that are not on their way none."""
    packed = f"[{','.join(map(str, mids))}]"
    return dict(file.execute(_JOBS, (packed, int(MessageFlag.SUBMITTED))).fetchall())
