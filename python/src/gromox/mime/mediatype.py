"""Content-Type and Content-Disposition: a value with parameters, RFC 2045 5.1, RFC 2183 and RFC 2231."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gromox.mime import charset
from gromox.mime.limits import DEFAULT, Limits
from gromox.mime.words import decode_words

if TYPE_CHECKING:
    from collections.abc import Sequence

Parameters = tuple[tuple[bytes, bytes], ...]

_TOKEN_OCTETS: Final = rb"[!#$%&'*+.^_`{|}~0-9A-Za-z-]"
_TYPE: Final = re.compile(
    rb"[ \t\r\n]*(%(token)b+)[ \t\r\n]*/[ \t\r\n]*(%(token)b+)" % {b"token": _TOKEN_OCTETS}
)
_TOKEN: Final = re.compile(rb"[ \t\r\n]*(%b+)" % _TOKEN_OCTETS)
_ONE_PARAMETER: Final = rb";[ \t\r\n]*+([A-Za-z]++)=\"([^\"\\\r\n]++)\"[ \t\r\n]*+\Z"
#: The forms of what differs from mail to mail, a boundary or the name of a file: read in a third of the time.
_COMMON_TYPE: Final = re.compile(
    rb"[ \t]*+(%(token)b++)/(%(token)b++)%(one)b" % {b"token": _TOKEN_OCTETS, b"one": _ONE_PARAMETER}
)
_COMMON_DISPOSITION: Final = re.compile(rb"[ \t]*+(%b++)%b" % (_TOKEN_OCTETS, _ONE_PARAMETER))
#: One parameter. The quoted value may lack its end, the bare one may hold blanks (name=my file.pdf). No two
#: alternatives begin alike, so nothing is ever tried twice.
_PARAMETER: Final = re.compile(
    rb""";[ \t\r\n]*([^\s=;"]+)[ \t\r\n]*=[ \t\r\n]*(?:"((?:[^"\\]+|\\.|\\\Z)*)"?|([^;]*))""", re.DOTALL
)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_LINE_BREAKS: Final = re.compile(rb"\r*\n")
#: name*, name*0, name*0*
_EXTENDED: Final = re.compile(rb"([^*]+)\*(?:([0-9]{1,4})(\*)?)?\Z")
_LONGEST_CACHED: Final = 160


# Unfrozen: the time to make one counts. Values all the same, apart from the text that is kept.
@dataclass(slots=True, unsafe_hash=True)
class MediaType:
    """A value and its parameters; never changed.

    ``raw`` holds the parameters as BODYSTRUCTURE shows them: continuations joined, extended values still
    percent-encoded (as UTF-8 when they were joined). ``text`` is all of it as BODYSTRUCTURE writes it, once
    somebody asked.
    """

    type: str
    subtype: str
    raw: Parameters
    text: bytes | None = field(default=None, compare=False, repr=False)

    def parameter(self, name: str) -> str | None:
        """Return the decoded value of a parameter, the extended form before the plain one."""
        return parameter(self.raw, name)


@dataclass(frozen=True, slots=True)
class Disposition:
    """Content-Disposition, RFC 2183."""

    type: str
    raw: Parameters

    def parameter(self, name: str) -> str | None:
        """Return the decoded value of a parameter, the extended form before the plain one."""
        return parameter(self.raw, name)


#: What a body is that does not say: RFC 2045 5.2.
TEXT: Final = MediaType("text", "plain", ((b"charset", b"us-ascii"),))
#: The same in a multipart/digest: RFC 2046 5.1.5.
MESSAGE: Final = MediaType("message", "rfc822", ())
#: What lies beyond the limits.
OPAQUE: Final = MediaType("application", "octet-stream", ())


def parameter(raw: Parameters, name: str) -> str | None:
    """Return the decoded value of a parameter, or None.

    Spec:
        RFC 2231 4 for the extended form, which wins; encoded-words in the plain one are decoded although
        RFC 2047 5 (3) forbids them, because many programs write them.
    """
    plain = name.encode("ascii", "replace").lower()
    return text_of_parameter(raw, plain, plain + b"*")


def text_of_parameter(raw: Parameters, plain: bytes, extended: bytes) -> str | None:
    """Do the same for a name that is known in both forms, as it is for what each part is asked."""
    found: bytes | None = None
    for key, value in raw:
        if key == extended:
            return decode_extended(value)
        if key == plain and found is None:
            found = value
    return None if found is None else decode_words(found)


def decode_extended(value: bytes) -> str:
    """Return the text of ``charset'language'percent-encoded``."""
    parts = value.split(b"'", 2)
    if len(parts) < 3:  # noqa: PLR2004 - the three parts of the form
        return charset.decode(unquote_to_bytes(value), "utf-8")
    return charset.decode(unquote_to_bytes(parts[2]), parts[0].decode("ascii", "replace"))


def parse_media_type(value: bytes, limits: Limits = DEFAULT) -> MediaType | None:
    """Return the value of a Content-Type field, or None if it has no type and subtype."""
    # Most parts of most mails say one of a few things; boundaries and names of files are used once.
    if (
        len(value) <= _LONGEST_CACHED
        and limits is DEFAULT
        and b"oundary" not in value
        and b"name" not in value
    ):
        return _cached_media_type(value)
    return _parse_media_type(value, limits)


def _parse_media_type(value: bytes, limits: Limits) -> MediaType | None:
    found = _COMMON_TYPE.match(value) if len(value) <= limits.value_octets else None
    if found is not None:
        parameters: Parameters = ((found[3].lower(), found[4]),)
        return MediaType(found[1].decode("ascii").lower(), found[2].decode("ascii").lower(), parameters)
    value = _bare(value, limits)
    found = _TYPE.match(value)
    if found is None:
        return None
    parameters = parse_parameters(value, found.end(), limits)
    return MediaType(found[1].decode("ascii").lower(), found[2].decode("ascii").lower(), parameters)


@lru_cache(maxsize=512)
def _cached_media_type(value: bytes) -> MediaType | None:
    return _parse_media_type(value, DEFAULT)


def parse_disposition(value: bytes, limits: Limits = DEFAULT) -> Disposition | None:
    """Return the value of a Content-Disposition field, or None if it has no type."""
    if len(value) <= _LONGEST_CACHED and limits is DEFAULT:
        # It is asked for several times while a mail comes in.
        return _cached_disposition(value)
    return _parse_disposition(value, limits)


@lru_cache(maxsize=128)
def _cached_disposition(value: bytes) -> Disposition | None:
    return _parse_disposition(value, DEFAULT)


def _parse_disposition(value: bytes, limits: Limits) -> Disposition | None:
    found = _COMMON_DISPOSITION.match(value) if len(value) <= limits.value_octets else None
    if found is not None:
        return Disposition(found[1].decode("ascii").lower(), ((found[2].lower(), found[3]),))
    value = _bare(value, limits)
    found = _TOKEN.match(value)
    if found is None:
        return None
    return Disposition(found[1].decode("ascii").lower(), parse_parameters(value, found.end(), limits))


def _bare(value: bytes, limits: Limits) -> bytes:
    value = value[: limits.value_octets]
    if b"\n" in value:
        value = _LINE_BREAKS.sub(b"", value)
    return strip_comments(value) if b"(" in value else value


def parse_parameters(value: bytes, start: int, limits: Limits = DEFAULT) -> Parameters:
    """Return the parameters from an offset on; names in lower case, of equal names the first.

    Continuations are joined here (RFC 9051 7.5.2, "body parameter parenthesized list").
    """
    plain: dict[bytes, bytes] = {}
    is_extended = False
    for name, quoted, bare in _PARAMETER.findall(value, start):
        text = quoted or bare.strip(b" \t\r")
        if b"\\" in quoted:
            text = _ESCAPED.sub(rb"\1", quoted)
        if b"*" in name:
            is_extended = True
        plain.setdefault(name.lower(), text)
        if len(plain) >= limits.parameters:
            break
    return _join_continuations(plain) if is_extended else tuple(plain.items())


def _join_continuations(plain: dict[bytes, bytes]) -> Parameters:
    """Replace ``name*0``, ``name*1*`` ... by ``name`` or, if any was encoded, ``name*``."""
    joined: dict[bytes, bytes] = {}
    pieces: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
    for name, value in plain.items():
        found = _EXTENDED.match(name)
        if found is None or found[2] is None:
            joined[name] = value
        else:
            pieces.setdefault(found[1], {})[int(found[2])] = (value, found[3] is not None)
    for name, numbered in pieces.items():
        run: list[tuple[bytes, bool]] = []
        while len(run) in numbered:  # up to the first gap
            run.append(numbered[len(run)])
        if any(encoded for _, encoded in run):
            joined.setdefault(name + b"*", _join_encoded(run))
        elif run:
            joined.setdefault(name, b"".join(value for value, _ in run))
    return tuple(joined.items())


def _join_encoded(run: Sequence[tuple[bytes, bool]]) -> bytes:
    """Return the pieces as one extended value in UTF-8; RFC 2231 4.1: only the first names the charset."""
    name, language = b"utf-8", b""
    octets: list[bytes] = []
    for number, (value, encoded) in enumerate(run):
        text = value
        if encoded and number == 0 and value.count(b"'") > 1:
            name, language, text = value.split(b"'", 2)
        octets.append(unquote_to_bytes(text) if encoded else text)
    decoded = charset.decode(b"".join(octets), name.decode("ascii", "replace"))
    safe_language = _TOKEN.match(language)
    return b"utf-8'%s'%s" % (
        safe_language[1].replace(b"%", b"") if safe_language else b"",
        quote_from_bytes(decoded.encode("utf-8", "replace"), safe="").encode("ascii"),
    )


_COMMENT_MARKS: Final = re.compile(rb'["()\\]')


def strip_comments(value: bytes) -> bytes:
    """Return a structured value with its (nested) comments replaced by a blank; quoted strings stay.

    Spec:
        RFC 5322 3.2.2. A comment without end reaches to the end of the value.
    """
    out: list[bytes] = []
    depth, quoted, kept, position = 0, False, 0, 0
    while (found := _COMMENT_MARKS.search(value, position)) is not None:
        at, position = found.start(), found.end()
        mark = found[0]
        if mark == b"\\":
            position += 1
        elif mark == b'"':
            quoted = not quoted if depth == 0 else quoted
        elif quoted:
            continue
        elif mark == b"(":
            if depth == 0:
                out.append(value[kept:at])
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                out.append(b" ")
                kept = position
    if depth == 0:
        out.append(value[kept:])
    return b"".join(out)
