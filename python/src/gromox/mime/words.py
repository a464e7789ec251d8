"""Encoded-words: RFC 2047 text in header fields, tolerant when read and strict when written."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from gromox.mime import charset

#: charset, optional RFC 2231 language, encoding, text. Blanks in the text break the rule but are common.
_WORD: Final = re.compile(rb"=\?([^?*\s]{1,64})(?:\*[^?\s]{0,64})?\?([BbQq])\?([^?\r\n]*)\?=")
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*\Z")
_LINE_BREAKS: Final = re.compile(rb"\r*\n")
_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
)
#: The decoded text that a phrase (display name) may carry without any quoting, RFC 5322 3.2.3.
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
#: 75 octets for a word less the frame "=?utf-8?b??=", RFC 2047 2, as base64 of whole characters.
_WORD_OCTETS: Final = 45


def base64_octets(text: bytes) -> bytes:
    """Decode base64 whatever it holds: junk is skipped, missing padding is supplied."""
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        clean = text.translate(None, _NOT_BASE64)
        # One digit alone carries six bits: not an octet.
        clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def _word_octets(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"Bb":
        return base64_octets(text)
    return binascii.a2b_qp(text, header=True)


def decode_words(value: bytes) -> str:
    """Return the text of an unstructured field or phrase.

    Spec:
        RFC 2047 6.2: white space between adjacent encoded-words goes. Adjacent words of one charset are
        decoded together, because writers split characters between words although section 5 forbids it. What
        stands outside of words is UTF-8 (RFC 6532), else a guessed charset. Line breaks of folding go.
    """
    if b"\n" in value:
        value = _LINE_BREAKS.sub(b"", value)
    if b"=?" not in value:
        return value.decode("ascii") if value.isascii() else charset.decode(value, "utf-8")
    out: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    end = 0
    for found in _WORD.finditer(value):
        name = found[1].decode("ascii", "replace").lower()
        gap = value[end : found.start()]
        joined = bool(pending_charset) and _BETWEEN.match(gap) is not None
        if not joined or name != pending_charset:
            out.append(charset.decode(b"".join(pending), pending_charset))
            pending = []
        if not joined:
            out.append(charset.decode(gap, "utf-8"))
        pending.append(_word_octets(found[2], found[3]))
        pending_charset = name
        end = found.end()
    out.append(charset.decode(b"".join(pending), pending_charset))
    out.append(charset.decode(value[end:], "utf-8"))
    return "".join(out)


def encode_words(text: str) -> bytes:
    """Return the text as 7-bit octets for an unstructured field; encoded-words where it is not plain ASCII.

    Spec:
        RFC 2047 2 and 5: words of at most 75 octets that never split a character, separated by folds.
    """
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text.encode("ascii")
    words: list[bytes] = []
    chunk = b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            words.append(chunk)
            chunk = b""
        chunk += octets
    words.append(chunk)
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(word) + b"?=" for word in words)


def encode_phrase(text: str) -> bytes:
    """Return the text as a display name: atoms, a quoted string, or encoded-words."""
    if not text.isascii() or not text.isprintable() or "=?" in text:
        return encode_words(text)
    if _ATOMS.match(text):
        return text.encode("ascii")
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"'
