"""Send a message whose time has come: what gromox-timer runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.settings import load
from gromox.delivery import settings as delivery_settings
from gromox.delivery.pickup import Pickup
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.submission.post import EmptyBook, NoAlarm, PostOffice
from gromox.tools.mbop.command import Command

if TYPE_CHECKING:
    import argparse

    from gromox.tools.mbop.command import Job

_NO_LIMIT: Final = 1 << 31


def send_deferred(job: Job) -> None:
    """Send a message that waits for its time, once; one that does not wait, or too early, is left alone."""
    config = job.config
    search = None if config is None else (config if config.is_dir() else config.parent,)
    spool = load(delivery_settings.PROGRAM, search=search)[delivery_settings.DEQUEUE_PATH]
    # Who sends and to whom was settled, and limits applied, when it was submitted.
    post = PostOffice(EmptyBook(), Pickup(spool), NoAlarm(), _NO_LIMIT, _NO_LIMIT)
    with Mailbox.open(job.path, clock=job.clock) as mailbox:
        is_sent = StoreSession.of(mailbox, SYSTEM, post).send_deferred(job.args.id)
        mailbox.sync()
    job.note(f"{job.target.name}: {'sent' if is_sent else 'nothing to send'}")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id", type=lambda text: int(text, 0), metavar="MSGID", help="message id, decimal or 0x..."
    )


COMMANDS: Final = (
    Command("send-deferred", "Send a message whose time has come.", send_deferred, _arguments),
)
