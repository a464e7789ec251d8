"""IMAP URLs of messages and their parts. RFC 5092 (which took over from RFC 2192), RFC 4467 section 9.

Only what is needed to name a message or part on this server: relative references, absolute paths, and whole
URLs; which server and user a whole URL means is for the caller to look at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from gromox.imap.errors import CommandError
from gromox.imap.fetchitems import Section, parse_section
from gromox.imap.grammar import MAX_NUMBER

#: Octets of a URL; the longest that makes sense names a mailbox, a section and a token.
MAX_URL: Final = 8000

#: iserver = [iuserinfo "@"] host [":" port], RFC 5092 section 11
_SERVER: Final = re.compile(
    rb"imap://(?:(?P<user>[^@/;:]*)(?:;AUTH=[^@/]*)?@)?(?P<host>\[[^\]/]*\]|[^:/@]+)(?::(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE,
)
#: imessagepart = enc-mailbox [uidvalidity] iuid [isection] [ipartial], after the mailbox
_MESSAGE: Final = re.compile(
    rb"(?P<mailbox>[^;]*?)(?:;UIDVALIDITY=(?P<validity>[0-9]{1,10}))?/?;UID=(?P<uid>[0-9]{1,10})"
    rb"(?:/;SECTION=(?P<section>[^;]+?))?(?:/;PARTIAL=(?P<offset>[0-9]{1,18})(?:\.(?P<length>[0-9]{1,18}))?)?",
    re.IGNORECASE,
)
_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """A message or part of one; ``mailbox`` empty: the selected one. ``host`` None: the URL is relative."""

    mailbox: str
    uid: int
    section: Section
    uid_validity: int | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None


def parse_url(octets: bytes) -> MessageUrl | None:
    """Read a URL; None if it does not name a message or a part of one.

    Spec:
        RFC 5092 sections 5, 7.2 and 11. A mailbox that stands first is taken from the root, as all mailboxes
        of a session have one.
    """
    if len(octets) > MAX_URL or not octets.isascii() or _ESCAPE.search(octets):
        return None
    server = _SERVER.match(octets)
    path = octets if server is None else octets[server.end() :]
    if b"://" in path or (server is not None and not path.startswith(b"/")):
        return None
    match = _MESSAGE.fullmatch(path.removeprefix(b"/"))
    if match is None:
        return None
    try:
        mailbox = unquote_to_bytes(match["mailbox"]).decode("utf-8")
        section = parse_section(unquote_to_bytes(match["section"] or b""))
    except (UnicodeDecodeError, CommandError):
        return None
    uid, validity = int(match["uid"]), match["validity"]
    if not 0 < uid <= MAX_NUMBER or (server is not None and not mailbox):
        return None
    offset, length = match["offset"], match["length"]
    if offset is not None:
        section = Section(
            section.label,
            section.path,
            section.text,
            section.fields,
            (int(offset), int(length) if length is not None else 1 << 62),
            peek=True,
        )
    return MessageUrl(
        "INBOX" if mailbox.upper() == "INBOX" else mailbox,
        uid,
        section,
        int(validity) if validity is not None else None,
        server["host"].decode("ascii").lower() if server is not None else None,
        int(server["port"]) if server is not None and server["port"] else None,
        unquote_to_bytes(server["user"]).decode("utf-8", "replace")
        if server is not None and server["user"]
        else None,
    )
