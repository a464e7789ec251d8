"""What a client is told when the spool or the user database fails."""

from __future__ import annotations

from typing import Final

from gromox.directory import errors as directory_errors
from gromox.lmtp import replies
from gromox.store import errors as store_errors

ANSWERS: Final[dict[type[Exception], replies.Reply]] = {
    store_errors.NoSpaceError: replies.NO_SPACE,
    OSError: replies.SPOOL_FAILS,
    directory_errors.UnavailableError: replies.DIRECTORY_FAILS,
    directory_errors.DirectoryError: replies.DIRECTORY_FAILS,
}


def answer_to(error: Exception) -> replies.Reply | None:
    """Return the answer to an error; None: the error is a defect."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    return None
