"""The mails that rules and automatic replies send.

Spec: [MS-OXORULE] 2.2.5.1.1 (flavors), 3.2.5.1 (OP_REPLY, OP_OOF_REPLY, OP_FORWARD, OP_DELEGATE, OP_BOUNCE);
RFC 3834 3 and 5 (automatic responses); RFC 3464 (refusals).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.convert.mail import Options, WriterHooks, message_from_mail, octets_from_message
from gromox.convert.text_html import html_of_text
from gromox.mapi import tags
from gromox.mapi.guids import PS_INTERNET_HEADERS
from gromox.mapi.message import (
    Attachment,
    AttachMethod,
    InMemory,
    Message,
    PropertyBag,
    Recipient,
    RecipientType,
)
from gromox.mapi.propname import NamedProperty
from gromox.mapi.proptypes import PropType
from gromox.mapi.ruleaction import BounceCode, ForwardFlavor
from gromox.mime import build
from gromox.store.rule.courtesy import LOOP_FIELD
from gromox.store.rule.outgoing import Outgoing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.mapi.ruleaction import RecipientBlock
    from gromox.store.rule.model import Addressed
    from gromox.store.rule.oof import ReplyText

_STRING: Final = int(PropType.STRING)
_SUPPRESS_ALL: Final = -1  #: PidTagAutoResponseSuppress, [MS-OXOMSG] 2.2.1.77
_SMS_LENGTH: Final = 160
_UTF_8: Final = 65001
_STOCK_TEXT: Final = "This is an automatic reply: your message was received."
_BOUNCES: Final = {
    BounceCode.TOO_LARGE: ("5.2.3", "The message is too large for the recipient."),
    BounceCode.NOT_DISPLAYABLE: ("5.6.0", "The recipient cannot display the form of the message."),
    BounceCode.DENIED: ("5.7.1", "The recipient does not accept the message."),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """The mail that something is done about."""

    octets: bytes
    message: Message
    """The same mail as properties."""
    addressed: Addressed
    token: str
    """Of the delivery: what is sent gets tokens made of it."""
    loop: tuple[str, ...]
    """The mailboxes whose rules sent it on before."""
    now: float
    """Unix seconds."""

    @property
    def owner(self) -> str:
        """Return the address of the mailbox: what is sent comes from there."""
        return self.addressed.recipient

    @property
    def host(self) -> str:
        """Return the name under which the mailbox speaks: its domain."""
        return self.owner.rpartition("@")[2] or "localhost"

    @property
    def subject(self) -> str:
        """Return the subject of the mail."""
        return self.message.properties.text(tags.PidTagSubject)

    def derived_token(self, what: str, recipients: Iterable[str]) -> str:
        """Return a token that the same action for the same mail always has."""
        digest = hashlib.sha256("\n".join([what, *recipients]).encode()).hexdigest()
        return f"{self.token}.{digest[:16]}"

    def message_id(self, token: str) -> str:
        """Return a Message-ID that follows from the token."""
        return f"<{hashlib.sha256(token.encode()).hexdigest()[:32]}@{self.host}>"


def automatic_reply(occasion: Occasion, text: ReplyText) -> Outgoing:
    """Return the Out of Office reply to a mail's sender."""
    subject = text.subject or f"Automatic reply: {occasion.subject}".rstrip(": ")
    message = _reply_frame(occasion, subject, [occasion.addressed.sender])
    _set_body(message, text.body, is_html=text.is_html)
    return _sent(occasion, "oof", message, [occasion.addressed.sender])


def notice(occasion: Occasion, what: str, subject: str, recipient: str, *, hooks: WriterHooks) -> Outgoing:
    """Return a short automatic answer, to which ``hooks`` add what programs read."""
    message = _reply_frame(occasion, subject, [recipient])
    _set_body(message, subject, is_html=False)
    return _sent(occasion, what, message, [recipient], hooks=hooks)


def reply(
    occasion: Occasion, template: Message, *, to_sender: bool, is_oof: bool, is_stock: bool
) -> Outgoing | None:
    """Return the reply that a rule makes of its template; None: it has no recipient."""
    written = [address for each in template.recipients if (address := _address_of_bag(each.properties)[1])]
    recipients = [occasion.addressed.sender] if to_sender else written
    recipients = [address for address in dict.fromkeys(recipients) if address]
    if not recipients:
        return None
    subject = template.properties.text(tags.PidTagSubject) or f"RE: {occasion.subject}"
    message = _reply_frame(occasion, subject, recipients)
    if is_stock:
        _set_body(message, _STOCK_TEXT, is_html=False)
    else:
        for tag in _BODIES:
            if tag in template.properties:
                message.properties[tag] = template.properties[tag]
        message.attachments = list(template.attachments)
    return _sent(occasion, "oof-reply" if is_oof else "reply", message, recipients)


