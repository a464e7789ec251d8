"""The mechanisms PLAIN and LOGIN: messages of a client to a name and a password. Pure."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

#: Octets of one message of the client, decoded: two names and a password (RFC 4616 section 2: 255 each).
LONGEST_MESSAGE: Final = 2048


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client claims and proves."""

    login: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client is asked (octets), and what reads its answer."""

    octets: bytes
    read: Callable[[bytes], Step]


Step = Credentials | Challenge


def decode(text: bytes) -> bytes:
    """Return the octets of a base64 message. Raises ParseError."""
    if len(text) > LONGEST_MESSAGE * 4 // 3 + 4:
        raise ParseError("a shorter message", LONGEST_MESSAGE)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise ParseError("base64") from None


def begin(name: str, initial: bytes | None) -> Step:
    """Begin a mechanism of :data:`MECHANISMS`.

    Args:
        name: of the mechanism, upper case.
        initial: the initial response, decoded; None if there is none.

    Raises:
        KeyError: there is no such mechanism.
        ParseError: the response does not follow the grammar.
    """
    return MECHANISMS[name](initial)


def _plain(initial: bytes | None) -> Step:
    return Challenge(b"", _plain_message) if initial is None else _plain_message(initial)


def _plain_message(message: bytes) -> Step:
    """Read ``[authzid] NUL authcid NUL passwd``, RFC 4616 section 2."""
    parts = message.split(b"\0")
    if len(parts) != 3 or not parts[1]:  # noqa: PLR2004 - the three fields of the message
        raise ParseError("authzid, authcid and passwd")
    authorization, login, password = parts
    if authorization and authorization.lower() != login.lower():
        raise ParseError("no other authorization identity than the login")
    return _credentials(login, password)


def _login(initial: bytes | None) -> Step:
    """LOGIN (draft-murchison-sasl-login): the name, then the password, each after a challenge."""

    def name(login: bytes) -> Step:
        if not login:
            raise ParseError("a name")
        return Challenge(b"Password:", lambda password: _credentials(login, password))

    return Challenge(b"Username:", name) if initial is None else name(initial)


def _credentials(login: bytes, password: bytes) -> Credentials:
    try:
        return Credentials(login.decode(), Secret(password.decode()))
    except UnicodeDecodeError:
        raise ParseError("UTF-8") from None


MECHANISMS: Final[dict[str, Callable[[bytes | None], Step]]] = {"PLAIN": _plain, "LOGIN": _login}
