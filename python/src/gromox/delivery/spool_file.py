"""The form of a spool file: a text header for people and programs, an empty line, the octets of the mail.

::

    Gromox-Spool: 1
    Id: 0643a1f7c2e0d4-9f86d081
    Origin: 0643a1f7c2e0d4-9f86d081
    Size: 000000010240
    Status: 002 000001760000180 451 4.3.0 the user database is not available      (padded)
    Arrival: 1760000000.250000
    Client: 192.0.2.7 (mx.example.net)
    Protocol: LMTP
    Options: SMTPUTF8
    Sender: bob@example.com
    Recipient: P alice@example.test
    Recipient: D carol@example.test

``Size`` counts the octets of the mail and is written last, so a file that was cut off is recognised.
``Status`` is the number of tries, the time of the next one and the last failure; ``Recipient`` starts with
the state of that recipient. These three have a fixed width and are overwritten in place. ``Origin`` names
the mail that this one was split from, for the tokens that make delivery happen once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gromox.base.errors import ParseError

MAGIC: Final = b"Gromox-Spool: 1\n"
#: No header is longer: 10,000 recipients of the greatest length of an address, RFC 5321 4.5.3.1.
MAX_HEADER: Final = 4 << 20
_ERROR_WIDTH: Final = 200
_SIZE_WIDTH: Final = 12


class State(Enum):
    """How far one recipient is."""

    PENDING = "P"  #: to be tried
    DELIVERED = "D"  #: in the mailbox, or handed to the next system
    BOUNCED = "B"  #: refused for good; the sender was told, or must not be


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address the mail was accepted for, and how far it is."""

    address: str
    state: State = State.PENDING


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything about a mail that does not stand in its octets."""

    mail_id: str
    sender: str  #: "" is the null reverse-path of RFC 5321 4.5.5
    recipients: tuple[Recipient, ...]
    arrival: float
    client: str = ""
    protocol: str = "LOCAL"
    options: tuple[str, ...] = ()
    origin: str = ""  #: the ``mail_id`` that tokens are made of; "" means its own
    size: int = 0
    tries: int = 0
    next_try: float = 0.0
    last_error: str = ""

    @property
    def pending(self) -> tuple[str, ...]:
        """The addresses that still have to be tried."""
        return tuple(r.address for r in self.recipients if r.state is State.PENDING)

    @property
    def token_base(self) -> str:
        """What delivery tokens of this mail begin with."""
        return self.origin or self.mail_id


@dataclass(frozen=True, slots=True)
class Header:
    """A header that was read, with the places of the fields that change."""

    envelope: Envelope
    length: int  #: octets, the empty line included: the mail begins here
    status_at: int
    state_at: tuple[int, ...]


def _line(text: str) -> bytes:
    """Return ``text`` as one line: whatever is not printable would break the form."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text.encode("utf-8", "replace")


def encode_status(envelope: Envelope) -> bytes:
    """Return the value of ``Status``: always the same number of octets."""
    error = _line(envelope.last_error)[:_ERROR_WIDTH].ljust(_ERROR_WIDTH)
    return b"%03d %015d %s" % (min(envelope.tries, 999), int(envelope.next_try), error)


def encode_size(size: int) -> bytes:
    """Return the value of ``Size``: always the same number of octets."""
    return b"%0*d" % (_SIZE_WIDTH, size)


def encode_header(envelope: Envelope) -> bytes:
    """Return the header of a new file, with the empty line."""
    lines = [
        MAGIC[:-1],
        b"Id: " + _line(envelope.mail_id),
        b"Origin: " + _line(envelope.token_base),
        b"Size: " + encode_size(envelope.size),
        b"Status: " + encode_status(envelope),
        b"Arrival: %.6f" % envelope.arrival,
        b"Client: " + _line(envelope.client),
        b"Protocol: " + _line(envelope.protocol),
        b"Options: " + _line(" ".join(envelope.options)),
        b"Sender: " + _line(envelope.sender),
    ]
    lines += [b"Recipient: %s %s" % (r.state.value.encode(), _line(r.address)) for r in envelope.recipients]
    return b"\n".join(lines) + b"\n\n"


def size_offset(envelope: Envelope) -> int:
    """Return where the value of ``Size`` begins in the header of ``envelope``."""
    return (
        len(MAGIC)
        + len(_line(envelope.mail_id))
        + len(_line(envelope.token_base))
        + len(b"Id: \nOrigin: \nSize: ")
    )


def _number(field: bytes, name: str, position: int) -> float:
    try:
        return float(field)
    except ValueError as error:
        raise ParseError(f"a number in {name}", position) from error


def parse_header(octets: bytes) -> Header:
    """Read the header at the beginning of a file.

    Args:
        octets: the first :data:`MAX_HEADER` octets of the file, or all.

    Raises:
        ParseError: this is not a spool file, or one of a version we do not know.
    """
    if not octets.startswith(MAGIC):
        raise ParseError(f"the line {MAGIC[:-1].decode()!r}")
    end = octets.find(b"\n\n", 0, MAX_HEADER)
    if end < 0:
        raise ParseError("an empty line after the header", len(octets))
    fields: dict[bytes, tuple[bytes, int]] = {}
    recipients: list[Recipient] = []
    state_at: list[int] = []
    at = len(MAGIC)
    while at < end:
        line_end = octets.index(b"\n", at, end + 1)
        name, colon, value = octets[at:line_end].partition(b": ")
        if not colon:
            raise ParseError("a field of the form 'Name: value'", at)
        if name == b"Recipient":
            state_at.append(at + len(b"Recipient: "))
            recipients.append(_parse_recipient(value, at))
        else:
            fields[name] = (value, at + len(name) + 2)
        at = line_end + 1
    return Header(_envelope(fields, tuple(recipients)), end + 2, fields[b"Status"][1], tuple(state_at))


def _parse_recipient(value: bytes, position: int) -> Recipient:
    state, _, address = value.partition(b" ")
    try:
        return Recipient(address.decode("utf-8"), State(state.decode("ascii")))
    except ValueError as error:  # an unknown state, or octets that are not UTF-8
        raise ParseError("a recipient as 'P address'", position) from error


def _envelope(fields: dict[bytes, tuple[bytes, int]], recipients: tuple[Recipient, ...]) -> Envelope:
    def text(name: str) -> str:
        try:
            value, position = fields[name.encode()]
        except KeyError as error:
            raise ParseError(f"a field {name!r} in the header") from error
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"UTF-8 in {name}", position) from error

    def number(name: str) -> float:
        return _number(text(name).encode(), name, fields[name.encode()][1])

    mail_id = text("Id")
    if not mail_id or len(mail_id) > 200 or "/" in mail_id or not mail_id.isprintable():  # noqa: PLR2004 - names a file
        raise ParseError("an Id that can name a file", fields[b"Id"][1])
    status, position = fields.get(b"Status", (b"", 0))
    if len(status) != len(encode_status(Envelope("", "", (), 0.0))):
        raise ParseError("a Status of full width", position)
    return Envelope(
        mail_id=mail_id,
        sender=text("Sender"),
        recipients=recipients,
        arrival=number("Arrival"),
        client=text("Client"),
        protocol=text("Protocol"),
        options=tuple(text("Options").split()),
        origin=text("Origin"),
        size=int(number("Size")),
        tries=int(_number(status[:3], "Status", position)),
        next_try=_number(status[4:19], "Status", position),
        last_error=status[20:].decode("utf-8", "replace").rstrip(),
    )
