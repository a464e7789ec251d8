"""To whom a message goes.

Spec: [MS-OXOMSG] 2.2.3.1 (PidTagRecipientType); [MS-OXCDATA] 2.8.3.1 (responsibility of another transport);
[MS-OXCMSG] 2.2.1.6 (mfResend).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.convert.mail.address import RECIPIENT, mailbox_of_group
from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag, Recipient, RecipientType
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.property.computed import MessageFlag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.convert.mail.hooks import SmtpOf

_TYPE: Final = 0x0F
_KINDS: Final = (RecipientType.TO, RecipientType.CC, RecipientType.BCC)
#: Flags of PidTagRecipientType in a message that is sent again: who gets it, and who has it already.
_AGAIN: Final = 0x10000000
_HAS_IT: Final = 0x80000000


@dataclass(frozen=True, slots=True)
class Addressees:
    """The recipients of an envelope."""

    addresses: tuple[str, ...]
    rows: Sequence[Recipient] | None
    """All recipients anew, with addresses that only the directory knows; None: nothing was found out."""


def addressees(message: Message, smtp_of: SmtpOf | None, *, limit: int) -> Addressees:
    """Return to whom a message goes, each address once.

    Raises:
        InvalidValueError: it goes to nobody, or to somebody who has no address.
        LimitError: they are too many.
    """
    rows = [_with_address(each, smtp_of) for each in message.recipients]
    found: dict[str, str] = {}
    for each in _wanted(message, rows):
        mailbox = mailbox_of_group(each.properties, RECIPIENT, None)
        if mailbox is None or "@" not in mailbox.address:
            name = each.properties.text(tags.PidTagDisplayName) or "a recipient"
            raise InvalidValueError(f"{name[:100]} has no address that mail can be sent to")
        found.setdefault(mailbox.address.casefold(), mailbox.address)
    if not found:
        raise InvalidValueError("the message has no recipient")
    if len(found) > limit:
        raise LimitError(f"a message has at most {limit} recipients")
    is_known = all(one is other for one, other in zip(rows, message.recipients, strict=True))
    return Addressees(tuple(found.values()), None if is_known else rows)


def _wanted(message: Message, rows: Sequence[Recipient]) -> list[Recipient]:
    """Return the rows that get the message from here."""
    kinds = [each.properties.number(tags.PidTagRecipientType, RecipientType.TO) & 0xFFFFFFFF for each in rows]
    pairs = [
        (row, kind)
        for row, kind in zip(rows, kinds, strict=True)
        if kind & _TYPE in _KINDS and not row.properties.get(tags.PidTagResponsibility)
    ]
    if message.properties.number(tags.PidTagMessageFlags) & MessageFlag.RESEND:
        again = [(row, kind) for row, kind in pairs if kind & _AGAIN]
        pairs = again or [(row, kind) for row, kind in pairs if not kind & _HAS_IT]
    return [row for row, _ in pairs]


def _with_address(row: Recipient, smtp_of: SmtpOf | None) -> Recipient:
    """Return a row with its SMTP address; the same row if it tells that itself."""
    known = mailbox_of_group(row.properties, RECIPIENT, None)
    if smtp_of is None or (known is not None and "@" in known.address):
        return row
    found = mailbox_of_group(row.properties, RECIPIENT, smtp_of)
    if found is None or "@" not in found.address:
        return row
    bag = PropertyBag(dict(row.properties.items()))
    bag[tags.PidTagSmtpAddress] = found.address
    return Recipient(bag)
