"""Give the correspondents of a message SMTP addresses in place of those of an old server.

Spec: [MS-OXCDATA] 2.2.5.1 (one-off entry ids), 2.2.5.2 (address-book entry ids), 2.3.3 (lists of entry ids);
[MS-OXOMSG] 2.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.mail.address import RECIPIENT, Mailbox, smtp_values
from gromox.convert.mail.oneoff import flat_entry_list, one_off_entry_id, read_flat_entry_list, read_one_off
from gromox.convert.mail.participant import PARTICIPANTS
from gromox.mapi import tags
from gromox.mapi.entryid import AddressBookEntryId
from gromox.mapi.message import Attachment, Message, PropertyBag, Recipient
from gromox.store.item.change import AttachmentChange, MessageChange
from gromox.store.item.limits import MAX_DEPTH
from gromox.tools.mbop.user_map import Scheme, key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.convert.mail.address import Group
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue

#: Addresses without an entry that are remembered; beyond, they are no longer told one by one.
MOST_MISSING: Final = 10_000


@dataclass(slots=True)
class Readdresser:
    """Translates by one table, and remembers what is not in it."""

    scheme: Scheme
    table: Mapping[str, str]
    missing: dict[str, str] = field(default_factory=dict)
    """Addresses without an entry, by key, as they were seen first."""

    def change(self, message: Message, depth: int = 0) -> MessageChange:
        """Return what is to become of a message; empty if nobody in it changes."""
        values: dict[PropertyKey, PropValue] = {}
        for group in PARTICIPANTS:
            values.update(self._values(message.properties, group))
        values.update(self._reply_to(message.properties))
        attachments = []
        for each in message.attachments if depth < MAX_DEPTH else ():
            changed = self._attachment(each, depth)
            if changed is not None:
                attachments.append(changed)
        return MessageChange(values, (), self._recipients(message), tuple(attachments))

    def _attachment(self, attachment: Attachment, depth: int) -> AttachmentChange | None:
        number = attachment.properties.typed(tags.PidTagAttachNumber, int)
        if attachment.embedded is None or number is None:
            return None
        change = self.change(attachment.embedded, depth + 1)
        return None if change.is_empty else AttachmentChange(number, embedded=change)

    def _recipients(self, message: Message) -> list[Recipient] | None:
        """Return all recipients, or None if they stay."""
        rows: list[Recipient] = []
        is_changed = False
        for each in message.recipients:
            values = self._values(each.properties, RECIPIENT)
            if values and tags.PidTagRecipientEntryId in each.properties:
                values[tags.PidTagRecipientEntryId] = values[tags.PidTagEntryId]
            is_changed = is_changed or bool(values)
            rows.append(Recipient(PropertyBag({**each.properties, **values})))
        return rows if is_changed else None

    def _values(self, bag: PropertyBag, group: Group) -> dict[PropertyKey, PropValue]:
        """Return the new properties of one correspondent, none if they stay."""
        target = self._target(*_addressed(bag, group))
        if target is None:
            return {}
        values = smtp_values(group, Mailbox(bag.text(group.name), target))
        # the name is no part of the address: it stays as it is, even if there is none
        return {tag: value for tag, value in values.items() if tag != group.name}

    def _reply_to(self, bag: PropertyBag) -> dict[PropertyKey, PropValue]:
        octets = bag.typed(tags.PidTagReplyRecipientEntries, bytes, b"")
        entry_ids = read_flat_entry_list(octets)
        if not entry_ids or int.from_bytes(octets[:4], "little") != len(entry_ids):
            return {}
        names = [name.strip() for name in bag.text(tags.PidTagReplyRecipientNames).split(";")]
        if len(names) != len(entry_ids):
            names = [""] * len(entry_ids)
        made = []
        for entry_id, name in zip(entry_ids, names, strict=True):
            target = self._target(*_told_by(entry_id))
            made.append(entry_id if target is None else one_off_entry_id(name or target, target))
        return {} if made == entry_ids else {tags.PidTagReplyRecipientEntries: flat_entry_list(made)}

    def _target(self, address_type: str, address: str) -> str | None:
        if address_type.upper() != self.scheme.name or not key(address):
            return None
        target = self.table.get(key(address))
        if target is None and len(self.missing) < MOST_MISSING:
            self.missing.setdefault(key(address), address)
        return target


def _addressed(bag: PropertyBag, group: Group) -> tuple[str, str]:
    """Return type and address of a correspondent; what the texts leave open, the entry id tells."""
    address_type, address = bag.text(group.address_type), bag.text(group.email_address)
    if address_type and address:
        return address_type, address
    told_type, told = _told_by(bag.typed(group.entry_id, bytes, b""))
    if address_type and address_type.upper() != told_type.upper():
        return address_type, address
    return told_type, told


def _told_by(entry_id: bytes) -> tuple[str, str]:
    """Return type and address that an entry id tells, empty ones if it tells none."""
    one_off = read_one_off(entry_id)
    if one_off is not None:
        return one_off.address_type, one_off.address
    try:
        found = AddressBookEntryId.from_octets(entry_id)
    except ParseError:
        return "", ""
    return Scheme.EX.name, found.x500_dn.decode("cp1252", "replace")
