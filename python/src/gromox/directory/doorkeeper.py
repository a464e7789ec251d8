"""What a login of any protocol comes to: who it is, and which mailbox is to be opened.

``user!mailbox`` asks for the mailbox of somebody else; whether the user owns that store only the store knows,
so who opens it has to check (fact sheet protocols.md, sections 5 and 6).
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.directory.auth import split_impersonation
from gromox.directory.errors import AuthError, AuthReason, DirectoryError
from gromox.directory.membership import lists_of
from gromox.directory.resolve import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.base.secret import Secret
    from gromox.base.wire import Peer
    from gromox.directory.auth import Account, Authenticator
    from gromox.directory.resolve import Resolver
    from gromox.directory.scram import Keys
    from gromox.directory.status import Privilege
    from gromox.directory.token import TokenVerifier

#: How many guesses wait at once. Each holds a thread that the logins of others need too, so the rest is
#: answered at once; the limiter of the authenticator stops them anyway.
_MOST_WAITING: Final = 8
#: Octets of a nonce of ours.
_NONCE: Final = 18


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who logged in, and the mailbox to open; rights are needed if it is ``shared``."""

    account: Account
    maildir: Path
    shared: bool
    groups: frozenset[str] = frozenset()
    """If it is shared: the lists that contain the user, which may have rights."""


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Verifies the logins of one protocol.

    Args:
        authenticator: knows the passwords.
        resolver: finds the mailboxes of others.
        privilege: what a user needs to enter here.
        pause: waits some seconds in the calling thread, after a guess.
        protocol: as it is called in the metrics.
        tokens: verifies tokens; None: no tokens are taken.
    """

    authenticator: Authenticator
    resolver: Resolver
    privilege: Privilege
    pause: Callable[[float], None]
    protocol: str = ""
    tokens: TokenVerifier | None = None
    _places: threading.Semaphore = field(
        init=False, repr=False, compare=False, default_factory=lambda: threading.Semaphore(_MOST_WAITING)
    )

    def recall(self, login: str, password: Secret) -> Entrance | None:
        """Return the entrance of who was verified a moment ago; does no I/O."""
        user, other = split_impersonation(login)
        if other is not None:
            return None
        account = self.authenticator.cached(user, password, self.privilege)
        if account is None:
            return None
        metrics.LOGINS.add(self.protocol, "ok")
        return Entrance(account, account.maildir, shared=False)

    def verify(self, login: str, password: Secret, peer: Peer) -> Entrance:
        """Verify a name and its password; may wait for the user database and, after a guess, on purpose.

        Raises:
            AuthError: the login is refused, also when the user database does not answer.
        """
        user, other = split_impersonation(login)
        return self._guard(
            lambda: self.authenticator.authenticate(user, password, self.privilege, peer=peer), other
        )

    def scram_keys(self, login: str, peer: Peer) -> tuple[Keys, bytes]:
        """Return what a login by SCRAM is verified with, and a nonce. Blocks. Raises AuthError."""
        user, _ = split_impersonation(login)
        try:
            return self.authenticator.scram_keys(user, peer.address), secrets.token_urlsafe(_NONCE).encode()
        except AuthError as error:
            metrics.LOGINS.add(self.protocol, error.reason.name.lower())
            if error.reason is AuthReason.BLOCKED:
                self._wait()
            raise

    def proved(self, login: str, peer: Peer, *, right: bool) -> Entrance:
        """Let in who proved by SCRAM to be ``login``, or count that it did not. Blocks. Raises AuthError."""
        user, other = split_impersonation(login)
        return self._guard(
            lambda: self.authenticator.proved(user, self.privilege, peer.address, right=right), other
        )

    def bearer(self, user: str, token: Secret, peer: Peer) -> Entrance:
        """Let in whom a token names, to the mailbox of ``user`` if that is another. Blocks.

        Raises:
            AuthError: the token is not valid, or its user may not.
        """
        tokens = self.tokens
        if tokens is None:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="no tokens are taken")
        return self._guard(
            lambda: self.authenticator.by_token(tokens, user, token, self.privilege, peer.address),
            user.lower() or None,
        )

    def _guard(self, prove: Callable[[], Account], other: str | None) -> Entrance:
        """Let ``prove`` say whose account it is; count, and hold back the answer to who guesses."""
        try:
            entrance = self._entrance(prove(), other)
        except AuthError as error:
            metrics.LOGINS.add(self.protocol, error.reason.name.lower())
            if error.reason in (AuthReason.UNKNOWN_OR_WRONG_PASSWORD, AuthReason.BLOCKED):
                self._wait()
            raise
        except DirectoryError as error:
            metrics.LOGINS.add(self.protocol, AuthReason.UNAVAILABLE.name.lower())
            raise AuthError(AuthReason.UNAVAILABLE, detail=str(error)) from error
        metrics.LOGINS.add(self.protocol, "ok")
        return entrance

    def _wait(self) -> None:
        """Hold back the answer to who guesses or is blocked."""
        if self._places.acquire(blocking=False):
            try:
                self.pause(self.authenticator.policy.fail_delay)
            finally:
                self._places.release()

    def _entrance(self, account: Account, other: str | None) -> Entrance:
        if other is None or other == account.username:
            return Entrance(account, account.maildir, shared=False)
        owner = self.resolver.recipient(other)
        if not isinstance(owner, Mailbox):
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=f"no mailbox of {other}")
        if owner.maildir == account.maildir:  # by an alias
            return Entrance(account, account.maildir, shared=False)
        groups = lists_of(self.resolver.directory, account.username)
        return Entrance(account, owner.maildir, shared=True, groups=groups)
