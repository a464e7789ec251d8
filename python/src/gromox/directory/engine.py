"""Connections to the database: bounded, with time limits, and replaced when the server went away.

Errors of the driver become :class:`UnavailableError` here and nowhere else, so a caller above sees only
directory errors.
"""

from __future__ import annotations

import socket
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pymysql
from sqlalchemy import URL, create_engine, event, exc, make_url

from gromox.directory.errors import InvalidError, UnavailableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

    from gromox.base.clock import Clock

#: Execution option of connections that will write; SQLite then takes its write lock at once instead of
#: failing later.
WRITES: Final = "gromox_writes"

_MYSQL_DRIVER: Final = "mysql+pymysql"
_SQLITE_DRIVER: Final = "sqlite+pysqlite"
# MariaDB error numbers that mean "not now": access refused while the server starts with other grants is not
# among them.
_CANNOT_CONNECT: Final = 2002
_LOCK_WAIT: Final = frozenset({1205, 1213})
_SERVER_GOING: Final = frozenset({1040, 1053, 1203, 1927, 2002, 2003, 2006, 2013, 2014, 4031})


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how long anything may take (seconds)."""

    connections: int = 8
    connect_timeout: float = 20.0
    io_timeout: float = 60.0
    pool_timeout: float = 10.0
    idle_timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class Tls:
    """Client certificate for the database server; without one the connection is in clear, or local."""

    certificate: str = ""
    key: str = ""


def open_engine(url: URL | str, *, limits: Limits, tls: Tls, clock: Clock) -> Engine:
    """Return an engine for MariaDB or SQLite; no connection is made yet.

    Raises:
        InvalidError: the URL is of another kind of database, or of an SQLite database without a file.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise InvalidError(
            "user_database is not a URL such as sqlite:////var/lib/gromox/users.sqlite3"
        ) from error
    backend = parsed.get_backend_name()
    if backend in ("mysql", "mariadb"):
        return _open_mysql(parsed.set(drivername=_MYSQL_DRIVER), limits, tls, clock)
    if backend == "sqlite":
        return _open_sqlite(parsed.set(drivername=_SQLITE_DRIVER), limits)
    raise InvalidError(f"user_database: {backend!r} is not supported; write a mysql: or sqlite: URL")


def _open_mysql(url: URL, limits: Limits, tls: Tls, clock: Clock) -> Engine:
    arguments: dict[str, object] = {
        "charset": "utf8mb4",
        "connect_timeout": max(1, int(limits.connect_timeout)),
        "read_timeout": max(1, int(limits.io_timeout)),
        "write_timeout": max(1, int(limits.io_timeout)),
        # A half-written row is worse than an error: no silent truncation, whatever the server's own mode is.
        "init_command": "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
        " time_zone = '+00:00'",
    }
    if tls.certificate:
        arguments["ssl"] = {"cert": tls.certificate, "key": tls.key or tls.certificate}
    engine = create_engine(
        url,
        connect_args=arguments,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool_timeout,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
    )
    _probe_unix_socket(engine, limits.connect_timeout)
    _retire_idle(engine, limits.idle_timeout, clock)
    return engine


def _probe_unix_socket(engine: Engine, timeout: float) -> None:
    """Look whether the server listens before the driver tries.

    Where nobody does, PyMySQL leaves the socket to the garbage collector, in a cycle with its own error: an
    outage would cost a descriptor for each failed try.
    """

    @event.listens_for(engine, "do_connect")
    def probe(
        _dialect: Dialect,
        _entry: ConnectionPoolEntry | None,
        _arguments: object,
        parameters: dict[str, object],
    ) -> None:
        path = parameters.get("unix_socket")
        if not isinstance(path, str):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            trial.settimeout(timeout)
            try:
                trial.connect(path)
            except OSError as error:
                raise pymysql.err.OperationalError(
                    _CANNOT_CONNECT, f"no server at {path}: {error.strerror}"
                ) from None


def _retire_idle(engine: Engine, idle_timeout: float, clock: Clock) -> None:
    """Replace connections that lay unused longer than ``idle_timeout``; 0 keeps them for ever."""
    if not idle_timeout:
        return

    @event.listens_for(engine, "checkin")
    def note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def check(
        _connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        since = entry.info.get("idle_since")
        if since is not None and clock.monotonic() - since > idle_timeout:
            del entry.info["idle_since"]
            raise exc.DisconnectionError("idle for too long")


def _open_sqlite(url: URL, limits: Limits) -> Engine:
    if not url.database or url.database == ":memory:":
        raise InvalidError(
            "user_database: SQLite needs a file, for example sqlite:////var/lib/gromox/users.sqlite3"
        )
    engine = create_engine(
        url,
        connect_args={"timeout": limits.pool_timeout, "check_same_thread": False},
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool_timeout,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # Transactions begin where "begin" below says, not where the driver guesses.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def translated(error: exc.SQLAlchemyError) -> UnavailableError | None:
    """Return the error to raise instead of ``error`` if it means that the database cannot be asked now."""
    if isinstance(error, exc.TimeoutError):
        return UnavailableError(
            "all connections to the user database are busy; raise connection_num or look for a lock"
        )
    if not isinstance(error, exc.DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.OperationalError):
        return UnavailableError(f"user database: {error.orig}")
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    lost = error.connection_invalidated or number in _LOCK_WAIT or number in _SERVER_GOING
    if lost or isinstance(error, exc.OperationalError | exc.InterfaceError):
        return UnavailableError(f"user database: {error.orig}")
    return None
