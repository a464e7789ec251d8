"""Mails as messages: the one place where the store asks ``convert`` to read.

Spec: [MS-OXCMAIL] 2.2. Calendar parts and winmail.dat are read by the converters for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.convert.calendar import calendar_reader
from gromox.convert.mail import ReaderHooks, message_from_mail
from gromox.convert.tnef import read_tnef
from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.mapi.message import Message
    from gromox.mime import Message as ScannedMail

READER_HOOKS: Final = ReaderHooks(calendar=calendar_reader(), tnef=read_tnef)

#: What only the parts of a mail tell; all else stands in its header.
BODY_TAGS: Final = frozenset(
    {
        tags.PidTagBody,
        tags.PidTagHtml,
        tags.PidTagBodyHtml,
        tags.PidTagRtfCompressed,
        tags.PidTagRtfInSync,
        tags.PidTagNativeBody,
        tags.PidTagInternetCodepage,
        tags.PidTagMessageCodepage,
        tags.PidTagMessageLocaleId,
    }
)
PLAIN_CLASS: Final = "IPM.Note"


def read_mail(octets: bytes, scanned: ScannedMail | None = None) -> Message:
    """Return the message that a mail is."""
    return message_from_mail(octets, scanned, hooks=READER_HOOKS)


def read_header(header: bytes) -> Message:
    """Return what the header of a mail alone tells."""
    return message_from_mail(header)
