"""AUTH: logging in by the mechanisms of ``gromox.directory.mechanism``. RFC 5034."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

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
from gromox.pop3 import replies
from gromox.pop3.dispatch import Ask, Lines, Prompt, command
from gromox.pop3.login import enter, log_in, may_log_in, refuse
from gromox.pop3.session import Session, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.pop3.dispatch import Result


class _RefusedError(Exception):
    """The client cancelled, or did not send base64."""

    def __init__(self, reply: replies.Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


@command("AUTH", State.AUTHORIZATION)
def auth(session: Session, text: str) -> Result:
    """Log in by a mechanism.

    Spec:
        RFC 5034 section 4 (initial response, "=" is the empty one, "*" cancels); without an argument the
        mechanisms are listed, as clients from before RFC 2449 expect.
    """
    if not may_log_in(session):
        return replies.TLS_FIRST
    name, _, initial = text.partition(" ")
    doorkeeper = session.services.doorkeeper
    if not name:
        names = b"".join(each.encode() + b"\r\n" for each in offered(doorkeeper, session.peer))
        return Lines(replies.LISTING.encode() + names + replies.END)
    name = name.upper()
    if name not in offered(doorkeeper, session.peer):
        return replies.NO_SUCH_MECHANISM

    def start(message: bytes | None) -> Step:
        step = begin(name, message, doorkeeper, session.peer)
        if step is None:
            raise ParseError("a mechanism that is offered")
        return step

    line = initial.strip().encode()
    return _guarded(session, start, line) if line else _follow(session, start(None))


def _follow(session: Session, step: Step) -> Result:
    """Turn a step of the mechanism into what the connection does."""
    if isinstance(step, Challenge):
        challenge = binascii.b2a_base64(step.octets, newline=False)
        return Prompt(challenge, lambda line: _guarded(session, step.read, line))
    if isinstance(step, Work):
        return Ask(step.run, lambda outcome: _follow(session, step.then(outcome)))
    if isinstance(step, Credentials):
        login = f"{step.login}!{step.authzid}" if step.authzid else step.login
        return log_in(session, login, step.password)
    if isinstance(step, Failed):
        return refuse(session, step.login, step.error)
    if step.octets:
        # RFC 5034 section 4: there is no room for it in the positive answer.
        said = binascii.b2a_base64(step.octets, newline=False)
        return Prompt(said, lambda line: _acknowledged(session, line, step))
    return enter(session, step.login, step.entrance)


def _acknowledged(session: Session, line: bytes, step: Finished) -> Result:
    try:
        is_empty = not _decoded(line)
    except _RefusedError as error:
        return error.reply
    return enter(session, step.login, step.entrance) if is_empty else replies.NOT_BASE64


def _guarded(session: Session, read: Callable[[bytes], Step], line: bytes) -> Result:
    try:
        return _follow(session, read(_decoded(line)))
    except _RefusedError as error:
        return error.reply
    except ParseError:
        return replies.NOT_BASE64


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise _RefusedError(replies.CANCELLED)
    if line in (b"=", b""):
        return b""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise _RefusedError(replies.NOT_BASE64) from None
