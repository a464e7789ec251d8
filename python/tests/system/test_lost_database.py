"""The user database goes away and comes back: mail is put off, nothing is lost, no restart is needed."""

from __future__ import annotations

import imaplib
import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.admin.service import domain as domains
from gromox.admin.service import user as users
from gromox.admin.service.site import Site
from gromox.admin.service.user_change import UserChange
from gromox.daemons.embedded import DOMAIN, Embedded
from gromox.directory import Directory, schema
from gromox.directory.paths import StorePaths
from tests.support import mariadb
from tests.support.daemons import Daemons
from tests.support.mail import mail, unique
from tests.support.server import HOST, eventually
from tests.system.conftest import ALICE, BOB
from tests.system.test_separate_daemons import login

UNKNOWN, STRANGER = "unknown@example.test", "stranger@example.test"


@pytest.fixture
def database() -> Iterator[mariadb.MariaDb]:
    if reason := mariadb.missing():
        pytest.skip(reason)
    with mariadb.MariaDb.started() as started:
        yield started


@pytest.fixture
def daemons(home: Path, database: mariadb.MariaDb) -> Iterator[Daemons]:
    url = database.new_database()
    made = Daemons(
        home, f"user_database = {url}\nmysql_object_cache_lifetime = 0\nstore_path = {home}/maria\n"
    )
    made.create()
    directory = Directory.connect(url, paths=StorePaths.below(home / "maria"))
    schema.create(directory)
    site = Site(directory)
    domains.create(site, DOMAIN, max_user=10)
    for credential in Embedded(home).credentials():
        users.create(site, users.NewUser(credential.user, UserChange(), credential.password))
    site.close()
    yield made
    made.stop()
    assert "traceback" not in made.log().lower()


def offer(daemons: Daemons, subject: str, to: str) -> int:
    with smtplib.LMTP(HOST, daemons.lmtp_port, timeout=60) as lmtp:
        try:
            lmtp.sendmail("test@example.test", [to], mail(subject))
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))[0]
    return 250


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_mariadb_goes_and_comes_back(daemons: Daemons, database: mariadb.MariaDb) -> None:
    config = daemons.home / "etc" / "only-delivery.cfg"
    config.write_text(config.read_text() + "cache_scan_interval = 1s\n")
    daemons.start("event", "imap", "delivery_queue")
    assert offer(daemons, unique("before"), ALICE) == 250
    assert offer(daemons, unique("before"), UNKNOWN) == 550
    with login(daemons):
        database.stop()

    assert offer(daemons, unique("without"), BOB) in range(400, 500)
    assert offer(daemons, unique("without"), STRANGER) in range(400, 500)
    known = offer(daemons, unique("without"), ALICE) == 250  # she may still be remembered
    with (
        pytest.raises(imaplib.IMAP4.error, match="UNAVAILABLE"),
        imaplib.IMAP4(HOST, daemons.imap_port, timeout=60) as connection,
    ):
        connection.login("bob@example.test", "whatever")
    daemons.start("delivery")  # a mail in the queue, and nobody to ask about its recipient
    assert list((daemons.home / "queue").glob("*/*"))

    database.start()
    # A server that kept somebody waiting is left alone for some seconds.
    eventually(lambda: offer(daemons, unique("after"), ALICE) == 250, what="who is asked again")

    def has_all() -> bool:
        with login(daemons) as connection:
            return connection.select(readonly=True)[1] == [b"%d" % (2 + known)]

    eventually(has_all, limit=60, what="all accepted mails delivered")
    assert offer(daemons, unique("after"), UNKNOWN) == 550
