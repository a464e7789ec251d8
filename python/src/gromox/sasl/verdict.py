"""What both protocols end with: whether a name and a password are right for a service, and what to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.directory.errors import AuthError, AuthReason
from gromox.directory.status import Privilege

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gromox.base.log import Logger
    from gromox.base.secret import Secret
    from gromox.base.wire import Outcome, Peer
    from gromox.directory.doorkeeper import Doorkeeper, Entrance

#: What a user needs for a service, by the name under which programs ask (PAM service names, RFC 4422 3.1).
PRIVILEGES: Final[dict[str, Privilege]] = {
    "smtp": Privilege.SMTP,
    "submission": Privilege.SMTP,
    "imap": Privilege.IMAP_POP3,
    "pop": Privilege.IMAP_POP3,
    "pop3": Privilege.IMAP_POP3,
}

#: What a client may be told. Whether a user exists is not told.
REASONS: Final[dict[AuthReason, str]] = {
    AuthReason.UNKNOWN_OR_WRONG_PASSWORD: "the name or the password is wrong",
    AuthReason.AMBIGUOUS: "the name or the password is wrong",
    AuthReason.DISABLED: "the account is disabled",
    AuthReason.DOMAIN_DISABLED: "the domain is disabled",
    AuthReason.SHARED: "nobody may log in to a shared mailbox",
    AuthReason.NOT_A_USER: "that is not a user",
    AuthReason.NO_PRIVILEGE: "you may not use this service",
    AuthReason.BLOCKED: "too many failed logins, try again later",
    AuthReason.UNAVAILABLE: "users cannot be looked up at the moment",
}


@dataclass(frozen=True, slots=True)
class SaslServices:
    """Shared by all connections of the process."""

    doorkeepers: Mapping[Privilege, Doorkeeper]  #: one for each privilege in :data:`PRIVILEGES`
    process_id: int
    cookie: Callable[[], str]  #: 32 random hexadecimal digits

    def doorkeeper(self, service: str) -> Doorkeeper:
        """Return who verifies for a service; for an unknown one whoever, it is refused in the end."""
        return self.doorkeepers[PRIVILEGES.get(service, Privilege.SMTP)]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: the primary address of the user, or why not."""

    username: str = ""
    reason: AuthReason | None = None

    @property
    def is_temporary(self) -> bool:
        """Tell whether the same credentials may be right later."""
        return self.reason in (AuthReason.BLOCKED, AuthReason.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants to use what, and how it is proved."""

    service: str
    login: str
    password: Secret
    peer: Peer  #: of the client that logs in, not of the program that asks


def remembered(services: SaslServices, claim: Claim) -> Verdict | None:
    """Return the verdict if this login was verified a moment ago; does no I/O."""
    privilege = PRIVILEGES.get(claim.service)
    if privilege is None:
        return None
    entrance = services.doorkeepers[privilege].recall(claim.login, claim.password)
    return None if entrance is None else _verdict(entrance)


def judge(services: SaslServices, claim: Claim) -> Verdict:
    """Verify the password and the right to use the service; may wait for the user database.

    Raises:
        AuthError: refused.
    """
    privilege = PRIVILEGES.get(claim.service)
    if privilege is None:
        raise AuthError(AuthReason.NO_PRIVILEGE, detail=f"no service {claim.service[:40]!r}")
    return _verdict(services.doorkeepers[privilege].verify(claim.login, claim.password, claim.peer))


def verdict_of(outcome: Outcome, claim: Claim, log: Logger) -> Verdict:
    """Return what :func:`judge` came to, and log it."""
    error = outcome.error
    if isinstance(error, AuthError):
        return refused(error, claim, log)
    if error is not None:
        raise error
    if not isinstance(outcome.value, Verdict):
        raise TypeError("the outcome of a login is a Verdict")
    log.info("verified", service=claim.service, user=outcome.value.username, peer=claim.peer.address)
    return outcome.value


def refused(error: AuthError, claim: Claim, log: Logger) -> Verdict:
    """Return the verdict on who is refused, and log it."""
    log.auth_rejected(
        f"SASL {claim.service[:40]}", address=claim.peer.address, user=claim.login, reason=str(error)
    )
    return Verdict(reason=error.reason)


def admitted(entrance: Entrance, claim: Claim, log: Logger) -> Verdict:
    """Return the verdict on who proved to be somebody without a password, and log it."""
    if claim.service not in PRIVILEGES:
        return refused(AuthError(AuthReason.NO_PRIVILEGE, detail="no such service"), claim, log)
    try:
        found = _verdict(entrance)
    except AuthError as error:
        return refused(error, claim, log)
    log.info("verified", service=claim.service, user=found.username, peer=claim.peer.address)
    return found


def _verdict(entrance: Entrance) -> Verdict:
    if entrance.shared:
        # The mailbox of another may be read with the rights on it; nobody may send as its owner that way.
        raise AuthError(AuthReason.NO_PRIVILEGE, detail="login to the mailbox of another user")
    return Verdict(entrance.account.username)
