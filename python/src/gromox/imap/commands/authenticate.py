"""AUTHENTICATE: logging in by SASL, mechanisms PLAIN and LOGIN. RFC 3501 section 6.2.2, RFC 4959."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.commands.login import Credentials, credentials, log_in, refuse_in_clear
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import NOT_AUTHENTICATED
from gromox.imap.replies import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session

#: Octets of one message of an exchange, as base64.
MAX_RESPONSE: Final = 12_288

#: Challenges of LOGIN (draft-murchison-sasl-login): "User Name" and "Password", each with a NUL.
USER_PROMPT: Final = b"VXNlciBOYW1lAA=="
PASSWORD_PROMPT: Final = b"UGFzc3dvcmQA"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """The mechanism, and the initial response as the client sent it."""

    mechanism: bytes
    initial: bytes | None


def parse_authenticate(p: Parser) -> Authenticate:
    """``AUTHENTICATE SP auth-type [SP (base64 / "=")]``."""
    p.space()
    mechanism = p.word()
    initial = p.rest() if p.accept(b" ") else None
    p.end()
    return Authenticate(mechanism, initial)


@command("AUTHENTICATE", NOT_AUTHENTICATED, parse_authenticate, secret=True)
def authenticate(session: Session, args: Authenticate) -> Result:
    """Log in by a SASL mechanism.

    Spec:
        RFC 3501 6.2.2 ("*" cancels), RFC 4959 (initial response, "=" is the empty one), RFC 4616 (PLAIN).
    """
    refuse_in_clear(session)
    begin = _MECHANISMS.get(args.mechanism)
    if begin is None:
        raise CommandError("no such authentication mechanism")
    return begin(session, args.initial)


def _plain(session: Session, initial: bytes | None) -> Result:
    if initial is None:
        return Prompt(
            b"", lambda line: log_in(session, plain_credentials(_decoded(line)), "AUTHENTICATE PLAIN")
        )
    return log_in(session, plain_credentials(_decoded(initial)), "AUTHENTICATE PLAIN")


def plain_credentials(message: bytes) -> Credentials:
    """Read ``[authzid] NUL authcid NUL passwd``.

    Spec:
        RFC 4616 section 2. An authorization identity other than the user's own asks for that mailbox, as
        ``user!mailbox`` does.
    """
    parts = message.split(b"\0")
    if len(parts) != 3 or not parts[1]:  # noqa: PLR2004 - the three fields of the message
        raise BadCommandError("the PLAIN message has three fields")
    mailbox, user, password = parts
    if mailbox and mailbox != user:
        user += b"!" + mailbox
    return credentials(user, password)


def _login(session: Session, initial: bytes | None) -> Result:
    def with_user(line: bytes) -> Prompt:
        user = _decoded(line)
        return Prompt(
            PASSWORD_PROMPT,
            lambda answer: log_in(session, credentials(user, _decoded(answer)), "AUTHENTICATE LOGIN"),
        )

    return Prompt(USER_PROMPT, with_user) if initial is None else with_user(initial)


_MECHANISMS: Final[dict[bytes, Callable[[Session, bytes | None], Result]]] = {
    b"PLAIN": _plain,
    b"LOGIN": _login,
}


def _decoded(line: bytes) -> bytes:
    """Return the octets of a base64 line of the client."""
    if line == b"*":
        raise BadCommandError("authentication was cancelled")
    if len(line) > MAX_RESPONSE:
        raise BadCommandError("the response is too long")
    if line == b"=":
        return b""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise BadCommandError("the response is not base64") from None
