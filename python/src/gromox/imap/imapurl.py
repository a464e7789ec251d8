"""IMAP URLs of messages and their parts. RFC 5092 (which took over from RFC 2192), RFC 4467 section 9.

Only what is needed to name a message or part on this server: relative references, absolute paths, and whole
URLs, these also with who may use them and until when; which server and user a whole URL means is for the
caller to look at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
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
#: iurlauth-rump = [expire] ";URLAUTH=" access; RFC 5550 section 6 writes a slash before it.
_RUMP: Final = re.compile(
    rb"(?P<url>.*?)/?(?:;EXPIRE=(?P<expires>[0-9TZ:.+-]{1,40}))?"
    rb";URLAUTH=(?:(?P<audience>submit|user)\+(?P<name>[^/;:@?#\s]+)|(?P<open>authuser|anonymous))",
    re.IGNORECASE | re.DOTALL,
)
#: iua-verifier = ":" uauth-mechanism ":" enc-urlauth; enc-urlauth = 32*HEXDIG
_VERIFIER: Final = re.compile(
    rb"(?P<rump>.*):(?P<mechanism>[A-Z0-9.-]{1,40}):(?P<token>[0-9A-F]{32,256})", re.IGNORECASE | re.DOTALL
)
#: date-time of RFC 3339 section 5.6
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,12})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Audience(Enum):
    """Who may use a URL: the access identifiers of RFC 4467 section 3."""

    SUBMIT = "submit"
    USER = "user"
    AUTHUSER = "authuser"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a URL; ``user`` goes with SUBMIT and USER. ``expires``: seconds since 1970, None: never."""

    audience: Audience
    user: str = ""
    expires: float | None = None


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


@dataclass(frozen=True, slots=True)
class Rump:
    """A URL that says who may use it, as it is signed: octet for octet. RFC 4467 section 5."""

    octets: bytes
    url: MessageUrl
    owner: str
    """The user of the URL: whose mailboxes, and whose key."""
    access: Access


@dataclass(frozen=True, slots=True)
class Authorized:
    """A signed URL, taken apart as RFC 4467 section 6 says."""

    rump: Rump
    mechanism: bytes
    token: bytes


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
        _decoded(server["user"]) if server is not None and server["user"] else None,
    )


def parse_rump(octets: bytes) -> Rump | None:
    """Read a URL that is to be signed: authimapurlrump of RFC 4467 section 9; None: it is none."""
    match = _RUMP.fullmatch(octets) if len(octets) <= MAX_URL else None
    if match is None:
        return None
    url = parse_url(match["url"])
    if url is None or not url.user:
        return None
    expires = None
    if match["expires"] is not None:
        expires = _moment(match["expires"].decode("ascii").upper())
        if expires is None:
            return None
    audience = Audience((match["audience"] or match["open"]).decode("ascii").lower())
    name = match["name"] or b""
    if not name.isascii() or _ESCAPE.search(name):
        return None
    return Rump(octets, url, url.user, Access(audience, _decoded(name), expires))


def parse_authorized(octets: bytes) -> Authorized | None:
    """Read a signed URL: authimapurlfull of RFC 4467 section 9; None: it is none."""
    match = _VERIFIER.fullmatch(octets) if len(octets) <= MAX_URL else None
    rump = parse_rump(match["rump"]) if match is not None else None
    if match is None or rump is None:
        return None
    return Authorized(rump, match["mechanism"].upper(), match["token"].lower())


def _decoded(octets: bytes) -> str:
    return unquote_to_bytes(octets).decode("utf-8", "replace")


def _moment(text: str) -> float | None:
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
