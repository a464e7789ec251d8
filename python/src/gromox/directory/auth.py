"""Verifying logins, with a short memory of those that succeeded.

Spec:
    Fact sheet db-schema.md, "Login resolution" and "address_status"; config.md auth_backend_selection,
    http_basic_auth_cred_caching, enable_firsttime_password.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.log import get_logger
from gromox.directory import credential, names, scram_store
from gromox.directory import password as passwords
from gromox.directory.errors import AmbiguousError, AuthError, AuthReason, UnavailableError
from gromox.directory.limiter import FailureLimiter, LimiterBounds
from gromox.directory.login import Login, look_up
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    USER_STATUS_MASK,
    AddressStatus,
    DisplayType,
    Privilege,
    effective,
)

if TYPE_CHECKING:
    from gromox.base.clock import Clock
    from gromox.base.neighbours import Neighbours
    from gromox.base.secret import Secret
    from gromox.base.wire import Peer
    from gromox.directory.directory import Directory
    from gromox.directory.scram import Keys
    from gromox.directory.token import TokenVerifier

_log: Final = get_logger("auth")
_IMPERSONATION: Final = "!"


@dataclass(frozen=True, slots=True)
class Account:
    """Who has logged in, and where the mailbox is."""

    user_id: int
    username: str
    maildir: Path
    lang: str
    timezone: str
    domain_id: int
    homeserver: int
    privilege: Privilege  #: what is granted, DETAIL1 resolved


@dataclass(frozen=True, slots=True)
class AuthPolicy:
    """How logins are verified; times in seconds."""

    backend: str = "ldap"
    cache_lifetime: float = 60.0
    cache_entries: int = 10_000
    fail_delay: float = 1.0
    first_password: bool = False
    scram: str = "no"  #: "collect" keeps keys at logins, "yes" lets clients use them too
    limits: LimiterBounds = field(default_factory=LimiterBounds)


class ExternalVerifier(Protocol):
    """Another place where passwords are kept (LDAP, PAM)."""

    def verify(self, login: Login, password: Secret) -> bool:
        """Tell whether it is the user's password. Raises UnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    """A login that succeeded: until when it is taken unseen, and the stored hash it was checked against."""

    digest: bytes
    expires: float
    fingerprint: bytes
    account: Account


