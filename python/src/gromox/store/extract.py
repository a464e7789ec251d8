"""What is kept beside the octets of a mail: ready answers, columns of lists, texts to search.

Spec:
    RFC 9051 7.5.2 (ENVELOPE, BODYSTRUCTURE, INTERNALDATE); [MS-OXCMSG] 2.2.1.10 (normalized subject).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox import mime
from gromox.mime.date import internal_date_text
from gromox.mime.header import unfold
from gromox.mime.words import decode_words
from gromox.store.property.arrival import Arrival, arrival_of

if TYPE_CHECKING:
    from gromox.mime.address import Address

_DAY: Final = 86400
_FILETIME_EPOCH: Final = 116_444_736_000_000_000
_MAX_FILETIME: Final = (1 << 63) - 1
_MAX_LIST: Final = 2000
"""Characters of a list of names that is kept for display."""
_MAX_SUBJECT: Final = 4000
_MAX_SEARCH: Final = 64 * 1024
_PREFIX: Final = re.compile(r"[^\W\d_]{1,3}: ")


class Extract(NamedTuple):
    """Values of one mail in the shape of its rows.

    A NamedTuple because one is made for every delivered mail.
    """

    size: int
    internal_date: int
    internal_date_text: bytes
    internal_day: int
    sent_time: int | None
    sent_day: int | None
    header: bytes
    envelope: bytes
    bodystructure: bytes
    body: bytes
    parts: bytes
    message_id: bytes
    message_id_hash: int | None
    preview: str
    has_attachment: bool
    importance: int
    subject: str
    normalized_subject: str
    sender_name: str
    sender_address: str
    display_to: str
    display_cc: str
    display_bcc: str
    search: tuple[str, str, str, str, str]
    """Subject, From, To, Cc, Bcc; casefolded."""
    arrival: Arrival
    """What lists of MAPI want to know beyond."""


class Unscanned(NamedTuple):
    """What is known of a mail that nobody has scanned yet."""

    size: int
    internal_date: int
    internal_date_text: bytes
    envelope: bytes = b""


def filetime(seconds: float) -> int:
    """Return Unix seconds as a FILETIME ([MS-DTYP] 2.3.3)."""
    return min(max(int(seconds * 10_000_000) + _FILETIME_EPOCH, 0), _MAX_FILETIME)


def seconds(time: int) -> float:
    """Return a FILETIME as Unix seconds."""
    return (time - _FILETIME_EPOCH) / 10_000_000


def unscanned(size: int, internal_date: float, zone: int) -> Unscanned:
    """Return what can be said of a mail without scanning it."""
    return Unscanned(size, int(internal_date), b'"%b"' % internal_date_text(internal_date, zone))


def extract(octets: bytes, internal_date: float, zone: int, scanned: mime.Message | None) -> Extract:
    """Return what to keep of a mail. Hot: the scan and this decide the CPU time of a delivery."""
    message = scanned if scanned is not None else mime.scan(octets)
    root = message.root
    envelope = message.envelope()
    search = message.search_text
    structures = mime.structures(root)
    sent = message.date
    subject = search.subject[:_MAX_SUBJECT]
    sender = (envelope.from_ or envelope.sender or (None,))[0]
    message_id = message.message_id
    normalized = _clean(_PREFIX.sub("", subject, count=1) if _PREFIX.match(subject) else subject)
    return Extract(
        size=len(octets),
        internal_date=int(internal_date),
        internal_date_text=b'"%b"' % internal_date_text(internal_date, zone),
        internal_day=(int(internal_date) + zone * 60) // _DAY,
        sent_time=filetime(sent[0]) if sent else None,
        sent_day=(sent[0] + sent[1] * 60) // _DAY if sent else None,
        header=message.header,
        envelope=mime.envelope_octets(message),
        bodystructure=structures.bodystructure,
        body=structures.body,
        parts=mime.pack_parts(root),
        message_id=message_id.encode("utf-8", "replace"),
        message_id_hash=message_id_hash(message_id),
        preview=_clean(message.preview()),
        has_attachment=message.has_attachment,
        importance=_importance(root),
        subject=_clean(subject),
        normalized_subject=normalized,
        sender_name=_clean(_name(sender)) if sender else "",
        sender_address=_address(sender) if sender else "",
        display_to=_names(envelope.to),
        display_cc=_names(envelope.cc),
        display_bcc=_names(envelope.bcc),
        search=(
            _folded(search.subject),
            _folded(search.from_),
            _folded(search.to),
            _folded(search.cc),
            _folded(search.bcc),
        ),
        arrival=arrival_of(octets, message, normalized),
    )


def message_id_hash(message_id: str) -> int | None:
    """Return 63 bits by which a Message-ID is looked up."""
    if not message_id:
        return None
    digest = hashlib.blake2b(message_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def fold(text: str) -> str:
    """Return text as it is compared in searches: casefolded, white space as it stands."""
    return text.casefold()


def _folded(text: str) -> str:
    return _clean(text[:_MAX_SEARCH].casefold()) if text else ""


def _clean(text: str) -> str:
    """Return text that SQLite can hold: no NUL, no lone surrogates."""
    if text.isascii():
        return text.replace("\0", " ") if "\0" in text else text
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _address(address: Address) -> str:
    mailbox, host = address.mailbox or b"", address.host or b""
    return _clean((b"%b@%b" % (mailbox, host) if host else mailbox).decode("utf-8", "replace"))


def _name(address: Address) -> str:
    if not address.name:
        return _address(address)
    name = address.name
    if name.isascii() and b"=?" not in name:
        return name.decode("ascii")
    return decode_words(unfold(name))


def _names(addresses: tuple[Address, ...]) -> str:
    """Return [MS-OXOMSG] 2.2.1.8-like display text: names separated by semicolons."""
    if not addresses:
        return ""
    return _clean("; ".join([_name(each) for each in addresses[:100] if each.mailbox])[:_MAX_LIST])


def _importance(root: mime.Part) -> int:
    """Return [MS-OXCMAIL] 2.2.3.2.7: 0 low, 1 normal, 2 high."""
    if b"importance" not in root.fields and b"x-priority" not in root.fields:
        return 1
    value = (root.text(b"importance") or b"").strip().lower()
    if value:
        return {b"low": 0, b"high": 2}.get(value, 1)
    priority = (root.text(b"x-priority") or b"").strip()[:1]
    return {b"1": 2, b"2": 2, b"4": 0, b"5": 0}.get(priority, 1)
