"""Header fields as octets: encoded-words and folding, so that no line is too long for anybody.

Spec: RFC 5322 2.1.1 and 2.2.3, RFC 2047 2, 4 and 5, RFC 2231, RFC 6532.
"""

from __future__ import annotations

import base64
import re
from typing import Final
from urllib.parse import quote_from_bytes

_LINE: Final = 76
_WORD: Final = 75
_FRAME: Final = len("=?utf-8?b??=")
#: A run without blanks that is longer than this is written as encoded-words: lines may not pass 998 octets.
LONGEST_RUN: Final = 900
#: What may stand for itself in a Q word wherever it stands, RFC 2047 5 (3).
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q: Final = {
    octet: (chr(octet) if octet in _Q_SAFE else "_" if octet == ord(" ") else f"={octet:02X}")
    for octet in range(256)
}
_BLANKS: Final = re.compile(rb"[ \t]+")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+\Z")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_PARAMETER_PIECE: Final = 60


def field(name: str, value: str | bytes) -> bytes:
    """Return a whole header field with its line break.

    Args:
        name: ASCII.
        value: text, or octets that are already in the form of the field.
    """
    octets = unstructured(value, _LINE - len(name) - 2) if isinstance(value, str) else value
    return fold(name.encode("ascii") + b": ", octets)


def fold(start: bytes, octets: bytes) -> bytes:
    """Return a field folded in front of blanks wherever a line would pass 76 octets; blanks stay."""
    if len(start) + len(octets) <= _LINE and b"\n" not in octets:
        return start + octets + b"\r\n"
    out = bytearray()
    for number, part in enumerate(octets.split(b"\r\n")):
        line = bytearray(start if number == 0 else b"")
        is_first = True
        at = 0
        while at < len(part):
            blank = _BLANKS.match(part, at)
            gap = blank[0] if blank else b""
            end = _BLANKS.search(part, at + len(gap))
            word = part[at + len(gap) : end.start() if end else len(part)]
            if not is_first and gap and word and len(line) + len(gap) + len(word) > _LINE:
                out += line + b"\r\n"
                line = bytearray()
            line += gap + word
            is_first = False
            at += len(gap) + len(word)
        out += line + b"\r\n"
    return bytes(out)


def unstructured(text: str, room: int) -> bytes:
    """Return text for an unstructured field; encoded-words if it is not plain ASCII or would not read back.

    Args:
        text: on one line.
        room: octets left on the first line.
    """
    if (
        text.isascii()
        and text.isprintable()
        and "=?" not in text
        and text == text.strip()
        and max(map(len, text.split(" ")), default=0) <= LONGEST_RUN
    ):
        return text.encode("ascii")
    return encoded_words(text, room)


def encoded_words(text: str, room: int, *, base64_only: bool = False) -> bytes:
    """Return all of a text as encoded-words with folds between them; no character is split.

    Q as long as a reader of the source can guess the text (half as long again as B at most), else B.
    """
    octets = text.encode("utf-8", "replace")
    q_size = sum(len(_Q[octet]) for octet in octets)
    is_q = not base64_only and q_size * 2 <= (len(octets) + 2) // 3 * 12
    words: list[bytes] = []
    left = min(max(room, 0), _WORD) - _FRAME
    piece, size = b"", 0
    for character in octets.decode("utf-8"):
        encoded = character.encode("utf-8")
        cost = sum(len(_Q[octet]) for octet in encoded)
        length = size + cost if is_q else (len(piece) + len(encoded) + 2) // 3 * 4
        if length > left and (piece or not words):
            words.append(_word(piece, is_q=is_q) if piece else b"")
            piece, size, left = b"", 0, _WORD - 1 - _FRAME
        piece += encoded
        size += cost
    words.append(_word(piece, is_q=is_q))
    return b"\r\n ".join(word for word in words if word)


def _word(octets: bytes, *, is_q: bool) -> bytes:
    if is_q:
        return b"=?utf-8?q?" + "".join(_Q[octet] for octet in octets).encode("ascii") + b"?="
    return b"=?utf-8?b?" + base64.b64encode(octets) + b"?="


def phrase(text: str) -> bytes:
    """Return a display name: atoms, a quoted string or encoded-words, RFC 5322 3.2.5."""
    if (
        not text.isascii()
        or not text.isprintable()
        or "=?" in text
        or text != text.strip()
        or len(text) > _WORD
    ):
        return encoded_words(text, 60)
    if _ATOMS.match(text):
        return text.encode("ascii")
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"'


def structured(start: str, parameters: list[tuple[str, str]]) -> bytes:
    """Return a value with parameters, one a line where needed; extended ones where they are not ASCII.

    Spec:
        RFC 2045 5.1, RFC 2231 3 (continuations) and 4 (charset).
    """
    pieces = [start.encode("ascii", "replace")]
    for name, value in parameters:
        pieces += _parameter(name, value)
    return b"; ".join(pieces)


def _parameter(name: str, value: str) -> list[bytes]:
    if value.isascii() and value.isprintable() and "=?" not in value:
        text = value if _TOKEN.match(value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        # A quoted text with blanks may not be folded: readers differ in what they take away again.
        if len(text) <= _PARAMETER_PIECE and "  " not in text and "\\" not in text:
            return [f"{name}={text}".encode("ascii")]
    out: list[bytes] = []
    piece = "utf-8''"
    for character in value:
        quoted = quote_from_bytes(character.encode("utf-8", "replace"), safe="")
        if len(piece) + len(quoted) > _PARAMETER_PIECE:
            out.append(piece.encode("ascii"))
            piece = ""
        piece += quoted
    out.append(piece.encode("ascii"))
    if len(out) == 1:
        return [name.encode("ascii") + b"*=" + out[0]]
    return [b"%b*%d*=%b" % (name.encode("ascii"), number, text) for number, text in enumerate(out)]