class Authenticator:
    """Answers who a login and a password belong to; one per process, safe to use from threads.

    Passwords are remembered as keyed digests under a random key of this object. What is remembered is taken
    unseen for ``cache_lifetime``; afterwards one query tells whether the stored hash, status and rights are
    still the same, and only then the costly hash is spared. Failures are never remembered, but counted.
    """

    def __init__(
        self,
        directory: Directory,
        clock: Clock = SYSTEM_CLOCK,
        *,
        policy: AuthPolicy | None = None,
        external: ExternalVerifier | None = None,
        neighbours: Neighbours | None = None,
    ) -> None:
        """Verify against ``directory``; users imported from LDAP against ``external``."""
        self._directory, self._clock, self._external = directory, clock, external
        self.policy = policy or AuthPolicy()
        self._key = os.urandom(32)
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._generation = 0
        self._scram_secret = b""
        self._limiter = FailureLimiter(self.policy.limits, clock, neighbours)
        # The stored hash seen last: what costs an unknown user as much time as a known one.
        self._decoy = passwords.DECOY
        directory.on_change(self.forget_all)

    def cached(self, login: str, password: Secret, privilege: Privilege) -> Account | None:
        """Return the account if this very login succeeded a moment ago; never blocks, takes microseconds."""
        entry = self._entries.get(login.lower())
        if entry is None or entry.expires <= self._clock.monotonic():
            return None
        if not hmac.compare_digest(entry.digest, self._digest(login, password)):
            return None
        return entry.account if entry.account.privilege & privilege == privilege else None

    def authenticate(
        self, login: str, password: Secret, privilege: Privilege, *, peer: Peer | str = ""
    ) -> Account:
        """Verify a login; takes as long for unknown users as for known ones. Blocks: call it from a thread.

        Args:
            login: username, alternative name or alias; the ``auth!mailbox`` form goes through
                :func:`split_impersonation` first.
            password: as the client sent it.
            privilege: the services that must be allowed.
            peer: who asks, for counting failures.

        Raises:
            AuthError: refused. A reason other than UNKNOWN_OR_WRONG_PASSWORD, BLOCKED and UNAVAILABLE is
                given only to who knows the password.
        """
        address = peer if isinstance(peer, str) else peer.address
        account = self.cached(login, password, privilege)
        if account is not None:
            return account
        wait = self._limiter.retry_after(login, address)
        if wait:
            raise AuthError(AuthReason.BLOCKED, retry_after=wait)
        try:
            account = self._verify(login, password, privilege)
        except AuthError as error:
            if error.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD:
                error.retry_after = self._limiter.failed(login, address)
            raise
        except UnavailableError as error:
            raise AuthError(AuthReason.UNAVAILABLE, detail=str(error)) from error
        self._limiter.succeeded(login, address)
        return account

    def known(self, login: str, privilege: Privilege) -> Account:
        """Return the account of somebody whom another proof than a password names. Blocks.

        Raises:
            AuthError: there is none, or it may not log in.
            UnavailableError: the database does not answer.
        """
        try:
            found = look_up(self._directory, login)
        except AmbiguousError as error:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=str(error)) from error
        if found is None:
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="no such user")
        return _account(found, privilege)

    def scram_keys(self, login: str, address: str) -> Keys:
        """Return the keys of a user, or invented ones that nobody can prove. Blocks.

        Raises:
            AuthError: too many failed logins, or the database does not answer.
        """
        wait = self._limiter.retry_after(login, address)
        if wait:
            raise AuthError(AuthReason.BLOCKED, retry_after=wait)
        try:
            if not self._scram_secret:
                self._scram_secret = scram_store.secret_of(self._directory)
            invented = scram_store.invented(self._scram_secret, login)
            found = look_up(self._directory, login)
            keys = None if found is None else scram_store.find(self._directory, found)
        except AmbiguousError:
            return invented
        except UnavailableError as error:
            raise AuthError(AuthReason.UNAVAILABLE, detail=str(error)) from error
        usable = self.policy.backend not in ("deny_all", "always_ldap")
        return invented if keys is None or not usable else keys

    def proved(self, login: str, privilege: Privilege, address: str, *, right: bool) -> Account:
        """Return the account of who proved by SCRAM to be it; ``right`` False: count the failure. Blocks.

        Raises:
            AuthError: refused.
        """
        if not right:
            wait = self._limiter.failed(login, address)
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="wrong proof", retry_after=wait)
        account = self.known(login, privilege)
        self._limiter.succeeded(login, address)
        return account

    def by_token(
        self, tokens: TokenVerifier, user: str, token: Secret, privilege: Privilege, address: str
    ) -> Account:
        """Return the account that a token names. Blocks. Raises AuthError."""
        wait = self._limiter.retry_after(user, address)
        if wait:
            raise AuthError(AuthReason.BLOCKED, retry_after=wait)
        try:
            account = self.known(tokens.login_of(token.reveal()), privilege)
        except AuthError as error:
            if error.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD:
                error.retry_after = self._limiter.failed(user, address)
            raise
        self._limiter.succeeded(user, address)
        return account

    def forget_all(self) -> None:
        """Drop what is remembered; the stored hashes decide again."""
        with self._lock:
            self._generation += 1
            for login, entry in self._entries.items():
                self._entries[login] = _Entry(entry.digest, 0.0, entry.fingerprint, entry.account)

    def _verify(self, login: str, password: Secret, privilege: Privilege) -> Account:
        if self.policy.backend == "deny_all":
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="auth_backend_selection is deny_all")
        generation = self._generation
        try:
            found = look_up(self._directory, login)
        except AmbiguousError as error:
            passwords.verify_password(password.reveal(), self._decoy)
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=str(error)) from error
        if found is None:
            passwords.verify_password(password.reveal(), self._decoy)
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail="no such user")
        fingerprint = self._fingerprint(found)
        digest = self._digest(login, password)
        remembered = self._entries.get(login.lower())
        known = (
            remembered is not None
            and found.externid is None
            and hmac.compare_digest(remembered.digest, digest)
            and hmac.compare_digest(remembered.fingerprint, fingerprint)
        )
        if not known and not self._is_right(found, password):
            raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=_state(found))
        if self.policy.scram != "no":
            scram_store.keep(self._directory, found, password.reveal())
        account = _account(found, privilege)
        self._remember(login, _Entry(digest, self._expiry(), fingerprint, account), generation)
        return account

    def _is_right(self, found: Login, password: Secret) -> bool:
        text = password.reveal()
        if not text:
            return False
        if self.policy.backend == "allow_all":
            return True
        if found.externid is not None and self.policy.backend != "always_mysql":
            if self._external is None:
                raise UnavailableError(
                    f"{found.username} was imported from LDAP, and no LDAP server is set up here"
                )
            return self._external.verify(found, password)
        if found.password:
            self._decoy = found.password
            return passwords.verify_password(text, found.password)
        if self.policy.first_password and not found.address_status and found.display_type == DisplayType.USER:
            _log.notice("first password stored", user=found.username)
            return credential.set_first_password(self._directory, found.user_id, password)
        passwords.verify_password(text, self._decoy)
        return False

    def _expiry(self) -> float:
        return self._clock.monotonic() + self.policy.cache_lifetime

    def _remember(self, login: str, entry: _Entry, generation: int) -> None:
        if not self.policy.cache_lifetime:
            return
        with self._lock:
            if generation != self._generation:
                # Something was changed after the user was read: perhaps this very password.
                return
            self._entries[login.lower()] = entry
            self._entries.move_to_end(login.lower())
            while len(self._entries) > self.policy.cache_entries:
                self._entries.popitem(last=False)

    def _digest(self, login: str, password: Secret) -> bytes:
        data = f"{login.lower()}\0{password.reveal()}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=32).digest()

    def _fingerprint(self, found: Login) -> bytes:
        data = f"{found.user_id}\0{found.password}\0{found.externid!r}".encode()
        return hashlib.blake2b(data, key=self._key, digest_size=32).digest()


