"""Commands that only say which mailbox it is: echo-maildir, echo-username."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.tools.mbop.command import Command

if TYPE_CHECKING:
    from gromox.tools.mbop.command import Job


def echo_maildir(job: Job) -> None:
    """Print the directory; nothing for objects without a mailbox."""
    if job.target.path is not None:
        job.say(str(job.target.path))


def echo_username(job: Job) -> None:
    """Print the address."""
    job.say(job.target.name)


COMMANDS: Final = (
    Command("echo-maildir", "Print the directory of the mailbox.", echo_maildir),
    Command("echo-username", "Print the address.", echo_username),
)
