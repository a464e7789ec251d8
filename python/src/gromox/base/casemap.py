"""The collation i;unicode-casemap. RFC 5051 section 2."""

from __future__ import annotations

import unicodedata


def casemap(text: str) -> str:
    """Return the form under which texts are compared, by code points (which order as UTF-8 does)."""
    if text.isascii():
        return text.upper()  # the title case of one ASCII letter
    return unicodedata.normalize("NFKD", "".join([_title(character) for character in text]))


def _title(character: str) -> str:
    mapped = character.title()
    return mapped if len(mapped) == 1 else character
