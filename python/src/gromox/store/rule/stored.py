"""What rules read from, and set on, messages that stand in the mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.mapi import named, tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import Message, PropertyBag
from gromox.mapi.objectid import ShortId
from gromox.mapi.ruleaction import ReplyTemplate
from gromox.store.builtin import FolderKind
from gromox.store.errors import StoreError
from gromox.store.item import removing
from gromox.store.item.change import MessageChange
from gromox.store.item.changing import Changer
from gromox.store.item.entry import entry_of
from gromox.store.item.holding import Holding
from gromox.store.item.plan import Planner, names_in
from gromox.store.item.reading import read_item
from gromox.store.item.writing import insert_item
from gromox.store.property import ids
from gromox.store.property.message import MessageProperties

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.mapi.ruleaction import ExtendedReplyTemplate
    from gromox.store.mailbox_file import MailboxFile, Write

_MAX_CONTACTS: Final = 20_000
_CONTACTS: Final = "SELECT mid FROM messages WHERE folder_id = ? AND state = 0 AND associated = 0 LIMIT ?"
_EMAIL: Final = (
    named.PidLidEmail1EmailAddress,
    named.PidLidEmail2EmailAddress,
    named.PidLidEmail3EmailAddress,
)


def names(file: MailboxFile) -> Callable[[int], PropertyName | None]:
    """Return how to look up the name of a named property of the mailbox."""
    return lambda prop_id: file.names.names((prop_id,))[0]


def mid_of(file: MailboxFile, folder_id: int, uid: int) -> int:
    """Return the id of a message that was just added."""
    query = "SELECT mid FROM fetch_rows WHERE folder_id = ? AND uid = ?"
    return int(file.execute(query, (folder_id, uid)).fetchone()[0])


def can_hold(file: MailboxFile, folder_id: int) -> bool:
    """Tell whether a folder is there and holds messages itself."""
    record = file.folders.get(folder_id)
    return record is not None and record.kind != FolderKind.SEARCH


def contacts_among(file: MailboxFile, addresses: Collection[str]) -> frozenset[str]:
    """Return those addresses (casefolded) that stand in the contacts of the owner.

    It looks at all contacts: not within a transaction.
    """
    asked = [
        prop_id << 16 | each.type
        for each, prop_id in zip(_EMAIL, file.names.ids([each.name for each in _EMAIL]), strict=True)
        if prop_id
    ]
    wanted = {address.casefold() for address in addresses}
    if not asked or not wanted:
        return frozenset()
    mids = [row[0] for row in file.execute(_CONTACTS, (int(Private.CONTACTS), _MAX_CONTACTS)).fetchall()]
    found = (
        value.casefold()
        for _, values in MessageProperties(file, asked).rows(mids)
        for value in values
        if isinstance(value, str)
    )
    return frozenset(wanted.intersection(found))


def set_values(tx: Write, mid: int, values: Mapping[int, PropValue]) -> None:
    """Set properties of a message that was just added."""
    if values:
        with Holding(tx.file) as holding:
            Changer(tx, holding).change(mid, MessageChange(dict(values.items())))


def insert(tx: Write, folder_id: int, values: Mapping[int, PropValue]) -> int:
    """Add an item of these properties to a folder; return its id."""
    message = Message(PropertyBag(dict(values.items())))
    with Holding(tx.file) as holding:
        plan = Planner(tx.file, holding, now=tx.now).message(message)
        return insert_item(tx, holding, plan, folder_id)[0]


def replace_item(tx: Write, folder_id: int, mid: int, message: Message | None) -> None:
    """Put an item in the place of another one (``mid`` 0: of none); None: remove it."""
    if mid:
        removing.remove(tx, folder_id, [entry_of(tx.file, mid)], is_hard=False)
    if message is None:
        return
    tx.file.names.create(names_in(message))
    with Holding(tx.file) as holding:
        plan = Planner(tx.file, holding, now=tx.now).message(message)
        insert_item(tx, holding, plan, folder_id)


def template(file: MailboxFile, reference: ReplyTemplate | ExtendedReplyTemplate) -> Message | None:
    """Return the message that a rule replies with, or None if it is gone or another one.

    Spec: [MS-OXORULE] 2.2.5.1.2.2 (the template GUID has to be PidTagReplyTemplateId).
    """
    mid = _mid_of_template(file, reference)
    if mid is None:
        return None
    try:
        message = read_item(file, mid)
    except StoreError:
        return None
    wanted, found = reference.template.bytes_le, message.properties.get(tags.PidTagReplyTemplateId)
    return None if found is not None and found != wanted else message


def _mid_of_template(file: MailboxFile, reference: ReplyTemplate | ExtendedReplyTemplate) -> int | None:
    if isinstance(reference, ReplyTemplate):
        return ShortId.from_number(reference.message_id).counter
    try:
        found = ids.message_of_entry_id(file, reference.message_eid)
    except ParseError:
        return None
    return found[1] if found is not None else None
