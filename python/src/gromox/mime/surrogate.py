"""Header blocks for who does not understand UTF-8 in them: the same fields, in ASCII.

Spec:
    RFC 6858 (simplified downgrading: addresses that ASCII cannot express become ones that lead nowhere);
    RFC 2047 (the rest, as encoded-words).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.mime.address import parse_addresses
from gromox.mime.header import iter_fields
from gromox.mime.words import encode_phrase, encode_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.mime.address import Address
    from gromox.mime.header import Field

#: Fields that hold addresses, RFC 5322 3.6.2, 3.6.3 and 3.6.6.
_ADDRESSES: Final = frozenset(
    name
    for field in (b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc")
    for name in (field, b"resent-" + field)
)
#: Fields whose syntax has no place for encoded-words.
_STRUCTURED: Final = frozenset(
    (
        *(b"message-id", b"in-reply-to", b"references", b"date", b"received", b"return-path"),
        *(
            b"mime-version",
            b"content-type",
            b"content-transfer-encoding",
            b"content-disposition",
            b"content-id",
        ),
    )
)
#: RFC 6858 section 3.1.
_NOWHERE: Final = b"<invalid@internationalized-address.invalid>"
_DOT_ATOM: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ASCII: Final = bytes(range(128)) + b"?" * 128


def ascii_header(block: bytes) -> bytes:
    """Return a header block without octets above 127; fields that have none stay as they are."""
    if block.isascii():
        return block
    made: list[bytes] = []
    done = 0
    for field in iter_fields(block):
        if not block[field.start : field.end].isascii():
            made += (block[done : field.start], _ascii_field(field))
            done = field.end
    made.append(block[done:])
    return b"".join(made).translate(_ASCII)  # lines that are no field


def _ascii_field(field: Field) -> bytes:
    name = field.name.lower()
    if name in _ADDRESSES:
        value = _addresses(parse_addresses(field.value))
    elif name in _STRUCTURED:
        value = field.value.translate(_ASCII)
    else:
        value = encode_words(_text(field.value))
    return field.name.translate(_ASCII) + b": " + value + b"\r\n"


def _addresses(found: Sequence[Address]) -> bytes:
    """Return a list of addresses, one a line, groups without their members' grouping."""
    shown: list[bytes] = []
    for address in found:
        if address.host is None:  # the beginning or the end of a group
            continue
        mailbox, host = address.mailbox or b"", address.host
        spec = b"<%b@%b>" % (_local(mailbox), host) if (mailbox + host).isascii() else _NOWHERE
        name = address.name
        if name is None:
            name = b"" if spec is not _NOWHERE else mailbox + b"@" + host
        if name.isascii():
            phrase = name if b"=?" in name else encode_phrase(name.decode("ascii"))
        else:
            phrase = encode_phrase(_text(name))
        shown.append(phrase + b" " + spec if phrase else spec)
    return b",\r\n ".join(shown)


def _local(mailbox: bytes) -> bytes:
    """Return a local part, quoted if it has to be. RFC 5322 3.4.1."""
    if _DOT_ATOM.fullmatch(mailbox):
        return mailbox
    return b'"' + mailbox.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _text(octets: bytes) -> str:
    """Return what 8-bit octets of a header most likely say: UTF-8, else Latin letters."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")
