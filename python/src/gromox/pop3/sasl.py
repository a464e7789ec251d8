"""AUTH: logging in by SASL, mechanisms PLAIN and LOGIN. RFC 5034."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final

from gromox.pop3 import replies
from gromox.pop3.dispatch import Lines, Prompt, command
from gromox.pop3.login import log_in, may_log_in, secret_of
from gromox.pop3.session import Session, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.pop3.dispatch import Result

#: Challenges of LOGIN (draft-murchison-sasl-login): "User Name" and "Password", each with a NUL.
_USER_PROMPT: Final = b"VXNlciBOYW1lAA=="
_PASSWORD_PROMPT: Final = b"UGFzc3dvcmQA"


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
    if not name:
        names = b"".join(each.encode() + b"\r\n" for each in _MECHANISMS)
        return Lines(replies.LISTING.encode() + names + replies.END)
    mechanism = _MECHANISMS.get(name.upper())
    if mechanism is None:
        return replies.NO_SUCH_MECHANISM
    return mechanism(session, initial.strip().encode() if initial.strip() else None)


def _plain(session: Session, initial: bytes | None) -> Result:
    if initial is None:
        return Prompt(b"", lambda line: _guarded(_plain_message, session, line))
    return _guarded(_plain_message, session, initial)


def _plain_message(session: Session, line: bytes) -> Result:
    """Read ``[authzid] NUL authcid NUL passwd``, RFC 4616; another authzid asks for that mailbox."""
    parts = _decoded(line).split(b"\0")
    if len(parts) != 3 or not parts[1]:  # noqa: PLR2004 - the three fields of the message
        raise _RefusedError(replies.NOT_BASE64)
    mailbox, user, password = parts
    if mailbox and mailbox != user:
        user += b"!" + mailbox
    return log_in(session, user.decode("utf-8", "replace"), secret_of(password))


def _login(session: Session, initial: bytes | None) -> Result:
    if initial is None:
        return Prompt(_USER_PROMPT, lambda line: _guarded(_login_name, session, line))
    return _guarded(_login_name, session, initial)


def _login_name(session: Session, line: bytes) -> Result:
    user = _decoded(line).decode("utf-8", "replace")

    def password(session: Session, answer: bytes) -> Result:
        return log_in(session, user, secret_of(_decoded(answer)))

    return Prompt(_PASSWORD_PROMPT, lambda answer: _guarded(password, session, answer))


def _guarded(read: Callable[[Session, bytes], Result], session: Session, line: bytes) -> Result:
    try:
        return read(session, line)
    except _RefusedError as error:
        return error.reply


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise _RefusedError(replies.CANCELLED)
    if line == b"=":
        return b""
    try:
        return binascii.a2b_base64(line, strict_mode=True)
    except binascii.Error:
        raise _RefusedError(replies.NOT_BASE64) from None


_MECHANISMS: Final[dict[str, Callable[[Session, bytes | None], Result]]] = {"PLAIN": _plain, "LOGIN": _login}
