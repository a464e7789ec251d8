"""What the server says, as values.

Spec:
    RFC 1939 section 3 (+OK, -ERR), RFC 2449 section 8 and RFC 3206 (response codes in brackets).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reply:
    """One line; ``code`` is a response code without brackets."""

    ok: bool
    text: str
    code: str = ""

    def encode(self) -> bytes:
        """Return the octets of the line."""
        code = f"[{self.code}] " if self.code else ""
        return f"{'+OK' if self.ok else '-ERR'} {code}{self.text}\r\n".encode("utf-8", "replace")


def ok(text: str) -> Reply:
    """Return a positive answer."""
    return Reply(ok=True, text=text)


def err(text: str, code: str = "") -> Reply:
    """Return a negative answer."""
    return Reply(ok=False, text=text, code=code)


END: Final = b".\r\n"

SEND_PASSWORD: Final = ok("send your password")
LISTING: Final = ok("the list follows")
DELETED: Final = ok("marked for removal")
NOTHING: Final = ok("nothing to do")
START_TLS: Final = ok("begin TLS")
GOODBYE: Final = ok("goodbye")

UNKNOWN_COMMAND: Final = err("there is no such command")
NOT_NOW: Final = err("that command is not for this state")
BAD_ARGUMENT: Final = err("that argument is not understood")
LINE_TOO_LONG: Final = err("that line is too long")
TLS_FIRST: Final = err("say STLS first")
BELIEVED: Final = ok("so that is who is there")
NOT_BELIEVED: Final = err("that is not for you to say")
UTF8: Final = ok("header fields come as UTF-8")
NO_SUCH_LANGUAGE: Final = err("that language is not spoken here")
NO_TLS_AFTER_UTF8: Final = err("STLS comes before UTF8")
NO_TLS: Final = err("TLS is not available")
USER_FIRST: Final = err("say USER first")
NO_SUCH_MESSAGE: Final = err("there is no such message")
NO_SUCH_MECHANISM: Final = err("there is no such mechanism")
CANCELLED: Final = err("the exchange was cancelled")
NOT_BASE64: Final = err("that is not what the mechanism says")
NO_APOP: Final = err("APOP is not available: passwords are not kept in clear")
IN_USE: Final = err("another session has the maildrop", "IN-USE")
TOO_SOON: Final = err("the last login was a moment ago", "LOGIN-DELAY")
TOO_MANY_FAILURES: Final = err("too many failed logins", "AUTH")
TOO_MANY_SESSIONS: Final = err("too many sessions of that user", "SYS/TEMP")
NOT_DURABLE: Final = err("the removal could not be written to disk", "SYS/TEMP")
INTERNAL_ERROR: Final = err("an error of this server", "SYS/TEMP")
