"""Mails for a first look: short letters of many shapes, so that every client has something to show."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: A picture of one green square, 16 by 16 points.
_PICTURE: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGElEQVR42mNkaGAgCTCRqJ5hVMOohhGjAQAnwwEg/OY3rwAAAABJRU5ErkJggg=="
)

_EVENT: Final = """\
BEGIN:VCALENDAR
PRODID:-//example.test//first look//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VEVENT
UID:tea-{domain}
DTSTAMP:20261101T080000Z
DTSTART:20261124T143000Z
DTEND:20261124T150000Z
SUMMARY:Tea in the garden room
LOCATION:Garden room
ORGANIZER:mailto:bob@{domain}
ATTENDEE;RSVP=TRUE:mailto:alice@{domain}
END:VEVENT
END:VCALENDAR
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail and its envelope."""

    sender: str
    recipients: tuple[str, ...]
    octets: bytes


def samples(domain: str, now: float) -> list[Sample]:
    """Return the mails for alice and bob of ``domain``, the last dated at ``now``."""
    made: list[Sample] = []
    for age, make in enumerate(reversed(_MAKERS)):
        message, recipients = make(domain)
        sent = datetime.fromtimestamp(now - 3600 * age, UTC)
        message["Date"] = format_datetime(sent)
        if "Message-ID" not in message:
            message["Message-ID"] = f"<sample-{age}@{domain}>"
        sender = str(message["From"]).rpartition("<")[2].rstrip(">")
        made.append(Sample(sender, tuple(recipients), message.as_bytes(policy=SMTP)))
    return made[::-1]


def _letter(
    domain: str, sender: str, to: str, subject: str, text: str = ""
) -> tuple[EmailMessage, list[str]]:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{sender.capitalize()} <{sender}@{domain}>"
    message["To"] = f"{to.capitalize()} <{to}@{domain}>"
    message["Subject"] = subject
    if text:
        message.set_content(text)
    return message, [f"{to}@{domain}"]


def _welcome(domain: str) -> tuple[EmailMessage, list[str]]:
    message, _ = _letter(
        domain,
        "postmaster",
        "alice",
        "Welcome to your new mail server",
        "Hello Alice, hello Bob,\n\nthis server runs from one directory and needs nothing else. Your\n"
        "mails lie in one SQLite file each; look around, delete them, send each other new ones.\n\n"
        "Your postmaster\n",
    )
    message["Cc"] = f"Bob <bob@{domain}>"
    return message, [f"alice@{domain}", f"bob@{domain}"]


def _accents(domain: str) -> tuple[EmailMessage, list[str]]:
    return _letter(
        domain,
        "bob",
        "alice",
        "Grüße aus Łódź: 良い一日を",
        "Liebe Alice,\n\nin Łódź blühen die Kastanien ein zweites Mal. Ça alors!\n"
        "Привет und 你好 an alle.\n\nBob\n",
    )


def _alternative(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain, "bob", "alice", "The same in plain and in colour", "Three things: red, green, blue.\n"
    )
    message.add_alternative(
        "<html><body><p>Three things: <b style='color:#a00'>red</b>, <b style='color:#070'>green</b>, "
        "<b style='color:#00a'>blue</b>.</p></body></html>\n",
        subtype="html",
    )
    return message, to


def _picture(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain, "bob", "alice", "A picture in the text", "You would see a green square here.\n"
    )
    message.add_alternative(
        "<p>A green square: <img src='cid:square' alt='green square'></p>\n", subtype="html"
    )
    html = message.get_payload(1)
    html.add_related(_PICTURE, "image", "png", cid="<square>")  # type: ignore[union-attr]  # a part of ours
    return message, to


def _attachments(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain, "bob", "alice", "Figures and a square", "The figures of last week are attached.\n"
    )
    message.add_attachment(b"day;visitors\nMonday;12\nTuesday;31\n", "text", "csv", filename="visitors.csv")
    message.add_attachment(_PICTURE, "image", "png", filename="grünes Quadrat.png")
    return message, to


def _forwarded(domain: str) -> tuple[EmailMessage, list[str]]:
    inner, _ = _accents(domain)
    message, to = _letter(domain, "alice", "bob", "Fwd: what you wrote", "Do you still know this one?\n")
    message.add_attachment(inner)
    return message, to


def _question(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain, "alice", "bob", "Which evening?", "Tuesday or Thursday, what is better for you?\n\nAlice\n"
    )
    message["Message-ID"] = f"<evening-1@{domain}>"
    return message, to


def _answer(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain,
        "bob",
        "alice",
        "Re: Which evening?",
        "> Tuesday or Thursday, what is better for you?\n\nThursday!\n\nBob\n",
    )
    message["In-Reply-To"] = message["References"] = f"<evening-1@{domain}>"
    return message, to


def _invitation(domain: str) -> tuple[EmailMessage, list[str]]:
    message, to = _letter(
        domain, "bob", "alice", "Invitation: tea in the garden room", "Tea on Tuesday at half past two?\n"
    )
    message.add_alternative(_EVENT.format(domain=domain), subtype="calendar", params={"method": "REQUEST"})
    return message, to


def _bulletin(domain: str) -> tuple[EmailMessage, list[str]]:
    lines = (
        f"{number:3}. House rule number {number} is that there are no further rules."
        for number in range(1, 301)
    )
    message, _ = _letter(domain, "postmaster", "alice", "The complete house rules", "\n".join(lines) + "\n")
    message["Cc"] = f"Bob <bob@{domain}>"
    message["List-Id"] = f"House rules <rules.{domain}>"
    message["Importance"] = "low"
    return message, [f"alice@{domain}", f"bob@{domain}"]


_MAKERS: Final[tuple[Callable[[str], tuple[EmailMessage, list[str]]], ...]] = (
    _bulletin,
    _question,
    _answer,
    _accents,
    _forwarded,
    _alternative,
    _picture,
    _attachments,
    _invitation,
    _welcome,
)
