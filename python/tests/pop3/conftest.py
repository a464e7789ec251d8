"""POP3 on real mailboxes and a real user database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.settings import Settings
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.status import Privilege
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.pop3.core import Pop3Core
from gromox.pop3.services import Pop3Services
from gromox.pop3.settings import PROGRAM
from gromox.store.builtin import INBOX, IPM_SUBTREE
from gromox.store.model import NewMail
from gromox.store.permission import Right
from gromox.store.pool import MailboxPool
from tests.support.drive import Connect, Dialogue, FailSync
from tests.support.house import House

#: The inbox of alice in all tests.
MAILS = (
    b"Subject: one\r\n\r\nfirst line\r\nsecond line\r\n",
    b"Subject: two\r\n\r\n.dot\r\n..\r\n.\r\nlast",
    b"Subject: three\r\n\r\n",
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(octets) for octets in MAILS])
        mailbox.set_rights(IPM_SUBTREE, "erin@example.test", int(Right.OWNER))
    yield house
    house.close()


@pytest.fixture
def pool(house: House) -> Iterator[MailboxPool]:
    pool = MailboxPool(house.clock)
    yield pool
    pool.close()


@pytest.fixture
def connect(house: House, pool: MailboxPool) -> Connect:
    """Open a connection; keyword arguments are settings, and ``fail_sync`` of the driver."""
    authenticator = Authenticator(house.directory, house.clock, policy=AuthPolicy(cache_lifetime=60.0))
    services: dict[tuple[tuple[str, str], ...], Pop3Services] = {}

    def connect(*, tls: bool = True, fail_sync: FailSync = lambda: None, **settings: str) -> Dialogue:
        key = tuple(sorted(settings.items()))
        if key not in services:
            services[key] = Pop3Services(
                doorkeeper=Doorkeeper(
                    authenticator, house.resolver, Privilege.IMAP_POP3, house.clock.advance
                ),
                mailboxes=pool,
                settings=Settings.of(PROGRAM, settings),
                host="mail.example.test",
                tls=tls,
                clock=house.clock,
            )
        return Dialogue(Pop3Core(services[key]), fail_sync=fail_sync)

    return connect
