"""A process that works on a mailbox until it is told to stop or is killed; prints what it was promised."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

INBOX, TRASH = 13, 11


def main(path: str, name: str, count: int) -> None:
    """Deliver ``count`` mails with other work between them."""
    source = random.Random(name)  # noqa: S311 - repeatable
    with Mailbox.open(Path(path)) as mailbox:
        for number in range(count):
            token = f"{name}-{number}"
            size = source.choice([10, 1000, 1000, 70_000])
            octets = f"Subject: {token}\r\n\r\n".encode() + token.encode() * (size // len(token))
            mailbox.deliver(NewMail(octets), token=token)
            mailbox.sync()
            sys.stdout.write(f"{token}\n")
            sys.stdout.flush()
            view = mailbox.view(INBOX)
            uid = source.choice(view.uids())
            flag = source.choice([Flag.SEEN, Flag.FLAGGED, Flag.ANSWERED])
            mailbox.set_flags(INBOX, UidSet.of([uid]), FlagChange(FlagOperation.ADD, flag, frozenset({name})))
            if number % 7 == 3:
                mailbox.move(INBOX, UidSet.of([source.choice(view.uids())]), TRASH)
            if number % 11 == 5:
                mailbox.checkpoint()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
