"""Commands on the database as a whole: ping, unload, vacuum, check, recalc-sizes, purge-datafiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError
from gromox.store.mailbox import Mailbox
from gromox.tools.mbop.command import Command

if TYPE_CHECKING:
    import argparse

    from gromox.tools.mbop.command import Job


def ping(job: Job) -> None:
    """Open the mailbox; an older one is upgraded by that."""
    with Mailbox.open(job.path) as mailbox:
        job.note(f"{job.target.name}: change number {mailbox.change_number()}")


def unload(job: Job) -> None:
    """Write the log back, so that the database file alone is complete; then close it."""
    with Mailbox.open(job.path) as mailbox:
        complete = mailbox.checkpoint()
    job.note(f"{job.target.name}: {'closed' if complete else 'closed here; another process still uses it'}")


def vacuum(job: Job) -> None:
    """Give the space of removed messages back to the file system."""
    database = job.path / "exmdb" / "exchange.sqlite3"
    before = database.stat().st_size
    with Mailbox.open(job.path) as mailbox:
        mailbox.vacuum()
        mailbox.sync()
        mailbox.checkpoint()
    job.note(f"{job.target.name}: {before} octets before, {database.stat().st_size} after")


def check(job: Job) -> None:
    """Say what is inconsistent; the command fails if anything is left."""
    with Mailbox.open(job.path) as mailbox:
        problems = mailbox.repair() if job.args.repair else mailbox.check()
        if job.args.repair:
            mailbox.sync()
    for problem in problems:
        job.say(
            f"{job.target.name}: {problem.kind}: {problem.detail}{' (repaired)' if problem.repaired else ''}"
        )
    left = sum(not problem.repaired for problem in problems)
    if left:
        advice = "restore it from a backup" if job.args.repair else "try check --repair"
        raise AdminError(f"{job.target.name}: {left} problems; {advice}")
    job.note(f"{job.target.name}: no problems")


def recalc_sizes(job: Job) -> None:
    """Count messages and sizes anew."""
    with Mailbox.open(job.path) as mailbox:
        mailbox.recalculate_sizes()
        mailbox.sync()
        used = mailbox.quota().used
    job.note(f"{job.target.name}: {used} octets")


def purge_datafiles(job: Job) -> None:
    """Remove content files that no message refers to."""
    with Mailbox.open(job.path) as mailbox:
        count = mailbox.purge_datafiles()
    job.note(f"{job.target.name}: {count} files removed")


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help="put right what follows from the messages")


COMMANDS: Final = (
    Command("check", "Say what is inconsistent.", check, _check_arguments),
    Command("ping", "Open the mailbox, upgrading it if it is old.", ping),
    Command("purge-datafiles", "Remove content files that nothing refers to.", purge_datafiles),
    Command("recalc-sizes", "Count messages and sizes anew.", recalc_sizes),
    Command("unload", "Write the log back into the database and close it.", unload),
    Command("vacuum", "Rewrite the database without free space; no daemon may use it.", vacuum),
)
