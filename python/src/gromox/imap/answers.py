"""What IMAP says when the store or the directory refuses: one row for each error. RFC 5530 section 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import GromoxError  # noqa: TC001 - keys of the table
from gromox.directory import errors as directory
from gromox.directory.errors import AuthReason
from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.replies import Reply, Status
from gromox.store import errors as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.imap.replies import Untagged


class No(NamedTuple):
    """A tagged NO: response code and human text."""

    code: str
    text: str


ANSWERS: Final[dict[type[GromoxError], No]] = {
    store.NotFoundError: No("NONEXISTENT", "no such mailbox"),
    store.FolderGoneError: No("NONEXISTENT", "the mailbox was deleted meanwhile"),
    store.MessageGoneError: No("EXPUNGEISSUED", "the message was removed meanwhile"),
    store.ExistsError: No("ALREADYEXISTS", "a mailbox has that name"),
    store.DeniedError: No("NOPERM", "your rights do not allow that"),
    store.QuotaError: No("OVERQUOTA", "the mailbox is full"),
    store.StorageQuotaError: No("OVERQUOTA", "the mailbox is full"),
    store.ReceiveQuotaError: No("OVERQUOTA", "the mailbox is full"),
    store.SendQuotaError: No("OVERQUOTA", "the mailbox is too full to send from it"),
    store.CountQuotaError: No("OVERQUOTA", "the mailbox has as many messages as it may"),
    store.ReservedError: No("CANNOT", "that mailbox is built in and has to stay"),
    store.HasChildrenError: No("HASCHILDREN", "the mailbox has inferior names; delete them first"),
    store.HasMessagesError: No("CANNOT", "the mailbox has messages; delete them first"),
    store.InvalidNameError: No("CANNOT", "no mailbox can have that name at that place"),
    store.InvalidValueError: No("CANNOT", "a value is not allowed there"),
    store.UnsupportedError: No("CANNOT", "that is not possible there"),
    store.ConflictError: No("INUSE", "somebody else changed that meanwhile; try again"),
    store.SubmittedError: No("INUSE", "the message is being sent"),
    store.NotSubmittedError: No("CANNOT", "the message is not being sent"),
    store.LimitError: No("LIMIT", "that is more than a mailbox can hold"),
    store.BusyError: No("INUSE", "the mailbox is busy; try again"),
    store.NoSpaceError: No("UNAVAILABLE", "the server has no room at the moment; try again later"),
    store.CorruptError: No("CORRUPTION", "the mailbox is damaged; ask the administrator"),
    store.NewerVersionError: No("UNAVAILABLE", "the mailbox is being upgraded; try again later"),
    store.IncompatibleError: No("UNAVAILABLE", "the mailbox is being upgraded; try again later"),
    store.UnreachableError: No("UNAVAILABLE", "the mailbox cannot be reached; try again later"),
    store.SessionLostError: No("UNAVAILABLE", "the mailbox cannot be reached; try again later"),
    store.TableError: No("CANNOT", "that is not possible there"),
    store.NoColumnsError: No("CANNOT", "that is not possible there"),
    store.BookmarkError: No("CANNOT", "that is not possible there"),
    store.NotCollapsedError: No("CANNOT", "that is not possible there"),
    store.NotExpandedError: No("CANNOT", "that is not possible there"),
    directory.NotFoundError: No("NONEXISTENT", "no such user"),
    directory.ExistsError: No("ALREADYEXISTS", "that name is taken"),
    directory.AmbiguousError: No("AUTHENTICATIONFAILED", "the name belongs to more than one user"),
    directory.UnavailableError: No("UNAVAILABLE", "the user database does not answer; try again later"),
    directory.InvalidError: No("CLIENTBUG", "that value is not allowed"),
    directory.SchemaError: No("UNAVAILABLE", "the user database is being upgraded; try again later"),
    directory.AuthError: No("AUTHENTICATIONFAILED", "the user name or the password is wrong"),
}

AUTH_ANSWERS: Final[dict[AuthReason, No]] = {
    AuthReason.UNKNOWN_OR_WRONG_PASSWORD: ANSWERS[directory.AuthError],
    AuthReason.DISABLED: No("AUTHORIZATIONFAILED", "the account is disabled"),
    AuthReason.DOMAIN_DISABLED: No("AUTHORIZATIONFAILED", "the domain is disabled"),
    AuthReason.SHARED: No("AUTHORIZATIONFAILED", "shared mailboxes have no login of their own"),
    AuthReason.NOT_A_USER: No("AUTHORIZATIONFAILED", "the name is not that of a user"),
    AuthReason.NO_PRIVILEGE: No("AUTHORIZATIONFAILED", "the user may not use this service"),
    AuthReason.BLOCKED: No("UNAVAILABLE", "too many failed logins; try again later"),
    AuthReason.AMBIGUOUS: No("AUTHENTICATIONFAILED", "the user name belongs to more than one user"),
    AuthReason.UNAVAILABLE: No("UNAVAILABLE", "the user database does not answer; try again later"),
}

_UNKNOWN: Final = No("SERVERBUG", "internal error; it was logged")


def answer(error: GromoxError) -> No:
    """Return the answer to an error, by the nearest class that has one."""
    if isinstance(error, directory.AuthError):
        return AUTH_ANSWERS[error.reason]
    return next((ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS), _UNKNOWN)


def refusal_of(error: GromoxError, untagged: Sequence[Untagged] = ()) -> Reply:
    """Return the tagged line for an error, after what is to be told with it."""
    if isinstance(error, CommandError):
        status = Status.BAD if isinstance(error, BadCommandError) else Status.NO
        return Reply(error.text, untagged, code=(error.code or "").encode("ascii"), status=status)
    said = answer(error)
    return Reply(said.text, untagged, code=said.code.encode("ascii"), status=Status.NO)
