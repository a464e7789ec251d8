"""What the user database refuses.

* DirectoryError
  - NotFoundError       no such domain, user, list, alias
  - ExistsError         the name is taken
  - AmbiguousError      a login matches more than one object
  - UnavailableError    the database does not answer; the same call may succeed later
  - InvalidError        a value the schema or a rule does not allow; the text names both
  - SchemaError         the tables are missing, too old or too new for this program
  - AuthError           a login was refused; ``reason`` says why

The texts are for an operator. What a client is told, each protocol decides from the class and the reason.
"""

from __future__ import annotations

import enum

from gromox.base.errors import GromoxError


class DirectoryError(GromoxError):
    """Base of all."""


class NotFoundError(DirectoryError):
    """There is no such object."""


class ExistsError(DirectoryError):
    """The name is taken by another object."""


class AmbiguousError(DirectoryError):
    """A login name matches more than one object."""


class UnavailableError(DirectoryError):
    """The database cannot be asked at the moment."""


class InvalidError(DirectoryError):
    """A value is refused; nothing was changed."""


class SchemaError(DirectoryError):
    """The tables do not suit this program; the text says what to do."""


class AuthReason(enum.Enum):
    """Why a login was refused."""

    UNKNOWN_OR_WRONG_PASSWORD = "unknown user or wrong password"  # noqa: S105 - no password
    DISABLED = "account disabled"
    DOMAIN_DISABLED = "domain disabled"
    SHARED = "shared mailbox login disabled"
    NOT_A_USER = "not a user but a list, contact or resource"
    NO_PRIVILEGE = "the user may not use this service"
    BLOCKED = "too many failed logins"
    AMBIGUOUS = "the login name matches several objects"
    UNAVAILABLE = "the user database is unavailable"


class AuthError(DirectoryError):
    """A login was refused.

    ``reason`` may be told to who knows the password; ``detail`` is for the log alone; ``retry_after`` is the
    number of seconds for which further tries are refused unseen (0: none).
    """

    def __init__(self, reason: AuthReason, *, detail: str = "", retry_after: float = 0.0) -> None:
        """Refuse for ``reason``."""
        self.reason, self.detail, self.retry_after = reason, detail, retry_after
        super().__init__(detail or reason.value)

    @property
    def is_temporary(self) -> bool:
        """Tell whether the same credentials may succeed later."""
        return self.reason in (AuthReason.UNAVAILABLE, AuthReason.BLOCKED)
