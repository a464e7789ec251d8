"""Write a message as the mail that goes out.

Spec: [MS-OXCMAIL] 2.1; RFC 5322 3.6.2 (From and Sender), 3.6.3 (Bcc does not leave). A message that is a mail
already goes out octet for octet, but for fields of its header that are not others' business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.convert.calendar import WriterOptions, calendar_writer
from gromox.convert.mail import WriterHooks, mail_from_message
from gromox.convert.mail.address import mailboxes
from gromox.convert.mail.fold import field
from gromox.convert.mail.headerout import mailbox_octets
from gromox.convert.mail.value import date_text
from gromox.mime import scan
from gromox.mime.header import iter_fields, select_fields
from gromox.store.errors import LimitError
from gromox.store.item.rendering import options_for
from gromox.store.property.row import content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.convert.mail import Options
    from gromox.convert.mail.hooks import SmtpOf
    from gromox.mapi.message import Message
    from gromox.mime import Message as ScannedMail
    from gromox.store.item.holding import Held, Holding
    from gromox.store.property.row import MessageRow
    from gromox.store.submission.originator import Originator

#: Fields of a mail's header that are written anew, or are not for others.
_LEFT_OUT: Final = (b"bcc", b"resent-bcc", b"sender", b"return-path", b"delivered-to")
_PIECE: Final = 1 << 20


def write_mail(
    holding: Holding,
    row: MessageRow,
    message: Message,
    origin: Originator,
    *,
    smtp_of: SmtpOf | None,
    limit: int,
    now: int,
) -> Held:
    """Return the mail that a message goes out as.

    Args:
        holding: of the change; takes the octets.
        row: the message as it stands in the mailbox.
        message: the same with what its submission adds.
        origin: who sends it.
        smtp_of: finds addresses of other types.
        limit: octets that it may have (``mail_max_length``).
        now: FILETIME.

    Raises:
        LimitError: it is too large.
    """
    spooler = holding.spooler()
    mail = scan(content_of(row.file, row.number("content_id")).octets()) if row.is_mail else None
    if mail is not None and _has_one_author(mail.header):
        chunks = _of_mail(mail, origin, now)
    else:
        chunks = mail_from_message(message, options=_options(row, smtp_of))
    for chunk in chunks:
        if spooler.size + len(chunk) > limit:
            raise LimitError(f"a mail has at most {limit} octets")
        spooler.write(chunk)
    return spooler.finish()


def _options(row: MessageRow, smtp_of: SmtpOf | None) -> Options:
    hooks = WriterHooks(calendar=calendar_writer(WriterOptions(smtp_of=smtp_of)), smtp_of=smtp_of)
    return replace(options_for(row.file, row), with_bcc=False, hooks=hooks)


def _has_one_author(header: bytes) -> bool:
    """Tell whether a mail is of one author at most: who may send was asked about one."""
    values = [each.value for each in iter_fields(header) if each.name.lower() == b"from"]
    return sum(max(len(mailboxes(value, 2)), 1) for value in values) <= 1


def _of_mail(mail: ScannedMail, origin: Originator, now: int) -> Iterator[bytes]:
    """Give a mail as it is, with the header that leaves."""
    present = {each.name.lower() for each in iter_fields(mail.header)}
    if b"from" not in present:
        yield field("From", mailbox_octets(origin.represented))
    if origin.sender.address.casefold() != origin.represented.address.casefold():
        yield field("Sender", mailbox_octets(origin.sender))
    if b"date" not in present:
        yield field("Date", date_text(now))
    yield select_fields(mail.header, _LEFT_OUT, invert=True)
    for at in range(mail.header_size, mail.size, _PIECE):
        yield mail.octets[at : at + _PIECE]
