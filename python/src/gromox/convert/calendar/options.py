"""What a conversion of calendars is told beside the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from gromox.convert.calendar.limits import DEFAULT, Limits

if TYPE_CHECKING:
    from gromox.convert.mail.hooks import Resolver, SmtpOf

PRODUCT: Final = "-//Gromox//Calendar//EN"


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """How calendars are read.

    Whole days and floating times are kept as instants, so they need a zone: that of the mailbox.
    """

    zone: tzinfo = UTC
    zone_name: str = "UTC"
    owner: str = ""  #: SMTP address of the mailbox; empty: it is nobody's
    resolver: Resolver | None = None
    limits: Limits = DEFAULT


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """How calendars are written."""

    product: str = PRODUCT
    stamp: datetime | None = None  #: DTSTAMP of what has no time of its own
    smtp_of: SmtpOf | None = None
    with_attachments: bool = True  #: ATTACH for attachments; not within mail, where they are parts
