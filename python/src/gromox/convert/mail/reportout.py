"""Report messages to the status part of multipart/report, [MS-OXCMAIL] 2.1.3.6."""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING, Final

from gromox.convert.mail.address import RECIPIENT, mailbox_of_group
from gromox.convert.mail.fold import field
from gromox.convert.mail.headerout import is_report_row, originator
from gromox.convert.mail.report import NOT_READ, READ, SUFFIXES
from gromox.convert.mail.value import date_text
from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.convert.mail.options import Options
    from gromox.mapi.message import Message, PropertyBag

_STATUS: Final = re.compile(r"#([0-9]\.[0-9]{1,3}\.[0-9]{1,3})(?: (.*?))?>?\Z", re.DOTALL)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")
_DEFAULT_STATUS: Final = {
    "failed": "5.0.0",
    "delayed": "4.0.0",
    "delivered": "2.0.0",
    "relayed": "2.0.0",
    "expanded": "2.0.0",
}


def action_of_class(message_class: str) -> str:
    """Return the Action of a delivery report, empty for other classes."""
    folded = message_class.lower()
    if not folded.startswith("report."):
        return ""
    # ".Expanded.DR" ends with ".DR" too: the longer suffix first.
    for action, suffix in sorted(SUFFIXES.items(), key=lambda each: -len(each[1])):
        if folded.endswith(suffix.lower()):
            return action
    return ""


def is_receipt(message_class: str) -> bool:
    """Whether a class is that of a read or not-read receipt."""
    folded = message_class.lower()
    return folded.startswith("report.") and folded.endswith((READ.lower(), NOT_READ.lower()))


def _typed(address: str) -> bytes:
    """RFC 3464 2.3.2, RFC 6533 3."""
    address = _CONTROLS.sub("", address)
    return (("rfc822;" if address.isascii() else "utf-8;") + address).encode("utf-8", "replace")


def _host(name: str) -> bytes:
    return b"dns;" + _CONTROLS.sub("", name).encode("utf-8", "replace")


def delivery_status(message: Message, action: str, options: Options) -> bytes:
    """Return the content of message/delivery-status, RFC 3464 2."""
    bag = message.properties
    mta = bag.text(tags.PidTagReportingMessageTransferAgent) or options.reporting_mta or "localhost"
    first = field("Reporting-MTA", _host(mta))
    arrival = bag.number(tags.PidTagOriginalSubmitTime)
    if arrival:
        first += field("Arrival-Date", date_text(arrival))
    blocks = [first]
    rows = filter(is_report_row, message.recipients)
    blocks += [_recipient(row.properties, action, options) for row in rows]
    return b"\r\n".join(blocks)


def _recipient(bag: PropertyBag, action: str, options: Options) -> bytes:
    mailbox = mailbox_of_group(bag, RECIPIENT, options.hooks.smtp_of)
    out: list[bytes] = []
    original = bag.text(tags.PidTagOriginallyIntendedRecipEmailAddress)
    if original:
        out.append(field("Original-Recipient", _typed(original)))
    out.append(field("Final-Recipient", _typed(mailbox.address if mailbox else "")))
    out.append(field("Action", action.encode("ascii")))
    supplement = bag.text(tags.PidTagSupplementaryInfo)
    found = _STATUS.search(supplement)
    code = bag.number(tags.PidTagNonDeliveryReportStatusCode)
    status = ".".join(f"{code:03}") if 0 < code < 1000 else _DEFAULT_STATUS[action]  # noqa: PLR2004
    out.append(field("Status", (found[1] if found else status).encode("ascii")))
    mta = bag.text(tags.PidTagRemoteMessageTransferAgent)
    if mta:
        out.append(field("Remote-MTA", _host(mta)))
    if found and found[2]:
        out.append(field("Diagnostic-Code", found[2]))
    attempt = bag.number(tags.PidTagReportTime)
    if attempt:
        out.append(field("Last-Attempt-Date", date_text(attempt)))
    if supplement:
        out.append(field("X-Supplementary-Info", supplement))
    if mailbox is not None and mailbox.name:
        out.append(field("X-Display-Name", mailbox.name))
    return b"".join(out)


def disposition_notification(message: Message, options: Options) -> bytes:
    """Return the content of message/disposition-notification, RFC 8098 3.1."""
    bag = message.properties
    reader = originator(bag, options)
    mode = _CONTROLS.sub("", bag.text(tags.PidTagReportDispositionMode)) or "manual-action/MDN-sent-manually"
    is_read = bag.text(tags.PidTagMessageClass).lower().endswith(READ.lower())
    kind = _CONTROLS.sub("", bag.text(tags.PidTagReportDisposition)) or (
        "displayed" if is_read else "deleted"
    )
    out = [field("Final-Recipient", _typed(reader.address if reader else ""))]
    original = _CONTROLS.sub("", bag.text(tags.PidTagOriginalMessageId))
    if original:
        out.append(field("Original-Message-ID", original.encode("utf-8", "replace")))
    out.append(field("Disposition", f"{mode}; {kind}"))
    key = bag.typed(tags.PidTagParentKey, bytes)
    if key:
        out.append(field("X-MSExch-Correlation-Key", _base64(key)))
    return b"".join(out)


def _base64(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False)
