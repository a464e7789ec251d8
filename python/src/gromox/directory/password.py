"""Passwords: how they are hashed, verified and changed.

Spec:
    Fact sheet db-schema.md, "users.password": any hash that crypt(3) understands is accepted; new ones are
    SHA-512 crypt with 16 random characters of salt.
"""

from __future__ import annotations

import hmac
import secrets
import string
from typing import Final

from gromox.directory import libcrypt
from gromox.directory.errors import InvalidError

_SALT_ALPHABET: Final = string.ascii_letters + string.digits + "./"
_SALT_LENGTH: Final = 16
# About 30 ms on the machines of 2026: a hundred times what an attacker pays for the 5000 rounds of the
# default is out of reach of an IMAP server after a restart, twenty times is not. The hash has 120 of the 136
# characters of the column.
ROUNDS: Final = 100_000

#: What a user without a password is compared with, so that the answer takes as long.
DECOY: Final = f"$6$rounds={ROUNDS}$................"


def hash_password(password: str, *, rounds: int = ROUNDS) -> str:
    """Return a new hash of a password.

    Raises:
        InvalidError: it is empty, longer than 512 octets, or holds a NUL.
    """
    passphrase = password.encode()
    if not passphrase:
        raise InvalidError("an empty password is not allowed")
    if len(passphrase) > libcrypt.MAX_PASSPHRASE:
        raise InvalidError(f"a password may have at most {libcrypt.MAX_PASSPHRASE} octets")
    salt = "".join(secrets.choice(_SALT_ALPHABET) for _ in range(_SALT_LENGTH))
    hashed = libcrypt.crypt(passphrase, f"$6$rounds={rounds}${salt}")
    if hashed is None:
        raise InvalidError("a password may not hold a NUL character")
    return hashed


def verify_password(password: str, stored: str) -> bool:
    """Tell whether a password belongs to a stored hash; an empty hash belongs to none."""
    if not stored:
        return False
    try:
        passphrase = password.encode()
    except UnicodeEncodeError:
        return False
    computed = libcrypt.crypt(passphrase, stored)
    return computed is not None and hmac.compare_digest(computed.encode(), stored.encode())
