"""Items for the tests of the store."""

from __future__ import annotations

from gromox.mapi import tags
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, PropertyKey, Recipient
from gromox.mapi.propvalue import PropValue

INBOX, DRAFTS, CALENDAR, IPM = 13, 14, 15, 9


def bag(values: dict[PropertyKey, PropValue]) -> PropertyBag:
    return PropertyBag(values)


def recipient(name: str, address: str, kind: int = 1) -> Recipient:
    return Recipient(
        bag(
            {
                tags.PidTagRecipientType: kind,
                tags.PidTagDisplayName: name,
                tags.PidTagAddressType: "SMTP",
                tags.PidTagEmailAddress: address,
                tags.PidTagSmtpAddress: address,
            }
        )
    )


def attachment(name: str, octets: bytes = b"content") -> Attachment:
    return Attachment(bag({tags.PidTagAttachLongFilename: name}), InMemory(octets))


def note(subject: str = "Hello", body: str = "A text.") -> Message:
    return Message(
        bag(
            {
                tags.PidTagMessageClass: "IPM.Note",
                tags.PidTagSubject: subject,
                tags.PidTagBody: body,
                tags.PidTagSentRepresentingName: "Zoë",
                tags.PidTagSentRepresentingAddressType: "SMTP",
                tags.PidTagSentRepresentingEmailAddress: "zoe@example.net",
            }
        ),
        [recipient("Alice", "alice@example.test"), recipient("Bob", "bob@example.test", 2)],
    )
