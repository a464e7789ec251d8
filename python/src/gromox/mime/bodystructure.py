"""BODY and BODYSTRUCTURE, RFC 9051 7.5.2 and section 9 (body, body-type-1part, body-type-mpart)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.mime.envelope import envelope_text, parse_envelope
from gromox.mime.imaptext import nstring, pair, string

if TYPE_CHECKING:
    from gromox.mime.mediatype import MediaType, Parameters
    from gromox.mime.part import Part

#: What most parts have none of.
_COMMON_EXTENSIONS: Final = frozenset([b"content-disposition", b"content-language", b"content-location"])
_NO_COMMON_EXTENSION: Final = b" NIL NIL NIL"
#: Ready, as nearly all parts have one of them.
_ENCODINGS: Final = {
    name: string(name.encode("ascii")) for name in ("7bit", "8bit", "binary", "base64", "quoted-printable")
}


class Structures(NamedTuple):
    """Both forms of one structure, ready to be sent."""

    body: bytes
    bodystructure: bytes


def bodystructure_octets(part: Part, *, extensible: bool) -> bytes:
    """Return the structure of a part and what is below it, ready to be sent.

    Args:
        part: usually the root.
        extensible: BODYSTRUCTURE; else the shorter BODY.
    """
    both = structures(part)
    return both.bodystructure if extensible else both.body


def structures(root: Part) -> Structures:
    """Return BODY and BODYSTRUCTURE of a part and what is below it; the second adds a third to the time."""
    body: list[bytes] = []
    extended: list[bytes] = []
    # A list of what is still to be written instead of recursion: hostile mail nests deep, and one shared
    # output copies nothing twice.
    todo: list[Part | Structures] = [root]
    while todo:
        part = todo.pop()
        if isinstance(part, Structures):
            head, tail = part
        elif part.children:
            head = tail = b"("
            todo.append(_multipart_tail(part))
            todo += reversed(part.children)
        elif part.message is not None:
            head = tail = b"(%b %b " % (_basic(part), envelope_text(parse_envelope(part.message)))
            todo.append(Structures(b" %d)" % part.lines, b" %d%b)" % (part.lines, _extension(part))))
            todo.append(part.message)
        else:
            basic = _basic(part)
            if part.media.type == "text":
                basic = b"%b %d" % (basic, part.lines)
            head, tail = b"(%b)" % basic, b"(%b%b)" % (basic, _extension(part))
        body.append(head)
        extended.append(tail)
    return Structures(b"".join(body), b"".join(extended))


def _basic(part: Part) -> bytes:
    """Type, subtype and body-fields."""
    get = part.fields.get
    content_id, description = get(b"content-id"), get(b"content-description")
    return b"%b %b %b %b %d" % (
        part.media.text or _type_text(part.media),
        b"NIL" if content_id is None else nstring(part.text(b"content-id")),
        b"NIL" if description is None else nstring(part.text(b"content-description")),
        _ENCODINGS.get(part.encoding) or string(part.encoding.encode("ascii", "replace")),
        part.body_end - part.body_start,
    )


def _type_text(media: MediaType) -> bytes:
    """Type, subtype and parameters; kept with the type, for most of them are memoised themselves."""
    kind = pair(media.type.encode("ascii"), media.subtype.encode("ascii"))
    media.text = b"%b %b" % (kind, _parameters(media.raw))
    return media.text


def _parameters(raw: Parameters) -> bytes:
    if not raw:
        return b"NIL"
    return b"(%b)" % b" ".join([pair(name, value) for name, value in raw])


def _multipart_tail(part: Part) -> Structures:
    subtype = string(part.media.subtype.encode("ascii"))
    return Structures(
        b" %b)" % subtype, b" %b %b%b)" % (subtype, _parameters(part.media.raw), _common_extension(part))
    )


def _extension(part: Part) -> bytes:
    """MD5 and the rest."""
    md5 = b"NIL" if b"content-md5" not in part.fields else nstring(part.md5)
    return b" %b%b" % (md5, _common_extension(part))


def _common_extension(part: Part) -> bytes:
    """Disposition, language and location."""
    if part.fields.keys().isdisjoint(_COMMON_EXTENSIONS):
        return _NO_COMMON_EXTENSION
    disposition = part.disposition
    shown = b"NIL"
    if disposition is not None:
        shown = b"(%b %b)" % (string(disposition.type.encode("ascii")), _parameters(disposition.raw))
    languages = part.languages
    if not languages:
        tags = b"NIL"
    elif len(languages) == 1:
        tags = string(languages[0])
    else:
        tags = b"(%b)" % b" ".join([string(tag) for tag in languages])
    return b" %b %b %b" % (shown, tags, nstring(part.location))
