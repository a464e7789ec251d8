"""Which user a daemon runs as and how many files it may open."""

from __future__ import annotations

import grp
import os
import pwd
import resource

from gromox.base.errors import GromoxError


class IdentityError(GromoxError):
    """The user of ``running_identity`` is not there."""


def drop_privileges(user: str) -> None:
    """Become ``user`` if we are root (after binding and reading keys); an empty name changes nothing."""
    if not user or os.geteuid() != 0:
        return
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        raise IdentityError(
            f"there is no user {user}: create it, or set running_identity (empty: stay what you are)"
        ) from None
    groups = [group.gr_gid for group in grp.getgrall() if user in group.gr_mem]
    os.setgroups(sorted({entry.pw_gid, *groups}))
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def raise_fd_limit(wish: int = 0) -> int:
    """Allow ``wish`` open files, or as many as the hard limit says (0); return the new limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = min(wish, hard) if wish else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit
