"""ENVELOPE, RFC 9051 7.5.2: the parsed header of a message, and its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gromox.mime.address import Address, parse_addresses
from gromox.mime.imaptext import is_plain, nstring

if TYPE_CHECKING:
    from gromox.mime.message import Message
    from gromox.mime.part import Part

Addresses = tuple[Address, ...]


class Envelope(NamedTuple):
    """The members in the order of the document; None where the message has no such field.

    A NamedTuple because one is made for every delivered mail.
    """

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
    text, get = part.text, part.fields.get
    from_ = _addresses(get(b"from"))
    return Envelope(
        text(b"date"),
        text(b"subject"),
        from_,
        _addresses(get(b"sender")) or from_,
        _addresses(get(b"reply-to")) or from_,
        _addresses(get(b"to")),
        _addresses(get(b"cc")),
        _addresses(get(b"bcc")),
        text(b"in-reply-to"),
        text(b"message-id"),
    )


def _addresses(value: bytes | None) -> Addresses:
    return parse_addresses(value) if value else ()


def _address_list(addresses: Addresses) -> bytes:
    if not addresses:
        return b"NIL"
    out: list[bytes] = []
    for name, route, mailbox, host in addresses:
        # Most are name <mailbox@host>, and nothing in it is special: looked at once, not once a string.
        if name and mailbox and host and route is None and is_plain(b"%b%b%b" % (name, mailbox, host)):
            out.append(b'("%b" NIL "%b" "%b")' % (name, mailbox, host))
        else:
            out.append(b"(%b %b %b %b)" % (nstring(name), nstring(route), nstring(mailbox), nstring(host)))
    return b"(%b)" % b"".join(out)


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


__all__ = ["Addresses", "Envelope", "envelope_octets", "envelope_text", "parse_envelope"]
