"""How a command can fail before the store is asked.

* CommandError          tagged NO
  - BadCommandError     tagged BAD: the client broke the grammar or the protocol
"""

from __future__ import annotations

from gromox.base.errors import GromoxError


class CommandError(GromoxError):
    """The command gets a tagged NO; the connection goes on."""

    def __init__(self, text: str, code: str | None = None) -> None:
        """Hold the human text and, if the client can act on it, the response code (RFC 5530)."""
        super().__init__(text)
        self.text, self.code = text, code


class BadCommandError(CommandError):
    """The command gets a tagged BAD and counts against the connection."""


class TruncatedAnswerError(Exception):
    """An answer broke off inside a literal: nothing can be said any more, the connection has to end."""


class LookUpFirstError(Exception):
    """The handler needs to know what mailboxes of others there are: it is called again when that is known.

    Raised before anything was done.
    """
