"""The database goes away and comes back."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url
from sqlalchemy import text as sql

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.secret import Secret
from gromox.directory import Directory, domain, schema, user
from gromox.directory.auth import Authenticator
from gromox.directory.engine import Limits
from gromox.directory.errors import AuthError, AuthReason, SchemaError, UnavailableError
from gromox.directory.resolve import Mailbox, Resolver
from gromox.directory.status import Privilege
from tests.support import mariadb
from tests.support.server import PATIENCE, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE = "alice@example.test"


@pytest.fixture(scope="module")
def own_server() -> Iterator[mariadb.MariaDb]:
    reason = mariadb.missing()
    if reason:
        pytest.skip(f"MariaDB is not tested: {reason}")
    with mariadb.MariaDb.started() as server:
        yield server


@pytest.fixture
def filled(own_server: mariadb.MariaDb) -> Iterator[Directory]:
    directory = Directory.connect(
        own_server.new_database(),
        limits=Limits(connections=3, connect_timeout=PATIENCE, io_timeout=PATIENCE, pool_timeout=1),
    )
    schema.create(directory)
    domain.create(directory, "example.test", max_user=9)
    user.create(directory, ALICE, password=Secret("x"))
    yield directory
    directory.close()


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_server_that_went_away_is_missed_quickly_and_found_again(
    own_server: mariadb.MariaDb, filled: Directory, way: str
) -> None:
    resolver = Resolver(filled, lifetime=0)
    authenticator = Authenticator(filled)
    assert isinstance(resolver.recipient(ALICE), Mailbox)

    getattr(own_server, way)()
    try:
        for _ in range(3):
            start = time.monotonic()
            with pytest.raises(UnavailableError):
                resolver.recipient(ALICE)
            with pytest.raises(AuthError) as caught:
                authenticator.authenticate(ALICE, Secret("x"), Privilege.IMAP_POP3)
            assert (caught.value.reason, caught.value.is_temporary) == (AuthReason.UNAVAILABLE, True)
            assert time.monotonic() - start < 20  # not until some connection times out
    finally:
        own_server.start()

    def is_found() -> bool:
        try:
            return isinstance(resolver.recipient(ALICE), Mailbox)
        except UnavailableError:  # it kept us waiting on a busy machine: it is left alone for some seconds
            return False

    eventually(is_found, what="the server again")
    assert authenticator.authenticate(ALICE, Secret("x"), Privilege.IMAP_POP3).username == ALICE
    assert user.create(filled, "bob@example.test").username == "bob@example.test"


def test_a_login_that_is_remembered_survives_an_outage(
    own_server: mariadb.MariaDb, filled: Directory
) -> None:
    authenticator = Authenticator(filled)
    account = authenticator.authenticate(ALICE, Secret("x"), Privilege.IMAP_POP3)

    own_server.stop()
    try:
        assert authenticator.authenticate(ALICE, Secret("x"), Privilege.IMAP_POP3) == account
    finally:
        own_server.start()


def test_connections_that_the_server_closed_are_replaced(
    own_server: mariadb.MariaDb, filled: Directory
) -> None:
    user.get(filled, ALICE)
    for number, *_rest in own_server.execute(
        "SELECT id FROM information_schema.processlist WHERE id != CONNECTION_ID()"
    ):
        own_server.execute(f"KILL {number}")

    assert user.get(filled, ALICE).username == ALICE


def test_a_connection_that_breaks_in_a_transaction_undoes_it(
    own_server: mariadb.MariaDb, filled: Directory
) -> None:
    with pytest.raises(UnavailableError), filled.writing() as session:  # noqa: PT012 - the last statement
        number = session.scalar(sql("SELECT CONNECTION_ID()"))
        session.execute(sql("UPDATE users SET lang = 'xx'"))
        own_server.execute(f"KILL {number}")
        session.execute(sql("UPDATE users SET timezone = 'yy'"))

    assert user.get(filled, ALICE).lang == ""


def test_no_more_connections_than_allowed(filled: Directory) -> None:
    release = threading.Event()
    taken = threading.Barrier(4)

    def hold() -> None:
        with filled.reading():
            taken.wait()
            release.wait()

    threads = [threading.Thread(target=hold) for _ in range(3)]
    for thread in threads:
        thread.start()
    taken.wait()
    try:
        with pytest.raises(UnavailableError, match="connection_num"):
            user.get(filled, ALICE)
    finally:
        release.set()
        for thread in threads:
            thread.join()
    assert user.get(filled, ALICE).username == ALICE


def test_a_server_that_hangs_is_given_up(own_server: mariadb.MariaDb, filled: Directory) -> None:
    assert own_server._process is not None
    hasty = Directory.connect(filled.engine.url, limits=Limits(connect_timeout=3, io_timeout=3))
    assert user.get(hasty, ALICE).username == ALICE
    os.kill(own_server._process.pid, signal.SIGSTOP)
    try:
        told = []
        # One may wait on a connection that was open, one for a new connection; then nobody waits.
        for _ in range(3):
            with pytest.raises(UnavailableError) as caught:
                user.get(hasty, ALICE)
            told.append(str(caught.value))
    finally:
        os.kill(own_server._process.pid, signal.SIGCONT)
    hasty.close()
    assert "a moment ago" in told[-1]


def test_a_host_that_never_answers_is_not_asked_by_everybody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        directory = Directory.connect(
            f"mysql://root@127.0.0.1:{port}/x",
            limits=Limits(connect_timeout=1, io_timeout=1),
            clock=SYSTEM_CLOCK,
        )
        with pytest.raises(UnavailableError):
            user.get(directory, ALICE)
        with pytest.raises(UnavailableError, match="a moment ago"):
            user.get(directory, ALICE)


def test_missing_tables_are_said_to_be_missing(empty: Directory) -> None:
    with pytest.raises(SchemaError, match="gromox-dbop"):
        user.get(empty, ALICE)


def test_a_missing_database_is_said_to_be_missing(own_server: mariadb.MariaDb) -> None:
    directory = Directory.connect(own_server.url("nowhere"))

    with pytest.raises(UnavailableError, match="nowhere"):
        user.get(directory, ALICE)
    with pytest.raises(SchemaError, match="CREATE DATABASE"):
        schema.create(directory)


def test_an_account_without_rights_is_told_so(own_server: mariadb.MariaDb) -> None:
    url = own_server.new_database()
    name = make_url(url).database
    own_server.execute("CREATE USER weak@localhost IDENTIFIED BY 'pw'")
    own_server.execute(f"GRANT SELECT ON {name}.* TO weak@localhost")
    directory = Directory.connect(url.replace("root@", "weak:pw@"))

    with pytest.raises(SchemaError, match="GRANT ALL"):
        schema.create(directory)
    directory.close()
    denied = Directory.connect(url.replace("root@", "weak:wrong@"))
    with pytest.raises(SchemaError, match="Access denied"):
        schema.version(denied)
    assert "wrong" not in repr(denied.engine)


def test_a_locked_sqlite_file_is_unavailable_not_broken(tmp_path: Path) -> None:
    directory = Directory.connect(f"sqlite:///{tmp_path}/users.sqlite3", limits=Limits(pool_timeout=0.2))
    schema.create(directory)
    domain.create(directory, "example.test", max_user=9)
    other = sqlite3.connect(tmp_path / "users.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(UnavailableError):
        user.create(directory, ALICE)
    assert domain.get(directory, "example.test").name == "example.test"
    other.execute("ROLLBACK")
    other.close()
    assert user.create(directory, ALICE).username == ALICE
    directory.close()
