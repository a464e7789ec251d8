"""Tokens by which users log on: signed by the identity provider of the installation.

Spec:
    RFC 7519; reference/system/config.md, "JWT public key for token login": RS256, claims ``email``, ``exp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import jwt

from gromox.directory.errors import AuthError, AuthReason

if TYPE_CHECKING:
    from pathlib import Path

_ALGORITHMS: Final = ["RS256"]
_MAX_TOKEN: Final = 16 << 10
#: Seconds by which the clocks of two machines may differ.
_LEEWAY: Final = 30


class TokenReader:
    """Knows the public key."""

    def __init__(self, key: bytes | None) -> None:
        """Verify with ``key``, PEM; None: no token is valid."""
        self._key = key

    @classmethod
    def of_file(cls, path: Path | None) -> TokenReader:
        """Return a reader with the key of a file, if there is one. Raises OSError."""
        return cls(path.read_bytes() if path is not None and path.exists() else None)

    def login_of(self, token: str) -> str:
        """Return the address that a valid token names.

        Raises:
            AuthError: it is not valid, or no longer.
        """
        if self._key is None:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="no key for tokens is set up")
        if len(token) > _MAX_TOKEN:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="the token is too long")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=_ALGORITHMS,
                leeway=_LEEWAY,
                options={"require": ["exp", "email"]},
            )
        except jwt.PyJWTError as error:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=f"token: {error}") from error
        email = claims["email"]
        if not isinstance(email, str) or not email:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="the token names nobody")
        return email