def forward(
    occasion: Occasion, recipients: Sequence[RecipientBlock], flavor: ForwardFlavor
) -> Outgoing | None:
    """Return a mail that is sent on; not to who sent it ([MS-OXORULE] 3.2.5.1); None: to nobody."""
    people = addresses_of(recipients)
    people = [each for each in people if each[1].casefold() != occasion.addressed.sender.casefold()]
    if not people:
        return None
    addresses = [address for _, address in people]
    if flavor & (ForwardFlavor.PRESERVE_SENDER | ForwardFlavor.DO_NOT_MUNGE):
        return redirect(occasion, addresses, sender=occasion.addressed.sender)
    if flavor & ForwardFlavor.AS_ATTACHMENT:
        message = _frame(occasion, f"FW: {occasion.subject}", people)
        _set_body(message, "", is_html=False)
        message.attachments.append(_embedded(occasion))
        return _sent(occasion, "forward-attached", message, addresses, sender=occasion.owner)
    if flavor & ForwardFlavor.AS_TEXT_MESSAGE:
        message = _frame(occasion, "", people)
        _set_body(message, _short_text(occasion), is_html=False)
        return _sent(occasion, "forward-text", message, addresses, sender=occasion.owner)
    message = _frame(occasion, f"FW: {occasion.subject}", people)
    _quote(message, occasion)
    # Read anew: within the mail an invitation is a message class, beside the forwarded text a file.
    message.attachments = list(message_from_mail(occasion.octets).attachments)
    return _sent(occasion, "forward", message, addresses, sender=occasion.owner)


def redirect(
    occasion: Occasion, addresses: Sequence[str], *, sender: str, is_delegated: bool = False
) -> Outgoing:
    """Return the mail as it came, for others; ``is_delegated`` tells their mailboxes for whom they act."""
    lines = (f"Delivered-To: {occasion.owner}\r\n", f"{LOOP_FIELD}: {occasion.owner}\r\n")
    return Outgoing(
        occasion.derived_token("delegate" if is_delegated else "redirect", addresses),
        sender,
        tuple(addresses),
        "".join(lines).encode("utf-8", "replace"),
        with_original=True,
        delegated_for=occasion.owner if is_delegated else "",
    )


def bounce(occasion: Occasion, code: BounceCode) -> Outgoing | None:
    """Return the refusal of a mail; None: nobody may be told."""
    sender = occasion.addressed.sender
    if not sender:
        return None
    status, text = _BOUNCES[code]
    token = occasion.derived_token("bounce", [sender])
    told = build.Recipient(
        occasion.owner, build.Action.FAILED, status, diagnostic=text, last_attempt=occasion.now
    )
    octets = build.build_dsn(
        build.Report(occasion.host, occasion.now, [told]),
        occasion.octets,
        to=sender,
        message_id=occasion.message_id(token),
        date=occasion.now,
        boundary=f"report-{hashlib.sha256(token.encode()).hexdigest()[:24]}",
        postmaster=occasion.owner,
    )
    return Outgoing(token, "", (sender,), octets)


def addresses_of(recipients: Sequence[RecipientBlock]) -> list[tuple[str, str]]:
    """Return (name, SMTP address) of recipients that have one, each once."""
    found: dict[str, tuple[str, str]] = {}
    for block in recipients:
        name, address = _address_of_bag(PropertyBag(dict(block.properties)))
        if address:
            found.setdefault(address.casefold(), (name, address))
    return list(found.values())


def _address_of_bag(bag: PropertyBag) -> tuple[str, str]:
    name = bag.text(tags.PidTagDisplayName)
    address = bag.text(tags.PidTagSmtpAddress)
    if not address and bag.text(tags.PidTagAddressType).upper() in ("SMTP", ""):
        address = bag.text(tags.PidTagEmailAddress)
    return name, address if "@" in address else ""


_BODIES: Final = (
    tags.PidTagBody,
    tags.PidTagHtml,
    tags.PidTagRtfCompressed,
    tags.PidTagInternetCodepage,
    tags.PidTagNativeBody,
)


def _frame(occasion: Occasion, subject: str, to: Sequence[tuple[str, str]]) -> Message:
    """Return a message of the owner to some people."""
    bag = PropertyBag(
        {
            tags.PidTagMessageClass: "IPM.Note",
            tags.PidTagSubject: " ".join(subject.split()),
            tags.PidTagAutoForwarded: True,
            NamedProperty(PS_INTERNET_HEADERS, LOOP_FIELD, _STRING): occasion.owner,
        }
    )
    name = occasion.addressed.display_name or occasion.owner
    for name_tag, kind_tag, address_tag, smtp_tag in _FROM:
        bag[name_tag], bag[kind_tag] = name, "SMTP"
        bag[address_tag] = bag[smtp_tag] = occasion.owner
    message = Message(bag)
    for each in to:
        message.recipients.append(_recipient(*each))
    return message


