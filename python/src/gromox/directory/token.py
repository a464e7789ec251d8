"""Tokens by which users log on: signed by the identity provider of the installation.

Spec:
    RFC 7519; RFC 8725 (algorithms come from the key, never from the token); reference/system/config.md, "JWT
    public key for token login": RS256, claims ``email``, ``exp``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from gromox.directory.errors import AuthError, AuthReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_TOKEN: Final = 16 << 10
#: Keys of one file: the present one and those before and after it.
_MAX_KEYS: Final = 8
#: Seconds by which the clocks of two machines may differ.
_LEEWAY: Final = 30
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)

_Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class TokenVerifier(Protocol):
    """Knows whom a token names; the sign-on of an installation may bring another one."""

    @property
    def discovery(self) -> str:
        """Where clients find the identity provider (RFC 8414); empty if that is not told."""
        ...

    def login_of(self, token: str) -> str:
        """Return the address that a valid token names. May block. Raises AuthError."""
        ...


class TokenReader:
    """Verifies tokens by public keys of a file: RS256 by RSA keys, ES256 by those on P-256."""

    def __init__(
        self,
        key: bytes | None,
        *,
        issuer: str = "",
        audience: Sequence[str] = (),
        claim: str = "email",
        discovery: str = "",
    ) -> None:
        """Verify with ``key``, one or more in PEM; None: no token is valid.

        Args:
            key: the public keys.
            issuer: what ``iss`` has to be; empty: anything.
            audience: one of what ``aud`` has to name; empty: such tokens are refused that name any.
            claim: which claim is the login.
            discovery: the address of the provider's description, for clients.
        """
        self._keys = [] if key is None else _keys(key)
        self._issuer, self._audience, self._claim = issuer, list(audience), claim
        self.discovery = discovery

    @classmethod
    def of_file(cls, path: Path | None) -> TokenReader:
        """Return a reader with the key of a file, if there is one. Raises OSError."""
        return cls(path.read_bytes() if path is not None and path.exists() else None)

    def login_of(self, token: str) -> str:
        """Return the address that a valid token names.

        Raises:
            AuthError: it is not valid, or no longer.
        """
        if not self._keys:
            raise _refused("no key for tokens is set up")
        if len(token) > _MAX_TOKEN:
            raise _refused("the token is too long")
        error: jwt.PyJWTError | None = None
        for key in self._keys:
            try:
                return self._login(token, key)
            except jwt.InvalidSignatureError as wrong:
                error = wrong  # perhaps by the next key
            except jwt.InvalidAlgorithmError as wrong:
                error = wrong
            except jwt.PyJWTError as wrong:
                raise _refused(f"token: {wrong}") from wrong
        raise _refused(f"token: {error}") from error

    def _login(self, token: str, key: _Key) -> str:
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256" if isinstance(key, rsa.RSAPublicKey) else "ES256"],
            leeway=_LEEWAY,
            issuer=self._issuer or None,
            audience=self._audience or None,
            options={"require": ["exp", self._claim]},
        )
        login = claims[self._claim]
        if not isinstance(login, str) or not login:
            raise _refused("the token names nobody")
        return login


def _keys(pem: bytes) -> list[_Key]:
    found: list[_Key] = []
    for match in _PEM.findall(pem)[:_MAX_KEYS]:
        try:
            key = load_pem_public_key(match)
        except (ValueError, UnsupportedAlgorithm):
            continue
        is_p256 = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
        if isinstance(key, rsa.RSAPublicKey) or (isinstance(key, ec.EllipticCurvePublicKey) and is_p256):
            found.append(key)
    return found


def _refused(detail: str) -> AuthError:
    return AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=detail)