def _account(found: Login, privilege: Privilege) -> Account:
    """Return the account of who proved to be it. Raises AuthError: it may not log in, or not here."""
    _refuse_state(found)
    granted = effective(found.privilege_bits)
    if granted & privilege != privilege:
        raise AuthError(AuthReason.NO_PRIVILEGE)
    return Account(
        user_id=found.user_id,
        username=found.username,
        maildir=Path(found.maildir),
        lang=found.lang,
        timezone=found.timezone,
        domain_id=found.domain_id,
        homeserver=found.homeserver,
        privilege=granted,
    )


def _refuse_state(found: Login) -> None:
    """Refuse who knows the password but may not log in at all."""
    reason = _obstacle(found)
    if reason is not None:
        raise AuthError(reason)


def _obstacle(found: Login) -> AuthReason | None:
    """Return why nobody can log in as this object, whatever the password."""
    if found.display_type != DisplayType.USER or not found.maildir:
        return AuthReason.NOT_A_USER
    if found.address_status & DOMAIN_STATUS_MASK:
        return AuthReason.DOMAIN_DISABLED
    if found.address_status & USER_STATUS_MASK == AddressStatus.SHARED:
        return AuthReason.SHARED
    return AuthReason.DISABLED if found.address_status else None


def _state(found: Login) -> str:
    """Describe for the log a wrong password that would not have helped if it were right."""
    reason = _obstacle(found)
    also = f"; also: {reason.value}" if reason is not None else ""
    return ("wrong password" if found.password else "no password is stored") + also


def split_impersonation(login: str) -> tuple[str, str | None]:
    """Return who logs in and whose mailbox is wanted (``auth!mailbox``); None: the own one.

    Rights on the other mailbox are the session's affair (fact sheet protocols.md, "shared mailbox login").
    """
    user, mark, mailbox = login.partition(_IMPERSONATION)
    if not mark or not mailbox:
        return user, None
    return user, names.lookup_key(mailbox) or mailbox
