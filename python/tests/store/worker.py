"""A process that works on a mailbox until it is told to stop or is killed; prints what it was promised."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from gromox.mapi import tags
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag
from gromox.store.errors import MessageGoneError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.uidset import UidSet

INBOX, TRASH, CALENDAR, TASKS = 13, 11, 15, 18


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
            if number % 3 == 1:
                work_on_items(mailbox, name, number, source)
            if number % 11 == 5:
                mailbox.checkpoint()


def work_on_items(mailbox: Mailbox, name: str, number: int, source: random.Random) -> None:
    """Make an item with an attachment, and change, copy or remove others, as other processes do."""
    session = StoreSession.of(mailbox, SYSTEM)
    item = Message(PropertyBag({tags.PidTagSubject: f"{name}-{number}", tags.PidTagBody: "b" * 3000}))
    item.attachments = [Attachment(PropertyBag(), InMemory(name.encode() * 30_000))]
    item.attachments.append(Attachment(PropertyBag(), embedded=Message(PropertyBag(dict(item.properties)))))
    session.create_message(CALENDAR, item)
    mids = session.folder_messages(CALENDAR)
    chosen = source.choice(mids)
    try:
        if number % 2:
            session.set_message_properties(chosen, {tags.PidTagSubject: "changed"})
        else:
            session.copy_messages(CALENDAR, [chosen], TASKS)
        session.delete_messages(CALENDAR, [source.choice(mids)], is_hard=bool(number % 4))
        mailbox.render(CALENDAR)
    except MessageGoneError:
        pass  # another process removed it


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
