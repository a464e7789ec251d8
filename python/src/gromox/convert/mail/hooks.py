"""What a conversion asks its caller: address book, calendar, TNEF. All of it may be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gromox.mapi.message import Message


@dataclass(frozen=True, slots=True)
class Entry:
    """What an address book knows of an address."""

    entry_id: bytes
    address_type: str = "EX"
    email_address: str = ""  #: in the form of the type; the legacy DN of EX
    display_name: str = ""  #: empty: that of the mail
    object_type: int = 6  #: PidTagObjectType
    display_type: int = 0  #: PidTagDisplayType


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A text/calendar part, RFC 6047 2.4."""

    octets: bytes  #: out of the transfer encoding
    charset: str = ""  #: as the part tells it; empty: nothing was told
    method: str = ""


#: SMTP address to entry; None: nobody of ours.
Resolver: TypeAlias = Callable[[str], Entry | None]
#: Puts what the part holds into the message and says whether it did; if not the part is an attachment.
CalendarReader: TypeAlias = Callable[["CalendarPart", "Message"], bool]
#: The text/calendar part of a message, if it has one.
CalendarWriter: TypeAlias = Callable[["Message"], CalendarPart | None]
#: The octets of winmail.dat to a message; ParseError: it is an attachment like others.
TnefReader: TypeAlias = Callable[[bytes], "Message"]
#: A message to the octets of winmail.dat; None: that one is sent without.
TnefWriter: TypeAlias = Callable[["Message"], bytes | None]
#: Address type and address of another system (EX) to an SMTP address; None: it has none.
SmtpOf: TypeAlias = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class ReaderHooks:
    """What reading hands out."""

    calendar: CalendarReader | None = None
    tnef: TnefReader | None = None


@dataclass(frozen=True, slots=True)
class WriterHooks:
    """What writing asks for."""

    calendar: CalendarWriter | None = None
    tnef: TnefWriter | None = None
    smtp_of: SmtpOf | None = None
