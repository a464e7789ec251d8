"""A small domain for tests: user database in SQLite, mailboxes, spool; all real, all below one directory."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.base.secret import Secret
from gromox.daemons.post_office import AgendaAlarm, DirectoryBook
from gromox.delivery.pickup import Pickup
from gromox.delivery.spool import Spool
from gromox.directory import Directory, alias, domain, mlist, schema, user
from gromox.directory.paths import StorePaths
from gromox.directory.resolve import Resolver
from gromox.directory.status import AddressStatus, ListPrivilege, Privilege
from gromox.store.create import create_private, create_public
from gromox.store.mailbox import Mailbox
from gromox.store.submission.post import PostOffice
from gromox.timer.agenda import Agenda
from gromox.timer.journal import Journal

if TYPE_CHECKING:
    from gromox.base.ids import Ids

PASSWORD = "s3cret"
USERS = ("alice", "bob", "carol", "dave", "erin")
#: carol may not use POP3, dave is suspended.


@cache
def _template() -> Path:
    """Make the domain once per process; tests get copies."""
    root = Path(tempfile.mkdtemp(prefix="house-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    directory = Directory.connect(f"sqlite:///{root}/users.sqlite3", paths=StorePaths.below(Path("/stores")))
    schema.create(directory)
    domain.create(directory, "example.test", max_user=100)
    for name in USERS:
        user.create(directory, f"{name}@example.test", password=Secret(PASSWORD), maildir=f"/stores/{name}")
        create_private(root / name, owner=f"{name}@example.test", user_id=len(name)).close()
    create_public(root / "public", domain="example.test", domain_id=1).close()
    user.set_privilege(directory, "carol@example.test", revoke=Privilege.IMAP_POP3)
    user.set_status(directory, "dave@example.test", AddressStatus.SUSPENDED)
    alias.add(directory, "alice@example.test", "info@example.test")
    mlist.create(directory, "team@example.test", members=["alice@example.test", "bob@example.test"])
    mlist.create(
        directory, "board@example.test", members=["alice@example.test"], privilege=ListPrivilege.INTERNAL
    )
    directory.close()
    return root


@dataclass(slots=True)
class House:
    """The domain example.test with users, mailboxes and a spool."""

    root: Path
    clock: ManualClock
    ids: Ids
    directory: Directory
    resolver: Resolver
    spool: Spool

    @classmethod
    def build(cls, root: Path, *, delimiter: str = "+") -> House:
        """Copy the domain to ``root``."""
        shutil.copytree(_template(), root, dirs_exist_ok=True)
        clock = ManualClock()
        directory = Directory.connect(f"sqlite:///{root}/users.sqlite3", clock=clock)
        for name in USERS:
            user.modify(directory, f"{name}@example.test", {"maildir": str(root / name)})
        with directory.writing() as session:
            domain.by_name(session, "example.test").homedir = str(root / "public")
        ids = SeededIds()
        return cls(
            root,
            clock,
            ids,
            directory,
            Resolver(directory, delimiter),
            Spool(root / "queue", clock=clock, ids=ids),
        )

    def mailbox(self, name: str) -> Mailbox:
        """Open the mailbox of a user; the caller closes it."""
        return Mailbox.open(self.root / name, clock=self.clock)

    def close(self) -> None:
        """Close what is open."""
        self.spool.close()
        self.directory.close()

    def post_office(self, path: Path) -> PostOffice:
        """Return by what users of the house send; its jobs stand in ``path``."""
        agenda = Agenda(Journal(path), self.clock, wake=lambda: None)
        return PostOffice(
            DirectoryBook(self.resolver, "mail.example.test"), Pickup(self.spool.path), AgendaAlarm(agenda)
        )
