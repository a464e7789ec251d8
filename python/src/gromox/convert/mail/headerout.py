"""Properties to the header block of a mail, [MS-OXCMAIL] 2.1.3.1 and 2.1.3.2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.convert.mail.address import (
    READ_RECEIPT,
    RECIPIENT,
    REPRESENTING,
    SENDER,
    Mailbox,
    mailbox_of_group,
    outgoing,
)
from gromox.convert.mail.fold import field, phrase
from gromox.convert.mail.headertable import BY_HEADER, DEFAULTS, OWN, ROWS, TRACE
from gromox.convert.mail.messageclass import content_class_of
from gromox.convert.mail.oneoff import read_flat_entry_list, read_one_off
from gromox.convert.mail.value import date_text, filetime
from gromox.mapi import named, tags
from gromox.mapi.entryid import AddressBookEntryId
from gromox.mapi.guids import PS_INTERNET_HEADERS
from gromox.mapi.message import RecipientType
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.convert.mail.options import Options
    from gromox.mapi.message import Message, PropertyBag, Recipient

_FIELD_NAME: Final = re.compile(r"[!-9;-~]{1,120}\Z")
_LISTS: Final = (("To", RecipientType.TO), ("Cc", RecipientType.CC), ("Bcc", RecipientType.BCC))
#: PidTagRecipientType has flags in its upper bits, [MS-OXOMSG] 2.2.3.1.
_TYPE_MASK: Final = 0x0F
_TIMES: Final = (tags.PidTagMessageDeliveryTime, tags.PidTagCreationTime, tags.PidTagLastModificationTime)


def header_block(message: Message, options: Options) -> bytes:
    """Return all header fields but those of the structure, without the blank line."""
    bag = message.properties
    out = [*_originators(bag, options), *_recipients(message, options)]
    subject = bag.text(tags.PidTagSubject) or (
        bag.text(tags.PidTagSubjectPrefix) + bag.text(tags.PidTagNormalizedSubject)
    )
    if subject:
        out.append(field("Subject", " ".join(subject.splitlines())))
    out += _table(bag, options)
    out += _receipts(bag, options)
    if any(not each.properties.get(tags.PidTagAttachmentHidden) for each in message.attachments):
        out.append(b"X-MS-Has-Attach: yes\r\n")
    out += _unmapped(bag)
    return b"".join(out)


def mailbox_octets(mailbox: Mailbox) -> bytes:
    """Return one address of a list; addresses with characters beyond ASCII are UTF-8, RFC 6532 3.2."""
    address = mailbox.address.encode("utf-8", "replace")
    if not mailbox.name and "@" in mailbox.address:
        return address
    return phrase(mailbox.name) + b" <" + address + b">" if mailbox.name else b"<" + address + b">"


def is_report_row(recipient: Recipient) -> bool:
    """Whether a row tells the fate of a recipient instead of naming an addressee."""
    return tags.PidTagNonDeliveryReportStatusCode in recipient.properties


def originator(bag: PropertyBag, options: Options) -> Mailbox | None:
    """Return who it is from."""
    smtp_of = options.hooks.smtp_of
    return mailbox_of_group(bag, REPRESENTING, smtp_of) or mailbox_of_group(bag, SENDER, smtp_of)


def _list(name: str, mailboxes: Iterable[Mailbox]) -> list[bytes]:
    value = b", ".join(map(mailbox_octets, mailboxes))
    return [field(name, value)] if value else []


def _originators(bag: PropertyBag, options: Options) -> list[bytes]:
    from_ = originator(bag, options)
    if from_ is None:
        return []
    out = _list("From", [from_])
    sender = mailbox_of_group(bag, SENDER, options.hooks.smtp_of)
    if sender is not None and sender.address.lower() != from_.address.lower():
        out += _list("Sender", [sender])
    reply_to = []
    for entry_id in read_flat_entry_list(bag.typed(tags.PidTagReplyRecipientEntries, bytes, b"")):
        mailbox = _of_entry_id(entry_id, options)
        if mailbox is not None:
            reply_to.append(mailbox)
    return out + _list("Reply-To", reply_to)


def _of_entry_id(entry_id: bytes, options: Options) -> Mailbox | None:
    """Return the correspondent of a One-Off EntryID, or of an address-book one if it has an address."""
    one_off = read_one_off(entry_id)
    if one_off is not None:
        return outgoing(one_off.name, one_off.address)
    if options.hooks.smtp_of is None:
        return None
    try:
        dn = AddressBookEntryId.from_octets(entry_id).x500_dn.decode("ascii", "replace")
    except ParseError:
        return None
    address = options.hooks.smtp_of("EX", dn)
    return outgoing("", address) if address else None


def _recipients(message: Message, options: Options) -> list[bytes]:
    lists: dict[int, list[Mailbox]] = {kind: [] for _, kind in _LISTS}
    for recipient in message.recipients:
        if is_report_row(recipient):
            continue
        kind = recipient.properties.number(tags.PidTagRecipientType, RecipientType.TO) & _TYPE_MASK
        mailbox = mailbox_of_group(recipient.properties, RECIPIENT, options.hooks.smtp_of)
        if mailbox is not None and kind in lists:
            lists[kind].append(mailbox)
    out: list[bytes] = []
    for name, kind in _LISTS:
        if kind != RecipientType.BCC or options.with_bcc:
            out += _list(name, lists[kind])
    # RFC 5322 3.6.3 needs no destination; filters want one.
    return out or [b"To: undisclosed-recipients:;\r\n"]


def _table(bag: PropertyBag, options: Options) -> list[bytes]:
    out = []
    for row in ROWS:
        if not row.is_written:
            continue
        value = bag.get(row.key)
        if value is not None and DEFAULTS.get(row.key) != value and not _is_idle(bag, row.header):
            text = row.kind.format(value)
            if text:
                out.append(field(row.header, text))
    if tags.PidTagClientSubmitTime not in bag:
        known = (bag.number(tag) for tag in _TIMES)
        given = filetime(options.date) if options.date is not None else None
        ticks = given or next((each for each in known if each), None)
        if ticks:
            out.insert(0, field("Date", date_text(ticks)))
    if tags.PidTagInternetMessageId not in bag and options.message_id:
        out.append(field("Message-ID", options.message_id.encode("utf-8", "replace")))
    if named.PidNameContentClass not in bag:
        content_class = content_class_of(bag.text(tags.PidTagMessageClass))
        if content_class:
            out.append(field("Content-Class", content_class))
    return out


def _is_idle(bag: PropertyBag, header: str) -> bool:
    """Whether a field would repeat another: a topic that is the subject says nothing without an index."""
    return (
        header == "Thread-Topic"
        and tags.PidTagConversationIndex not in bag
        and bag.text(tags.PidTagConversationTopic) == bag.text(tags.PidTagNormalizedSubject)
    )


def _receipts(bag: PropertyBag, options: Options) -> list[bytes]:
    out: list[bytes] = []
    if bag.get(tags.PidTagReadReceiptRequested):
        reader = mailbox_of_group(bag, READ_RECEIPT, options.hooks.smtp_of) or originator(bag, options)
        if reader is not None:
            out += _list("Disposition-Notification-To", [reader])
    if bag.get(tags.PidTagOriginatorDeliveryReportRequested):
        entry_id = bag.typed(tags.PidTagReportEntryId, bytes, b"")
        report = _of_entry_id(entry_id, options) or originator(bag, options)
        if report is not None:
            out += _list("Return-Receipt-To", [report])
    return out


def _unmapped(bag: PropertyBag) -> list[bytes]:
    """Named texts of PS_INTERNET_HEADERS under their names."""
    out = []
    for key, value in bag.items():
        if (
            isinstance(key, NamedProperty)
            and key.guid == PS_INTERNET_HEADERS
            and key.type == PropType.STRING
            and isinstance(key.which, str)
            and isinstance(value, str)
            and _FIELD_NAME.match(key.which)
        ):
            name = key.which.lower().encode("ascii")
            if name not in OWN and name not in TRACE and name not in BY_HEADER and value.strip():
                out.append(field(key.which, value))
    return out
