"""ENVELOPE, RFC 9051 7.5.2: the parsed header of a message, and its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.mime.address import Address, parse_addresses
from gromox.mime.imaptext import nstring, string

if TYPE_CHECKING:
    from gromox.mime.message import Message
    from gromox.mime.part import Part

Addresses = tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The members in the order of the document; None where the message has no such field."""

    date: bytes | None
    subject: bytes | None
    from_: Addresses
    sender: Addresses
    reply_to: Addresses
    to: Addresses
    cc: Addresses
    bcc: Addresses
    in_reply_to: bytes | None
    message_id: bytes | None


def parse_envelope(part: Part) -> Envelope:
    """Return the envelope of a whole message given by its root part.

    Spec:
        RFC 9051 7.5.2: Sender and Reply-To that are absent or empty are those of From.
    """
    fields = part.fields

    def addresses(name: bytes) -> Addresses:
        value = fields.get(name)
        return parse_addresses(value) if value else ()

    from_ = addresses(b"from")
    return Envelope(
        part.text(b"date"),
        part.text(b"subject"),
        from_,
        addresses(b"sender") or from_,
        addresses(b"reply-to") or from_,
        addresses(b"to"),
        addresses(b"cc"),
        addresses(b"bcc"),
        part.text(b"in-reply-to"),
        part.text(b"message-id"),
    )


def _address_list(addresses: Addresses) -> bytes:
    if not addresses:
        return b"NIL"
    out = [b"("]
    for name, route, mailbox, host in addresses:
        out.append(b"(%b %b %b %b)" % (nstring(name), nstring(route), nstring(mailbox), nstring(host)))
    out.append(b")")
    return b"".join(out)


def envelope_text(envelope: Envelope) -> bytes:
    """Return an envelope as IMAP text."""
    from_ = _address_list(envelope.from_)
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        nstring(envelope.date),
        nstring(envelope.subject),
        from_,
        from_ if envelope.sender is envelope.from_ else _address_list(envelope.sender),
        from_ if envelope.reply_to is envelope.from_ else _address_list(envelope.reply_to),
        _address_list(envelope.to),
        _address_list(envelope.cc),
        _address_list(envelope.bcc),
        nstring(envelope.in_reply_to),
        nstring(envelope.message_id),
    )


def envelope_octets(message: Message) -> bytes:
    """Return the ENVELOPE of a message, ready to be sent."""
    return envelope_text(message.envelope())


__all__ = ["Addresses", "Envelope", "envelope_octets", "envelope_text", "parse_envelope", "string"]
