"""What a FETCH asks for: data items and sections as values, and their grammar. RFC 3501 section 6.4.5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from gromox.imap import grammar
from gromox.imap.errors import BadCommandError
from gromox.imap.parser import Parser

#: Data items of one FETCH, and header field names in it.
MAX_ITEMS: Final = 200
MAX_FIELDS: Final = 200
MAX_DEPTH: Final = 100


class Attribute(Enum):
    """fetch-att without a section; the value is the name on the wire."""

    UID = b"UID"
    FLAGS = b"FLAGS"
    MODSEQ = b"MODSEQ"
    INTERNALDATE = b"INTERNALDATE"
    SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    SAVEDATE = b"SAVEDATE"
    EMAILID = b"EMAILID"
    THREADID = b"THREADID"
    PREVIEW = b"PREVIEW"


class Text(Enum):
    """section-text: which octets of a part."""

    ALL = b""
    HEADER = b"HEADER"
    FIELDS = b"HEADER.FIELDS"
    FIELDS_NOT = b"HEADER.FIELDS.NOT"
    TEXT = b"TEXT"
    MIME = b"MIME"


@dataclass(frozen=True, slots=True)
class Section:
    """``BODY[section]<partial>`` and its relatives.

    ``label`` is what the answer calls it (``BODY[1.2]<0>``, ``RFC822.HEADER``); ``partial`` is offset and
    length.
    """

    label: bytes
    path: tuple[int, ...] = ()
    text: Text = Text.ALL
    fields: tuple[bytes, ...] = ()
    partial: tuple[int, int] | None = None
    peek: bool = False


@dataclass(frozen=True, slots=True)
class Binary(Section):
    """``BINARY[part]<partial>``: a part out of its transfer encoding. RFC 9051 section 6.4.5, RFC 3516.

    ``size``: ``BINARY.SIZE[part]``, only how many octets that would be.
    """

    size: bool = False


Item: TypeAlias = Attribute | Section

_ALL = (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.SIZE, Attribute.ENVELOPE)

#: Macros, RFC 3501 section 6.4.5.
MACROS: Final[dict[bytes, tuple[Item, ...]]] = {
    b"ALL": _ALL,
    b"FAST": _ALL[:3],
    b"FULL": (*_ALL, Attribute.BODY),
}

_PLAIN: Final[dict[bytes, Item]] = {attribute.value: attribute for attribute in Attribute} | {
    b"RFC822": Section(b"RFC822"),
    b"RFC822.HEADER": Section(b"RFC822.HEADER", text=Text.HEADER, peek=True),
    b"RFC822.TEXT": Section(b"RFC822.TEXT", text=Text.TEXT),
}

#: Names that a section follows.
_BRACKETED: Final = (b"BODY.PEEK[", b"BODY[", b"BINARY.PEEK[", b"BINARY.SIZE[", b"BINARY[")

# The longer of two words with the same beginning comes first.
_SECTION_TEXTS: Final = (Text.FIELDS_NOT, Text.FIELDS, Text.HEADER, Text.TEXT, Text.MIME)


def parse_items(p: Parser) -> tuple[Item, ...]:
    """Read ``"ALL" / "FULL" / "FAST" / fetch-att / "(" fetch-att *(SP fetch-att) ")"`` without doubles."""
    if not p.peek(b"("):
        word = _item_name(p)
        if word in MACROS and not p.peek(b"["):
            return MACROS[word]
        return (_item(p, word),)
    items: list[Item] = []
    p.parenthesised(lambda: items.append(_item(p, _item_name(p))), limit=MAX_ITEMS)
    if not items:
        raise BadCommandError("FETCH needs at least one item")
    return tuple(dict.fromkeys(items))


def _item_name(p: Parser) -> bytes:
    """Take a word up to "[", which an atom may contain."""
    for name in _BRACKETED:
        if p.accept_word(name):
            return name
    return p.word()


def _item(p: Parser, name: bytes) -> Item:
    if name.startswith(b"BINARY") and name.endswith(b"["):
        return _binary(p, size=name == b"BINARY.SIZE[", peek=name != b"BINARY[")
    if name.endswith(b"["):
        return _section(p, peek=name == b"BODY.PEEK[")
    item = _PLAIN.get(name)
    if item is Attribute.PREVIEW:
        _preview_modifiers(p)
    if item is None:
        raise BadCommandError(f"no such FETCH item: {name[:40].decode('ascii')}")
    return item


def _preview_modifiers(p: Parser) -> None:
    """``[SP "(" preview-mod *(SP preview-mod) ")"]``, RFC 8970 section 6.

    Previews are made when a message is written, so LAZY changes nothing.
    """
    if not p.accept(b" ("):
        return
    while True:
        if p.word() != b"LAZY":
            raise BadCommandError("no such modifier of PREVIEW")
        if p.accept(b")"):
            return
        p.space()


def _binary(p: Parser, *, size: bool, peek: bool) -> Binary:
    """``"BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary``."""
    path = _path(p)
    p.expect(b"]")
    partial = None if size else _partial(p)
    label = b"%b[%b]" % (b"BINARY.SIZE" if size else b"BINARY", b".".join(b"%d" % number for number in path))
    if partial is not None:
        label += b"<%d>" % partial[0]
    return Binary(label, path, partial=partial, peek=peek, size=size)


def _path(p: Parser) -> tuple[int, ...]:
    path = p.section_part()
    if len(path) > MAX_DEPTH:
        raise BadCommandError("the section is nested too deeply")
    return path


def parse_section(octets: bytes) -> Section:
    """Read a section-spec that stands alone, as in a URL (RFC 5092 section 5)."""
    p = Parser(octets + b"]")
    section = _section(p, peek=True)
    p.end()
    return section


def _section(p: Parser, *, peek: bool) -> Section:
    path = _path(p)
    label = b".".join(b"%d" % number for number in path)
    text = Text.ALL
    fields: tuple[bytes, ...] = ()
    if not p.peek(b"]"):
        if path:
            p.expect(b".")
            label += b"."
        text = next((text for text in _SECTION_TEXTS if p.accept_word(text.value)), Text.ALL)
        if text is Text.ALL or (text is Text.MIME and not path):
            raise BadCommandError("no such section")
        label += text.value
        if text in (Text.FIELDS, Text.FIELDS_NOT):
            fields = _fields(p)
            label += b" (" + b" ".join(map(_quoted_field, fields)) + b")"
    p.expect(b"]")
    partial = _partial(p)
    label = b"BODY[" + label + b"]"
    if partial is not None:
        label += b"<%d>" % partial[0]
    return Section(label, path, text, fields, partial, peek)


def _fields(p: Parser) -> tuple[bytes, ...]:
    """header-list = "(" header-fld-name *(SP header-fld-name) ")"."""
    p.space()
    names: list[bytes] = []
    p.parenthesised(lambda: names.append(p.astring()), limit=MAX_FIELDS)
    if not names:
        raise BadCommandError("a header list names at least one field")
    return tuple(names)


def _quoted_field(name: bytes) -> bytes:
    if grammar.ASTRING_ATOM.fullmatch(name):
        return name
    if b"\r" in name or b"\n" in name or b"\0" in name:
        raise BadCommandError("a field name has no line breaks")
    return b'"' + name.replace(b"\\", rb"\\").replace(b'"', rb"\"") + b'"'


def _partial(p: Parser) -> tuple[int, int] | None:
    if not p.accept(b"<"):
        return None
    offset = p.number64()
    p.expect(b".")
    length = p.number64()
    if not length:
        raise BadCommandError("expected a number above 0")
    p.expect(b">")
    return offset, length
