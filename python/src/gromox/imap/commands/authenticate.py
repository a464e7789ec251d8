"""AUTHENTICATE: logging in by the mechanisms of ``gromox.directory.mechanism``. RFC 3501 6.2.2, RFC 4959."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.directory.mechanism import (
    Challenge,
    Credentials,
    Failed,
    Finished,
    Step,
    Work,
    begin,
    offered,
)
from gromox.imap.commands.login import Credentials as LoginCredentials
from gromox.imap.commands.login import enter, log_in, refuse_in_clear, refused
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.machine import NOT_AUTHENTICATED
from gromox.imap.replies import Prompt, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session

#: Octets of one message of an exchange, as base64.
MAX_RESPONSE: Final = 12_288


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
        RFC 3501 6.2.2 ("*" cancels), RFC 4959 (initial response, "=" is the empty one). An authorization
        identity other than the user's own asks for that mailbox, as ``user!mailbox`` does.
    """
    refuse_in_clear(session)
    name = args.mechanism.decode("ascii", "replace").upper()
    doorkeeper = session.services.doorkeeper
    if name not in offered(doorkeeper, session.secured_peer):
        raise CommandError("no such authentication mechanism")

    def start(message: bytes | None) -> Step:
        step = begin(name, message, doorkeeper, session.secured_peer)
        if step is None:
            raise CommandError("no such authentication mechanism")
        return step

    step = start(None) if args.initial is None else _read(start, args.initial)
    return _follow(session, step, f"AUTHENTICATE {name}")


def _follow(session: Session, step: Step, operation: str) -> Result:
    """Turn a step of the mechanism into what the connection does."""
    if isinstance(step, Challenge):
        return Prompt(
            binascii.b2a_base64(step.octets, newline=False),
            lambda line: _follow(session, _read(step.read, line), operation),
        )
    if isinstance(step, Work):
        return Wait(step.run, lambda outcome: _follow(session, step.then(outcome), operation))
    if isinstance(step, Credentials):
        login = f"{step.login}!{step.authzid}" if step.authzid else step.login
        return log_in(session, LoginCredentials(login, step.password), operation)
    session.user = step.login
    if isinstance(step, Failed):
        return refused(session, step.error, operation)
    if step.octets:
        # There is no room for it in the tagged OK. RFC 3501 section 6.2.2.
        said = binascii.b2a_base64(step.octets, newline=False)
        return Prompt(said, lambda line: _acknowledged(session, line, step, operation))
    return enter(session, step.entrance, operation)


def _acknowledged(session: Session, line: bytes, step: Finished, operation: str) -> Result:
    if _decoded(line):
        raise BadCommandError("the last answer of the exchange is empty")
    return enter(session, step.entrance, operation)


def _read(read: Callable[[bytes], Step], line: bytes) -> Step:
    message = _decoded(line)
    try:
        return read(message)
    except ParseError as error:
        raise BadCommandError(f"the mechanism expects {error.expectation}") from None


def _decoded(line: bytes) -> bytes:
    """Return the octets of a base64 line of the client."""
    if line == b"*":
        raise BadCommandError("authentication was cancelled")
    if len(line) > MAX_RESPONSE:
        raise BadCommandError("the response is too long")
    if line in (b"=", b""):
        return b""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise BadCommandError("the response is not base64") from None
