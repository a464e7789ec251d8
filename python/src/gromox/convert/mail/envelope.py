"""Header block to properties: the table, the address fields, the subject, and all that is unmapped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.convert.mail.address import (
    READ_RECEIPT,
    RECIPIENT,
    REPRESENTING,
    SENDER,
    Book,
    Mailbox,
    display_list,
    mailboxes,
)
from gromox.convert.mail.headertable import BY_HEADER, DEFAULTS, ORGANIZATION_PREFIX, OWN, TRACE
from gromox.convert.mail.messageclass import NOTE, class_of_content_class
from gromox.convert.mail.oneoff import flat_entry_list
from gromox.convert.mail.value import clean_text
from gromox.mapi import named, tags
from gromox.mapi.guids import PS_INTERNET_HEADERS
from gromox.mapi.message import Message, Recipient, RecipientType
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType
from gromox.mime import charset
from gromox.mime.header import FIELD_END, unfold
from gromox.mime.subject import split_subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.convert.mail.headertable import Row
    from gromox.convert.mail.limits import Limits
    from gromox.mapi.message import PropertyBag

_FIELD_NAME: Final = re.compile(rb"[!-9;-~]{1,120}\Z")
_STRING: Final = int(PropType.STRING)
_SEVERAL: Final = frozenset([b"to", b"cc", b"bcc", b"reply-to"])
_FOLLOWUP_FLAGGED: Final = 2  #: PidTagFlagStatus, [MS-OXOFLAG] 2.2.1.1

_LISTS: Final = (
    (b"to", RecipientType.TO, tags.PidTagDisplayTo),
    (b"cc", RecipientType.CC, tags.PidTagDisplayCc),
    (b"bcc", RecipientType.BCC, tags.PidTagDisplayBcc),
)


def read_envelope(
    message: Message, block: bytes, *, book: Book, limits: Limits, is_trusted: bool = True
) -> dict[bytes, bytes]:
    """Put what a header block says into a message, and return the fields of ``OWN`` by lower-case name.

    Args:
        message: gets properties and recipients.
        block: the header of the mail.
        book: knows addresses.
        limits: bounds.
        is_trusted: whether X-MS-Exchange-Organization fields count.
    """
    bag = message.properties
    bag[tags.PidTagMessageClass] = NOTE
    bag[tags.PidTagTransportMessageHeaders] = _transport_headers(block, limits)
    for key, number in DEFAULTS.items():
        bag[key] = number
    own: dict[bytes, bytes] = {}
    ranks: dict[object, int] = {}
    room = limits.named_headers
    unmapped: set[bytes] = set()
    # What header.iter_fields does, without a value for each line of the way: these are half of a header.
    for piece in FIELD_END.split(block, limits.fields)[: limits.fields]:
        spelling, colon, value = piece.partition(b":")
        spelling = spelling.strip(b" \t")
        name = spelling.lower()
        if not colon or name in TRACE:
            continue
        value = unfold(value)
        if name in OWN:
            _keep_own(own, name, value[: limits.address_octets])
            continue
        if not is_trusted and name.startswith(ORGANIZATION_PREFIX):
            continue
        text = value[: limits.header_value]
        row = BY_HEADER.get(name)
        if row is not None:
            _take(bag, row, text, ranks)
        elif room and name not in unmapped and _FIELD_NAME.match(name):
            unmapped.add(name)
            decoded = clean_text(text)
            if decoded:
                bag[NamedProperty(PS_INTERNET_HEADERS, spelling.decode("ascii"), _STRING)] = decoded
                room -= 1
    # ``ranks`` knows what was set; to ask the bag for what it lacks costs an exception each.
    _subject(bag, own.get(b"subject", b""), has_topic=tags.PidTagConversationTopic in ranks)
    if named.PidNameContentClass in ranks:
        bag[tags.PidTagMessageClass] = class_of_content_class(bag.text(named.PidNameContentClass))
    if named.PidLidFlagRequest in ranks:
        bag[tags.PidTagFlagStatus] = _FOLLOWUP_FLAGGED
    _originators(bag, own, book)
    _receipts(bag, own, book)
    for name, kind, display in _LISTS:
        people = mailboxes(own[name], limits.recipients) if name in own else []
        add_recipients(message, people[: limits.recipients - len(message.recipients)], kind, book)
        bag[display] = display_list(each.name or each.address for each in people)
    return own


def _keep_own(own: dict[bytes, bytes], name: bytes, text: bytes) -> None:
    """Several address fields are one list; of all others the first counts, RFC 5322 3.6."""
    if name not in own:
        own[name] = text
    elif name in _SEVERAL:
        own[name] = b"%b,%b" % (own[name], text)


def _take(bag: PropertyBag, row: Row, text: bytes, ranks: dict[object, int]) -> None:
    """Set the property of a row unless a field that counts as much or more has set it."""
    if row.rank < ranks.get(row.key, 100):
        parsed = row.kind.parse(text)
        if parsed is not None:
            bag[row.key] = parsed
            ranks[row.key] = row.rank


def _transport_headers(block: bytes, limits: Limits) -> str:
    start = block[: limits.transport_headers]
    text = start.decode("ascii") if start.isascii() else charset.decode(start, "utf-8")
    if "\0" in text:
        text = text.replace("\0", "")
    lines = block.count(b"\n")
    return text if block.count(b"\r\n") == lines else _crlf(text)


def _crlf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _subject(bag: PropertyBag, octets: bytes, *, has_topic: bool) -> None:
    """PidTagSubject and what follows from it, [MS-OXCMAIL] 2.2.3.2.6.1."""
    subject = clean_text(octets)
    prefix, normalized = split_subject(subject)
    bag[tags.PidTagSubject] = subject
    bag[tags.PidTagSubjectPrefix] = prefix
    bag[tags.PidTagNormalizedSubject] = normalized
    if not has_topic:
        bag[tags.PidTagConversationTopic] = normalized


def _first(own: dict[bytes, bytes], name: bytes) -> Mailbox | None:
    value = own.get(name)
    found = mailboxes(value, 3) if value else []
    return found[0] if found else None


def _originators(bag: PropertyBag, own: dict[bytes, bytes], book: Book) -> None:
    """From is who it is sent for, Sender who sent it; one of them stands for both, [MS-OXCMAIL] 2.2.3.1."""
    from_, sender = _first(own, b"from"), _first(own, b"sender")
    if from_ or sender:
        represented = from_ or sender
        assert represented is not None  # noqa: S101 - for the type checker
        book.put(bag, REPRESENTING, represented)
        # A Sender of From's address is the same person, whose name stands in From.
        is_same = sender is not None and not sender.name and _is_same(sender.address, represented.address)
        book.put(bag, SENDER, represented if sender is None or is_same else sender)
    reply_to = mailboxes(own[b"reply-to"], 200) if b"reply-to" in own else []
    if reply_to:
        bag[tags.PidTagReplyRecipientEntries] = flat_entry_list([book.entry_id(each) for each in reply_to])
        bag[tags.PidTagReplyRecipientNames] = display_list(each.name or each.address for each in reply_to)


def _is_same(address: str, other: str) -> bool:
    return address.casefold() == other.casefold()


def _receipts(bag: PropertyBag, own: dict[bytes, bytes], book: Book) -> None:
    """[MS-OXCMAIL] 2.2.3.2.1 and 2.2.3.2.2: who wants to know that it was read, and that it was delivered."""
    reader = _first(own, b"disposition-notification-to")
    if reader is not None:
        bag[tags.PidTagReadReceiptRequested] = True
        bag[tags.PidTagNonReceiptNotificationRequested] = True
        book.put(bag, READ_RECEIPT, reader)
    report = _first(own, b"return-receipt-to")
    if report is not None:
        bag[tags.PidTagOriginatorDeliveryReportRequested] = True
        bag[tags.PidTagReportName] = report.name or report.address
        bag[tags.PidTagReportEntryId] = book.entry_id(report)


def add_recipients(message: Message, people: Sequence[Mailbox], kind: int, book: Book) -> list[Recipient]:
    """Append rows of the recipient table, [MS-OXOMSG] 2.2.3, and return them."""
    rows = []
    for mailbox in people:
        recipient = Recipient()
        bag = recipient.properties
        bag[tags.PidTagRowid] = len(message.recipients)
        bag[tags.PidTagRecipientType] = kind
        entry = book.put(bag, RECIPIENT, mailbox)
        bag[tags.PidTagObjectType] = entry.object_type if entry else 6
        bag[tags.PidTagDisplayType] = entry.display_type if entry else 0
        message.recipients.append(recipient)
        rows.append(recipient)
    return rows
