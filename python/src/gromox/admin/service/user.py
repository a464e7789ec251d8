"""Users with their mailboxes: find, create, change, delete.

Spec: reference/system/cli.md, ``user``; admin-api.md "Users"; store.md sections 1 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service import mailbox
from gromox.admin.service.errors import AdminError, InputError
from gromox.admin.service.specification import as_id, choose, no_match
from gromox.admin.service.user_change import apply, checked
from gromox.directory import user as directory_user
from gromox.directory.errors import NotFoundError
from gromox.directory.status import DEFAULT_PRIVILEGE, AddressStatus, Privilege

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.admin.service.site import Site
    from gromox.admin.service.user_change import UserChange
    from gromox.base.secret import Secret
    from gromox.directory.user import UserInfo

_MOST_PATHS: Final = 100  #: directories tried for one mailbox

STATUS_NAMES: Final[Mapping[str, AddressStatus]] = {
    "normal": AddressStatus.NORMAL,
    "suspended": AddressStatus.SUSPENDED,
    "deleted": AddressStatus.DELETED,
    "shared": AddressStatus.SHARED,
}


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a user starts with; ``change`` holds what could be changed later too."""

    username: str
    change: UserChange
    password: Secret | None = None
    with_mailbox: bool = True
    with_defaults: bool = True


@dataclass(frozen=True, slots=True)
class Deleted:
    """What :func:`delete` did."""

    user: UserInfo
    files_removed: bool
    kept: Path | None = field(default=None)  #: where the mailbox still is


def status_of(text: str) -> AddressStatus:
    """Return the status that a number or a word stands for.

    Raises:
        InputError: it is none, or one that users cannot have.
    """
    if text.lower() in STATUS_NAMES:
        return STATUS_NAMES[text.lower()]
    for status in STATUS_NAMES.values():
        if text == str(int(status)):
            return status
    words = ", ".join(f"{int(status)} ({name})" for name, status in STATUS_NAMES.items())
    raise InputError(f"no status '{text}' for a user; there are: {words}")


def find(site: Site, specification: str) -> UserInfo:
    """Return the user an administrator means: an id, or the beginning of an address.

    Raises:
        NoMatchError, AmbiguousMatchError: none, or more than one.
    """
    number = as_id(specification)
    try:
        if number is not None:
            return directory_user.get_by_id(site.directory, number)
        return directory_user.get(site.directory, specification)
    except NotFoundError:
        if number is not None or not specification:
            raise no_match("user", specification) from None
    candidates = directory_user.list_all(site.directory, prefix=specification)
    return choose("user", specification, candidates, lambda user: user.username)


def list_matching(site: Site, specification: str = "") -> Sequence[UserInfo]:
    """Return the user of that id, or all whose address begins like that (all for "")."""
    number = as_id(specification)
    if number is None:
        return directory_user.list_all(site.directory, prefix=specification)
    try:
        return [directory_user.get_by_id(site.directory, number)]
    except NotFoundError:
        return []


def create(site: Site, new: NewUser) -> UserInfo:
    """Add a user and make the mailbox; if any step fails there is neither.

    The order: checks, row in the directory, aliases and the like, mailbox. Until the mailbox is there the row
    says "deleted", so nobody logs in to or delivers into half a user.

    Raises:
        InputError, InvalidError: a value is not allowed, or the domain is full.
        NotFoundError: the domain does not exist.
        ExistsError: the address or one of the aliases is taken.
        StoreError, OSError: the mailbox cannot be made.
    """
    change = checked(new.change)
    base = DEFAULT_PRIVILEGE if new.with_defaults else Privilege.NONE
    user = directory_user.create(
        site.directory,
        new.username,
        password=new.password,
        status=AddressStatus.DELETED,
        privilege=(base | change.grant) & ~change.revoke,
        with_maildir=new.with_mailbox,
    )
    try:
        user = _with_free_path(site, user)
        user = apply(site, user, change.without_status())
        if new.with_mailbox:
            mailbox.create(site, user)
        user = _activate(site, user, change.status or AddressStatus.NORMAL)
    except BaseException:
        # also when interrupted; what the mailbox left was removed by who made it
        _undo(site, user)
        raise
    return user


def modify(site: Site, user: UserInfo, change: UserChange) -> UserInfo:
    """Change a user; the first change that is refused ends it, and the error says which.

    Raises:
        InputError: nothing to change, or a value is not allowed.
        DirectoryError: see the functions of the directory.
    """
    if change.is_empty():
        raise InputError("nothing to change; name at least one field")
    return apply(site, user, checked(change))


def delete(site: Site, user: UserInfo, *, keep_files: bool) -> Deleted:
    """Delete a user for ever; the mailbox goes too unless ``keep_files`` says otherwise.

    The row goes first, so nothing is delivered any more into what is being removed.

    Raises:
        AdminError: the row is gone but the files could not be removed; the text says where they are.
    """
    path = Path(user.maildir) if user.maildir else None
    directory_user.remove(site.directory, user.username)
    if path is None or keep_files:
        return Deleted(user, files_removed=False, kept=path if path is not None and path.exists() else None)
    try:
        return Deleted(user, files_removed=mailbox.remove(user))
    except OSError as error:
        raise AdminError(
            f"{user.username} is deleted, but {error.filename or path} cannot be removed: {error.strerror}"
        ) from error


def _with_free_path(site: Site, user: UserInfo) -> UserInfo:
    """Move on to another directory while the one chosen exists: a deleted user may have left it."""
    if not user.maildir or not Path(user.maildir).exists():
        return user
    taken = {other.maildir for other in directory_user.list_all(site.directory)}
    for attempt in range(1, _MOST_PATHS):
        path = site.directory.paths.of_user(user.username, attempt=attempt)
        if path not in taken and not Path(path).exists():
            return directory_user.modify(site.directory, user.username, {"maildir": path})
    raise AdminError(f"{user.username}: no free directory; remove old ones beside {user.maildir}")


def _activate(site: Site, user: UserInfo, status: AddressStatus) -> UserInfo:
    try:
        return directory_user.set_status(site.directory, user.username, status)
    except BaseException:
        mailbox.remove(user)
        raise


def _undo(site: Site, user: UserInfo) -> None:
    directory_user.remove(site.directory, user.username)
