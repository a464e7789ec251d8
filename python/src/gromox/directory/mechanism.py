"""SASL mechanisms, for every protocol that logs users in: from messages of the client to who it is.

Spec:
    RFC 4422; RFC 4616 (PLAIN); draft-murchison-sasl-login (LOGIN); RFC 5802, RFC 7677 (SCRAM-SHA-256 and
    -PLUS), RFC 5929 (channel bindings); RFC 7628 (OAUTHBEARER); XOAUTH2 as Google and Microsoft document it.
"""

from __future__ import annotations

import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.secret import Secret
from gromox.directory import scram
from gromox.directory.doorkeeper import Entrance
from gromox.directory.errors import AuthError, AuthReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.base.wire import Outcome, Peer
    from gromox.directory.doorkeeper import Doorkeeper

#: Octets of one message of the client, decoded; a token may be long.
LONGEST_MESSAGE: Final = 9000
#: Challenges of LOGIN, as the draft has them; some SMTP clients know only the other pair.
DRAFT_PROMPTS: Final = (b"User Name\0", b"Password\0")
SMTP_PROMPTS: Final = (b"Username:", b"Password:")
_FIELDS: Final = 3


@dataclass(frozen=True, slots=True)
class Credentials:
    """The end: what the client claims and proves, to be verified; ``authzid`` may be another's name."""

    login: str
    password: Secret
    authzid: str = ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client is asked (octets), and what reads its answer."""

    octets: bytes
    read: Callable[[bytes], Step]


@dataclass(frozen=True, slots=True)
class Work:
    """What has to wait for the user database, in a thread, and what goes on with its outcome."""

    run: Callable[[], object]
    then: Callable[[Outcome], Step]


@dataclass(frozen=True, slots=True)
class Finished:
    """The end: the client has proved who it is. ``octets`` have to reach it, by a challenge if need be."""

    login: str
    entrance: Entrance
    octets: bytes = b""


@dataclass(frozen=True, slots=True)
class Failed:
    """The end: refused."""

    login: str
    error: AuthError


Step = Credentials | Challenge | Work | Finished | Failed


def decode(text: bytes) -> bytes:
    """Return the octets of a base64 message. Raises ParseError."""
    if len(text) > LONGEST_MESSAGE * 4 // 3 + 4:
        raise ParseError("a shorter message", LONGEST_MESSAGE)
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise ParseError("base64") from None


def offered(doorkeeper: Doorkeeper, peer: Peer) -> tuple[str, ...]:
    """Return the names of the mechanisms that ``peer`` may use; whether passwords may come is not asked."""
    names = ["PLAIN", "LOGIN"]
    if doorkeeper.authenticator.policy.scram == "yes":
        names.append("SCRAM-SHA-256")
        if _UNIQUE in peer.channel.bindings:
            names.append("SCRAM-SHA-256-PLUS")
    if doorkeeper.tokens is not None and peer.tls:
        names += ("OAUTHBEARER", "XOAUTH2")
    return tuple(names)


#: The binding that clients use before TLS 1.3; there they expect tls-exporter, which we cannot compute.
_UNIQUE: Final = "tls-unique"


def begin(
    name: str,
    initial: bytes | None,
    doorkeeper: Doorkeeper,
    peer: Peer,
    prompts: tuple[bytes, bytes] = DRAFT_PROMPTS,
) -> Step | None:
    """Begin a mechanism.

    Args:
        name: of the mechanism, upper case.
        initial: the initial response, decoded; None if there is none.
        doorkeeper: verifies.
        peer: who logs in.
        prompts: the challenges of LOGIN.

    Returns:
        The first step; None: that mechanism is not offered.

    Raises:
        ParseError: the response does not follow the grammar.
    """
    if name not in offered(doorkeeper, peer):
        return None
    match name:
        case "LOGIN":
            return _login(initial, prompts)
        case "PLAIN":
            read = _plain_message
        case "OAUTHBEARER":
            read = _Bearer(doorkeeper, peer).oauthbearer
        case "XOAUTH2":
            read = _Bearer(doorkeeper, peer).xoauth2
        case _:
            read = _Scram(doorkeeper, peer, plus=name.endswith("PLUS")).first
    return Challenge(b"", read) if initial is None else read(initial)


def _plain_message(message: bytes) -> Step:
    """Read ``[authzid] NUL authcid NUL passwd``, RFC 4616 section 2."""
    parts = message.split(b"\0")
    if len(parts) != _FIELDS or not parts[1]:
        raise ParseError("authzid, authcid and passwd")
    authorization, login, password = parts
    found = _credentials(login, password)
    authzid = _text(authorization)
    return Credentials(found.login, found.password, "" if authzid.lower() == found.login.lower() else authzid)


def _login(initial: bytes | None, prompts: tuple[bytes, bytes]) -> Step:
    """LOGIN: the name, then the password, each after a challenge."""

    def name(login: bytes) -> Step:
        if not login:
            raise ParseError("a name")
        return Challenge(prompts[1], lambda password: _credentials(login, password))

    return Challenge(prompts[0], name) if initial is None else name(initial)


def _credentials(login: bytes, password: bytes) -> Credentials:
    return Credentials(_text(login), Secret(_text(password)))


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise ParseError("UTF-8") from None


@dataclass(frozen=True, slots=True)
class _Scram:
    """One exchange of SCRAM. RFC 5802 section 5."""

    doorkeeper: Doorkeeper
    peer: Peer
    plus: bool

    def first(self, message: bytes) -> Step:
        first = scram.read_client_first(message)
        wanted = first.binding
        supported = "SCRAM-SHA-256-PLUS" in offered(self.doorkeeper, self.peer)
        if self.plus is not bool(wanted) or (wanted == "" and supported):
            # With "y" somebody has taken our PLUS out of the list on the way. RFC 5802 section 6.
            return self._broken(first.login, "server-does-support-channel-binding")
        if wanted and wanted not in self.peer.channel.bindings:
            return self._broken(first.login, "unsupported-channel-binding-type")
        return Work(
            lambda: self.doorkeeper.scram_keys(first.login, self.peer),
            lambda outcome: self._challenge(first, outcome),
        )

    def _challenge(self, first: scram.ClientFirst, outcome: Outcome) -> Step:
        if isinstance(outcome.error, AuthError):
            return Failed(first.login, outcome.error)
        if outcome.error is not None:
            raise outcome.error
        if not isinstance(outcome.value, tuple):
            raise TypeError("scram_keys returns keys and a nonce")
        keys: scram.Keys
        nonce: bytes
        keys, nonce = outcome.value
        challenge = scram.server_first(first, nonce, keys)
        return Challenge(challenge, lambda answer: self._last(first, challenge, answer, keys))

    def _last(self, first: scram.ClientFirst, challenge: bytes, answer: bytes, keys: scram.Keys) -> Step:
        binding = self.peer.channel.bindings.get(first.binding or "", b"")
        said = scram.verify(first, challenge, answer, keys, binding)
        login = f"{first.login}!{first.authzid}" if first.authzid else first.login
        return Work(
            lambda: self.doorkeeper.proved(login, self.peer, right=said is not None),
            lambda outcome: _ended(first.login, outcome, said or b""),
        )

    def _broken(self, login: str, reason: str) -> Step:
        return Challenge(b"e=" + reason.encode(), lambda _: _refused(login, reason))


@dataclass(frozen=True, slots=True)
class _Bearer:
    """A token instead of a password. RFC 7628; XOAUTH2 has another order of the same things."""

    doorkeeper: Doorkeeper
    peer: Peer

    def oauthbearer(self, message: bytes) -> Step:
        """Read ``gs2-header kvsep *kvpair kvsep``. RFC 7628 section 3.1."""
        header, *pairs = message.split(b"\x01")
        flag, _, identity = header.partition(b",")
        if flag not in (b"n", b"y") or not identity.endswith(b",") or pairs[-2:] != [b"", b""]:
            raise ParseError("gs2-header and pairs")
        if identity != b"," and not identity.startswith(b"a="):
            raise ParseError("authzid")
        return self._verify(_text(scram_name(identity[2:-1])), pairs)

    def xoauth2(self, message: bytes) -> Step:
        """Read ``user=… ^A auth=Bearer … ^A ^A``."""
        user, *pairs = message.split(b"\x01")
        if not user.startswith(b"user=") or pairs[-2:] != [b"", b""]:
            raise ParseError("user and auth")
        return self._verify(_text(user[5:]), pairs)

    def _verify(self, user: str, pairs: list[bytes]) -> Step:
        auth = next((pair[5:] for pair in pairs if pair.startswith(b"auth=")), b"")
        scheme, _, token = auth.partition(b" ")
        if scheme.lower() != b"bearer":
            error = AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="no bearer token")
            return self._failure(user, error)
        return Work(
            lambda: self.doorkeeper.bearer(user, Secret(token.decode("ascii", "replace").strip()), self.peer),
            lambda outcome: self._ended(user, outcome),
        )

    def _ended(self, user: str, outcome: Outcome) -> Step:
        error = outcome.error
        return self._failure(user, error) if isinstance(error, AuthError) else _ended(user, outcome)

    def _failure(self, user: str, error: AuthError) -> Step:
        """Tell the client why in JSON; its answer means nothing. RFC 7628 section 3.2.2."""
        if error.is_temporary:
            return Failed(user, error)
        told = {"status": "invalid_token", "scope": ""}
        tokens = self.doorkeeper.tokens
        if tokens is not None and tokens.discovery:
            told["openid-configuration"] = tokens.discovery
        return Challenge(json.dumps(told).encode(), lambda _: Failed(user, error))


def scram_name(octets: bytes) -> bytes:
    """Undo the quoting of a ``saslname``. RFC 5801 section 4."""
    return octets.replace(b"=2C", b",").replace(b"=3D", b"=")


def _ended(login: str, outcome: Outcome, octets: bytes = b"") -> Step:
    if isinstance(outcome.error, AuthError):
        return Failed(login, outcome.error)
    if outcome.error is not None:
        raise outcome.error
    if not isinstance(outcome.value, Entrance):
        raise TypeError("the outcome of a login is an Entrance")
    return Finished(login, outcome.value, octets)


def _refused(login: str, detail: str) -> Failed:
    return Failed(login, AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=detail))
