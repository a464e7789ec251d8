"""Mails as messages: the one place where the store asks ``convert`` to read.

Spec: [MS-OXCMAIL] 2.2. Calendar parts and winmail.dat are read by the converters for them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from gromox.convert.calendar import ReaderOptions, calendar_reader
from gromox.convert.mail import ReaderHooks, message_from_mail
from gromox.convert.tnef import read_tnef
from gromox.ical.timezone import zone_of_name
from gromox.mapi import tags

if TYPE_CHECKING:
    from gromox.mapi.message import Message
    from gromox.mime import Message as ScannedMail

READER_HOOKS: Final = ReaderHooks(calendar=calendar_reader(), tnef=read_tnef)
_ZONES: Final = 256

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


@lru_cache(maxsize=_ZONES)
def reader_options(timezone: str, owner: str = "") -> ReaderOptions:
    """Return how calendars are read for an owner whose time zone has that name; UTC if it has none."""
    zone = zone_of_name(timezone) if timezone else None
    if zone is None:
        return ReaderOptions(owner=owner)
    name = zone.key if isinstance(zone, ZoneInfo) else timezone
    return ReaderOptions(zone=zone, zone_name=name, owner=owner)


@lru_cache(maxsize=_ZONES)
def hooks_in(timezone: str) -> ReaderHooks:
    """Return what reads mails for an owner whose time zone has that name."""
    return ReaderHooks(calendar=calendar_reader(reader_options(timezone)), tnef=read_tnef)


def read_mail(octets: bytes, scanned: ScannedMail | None = None) -> Message:
    """Return the message that a mail is."""
    return message_from_mail(octets, scanned, hooks=READER_HOOKS)


def read_header(header: bytes) -> Message:
    """Return what the header of a mail alone tells."""
    return message_from_mail(header)
