"""Delivery status and disposition notifications to report messages.

Spec: [MS-OXCMAIL] 2.2.3.7, [MS-OXOMSG] 2.2.2; RFC 3464, RFC 6533, RFC 8098.

The rows of the report's recipients follow those of its addressees; PidTagNonDeliveryReportStatusCode tells
them apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.convert.mail.address import Book, mailboxes
from gromox.convert.mail.envelope import add_recipients
from gromox.convert.mail.value import clean_id, clean_text, read_date
from gromox.mapi import tags
from gromox.mapi.message import RecipientType
from gromox.mime.header import iter_fields
from gromox.mime.words import base64_octets

if TYPE_CHECKING:
    from gromox.convert.mail.limits import Limits
    from gromox.mapi.message import Message, PropertyBag

_BLANK_LINE: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS: Final = re.compile(rb"\s*([0-9])\.([0-9]{1,3})\.([0-9]{1,3})")
_NONE: Final = 0xFFFF_FFFF
#: Action by severity, [MS-OXCMAIL] 2.2.3.7.1.1, and what it makes of the message class.
SUFFIXES: Final = {
    "delivered": ".DR",
    "expanded": ".Expanded.DR",
    "relayed": ".Relayed.DR",
    "delayed": ".Delayed.DR",
    "failed": ".NDR",
}
_SEVERITY: Final = {action: number for number, action in enumerate(SUFFIXES)}
READ, NOT_READ = ".IPNRN", ".IPNNRN"
#: Disposition types after which somebody has seen the mail, RFC 8098 3.2.6.2.
_SEEN: Final = frozenset(["displayed", "dispatched", "processed"])
#: [MS-OXCMAIL] 2.2.3.7.1.3 for addresses and mailboxes (subjects 1 and 2); below, the diagnostic of
#: [MS-OXOMSG] 2.2.2.30 that says what RFC 3463 3.4 to 3.8 says. Detail None: all others of the subject.
_DIAGNOSTICS: Final[dict[tuple[int, int | None], tuple[int, int]]] = {
    (1, 1): (35, 1),
    (1, 2): (48, 0),
    (1, 3): (32, 0),
    (1, 4): (1, 0),
    (1, 6): (40, 0),
    (1, None): (0, 0),
    (2, 1): (38, 0),
    (2, 2): (13, 0),
    (2, 3): (13, 0),
    (2, 4): (30, 0),
    (2, None): (38, 0),
    (3, 3): (18, 0),
    (3, 4): (13, 0),
    (3, None): (2, 0),
    (4, 3): (_NONE, 6),
    (4, 4): (_NONE, 0),
    (4, 6): (3, 0),
    (4, 7): (5, 0),
    (4, None): (2, 0),
    (5, 3): (16, 0),
    (5, None): (17, 0),
    (6, 2): (9, 0),
    (6, 3): (8, 0),
    (6, 5): (19, 0),
    (6, None): (15, 0),
    (7, 1): (29, 0),
    (7, 2): (28, 0),
    (7, None): (46, 0),
}


def _groups(octets: bytes, limit: int) -> list[dict[bytes, bytes]]:
    """The field groups of a status part; the first is that of the message."""
    found = []
    for block in _BLANK_LINE.split(octets, limit)[:limit]:
        fields: dict[bytes, bytes] = {}
        for field in iter_fields(block):
            fields.setdefault(field.name.lower(), field.value[:4096])
        if fields:
            found.append(fields)
    return found


def _typed(value: bytes) -> str:
    """The value behind "type;", RFC 3464 2.3.1."""
    kind, mark, rest = value.partition(b";")
    return clean_text(rest if mark else kind)


def read_delivery_status(message: Message, octets: bytes, *, book: Book, limits: Limits) -> str:
    """Put a message/delivery-status part into a message.

    Returns:
        The suffix of the message class.
    """
    groups = _groups(octets, limits.report_recipients + 1)
    bag = message.properties
    if groups and b"final-recipient" not in groups[0] and b"action" not in groups[0]:
        first = groups.pop(0)
        if b"reporting-mta" in first:
            bag[tags.PidTagReportingMessageTransferAgent] = _typed(first[b"reporting-mta"])
        arrival = read_date(first.get(b"arrival-date", b""))
        if arrival:
            bag[tags.PidTagOriginalSubmitTime] = arrival
    actions = [group.get(b"action", b"").decode("ascii", "replace").strip().lower() for group in groups]
    worst = max(
        (action for action in actions if action in _SEVERITY), key=_SEVERITY.__getitem__, default="failed"
    )
    for group, action in zip(groups, actions, strict=True):
        if action == worst or action not in _SEVERITY:
            _read_recipient(message, group, book)
    return SUFFIXES[worst]


def _read_recipient(message: Message, group: dict[bytes, bytes], book: Book) -> None:
    """One set of per-recipient fields, [MS-OXCMAIL] 2.2.3.7.1."""
    address = _typed(group.get(b"final-recipient", b"") or group.get(b"original-recipient", b""))
    found = mailboxes(address.encode("utf-8", "replace"), 2)
    if not found:
        return
    mailbox = found[0]
    if b"x-display-name" in group:
        mailbox = mailbox._replace(name=clean_text(group[b"x-display-name"])[:512])
    (row,) = add_recipients(message, [mailbox], RecipientType.TO, book)
    bag = row.properties
    if b"original-recipient" in group:
        bag[tags.PidTagOriginallyIntendedRecipAddrtype] = "SMTP"
        bag[tags.PidTagOriginallyIntendedRecipEmailAddress] = _typed(group[b"original-recipient"])
    if b"remote-mta" in group:
        bag[tags.PidTagRemoteMessageTransferAgent] = _typed(group[b"remote-mta"])
    status = _read_status(bag, group.get(b"status", b""))
    if b"x-supplementary-info" in group:
        bag[tags.PidTagSupplementaryInfo] = clean_text(group[b"x-supplementary-info"])
    else:
        diagnostic = clean_text(group.get(b"diagnostic-code", b""))
        mta = bag.text(tags.PidTagRemoteMessageTransferAgent)
        # [MS-OXCMAIL] 2.2.3.7.1.2
        words = (mta, f"#{status}", diagnostic)
        bag[tags.PidTagSupplementaryInfo] = "<" + " ".join(word for word in words if word) + ">"
    attempt = read_date(group.get(b"last-attempt-date", b""))
    if attempt:
        bag[tags.PidTagReportTime] = attempt


def _read_status(bag: PropertyBag, value: bytes) -> str:
    """Set the codes that follow from the Status field, [MS-OXCMAIL] 2.2.3.7.1.3; return it, cleaned."""
    found = _STATUS.match(value)
    kind, subject, detail = map(int, found.groups()) if found else (5, 0, 0)
    text = f"{kind}.{subject}.{detail}"
    subject, detail = (subject if subject <= 9 else 0), (detail if detail <= 9 else 0)  # noqa: PLR2004
    bag[tags.PidTagNonDeliveryReportStatusCode] = kind * 100 + subject * 10 + detail
    diagnostic, reason = _DIAGNOSTICS.get((subject, detail), _DIAGNOSTICS.get((subject, None), (_NONE, 0)))
    bag[tags.PidTagNonDeliveryReportDiagCode] = diagnostic
    bag[tags.PidTagNonDeliveryReportReasonCode] = reason
    return text


def read_disposition(message: Message, octets: bytes) -> str:
    """Put a message/disposition-notification part into a message; return the suffix of the message class."""
    bag = message.properties
    groups = _groups(octets, 3)
    fields: dict[bytes, bytes] = {}
    for group in reversed(groups):
        fields.update(group)
    mode, _, kind = clean_text(fields.get(b"disposition", b"")).partition(";")
    kind = kind.partition("/")[0].strip().lower()
    bag[tags.PidTagReportDispositionMode] = mode.strip()
    bag[tags.PidTagReportDisposition] = kind
    original = clean_id(fields.get(b"original-message-id", b"").decode("utf-8", "replace"))
    if original:
        bag[tags.PidTagOriginalMessageId] = original
    key = base64_octets(fields.get(b"x-msexch-correlation-key", b""))
    if key:
        bag[tags.PidTagParentKey] = key
    return READ if kind in _SEEN else NOT_READ
