"""Composing: mails of our own on top of the standard library, and delivery status notifications.

Nothing here asks the clock or draws numbers: dates, identifiers and boundaries come in as arguments, so the
same arguments give the same octets.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from gromox.mime.header import iter_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_POLICY: Final = policy.SMTP
_CONTROLS: Final = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_MESSAGE_ID: Final = re.compile(rb"<[!-;=?-~]{1,900}>")
_LONGEST_TEXT: Final = 900
_LONGEST_HEADER: Final = 64 * 1024


class Action(Enum):
    """What became of a recipient, RFC 3464 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient of a report, RFC 3464 2.3."""

    final: str  #: address at which it ended
    action: Action
    status: str  #: enhanced status code, RFC 3463
    original: str | None = None  #: as the sender gave it (ORCPT), without the type
    diagnostic: str | None = None  #: what the refusing program said
    remote_mta: str | None = None  #: host that said so
    last_attempt: float | None = None  #: Unix seconds
    retry_until: float | None = None  #: Unix seconds, of a delay


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery status notification tells, RFC 3464 2.2."""

    reporting_mta: str  #: our host name
    arrival: float  #: Unix seconds at which we took the mail
    recipients: Sequence[Recipient]
    envelope_id: str | None = None  #: ENVID of the sender
    received_from: str | None = None  #: host that gave us the mail


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail."""

    name: str
    media_type: str  #: such as application/pdf
    octets: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to compose; addresses are ``local@domain``, names may be empty."""

    sender: tuple[str, str]  #: name, address
    to: Sequence[tuple[str, str]]
    subject: str
    text: str
    message_id: str  #: with its brackets
    date: float  #: Unix seconds
    zone: int = 0  #: minutes east of UTC
    html: str | None = None
    attachments: Sequence[Attachment] = ()
    cc: Sequence[tuple[str, str]] = ()


def build_mail(mail: Mail, *, boundary: str = "part") -> bytes:
    """Return the octets of a mail with CRLF line ends.

    Args:
        mail: what it says.
        boundary: beginning of the boundaries; must not stand in the text at the start of a line.
    """
    message = EmailMessage(policy=_POLICY)
    message["Date"] = _date(mail.date, mail.zone)
    message["From"] = _address(*mail.sender)
    message["To"] = [_address(*each) for each in mail.to]
    if mail.cc:
        message["Cc"] = [_address(*each) for each in mail.cc]
    message["Subject"] = _clean(mail.subject)
    message["Message-ID"] = mail.message_id
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        maintype, _, subtype = attachment.media_type.partition("/")
        message.add_attachment(
            attachment.octets, maintype=maintype, subtype=subtype, filename=_clean(attachment.name)
        )
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"{boundary}.{number}")
    return message.as_bytes()


def build_dsn(
    report: Report, original: bytes, *, to: str, message_id: str, date: float, boundary: str, postmaster: str
) -> bytes:
    """Return a delivery status notification with CRLF line ends.

    Spec:
        RFC 3464 2 (the report), RFC 6522 3 (multipart/report with the header of the mail as its third part),
        RFC 6533 for addresses beyond ASCII, RFC 3834 5 (Auto-Submitted). It goes out with the null sender.

    Args:
        report: what happened.
        original: the mail it happened to, or its header.
        to: envelope sender of that mail.
        message_id: of the notification, with its brackets.
        date: Unix seconds.
        boundary: one that does not stand in the mail.
        postmaster: address it is from.
    """
    actions = {recipient.action for recipient in report.recipients}
    # By hand: the library decodes and encodes anew what a hostile sender wrote, and may fail at that.
    outer = [
        ("Date", _date_text(date)),
        ("From", f"Mail Delivery System <{_clean(postmaster)}>"),
        ("To", f"<{_clean(to)}>"),
        ("Subject", _TITLES[_worst(actions)]),
        ("Message-ID", message_id),
        ("Auto-Submitted", "auto-replied"),
        ("References", _message_id(original)),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"'),
    ]
    text = EmailMessage(policy=_POLICY)
    explanation = _explanation(report)
    text.set_content(explanation, cte="7bit" if explanation.isascii() else "quoted-printable")
    del text["MIME-Version"]

    status = _status(report)
    header = _original_header(original)
    status_type = b"delivery-status" if status.isascii() else b"global-delivery-status"
    header_type = b"text/rfc822-headers" if header.isascii() else b"message/global-headers"
    delimiter = b"--" + boundary.encode("ascii")
    return b"\r\n".join(
        [
            *(f"{name}: {value}".encode("utf-8", "replace") for name, value in outer if value),
            b"",
            delimiter,
            b"Content-Description: Notification",
            text.as_bytes(),
            delimiter,
            b"Content-Description: Delivery report",
            b"Content-Type: message/" + status_type,
            *_eight_bit(status),
            b"",
            status,
            delimiter,
            b"Content-Description: Undelivered mail header"
            if Action.FAILED in actions
            else b"Content-Description: Mail header",
            b"Content-Type: " + header_type,
            *_eight_bit(header),
            b"",
            header,
            delimiter + b"--",
            b"",
        ]
    )


