"""How much of a mail becomes a message; what lies beyond is left out or stays octets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one conversion; the defaults lie far above what mail programs produce."""

    depth: int = 7  #: messages inside messages; deeper ones are attachments by value
    messages: int = 1000  #: embedded messages in all
    recipients: int = 10_000  #: of one message
    attachments: int = 2_000  #: of one message
    named_headers: int = 200  #: unmapped header fields that become named properties
    header_value: int = 64 * 1024  #: octets of one header field that are looked at
    address_octets: int = 1 << 20  #: the same of an address field
    transport_headers: int = 256 * 1024  #: octets of PidTagTransportMessageHeaders
    fields: int = 2_000  #: header fields of one message
    body_octets: int = 32 << 20  #: encoded octets of one body; a larger text is an attachment
    hook_octets: int = 64 << 20  #: octets of a part that is handed to a hook
    text_parts: int = 100  #: texts that are joined to one body
    report_recipients: int = 5_000  #: recipients of a delivery status


DEFAULT: Final = Limits()
