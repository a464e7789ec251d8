"""gromox-mbop get-freebusy: when the user of a mailbox is busy, as another user may see it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gromox.convert.calendar.freebusy import busy_time
from gromox.ical.freebusy import Busy
from gromox.mapi.folderids import Private
from gromox.store.errors import DeniedError
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.permission import Right
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop.command import Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Message
    from gromox.tools.mbop.command import Job

_DAYS: Final = 31
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
_WORDS: Final = {Busy.TENTATIVE: "tentative", Busy.BUSY: "busy", Busy.UNAVAILABLE: "away"}
_SEEN: Final = Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED | Right.READ_ANY | Right.OWNER


def moment(text: str) -> datetime:
    """Read a time: Unix seconds, or a date with or without a time (ISO 8601; UTC if it has no zone).

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise argparse.ArgumentTypeError(f"{text}: write Unix seconds or 2026-01-31T08:00") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def get_freebusy(job: Job) -> None:
    """Show spans of time with what they are, one a line."""
    start = job.args.start or datetime.fromtimestamp(job.clock.now(), UTC)
    end = job.args.end or start + timedelta(days=_DAYS)
    with Mailbox.open(job.path) as mailbox:
        if job.args.user and not mailbox.rights(job.args.user, Private.CALENDAR) & _SEEN:
            raise DeniedError(f"{job.args.user} may not see when {job.target.name} is busy")
        for period in busy_time(_appointments(mailbox), start, end):
            if period.busy in _WORDS:
                span = f"{period.start.strftime(_FORM)} {period.end.strftime(_FORM)}"
                job.say(f"{span} {_WORDS[period.busy]}")


def _appointments(mailbox: Mailbox) -> Iterator[Message]:
    session = StoreSession.of(mailbox, SYSTEM)
    uids = mailbox.view(Private.CALENDAR).uids()
    for row in list(mailbox.fetch(Private.CALENDAR, uids, Columns(0))):
        yield session.read_message(row.mid, is_named=True)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-a", dest="start", type=moment, metavar="START", help="from (default: now)")
    parser.add_argument(
        "-b", dest="end", type=moment, metavar="END", help=f"to (default: {_DAYS} days after it)"
    )
    parser.add_argument("-x", dest="user", metavar="USER", help="what this user may see")


COMMANDS: Final = (Command("get-freebusy", "Show when the user is busy, in UTC.", get_freebusy, _arguments),)
