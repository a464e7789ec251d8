"""Would a login succeed? Asked by administrators when a user says it does not.

Spec: reference/system/cli.md, ``user login``; db-schema.md "Login resolution", "users.address_status".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.directory.auth import Authenticator
from gromox.directory.errors import AuthError, AuthReason
from gromox.directory.login import look_up
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    USER_STATUS_MASK,
    AddressStatus,
    DisplayType,
    Privilege,
)

if TYPE_CHECKING:
    from gromox.admin.service.site import Site
    from gromox.base.secret import Secret
    from gromox.directory.login import Login


@dataclass(frozen=True, slots=True)
class Outcome:
    """As whom the login goes on, or why it is refused ("" if it is not)."""

    username: str = ""
    refusal: str = ""


def check(site: Site, login: str, password: Secret | None) -> Outcome:
    """Tell whether ``login`` works; without a password only the account is looked at.

    Raises:
        AmbiguousError: the name leads to several users.
        UnavailableError: the database does not answer.
    """
    found = look_up(site.directory, login)
    if found is None:
        return Outcome(refusal="there is no such user")
    reason = _state(found)
    if reason is not None:
        return Outcome(found.username, reason.value)
    if password is None:
        return Outcome(found.username)
    if not found.password and found.externid is None:
        return Outcome(found.username, "no password is set; see grommunio-admin passwd")
    try:
        account = Authenticator(site.directory, site.clock).authenticate(login, password, Privilege.NONE)
    except AuthError as error:
        is_password = error.reason is AuthReason.UNKNOWN_OR_WRONG_PASSWORD
        return Outcome(found.username, "wrong password" if is_password else error.reason.value)
    return Outcome(account.username)


def _state(found: Login) -> AuthReason | None:
    if found.display_type != DisplayType.USER:
        return AuthReason.NOT_A_USER
    if found.address_status & DOMAIN_STATUS_MASK:
        return AuthReason.DOMAIN_DISABLED
    if found.address_status & USER_STATUS_MASK == AddressStatus.SHARED:
        return AuthReason.SHARED
    return AuthReason.DISABLED if found.address_status else None
