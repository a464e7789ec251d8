"""How long the queues are, and how old the oldest mail in them is: for who reads the figures."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.delivery.spool import QUEUES

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.clock import Clock

_log = get_logger("delivery")

#: Files that are counted: more are a disaster of which the exact size says nothing more.
MOST: Final = 100_000
#: The name of a mail begins with its time (``Spool.begin``), unless an operator named it.
_NAME: Final = re.compile(r"([0-9a-f]{14})-")


def dump(spool: Path, clock: Clock) -> None:
    """Write the figures of the queues to the log."""
    look(spool, clock)
    for queue in QUEUES:
        mails, oldest = metrics.QUEUE.cell(queue)[0], metrics.QUEUE_AGE.cell(queue)[0]
        _log.notice("queue", queue=queue, mails=round(mails), oldest=round(oldest))


def look(spool: Path, clock: Clock) -> None:
    """Set the figures of the queues of a spool."""
    now = clock.now()
    for queue in QUEUES:
        try:
            with os.scandir(spool / queue) as entries:
                names = [entry.name for entry in islice(entries, MOST) if not entry.name.startswith(".")]
        except OSError as error:
            _log.warning("queue cannot be counted", queue=queue, reason=error)
            continue
        times = [int(found[1], 16) / 1_000_000 for name in names if (found := _NAME.match(name))]
        metrics.QUEUE.cell(queue)[0] = len(names)
        metrics.QUEUE_AGE.cell(queue)[0] = max(now - min(times, default=now), 0.0)
