"""Passwords and keys, wrapped so that they cannot reach a log by accident."""

from __future__ import annotations

import hmac
from typing import final


@final
class Secret:
    """A text that shows itself only to who asks for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hold ``text``."""
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __bool__(self) -> bool:
        """Tell whether there is any text."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        """Refuse: a hash of a secret in a dictionary is a secret in a dictionary."""
        raise TypeError("a Secret cannot be a key")

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Secret(...)"

    __str__ = __repr__
