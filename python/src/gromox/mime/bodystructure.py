"""BODY and BODYSTRUCTURE, RFC 9051 7.5.2 and section 9 (body, body-type-1part, body-type-mpart)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mime.envelope import envelope_text, parse_envelope
from gromox.mime.imaptext import nstring, string

if TYPE_CHECKING:
    from gromox.mime.mediatype import Parameters
    from gromox.mime.part import Part


def bodystructure_octets(part: Part, *, extensible: bool) -> bytes:
    """Return the structure of a part and what is below it, ready to be sent.

    Args:
        part: usually the root.
        extensible: BODYSTRUCTURE; else the shorter BODY.
    """
    out: list[bytes] = []
    # A list of what is still to be written instead of recursion: hostile mail nests deep, and one shared
    # output copies nothing twice.
    todo: list[Part | bytes] = [part]
    while todo:
        item = todo.pop()
        if isinstance(item, bytes):
            out.append(item)
        elif item.children:
            out.append(b"(")
            todo.append(_multipart_tail(item, extensible=extensible))
            todo.extend(reversed(item.children))
        elif item.message is not None:
            out.append(b"(" + _basic(item) + b" " + envelope_text(parse_envelope(item.message)) + b" ")
            todo.append(b" %d%b)" % (item.lines, _extension(item) if extensible else b""))
            todo.append(item.message)
        else:
            lines = b" %d" % item.lines if item.media.type == "text" else b""
            out.append(b"(%b%b%b)" % (_basic(item), lines, _extension(item) if extensible else b""))
    return b"".join(out)


def _basic(part: Part) -> bytes:
    """Type, subtype and body-fields."""
    media, get = part.media, part.text
    return b"%b %b %b %b %b %b %d" % (
        string(media.type.encode("ascii")),
        string(media.subtype.encode("ascii")),
        _parameters(media.raw),
        nstring(get(b"content-id")),
        nstring(get(b"content-description")),
        string(part.encoding.encode("ascii", "replace")),
        part.body_end - part.body_start,
    )


def _parameters(raw: Parameters) -> bytes:
    if not raw:
        return b"NIL"
    return b"(%b)" % b" ".join([b"%b %b" % (string(name), string(value)) for name, value in raw])


def _multipart_tail(part: Part, *, extensible: bool) -> bytes:
    subtype = string(part.media.subtype.encode("ascii"))
    if not extensible:
        return b" %b)" % subtype
    return b" %b %b%b)" % (subtype, _parameters(part.media.raw), _common_extension(part))


def _extension(part: Part) -> bytes:
    """MD5 and the rest."""
    # Most parts have none of them.
    if len(part.fields) == 0:
        return b" NIL NIL NIL NIL"
    return b" %b%b" % (nstring(part.md5), _common_extension(part))


def _common_extension(part: Part) -> bytes:
    """Disposition, language and location."""
    fields = part.fields
    disposition = part.disposition if b"content-disposition" in fields else None
    shown = b"NIL"
    if disposition is not None:
        shown = b"(%b %b)" % (string(disposition.type.encode("ascii")), _parameters(disposition.raw))
    languages = part.languages if b"content-language" in fields else ()
    if not languages:
        tags = b"NIL"
    elif len(languages) == 1:
        tags = string(languages[0])
    else:
        tags = b"(%b)" % b" ".join([string(tag) for tag in languages])
    return b" %b %b %b" % (shown, tags, nstring(part.location))
