"""Databases for the tests of the directory: each test gets a new one, on SQLite and on a real MariaDB."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text as sql

from gromox.base.clock import ManualClock
from gromox.directory import Directory, schema
from gromox.directory.model import Base
from gromox.directory.paths import StorePaths

from tests.support import mariadb

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = StorePaths.below(Path("/stores"))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[mariadb.MariaDb]:
    reason = mariadb.missing()
    if reason:
        pytest.skip(f"MariaDB is not tested: {reason}")
    with mariadb.MariaDb.started() as server:
        yield server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def mariadb_tables(mariadb_server: mariadb.MariaDb) -> str:
    """The URL of a database with the newest tables, which tests use one after the other."""
    url = mariadb_server.new_database()
    directory = Directory.connect(url)
    schema.create(directory)
    directory.close()
    return url


@pytest.fixture(params=["sqlite", "mariadb"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Directory]:
    """A database without tables."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/users.sqlite3"
    else:
        url = request.getfixturevalue("mariadb_server").new_database()
    directory = Directory.connect(url, clock=clock, paths=PATHS)
    yield directory
    directory.close()


@pytest.fixture(params=["sqlite", "mariadb"])
def directory(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Directory]:
    """A database with the newest tables and nothing in them."""
    if request.param == "sqlite":
        made = Directory.connect(f"sqlite:///{tmp_path}/users.sqlite3", clock=clock, paths=PATHS)
        schema.create(made)
    else:
        made = Directory.connect(request.getfixturevalue("mariadb_tables"), clock=clock, paths=PATHS)
    yield made
    if request.param == "mariadb":
        with made.engine.begin() as connection:
            connection.execute(sql("SET SESSION foreign_key_checks = 0"))
            for table in Base.metadata.tables:
                if table != "options":
                    connection.execute(sql(f"DELETE FROM `{table}`"))  # noqa: S608 - names of the models
            connection.execute(sql("UPDATE options SET value = '133'"))
    made.close()


@pytest.fixture
def on_mariadb(mariadb_server: mariadb.MariaDb, clock: ManualClock) -> Iterator[Directory]:
    """A MariaDB database without tables."""
    directory = Directory.connect(mariadb_server.new_database(), clock=clock, paths=PATHS)
    yield directory
    directory.close()
