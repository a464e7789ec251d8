"""Which user a daemon runs as, what belongs to that user, and how many files may be open."""

from __future__ import annotations

import grp
import os
import pwd
import resource
from typing import TYPE_CHECKING

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from pathlib import Path


class IdentityError(GromoxError):
    """The user of ``running_identity`` is not there."""


def drop_privileges(user: str) -> None:
    """Become ``user`` if we are root (after binding and reading keys); an empty name changes nothing."""
    entry = _entry(user)
    if entry is None:
        return
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    os.setgroups(sorted({entry.pw_gid, *groups}))
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def make_directory(path: Path, user: str, mode: int = 0o770) -> None:
    """Make a directory that ``user`` will work in, with the missing ones above it."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)
        give(each, user)


def give(path: Path, user: str) -> None:
    """Let a file belong to ``user`` if we are root and will become that user."""
    entry = _entry(user)
    if entry is not None:
        os.chown(path, entry.pw_uid, entry.pw_gid)


def give_to_group(path: Path, user: str, group: str) -> None:
    """Let a file of ours belong to ``group``; to that of ``user`` if there is no such group.

    Root may choose any group; who already is ``user`` only one of his own, such as SupplementaryGroups of the
    unit. The file stays as it is where neither is so.
    """
    try:
        group_id = grp.getgrnam(group).gr_gid
    except KeyError:
        group_id = -1
    entry = _entry(user)
    if entry is not None:
        os.chown(path, entry.pw_uid, entry.pw_gid if group_id < 0 else group_id)
    elif group_id >= 0 and (os.geteuid() == 0 or group_id in os.getgroups()):
        os.chown(path, -1, group_id)


def raise_fd_limit(wish: int = 0) -> int:
    """Allow ``wish`` open files, or as many as the hard limit says (0); return the new limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = min(wish, hard) if wish else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def _entry(user: str) -> pwd.struct_passwd | None:
    """Return the account to become; None if we stay what we are."""
    if not user or os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise IdentityError(
            f"there is no user {user}: create it, or set running_identity (empty: stay what you are)"
        ) from None
