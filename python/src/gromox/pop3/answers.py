"""What a client is told when the store or the user database refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.directory.errors import AuthReason
from gromox.pop3.replies import NO_SUCH_MESSAGE, err
from gromox.store import errors

if TYPE_CHECKING:
    from gromox.pop3.replies import Reply

_TEMPORARY: Final = "SYS/TEMP"
_PERMANENT: Final = "SYS/PERM"
_CREDENTIALS: Final = "AUTH"

#: Why a login is refused; codes of RFC 3206. Whether a user exists is not told.
REFUSALS: Final[dict[AuthReason, Reply]] = {
    AuthReason.UNKNOWN_OR_WRONG_PASSWORD: err("the name or the password is wrong", _CREDENTIALS),
    AuthReason.AMBIGUOUS: err("the name or the password is wrong", _CREDENTIALS),
    AuthReason.DISABLED: err("the account is disabled", _CREDENTIALS),
    AuthReason.DOMAIN_DISABLED: err("the domain is disabled", _CREDENTIALS),
    AuthReason.SHARED: err("nobody may log in to a shared mailbox", _CREDENTIALS),
    AuthReason.NOT_A_USER: err("that is not a user", _CREDENTIALS),
    AuthReason.NO_PRIVILEGE: err("you may not use POP3", _CREDENTIALS),
    AuthReason.BLOCKED: err("too many failed logins, try again later", _TEMPORARY),
    AuthReason.UNAVAILABLE: err("users cannot be looked up at the moment", _TEMPORARY),
}

_GONE: Final = err("the mailbox cannot be opened at the moment", _TEMPORARY)
_REFUSED: Final = err("the mailbox refuses that", _PERMANENT)

#: What a refusal of the store means.
ANSWERS: Final[dict[type[errors.StoreError], Reply]] = {
    errors.NotFoundError: _GONE,
    errors.FolderGoneError: _GONE,
    errors.MessageGoneError: NO_SUCH_MESSAGE,
    errors.DeniedError: err("you may not open that mailbox", _CREDENTIALS),
    errors.BusyError: err("the mailbox is busy", _TEMPORARY),
    errors.NoSpaceError: err("no disk space is left", _TEMPORARY),
    errors.CorruptError: err("the mailbox is damaged", _PERMANENT),
    errors.NewerVersionError: err("the mailbox belongs to a newer program", _PERMANENT),
    errors.IncompatibleError: err("the mailbox belongs to another program", _PERMANENT),
    errors.UnreachableError: err("the mailbox cannot be reached", _TEMPORARY),
    errors.SessionLostError: err("the mailbox cannot be reached", _TEMPORARY),
    errors.ExistsError: _REFUSED,
    errors.QuotaError: _REFUSED,
    errors.StorageQuotaError: _REFUSED,
    errors.ReceiveQuotaError: _REFUSED,
    errors.SendQuotaError: _REFUSED,
    errors.CountQuotaError: _REFUSED,
    errors.ReservedError: _REFUSED,
    errors.HasChildrenError: _REFUSED,
    errors.HasMessagesError: _REFUSED,
    errors.InvalidNameError: _REFUSED,
    errors.InvalidValueError: _REFUSED,
    errors.UnsupportedError: _REFUSED,
    errors.ConflictError: _REFUSED,
    errors.SubmittedError: _REFUSED,
    errors.NotSubmittedError: _REFUSED,
    errors.LimitError: _REFUSED,
    errors.TableError: _REFUSED,
    errors.NoColumnsError: _REFUSED,
    errors.BookmarkError: _REFUSED,
    errors.NotCollapsedError: _REFUSED,
    errors.NotExpandedError: _REFUSED,
}


def answer_to(error: errors.StoreError) -> Reply:
    """Return the answer to a refusal of the store."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)