_TITLES: Final = {
    Action.FAILED: "Undelivered mail returned to sender",
    Action.DELAYED: "Delivery of your mail is delayed",
    Action.DELIVERED: "Your mail was delivered",
    Action.RELAYED: "Your mail was relayed",
    Action.EXPANDED: "Your mail was sent to the members of a list",
}
_SENTENCES: Final = {
    Action.FAILED: "could not be delivered to",
    Action.DELAYED: "could not be delivered yet (no need to send it again) to",
    Action.DELIVERED: "was delivered to",
    Action.RELAYED: "was passed on to a system that sends no notifications, for",
    Action.EXPANDED: "was sent on to the members of",
}


def _worst(actions: Iterable[Action]) -> Action:
    """Return the action that the subject speaks of: the order of the titles."""
    return min(actions, key=list(_TITLES).index, default=Action.FAILED)


def _explanation(report: Report) -> str:
    """Return the part that people read, RFC 6522 3 (a)."""
    lines = [f"This is the mail system at {_clean(report.reporting_mta)}."]
    for action, sentence in _SENTENCES.items():
        told = [recipient for recipient in report.recipients if recipient.action is action]
        if not told:
            continue
        lines += ["", f"Your mail of {_date_text(report.arrival)} {sentence}:", ""]
        for recipient in told:
            lines.append(f"  <{_clean(recipient.original or recipient.final)}>")
            reason = _clean(recipient.diagnostic or "")
            host = f"{_clean(recipient.remote_mta)} said: " if recipient.remote_mta else ""
            lines.append(f"    {host}{reason or 'no reason was given'} ({recipient.status})")
            if recipient.retry_until is not None:
                lines.append(f"    Delivery will be tried until {_date_text(recipient.retry_until)}.")
    if any(recipient.action is Action.FAILED for recipient in report.recipients):
        lines += ["", "If you need help, send this mail with its attachments to your postmaster."]
    return "\r\n".join(lines) + "\r\n"


def _status(report: Report) -> bytes:
    """Return the machine-readable part: fields of the mail, then of each recipient."""
    blocks = [
        [
            ("Original-Envelope-Id", report.envelope_id),
            ("Reporting-MTA", f"dns; {report.reporting_mta}"),
            ("Received-From-MTA", f"dns; {report.received_from}" if report.received_from else None),
            ("Arrival-Date", _date_text(report.arrival)),
        ]
    ]
    for recipient in report.recipients:
        original = recipient.original
        blocks.append(
            [
                ("Original-Recipient", _typed_address(original) if original else None),
                ("Final-Recipient", _typed_address(recipient.final)),
                ("Action", recipient.action.value),
                ("Status", recipient.status),
                ("Remote-MTA", f"dns; {recipient.remote_mta}" if recipient.remote_mta else None),
                ("Diagnostic-Code", f"smtp; {recipient.diagnostic}" if recipient.diagnostic else None),
                ("Last-Attempt-Date", _optional_date(recipient.last_attempt)),
                ("Will-Retry-Until", _optional_date(recipient.retry_until)),
            ]
        )
    return b"\r\n".join(
        b"".join(f"{name}: {_clean(value)}\r\n".encode() for name, value in block if value)
        for block in blocks
    )


def _typed_address(address: str) -> str:
    """RFC 3464 2.3.1; RFC 6533 3 for the type of internationalized ones."""
    return ("rfc822; " if address.isascii() else "utf-8; ") + address


def _original_header(original: bytes) -> bytes:
    """Return the header of a mail with CRLF line ends and without its blank line, at most 64 KiB of it."""
    fields = []
    for field in iter_fields(original):
        if field.start > _LONGEST_HEADER:
            break
        if b"\n" in original[field.start : field.end].strip(b"\r\n"):
            lines = original[field.start : field.end].rstrip(b"\r\n").replace(b"\r\n", b"\n").split(b"\n")
        else:
            lines = [original[field.start : field.end].rstrip(b"\r\n")]
        fields += [line.replace(b"\r", b"").replace(b"\x00", b"")[:_LONGEST_TEXT] for line in lines]
        if original.startswith((b"\r\n", b"\n"), field.end):
            break
    text = b"\r\n".join(fields)
    if not text.isascii():
        text = text.decode("utf-8", "replace").encode()
    return text + b"\r\n"


def _message_id(original: bytes) -> str:
    """Return the Message-ID of a mail with its brackets, or empty."""
    for field in iter_fields(original[:_LONGEST_HEADER]):
        if field.name.lower() == b"message-id":
            found = _MESSAGE_ID.search(field.value)
            return found[0].decode("ascii") if found else ""
        if original.startswith((b"\r\n", b"\n"), field.end):
            break
    return ""


def _eight_bit(octets: bytes) -> list[bytes]:
    return [] if octets.isascii() else [b"Content-Transfer-Encoding: 8bit"]


def _address(name: str, address: str) -> Address:
    local, _, domain = _clean(address).rpartition("@")
    return Address(_clean(name), local or domain, domain if local else "")


def _clean(text: str) -> str:
    """Return text that cannot end its line."""
    return _CONTROLS.sub(" ", text)[:_LONGEST_TEXT].strip()


def _date(seconds: float, zone: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(seconds), dt.timezone(dt.timedelta(minutes=zone)))


def _date_text(seconds: float) -> str:
    return format_datetime(_date(seconds, 0))


def _optional_date(seconds: float | None) -> str | None:
    return None if seconds is None else _date_text(seconds)
