"""An installation with a domain and two users; tools run as an operator runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service import domain, user
from gromox.admin.service.site import Site, open_site
from gromox.admin.service.user_change import UserChange
from gromox.directory import schema
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ALICE, BOB = "alice@example.test", "bob@example.test"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line gave."""

    code: int
    out: str
    err: str


class Home:
    """The folders of an installation."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.etc, self.stores = folder / "etc", folder / "stores"
        self.etc.mkdir()
        (self.etc / "mysql_adaptor.cfg").write_text(
            f"user_database = sqlite:///{folder}/users.sqlite3\nstore_path = {self.stores}\n"
        )
        self.site: Site = open_site(self.etc)
        self._capture = capture

    def run(self, main: Callable[[list[str]], int], *argv: str) -> Ran:
        """Run a tool with this configuration."""
        self._capture.readouterr()
        code = main(["--config", str(self.etc), *argv])
        captured = self._capture.readouterr()
        return Ran(code, captured.out, captured.err)

    def maildir(self, username: str = ALICE) -> Path:
        """Return where a mailbox lies."""
        local, _, domain_name = username.partition("@")
        return self.stores / "user" / domain_name / local

    def fill(self, count: int, *, folder_id: int = 0x0D, username: str = ALICE) -> None:
        """Add small mails."""
        with Mailbox.open(self.maildir(username)) as mailbox:
            for number in range(count):
                octets = f"Subject: {number}\r\n\r\nbody {number}\r\n".encode()
                mailbox.append(folder_id, [NewMail(octets, flags=Flag(0), internal_date=1e9 + number)])

    def delete(self, *uids: int, username: str = ALICE) -> None:
        """Delete mails of the inbox softly."""
        with Mailbox.open(self.maildir(username)) as mailbox:
            mailbox.delete_messages(0x0D, UidSet.of(uids))

    def totals(self, folder_id: int = 0x0D, username: str = ALICE) -> tuple[int, int]:
        """Return how many mails a folder has, and how many that were deleted softly."""
        with Mailbox.open(self.maildir(username)) as mailbox:
            folder = mailbox.folder(folder_id)
            return folder.total, folder.deleted_total


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Home]:
    """An installation with alice, bob and a public store."""
    made = Home(tmp_path, capsys)
    schema.create(made.site.directory)
    domain.create(made.site, "example.test", max_user=10)
    for username in (ALICE, BOB):
        user.create(made.site, user.NewUser(username, UserChange(lang="de" if username == BOB else None)))
    yield made
    made.site.close()
