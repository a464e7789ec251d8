"""SCRAM-SHA-256: messages, keys and proofs. Pure.

Spec:
    RFC 5802 (section 7: the grammar), RFC 7677 (SHA-256), RFC 4013 (SASLprep).
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import stringprep
import unicodedata
from dataclasses import dataclass
from typing import Final

from gromox.base.errors import ParseError

#: Rounds of new keys. RFC 7677 section 4 asks for 4096 at least. The client pays for them, once per login.
ITERATIONS: Final = 65_536
SALT_OCTETS: Final = 16
#: Octets of a message of the client: names, a channel binding and nonces are far below.
LONGEST: Final = 2048
_KEY_OCTETS: Final = 32
_VERSION: Final = 1
#: Octets of keys as they are stored.
_STORED: Final = 1 + 4 + SALT_OCTETS + 2 * _KEY_OCTETS


@dataclass(frozen=True, slots=True)
class Keys:
    """What proves a password without telling it. RFC 5802 section 3."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes

    def encode(self) -> bytes:
        """Return the octets to be stored."""
        head = bytes([_VERSION]) + self.iterations.to_bytes(4, "big")
        return head + self.salt + self.stored_key + self.server_key

    @classmethod
    def decode(cls, octets: bytes) -> Keys | None:
        """Read what was stored; None: it is nothing of ours."""
        if len(octets) != _STORED or octets[0] != _VERSION:
            return None
        at = 5 + SALT_OCTETS
        return cls(
            int.from_bytes(octets[1:5], "big"), octets[5:at], octets[at : at + _KEY_OCTETS], octets[-32:]
        )


@dataclass(frozen=True, slots=True)
class ClientFirst:
    """``gs2-header client-first-message-bare``."""

    header: bytes
    binding: str | None  #: name of the channel binding (p=); "" if the client thinks we have none (y); None
    authzid: str
    login: str
    nonce: bytes
    bare: bytes


def keys_of(password: str, salt: bytes, iterations: int = ITERATIONS) -> Keys:
    """Derive keys from a password. Raises ParseError: it has characters that SASLprep does not allow."""
    salted = hashlib.pbkdf2_hmac("sha256", prepared(password).encode(), salt, iterations)
    client_key = _hmac(salted, b"Client Key")
    return Keys(iterations, salt, hashlib.sha256(client_key).digest(), _hmac(salted, b"Server Key"))


def read_client_first(message: bytes) -> ClientFirst:
    """Read the first message. RFC 5802 section 7. Raises ParseError."""
    parts = message.split(b",", 2)
    if len(message) > LONGEST or len(parts) != 3:  # noqa: PLR2004 - flag, identity, the rest
        raise ParseError("gs2-header and client-first-message-bare")
    flag, identity, bare = parts
    name, _, binding = flag.partition(b"=")
    if (name, bool(binding)) not in ((b"n", False), (b"y", False), (b"p", True)):
        raise ParseError("gs2-cbind-flag")
    if identity and not identity.startswith(b"a="):
        raise ParseError("authzid")
    attributes = bare.split(b",")
    user, nonce = [*attributes, b""][:2]
    if not user.startswith(b"n=") or not nonce.startswith(b"r=") or not _is_nonce(nonce[2:]):
        raise ParseError("username and c-nonce")  # also for m=, which nobody understands
    bindings = {b"n": None, b"y": "", b"p": binding.decode("ascii", "replace")}
    login = _name(user[2:])
    if not login:
        raise ParseError("a username")
    header = flag + b"," + identity + b","
    return ClientFirst(header, bindings[name], _name(identity[2:]), login, nonce[2:], bare)


def server_first(first: ClientFirst, nonce: bytes, keys: Keys) -> bytes:
    """Return the challenge. RFC 5802 section 7."""
    salt = binascii.b2a_base64(keys.salt, newline=False)
    return b"r=%b%b,s=%b,i=%d" % (first.nonce, nonce, salt, keys.iterations)


def verify(first: ClientFirst, challenge: bytes, answer: bytes, keys: Keys, binding: bytes) -> bytes | None:
    """Return the server's final message if the proof is right, else None. RFC 5802 section 3.

    Raises:
        ParseError: the answer does not follow the grammar, or not the challenge.
    """
    without, mark, proof = answer.rpartition(b",p=")
    parts = without.split(b",")
    if len(answer) > LONGEST or not mark or len(parts) < 2:  # noqa: PLR2004 - channel binding and nonce
        raise ParseError("client-final-message")
    expected = binascii.b2a_base64(first.header + binding, newline=False)
    nonce = challenge.split(b",", 1)[0]
    given = _decoded(proof)
    if not hmac.compare_digest(parts[0], b"c=" + expected) or not hmac.compare_digest(parts[1], nonce):
        raise ParseError("the channel binding and the nonce of this exchange")
    message = first.bare + b"," + challenge + b"," + without
    signature = _hmac(keys.stored_key, message)
    if len(given) != len(signature):
        raise ParseError("a proof of 32 octets")
    client_key = bytes(a ^ b for a, b in zip(given, signature, strict=True))
    if not hmac.compare_digest(hashlib.sha256(client_key).digest(), keys.stored_key):
        return None
    return b"v=" + binascii.b2a_base64(_hmac(keys.server_key, message), newline=False)


def prepared(text: str) -> str:
    """Return ``text`` by SASLprep. RFC 4013 section 2. Raises ParseError."""
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char)
    )
    normal = unicodedata.normalize("NFKC", mapped)
    if not normal or any(forbids(char) for char in normal for forbids in _PROHIBITED):
        raise ParseError("characters that SASLprep allows")
    right_to_left = [stringprep.in_table_d1(char) for char in normal]
    if any(right_to_left):
        mixed = any(map(stringprep.in_table_d2, normal))
        if mixed or not right_to_left[0] or not right_to_left[-1]:
            raise ParseError("text of one direction")
    return normal


_PROHIBITED: Final = (
    stringprep.in_table_a1,
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def _name(octets: bytes) -> str:
    """Read a ``saslname``: ``=2C`` is a comma, ``=3D`` an equals sign, no other use of it is allowed."""
    plain = octets.replace(b"=2C", b"").replace(b"=3D", b"")
    if b"=" in plain:
        raise ParseError("saslname")
    try:
        return octets.replace(b"=2C", b",").replace(b"=3D", b"=").decode()
    except UnicodeDecodeError:
        raise ParseError("UTF-8") from None


def _is_nonce(octets: bytes) -> bool:
    return bool(octets) and all(0x21 <= octet <= 0x7E and octet != 0x2C for octet in octets)  # noqa: PLR2004 - printable


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise ParseError("base64") from None


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
