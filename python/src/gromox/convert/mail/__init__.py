"""Mail (RFC 5322, MIME) to messages and back, [MS-OXCMAIL].

Decisions not to break:

* Reading takes any octets and raises nothing; writing takes any message and gives 7-bit mail with CRLF,
  except for internationalised addresses (UTF-8) and for S/MIME and PGP, which go out octet for octet.
* What is written and read again gives the same mail when it is written again.
* Contents are never copied as a whole: attachments refer to the octets of the mail and are decoded, and
  encoded, chunk by chunk.
* Header fields with a property stand in one table (``headertable``); all others are named properties.
* Message identifiers, dates and boundaries are arguments; boundaries follow from the content otherwise.
* Text bodies end with a line break when they are written.
"""

from __future__ import annotations

from gromox.convert.mail.hooks import CalendarPart, Entry, ReaderHooks, WriterHooks
from gromox.convert.mail.limits import Limits
from gromox.convert.mail.options import BodyMode, Options
from gromox.convert.mail.reader import message_from_mail
from gromox.convert.mail.writer import mail_from_message, octets_from_message

__all__ = [
    "BodyMode",
    "CalendarPart",
    "Entry",
    "Limits",
    "Options",
    "ReaderHooks",
    "WriterHooks",
    "mail_from_message",
    "message_from_mail",
    "octets_from_message",
]
