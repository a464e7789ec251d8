"""Messages as octets: RFC 5322 and MIME, read in one pass and never refused.

Decisions not to break:

* ``scan`` takes any octets, raises nothing and takes time linear in their number; the bounds of ``Limits``
  turn the rest of an outsized message into one opaque part.
* All offsets refer to the octets given, whether their lines end with CRLF or LF.
* A body ends before the line break that belongs to the following boundary; a header contains its blank line.
* Nothing is decoded by the scan. Encodings, charsets, addresses and dates are read when somebody asks.
* ENVELOPE and BODYSTRUCTURE are octets ready to be sent: quoted strings are pure ASCII, all else is a
  literal, NUL never occurs, and 8-bit text is always valid UTF-8.
"""

from __future__ import annotations

from gromox.mime.bodystructure import Structures, bodystructure_octets, structures
from gromox.mime.envelope import envelope_octets
from gromox.mime.limits import Limits
from gromox.mime.message import Message, SearchText
from gromox.mime.pack import pack_parts, unpack_parts
from gromox.mime.part import Part, Specifier, find_part, section
from gromox.mime.scan import scan

__all__ = [
    "Limits",
    "Message",
    "Part",
    "SearchText",
    "Specifier",
    "Structures",
    "bodystructure_octets",
    "envelope_octets",
    "find_part",
    "pack_parts",
    "scan",
    "section",
    "structures",
    "unpack_parts",
]
