"""A scanned message: its tree, and what is derived from it when somebody asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mime.body import text_of
from gromox.mime.date import parse_date
from gromox.mime.envelope import Envelope, parse_envelope
from gromox.mime.header import unfold
from gromox.mime.words import decode_words

if TYPE_CHECKING:
    from gromox.mime.part import Part

#: RFC 8970 3.1: at most 200 characters.
PREVIEW_CHARACTERS: Final = 200
#: Octets of the body that the preview looks at; pages begin with much that nobody sees.
_PREVIEW_OCTETS: Final = 4096
_PREVIEW_PAGE_OCTETS: Final = 64 * 1024
#: Characters of the text that the preview looks at: nearly always few are enough, after that no more matter.
_PREVIEW_LOOKS: Final = (PREVIEW_CHARACTERS * 6 // 5, PREVIEW_CHARACTERS * 4)
_MESSAGE_ID: Final = re.compile(rb"<[^<>\s]{1,1000}>")
_REFERENCES: Final = 1000
#: Leaves that belong to the machinery of a message and are nothing to save.
_MACHINERY: Final = frozenset(
    [
        ("application", "pkcs7-signature"),
        ("application", "x-pkcs7-signature"),
        ("application", "pgp-signature"),
        ("application", "pgp-encrypted"),
        ("message", "delivery-status"),
        ("message", "disposition-notification"),
        ("message", "feedback-report"),
        ("text", "rfc822-headers"),
    ]
)


class SearchText(NamedTuple):
    """Decoded fields that searches and lists ask for, white space collapsed."""

    from_: str
    to: str
    cc: str
    bcc: str
    subject: str


class Message:
    """One message; ``root`` is the entity that is the whole of it."""

    __slots__ = ("_envelope", "octets", "root")

    def __init__(self, octets: bytes, root: Part) -> None:
        """Keep the octets and the tree of a scan."""
        self.octets, self.root = octets, root
        self._envelope: Envelope | None = None

    @property
    def header_size(self) -> int:
        """Octets of the header with its blank line."""
        return self.root.body_start

    @property
    def header(self) -> bytes:
        """The header block with its blank line."""
        return self.octets[: self.root.body_start]

    @property
    def size(self) -> int:
        """Octets of the whole message."""
        return len(self.octets)

    def envelope(self) -> Envelope:
        """Return the parsed envelope (kept after the first time)."""
        if self._envelope is None:
            self._envelope = parse_envelope(self.root)
        return self._envelope

    @property
    def message_id(self) -> str:
        """The Message-ID with its brackets, or empty."""
        value = self.envelope().message_id or b""
        found = _MESSAGE_ID.search(value)
        return (found[0] if found else value).decode("utf-8", "replace")

    @property
    def references(self) -> tuple[str, ...]:
        """The identifiers of References, else of In-Reply-To, oldest first."""
        for name in (b"references", b"in-reply-to"):
            found = _MESSAGE_ID.findall(self.root.fields.get(name, b""))
            if found:
                return tuple(each.decode("utf-8", "replace") for each in found[-_REFERENCES:])
        return ()

    @property
    def date(self) -> tuple[int, int] | None:
        """The Date as Unix seconds and zone minutes, or None."""
        value = self.envelope().date
        return None if value is None else parse_date(value)

    @property
    def subject(self) -> str:
        """The Subject, decoded, on one line."""
        return self._text(b"subject")

    @property
    def search_text(self) -> SearchText:
        """From, To, Cc, Bcc and Subject, decoded."""
        text = self._text
        return SearchText(text(b"from"), text(b"to"), text(b"cc"), text(b"bcc"), text(b"subject"))

    def _text(self, name: bytes) -> str:
        value = self.root.fields.get(name)
        if not value:
            return ""
        if value.isascii() and b"=?" not in value:
            # Most are: nothing to decode, and folds are white space.
            return " ".join(value.decode("ascii").split())
        return " ".join(decode_words(unfold(value)).split())

    @property
    def has_attachment(self) -> bool:
        """Whether a reader would find something to save.

        What says it is an attachment is one, and so are files and all that is not text, except pictures that
        a multipart/related page shows, signatures, and the machine parts of reports.
        """
        root = self.root
        if not root.children and root.message is None:
            return self._attachments(root)  # many mails: nothing to walk through
        return any(self._attachments(part) for part in root.walk() if part.children or part is root)

    def _attachments(self, container: Part) -> bool:
        shown = container.media.subtype == "related" and bool(container.children)
        for part in container.children or [container]:
            media = part.media
            if part.children or (media.type, media.subtype) in _MACHINERY:
                continue
            disposition = part.disposition
            if disposition is not None and disposition.type == "attachment":
                return True
            if media.type == "text":
                if part.filename and (disposition is None or disposition.type != "inline"):
                    return True
            elif not (shown and (part.content_id or part.location)) and not (
                media.type == "message" and container.media.subtype == "report"
            ):
                return True
        return False

    def preview(self) -> str:
        """Return the first words of the text: RFC 8970, at most 200 characters on one line."""
        first = self._first_text()
        if first is None:
            return ""
        limit = _PREVIEW_PAGE_OCTETS if first.media.subtype == "html" else _PREVIEW_OCTETS
        words = ""
        for enough in _PREVIEW_LOOKS:
            text = text_of(first, self.octets, limit=limit, enough=enough)
            # Splitting and joining takes a tenth of the time of a pattern for white space.
            words = " ".join(text[:enough].split())
            if len(words) >= PREVIEW_CHARACTERS or len(text) < enough:
                break
        return words[:PREVIEW_CHARACTERS].rstrip()

    def _first_text(self) -> Part | None:
        html: Part | None = None
        for part in self.root.walk():
            if part.children or part.media.type != "text" or part.size == 0:
                continue
            disposition = part.disposition
            if disposition is not None and disposition.type == "attachment":
                continue
            if part.media.subtype == "html":
                html = html or part
            elif part.media.subtype == "plain":
                return part
        return html
