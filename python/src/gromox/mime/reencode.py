"""Messages with binary parts, made fit for a world without NUL. RFC 3516 4.4, RFC 3030 section 3."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from gromox.mime.scan import scan

if TYPE_CHECKING:
    from gromox.mime.part import Part

_ENCODING_FIELD: Final = re.compile(
    rb"^content-transfer-encoding[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)
_IDENTITIES: Final = ("7bit", "8bit", "binary")


def without_binary(octets: bytes) -> bytes | None:
    """Return a message whose parts that hold NUL are in base64; all else stays octet for octet.

    None: there is NUL where no transfer encoding reaches (in a header, between parts, in a part that claims
    to be encoded already).
    """
    if b"\0" not in octets:
        return octets
    out: list[bytes] = []
    at = 0
    for part in scan(octets).root.walk():
        if part.encoding not in _IDENTITIES or octets.find(b"\0", part.body_start, part.body_end) < 0:
            continue
        is_leaf = not part.children and part.message is None
        out.append(octets[at : part.header_start])
        out.append(
            _relabelled(octets[part.header_start : part.body_start], b"base64" if is_leaf else b"8bit")
        )
        at = part.body_start
        if is_leaf:
            out.append(_encoded(octets, part))
            at = part.body_end
    out.append(octets[at:])
    text = b"".join(out)
    return None if b"\0" in text else text


def _relabelled(header: bytes, encoding: bytes) -> bytes:
    """Return a header that names another transfer encoding."""
    field = b"Content-Transfer-Encoding: " + encoding + b"\r\n"
    header, count = _ENCODING_FIELD.subn(lambda _: field, header, count=1)
    return header if count else field + header


def _encoded(octets: bytes, part: Part) -> bytes:
    lines = base64.encodebytes(octets[part.body_start : part.body_end]).replace(b"\n", b"\r\n")
    # The line break before a boundary belongs to the boundary.
    return lines if part.body_end == len(octets) else lines.removesuffix(b"\r\n")
