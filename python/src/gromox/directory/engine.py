"""Connections to the database: bounded, with time limits, and replaced when the server went away.

Errors of the driver become :class:`UnavailableError` here and nowhere else, so a caller above sees only
directory errors.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pymysql
from sqlalchemy import URL, create_engine, event, exc, make_url

from gromox.directory.errors import (
    DirectoryError,
    ExistsError,
    InvalidError,
    SchemaError,
    UnavailableError,
)

if TYPE_CHECKING:
    import sqlite3

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

    from gromox.base.clock import Clock

#: Execution option of connections that will write; SQLite then takes its write lock at once instead of
#: failing later.
WRITES: Final = "gromox_writes"

_MYSQL_DRIVER: Final = "mysql+pymysql"
_SQLITE_DRIVER: Final = "sqlite+pysqlite"
_CANNOT_CONNECT: Final = 2002
_SLOW: Final = 1.0  #: seconds after which a failed connection counts as a dead host
_REST: Final = 5.0  #: seconds for which a dead host is not asked again
#: Errors of the server that are neither operational to the driver nor lasting: shutdown, killed, lock wait,
#: deadlock.
_NOT_NOW: Final = frozenset({1040, 1053, 1205, 1213, 1317, 1927})
_NO_SUCH_TABLE: Final = frozenset({1054, 1146})


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how long anything may take (seconds)."""

    connections: int = 8
    connect_timeout: float = 20.0
    io_timeout: float = 20.0
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
    event.listen(engine, "do_connect", _Gate(limits.connect_timeout, clock).connect)
    _retire_idle(engine, limits.idle_timeout, clock)
    return engine


class _Gate:
    """The way to the server: looks before it leaps, and rests after a server that kept it waiting.

    While a host is dead without saying so, each try costs the whole connect timeout. One caller pays it; for
    a few seconds afterwards the others are told at once.
    """

    def __init__(self, timeout: float, clock: Clock) -> None:
        self._timeout, self._clock = timeout, clock
        self._closed_until = 0.0

    def connect(
        self,
        dialect: Dialect,
        _entry: ConnectionPoolEntry | None,
        arguments: tuple[object, ...],
        parameters: dict[str, object],
    ) -> DBAPIConnection:
        start = self._clock.monotonic()
        if start < self._closed_until:
            raise pymysql.err.OperationalError(_CANNOT_CONNECT, "the server did not answer a moment ago")
        try:
            self._look(parameters.get("unix_socket"))
            return dialect.connect(*arguments, **parameters)
        except pymysql.err.OperationalError:
            now = self._clock.monotonic()
            if now - start >= min(_SLOW, self._timeout):
                self._closed_until = now + _REST
            raise

    def _look(self, path: object) -> None:
        """See that somebody listens on a Unix socket.

        Where nobody does, PyMySQL leaves its socket to the garbage collector, in a cycle with its own error:
        an outage would cost a descriptor for each failed try.
        """
        if not isinstance(path, str):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
            trial.settimeout(self._timeout)
            try:
                trial.connect(path)
            except OSError as error:
                reason = error.strerror or str(error)
                raise pymysql.err.OperationalError(
                    _CANNOT_CONNECT, f"no server at {path}: {reason}"
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


def translated(error: exc.SQLAlchemyError) -> DirectoryError | None:
    """Return the error to raise instead of ``error``; None: it is a mistake in this program."""
    if isinstance(error, exc.TimeoutError):
        return UnavailableError("all connections to the user database are busy; raise connection_num")
    if not isinstance(error, exc.DBAPIError) or error.orig is None:
        return None
    number = error.orig.args[0] if error.orig.args else None
    if number in _NO_SUCH_TABLE or str(number).startswith(("no such table", "no such column")):
        return SchemaError(f"the user database lacks a table: {error.orig}; run gromox-dbop -C or -U")
    if isinstance(error, exc.IntegrityError):
        return ExistsError(f"the user database refused a duplicate or a dangling reference: {error.orig}")
    if isinstance(error, exc.DataError):
        return InvalidError(f"the user database refused a value: {error.orig}")
    if isinstance(error, exc.OperationalError | exc.InterfaceError) or number in _NOT_NOW:
        return UnavailableError(f"user database: {error.orig}")
    return UnavailableError(f"user database: {error.orig}") if error.connection_invalidated else None
