"""A process that works on a mailbox until it is killed: all that clients and deliveries do, at random.

Started as ``python torture.py MAILBOX NAME SECONDS``; writes a line for each mail that was promised.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag
from gromox.mapi.restriction import BitMapRelOp, BitMask
from gromox.store.errors import StoreError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.session import Actor, StoreSession
from gromox.store.sync.content import SyncFlag
from gromox.store.sync.state import SyncState
from gromox.store.uidset import UidSet

INBOX, TRASH, FINDER = 13, 11, 5
OWNER = "alice@example.test"
UNREAD = BitMask(BitMapRelOp.EQUAL_TO_ZERO, tags.PidTagMessageFlags, 1)


class Worker:
    """One process's work."""

    def __init__(self, mailbox: Mailbox, name: str) -> None:
        """Work on ``mailbox``."""
        self._mailbox, self._name = mailbox, name
        self._session = StoreSession.of(mailbox, Actor(OWNER))
        self._chance = random.Random(name)  # noqa: S311 - repeatable
        self._count = 0
        self._state = SyncState()
        self._cn = 0

    def step(self) -> None:
        """Do something."""
        self._count += 1
        self._chance.choice(
            [
                *[self._deliver] * 4,
                *[self._flag] * 4,
                *[self._move] * 2,
                self._copy,
                self._delete,
                self._create,
                self._change,
                self._synchronise,
                self._search_folder,
                self._folder,
            ]
        )()

    def _some(self, folder_id: int) -> list[int]:
        uids = list(self._mailbox.view(folder_id).uids())
        return self._chance.sample(uids, min(len(uids), self._chance.randrange(1, 5)))

    def _deliver(self) -> None:
        token = f"{self._name}-{self._count}"
        size = self._chance.choice([20, 500, 70_000])
        octets = f"Subject: {token}\r\n\r\n".encode() + token.encode() * (size // len(token))
        self._mailbox.deliver(NewMail(octets), token=token)
        self._mailbox.sync()
        sys.stdout.write(f"{token}\n")
        sys.stdout.flush()

    def _flag(self) -> None:
        operation = self._chance.choice([FlagOperation.ADD, FlagOperation.REMOVE])
        flag = self._chance.choice([Flag.SEEN, Flag.SEEN, Flag.FLAGGED, Flag.ANSWERED])
        words = frozenset(["red"]) if self._chance.random() < 0.1 else frozenset[str]()
        self._mailbox.set_flags(INBOX, UidSet.of(self._some(INBOX)), FlagChange(operation, flag, words))

    def _move(self) -> None:
        source, target = self._chance.choice([(INBOX, TRASH), (TRASH, INBOX)])
        self._mailbox.move(source, UidSet.of(self._some(source)), target)

    def _copy(self) -> None:
        self._mailbox.copy(INBOX, UidSet.of(self._some(INBOX)[:1]), TRASH)

    def _delete(self) -> None:
        # Copies only: what was delivered must be there at the end.
        mids = [mid for mid in self._created() if self._chance.random() < 0.3]
        self._session.delete_messages(TRASH, mids, is_hard=self._chance.random() < 0.3)

    def _created(self) -> list[int]:
        rows = self._session.changes(TRASH, 0, 200).created
        wanted = [tags.PidTagMessageClass]
        found = self._session.properties_of_messages(rows, wanted)
        return [mid for mid, values in found.items() if values[0] == "IPM.StickyNote"]

    def _create(self) -> None:
        bag = PropertyBag(
            {tags.PidTagSubject: f"note {self._count}", tags.PidTagMessageClass: "IPM.StickyNote"}
        )
        self._session.create_message(TRASH, Message(bag), associated=self._chance.random() < 0.3)

    def _change(self) -> None:
        for mid in self._created()[:2]:
            self._session.set_message_properties(mid, {tags.PidTagSubject: f"changed {self._count}"})

    def _synchronise(self) -> None:
        flags = SyncFlag.NORMAL | SyncFlag.FAI | SyncFlag.READ_STATE
        handle = self._session.sync_content(INBOX, self._state, flags)
        while self._session.sync_messages(handle, 500):
            pass
        self._session.sync_departures(handle)
        self._session.sync_read_changes(handle)
        self._state = self._session.sync_state(handle)
        self._session.close_handle(handle)
        newest = self._session.change_number()
        if newest < self._cn:
            raise AssertionError("change numbers ran backwards")
        self._cn = newest

    def _search_folder(self) -> None:
        make_search_folder(self._session, f"search {self._chance.randrange(4)}", self._chance.random() < 0.5)

    def _folder(self) -> None:
        name = f"folder {self._chance.randrange(6)}"
        found = self._mailbox.child(INBOX, name)
        if found is None:
            self._mailbox.create_folder(INBOX, name)
        elif self._chance.random() < 0.5:
            self._mailbox.delete_folder(found.folder_id)
        else:
            self._mailbox.rename_folder(found.folder_id, parent_id=TRASH, name=f"{name} of {self._name}")


def make_search_folder(session: StoreSession, name: str, again: bool) -> None:
    """Make a search folder of unread mail, or remove the one of that name."""
    found = session.folder_named(FINDER, name)
    if found is not None and again:
        session.delete_folder(found)
    elif found is None:
        created = session.create_folder(FINDER, name, is_search=True)
        session.set_search_criteria(created, UNREAD, [INBOX, TRASH])


def main(path: str, name: str, seconds: float) -> None:
    """Work for a while."""
    end = time.monotonic() + seconds
    with Mailbox.open(Path(path)) as mailbox:
        worker = Worker(mailbox, name)
        while time.monotonic() < end:
            try:
                worker.step()
            except StoreError as error:
                # Others remove, rename and lock what we are about to use; damage is something else.
                if type(error).__name__ in {"CorruptError", "StoreError"}:
                    raise


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