_FROM: Final = (
    (
        tags.PidTagSentRepresentingName,
        tags.PidTagSentRepresentingAddressType,
        tags.PidTagSentRepresentingEmailAddress,
        tags.PidTagSentRepresentingSmtpAddress,
    ),
    (
        tags.PidTagSenderName,
        tags.PidTagSenderAddressType,
        tags.PidTagSenderEmailAddress,
        tags.PidTagSenderSmtpAddress,
    ),
)


def _reply_frame(occasion: Occasion, subject: str, recipients: Sequence[str]) -> Message:
    """Return an automatic answer, which nobody answers automatically."""
    message = _frame(occasion, subject, [("", address) for address in recipients])
    bag = message.properties
    del bag[tags.PidTagAutoForwarded]
    bag[tags.PidTagAutoResponseSuppress] = _SUPPRESS_ALL
    bag[NamedProperty(PS_INTERNET_HEADERS, "Auto-Submitted", _STRING)] = "auto-replied"
    original = occasion.message.properties.text(tags.PidTagInternetMessageId)
    if original:
        references = occasion.message.properties.text(tags.PidTagInternetReferences)
        bag[tags.PidTagInReplyToId] = original
        bag[tags.PidTagInternetReferences] = f"{references} {original}".strip()
    return message


def _recipient(name: str, address: str) -> Recipient:
    return Recipient(
        PropertyBag(
            {
                tags.PidTagRecipientType: RecipientType.TO,
                tags.PidTagDisplayName: name or address,
                tags.PidTagAddressType: "SMTP",
                tags.PidTagEmailAddress: address,
                tags.PidTagSmtpAddress: address,
            }
        )
    )


def _set_body(message: Message, text: str, *, is_html: bool) -> None:
    if is_html:
        message.properties[tags.PidTagHtml] = text.encode("utf-8", "replace")
        message.properties[tags.PidTagInternetCodepage] = _UTF_8
    else:
        message.properties[tags.PidTagBody] = text.replace("\r\n", "\n").replace("\n", "\r\n")


def _embedded(occasion: Occasion) -> Attachment:
    return Attachment(
        PropertyBag(
            {
                tags.PidTagAttachMethod: AttachMethod.BY_VALUE,
                tags.PidTagAttachMimeTag: "message/rfc822",
                tags.PidTagDisplayName: occasion.subject,
            }
        ),
        data=InMemory(occasion.octets),
    )


def _short_text(occasion: Occasion) -> str:
    bag = occasion.message.properties
    sender = bag.text(tags.PidTagSentRepresentingSmtpAddress) or occasion.addressed.sender
    text = " ".join(f"{sender} {occasion.subject} {bag.text(tags.PidTagBody)}".split())
    return text[:_SMS_LENGTH]


def _quote(message: Message, occasion: Occasion) -> None:
    """Put the bodies of the original below a few lines that say whose they are."""
    old, new = occasion.message.properties, message.properties
    name = old.text(tags.PidTagSentRepresentingName)
    address = old.text(tags.PidTagSentRepresentingSmtpAddress) or occasion.addressed.sender
    lines = [
        "-----Original Message-----",
        f"From: {name} <{address}>" if name and name != address else f"From: {address}",
        f"To: {old.text(tags.PidTagDisplayTo)}",
        *([f"Cc: {old.text(tags.PidTagDisplayCc)}"] if old.text(tags.PidTagDisplayCc) else []),
        f"Subject: {occasion.subject}",
        "",
        "",
    ]
    text = old.typed(tags.PidTagBody, str)
    page = old.typed(tags.PidTagHtml, bytes)
    if text is not None or page is None:
        new[tags.PidTagBody] = "\r\n".join(lines) + (text or "")
    if page is not None:
        number = old.number(tags.PidTagInternetCodepage, _UTF_8)
        new[tags.PidTagInternetCodepage] = number
        # Before the page rather than within: browsers move it into the body, and nothing has to be parsed.
        new[tags.PidTagHtml] = html_of_text("\n".join(lines)).encode("ascii", "xmlcharrefreplace") + page


def _sent(
    occasion: Occasion,
    what: str,
    message: Message,
    recipients: Sequence[str],
    *,
    sender: str = "",
    hooks: WriterHooks = WriterHooks(),  # noqa: B008 - frozen
) -> Outgoing:
    token = occasion.derived_token(what, recipients)
    options = Options(message_id=occasion.message_id(token), date=occasion.now, hooks=hooks)
    return Outgoing(token, sender, tuple(recipients), octets_from_message(message, options=options))
