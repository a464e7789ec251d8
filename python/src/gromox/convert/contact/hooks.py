"""What a conversion asks its caller about members of lists. All of it may be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Member(NamedTuple):
    """A member of a list that has an entry of its own."""

    entry_id: bytes  #: wrapped, see :func:`~gromox.convert.contact.memberlist.wrap`
    name: str = ""
    address: str = ""


#: The URI of a MEMBER (urn:uuid:..., mailto:...) to the entry it means; None: nothing is known of it.
MemberOf: TypeAlias = Callable[[str], Member | None]
#: The wrapped entry id of a member to the URI of its card; None: its address is written.
UriOf: TypeAlias = Callable[[bytes], str | None]
#: A legacy DN (address of type EX) to an SMTP address; None: it has none.
SmtpOf: TypeAlias = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class ReaderHooks:
    """What reading asks for."""

    member_of: MemberOf | None = None


@dataclass(frozen=True, slots=True)
class WriterHooks:
    """What writing asks for."""

    uri_of: UriOf | None = None
    smtp_of: SmtpOf | None = None
