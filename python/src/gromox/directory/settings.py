"""Options of the user database (mysql_adaptor.cfg), and what they mean together."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Final

import zstandard
from sqlalchemy import URL

from gromox.base import paths
from gromox.base.secret import Secret
from gromox.base.settings import (
    Option,
    Program,
    Settings,
    SettingsError,
    boolean,
    integer,
    path,
    secret,
    text,
    timespan,
)
from gromox.directory.engine import Limits, Tls
from gromox.directory.paths import StorePaths

_MAX_PASSWORD: Final = 4096
_MAX_WINDOW: Final = 1 << 20  #: octets that unpacking may keep in memory
#: Where distributions put the socket of the server.
_SOCKETS: Final = ("/run/mysqld/mysqld.sock", "/run/mysql/mysql.sock", "/var/lib/mysql/mysql.sock")

USER_DATABASE: Final = Option(
    "user_database",
    secret,
    Secret(""),
    "Where the user database is, as a URL such as sqlite:////var/lib/gromox/users.sqlite3; nothing stands "
    "for the MariaDB server that the mysql_ directives describe.",
    secret=True,
)
CONNECTION_NUM: Final = Option(
    "connection_num", integer, 8, "How many connections to the database a process may have.", low=1, high=256
)
ENABLE_FIRSTTIME_PASSWORD: Final = Option(
    "enable_firsttime_password",
    boolean,
    False,
    "Whether a user without a password may log in with any, which then becomes the password.",
    aliases=("enable_firsttimepw",),
)
MYSQL_DBNAME: Final = Option("mysql_dbname", text, "email", "Name of the database.")
MYSQL_HOST: Final = Option(
    "mysql_host", text, "localhost", "Host of the database server; localhost or a path means its Unix socket."
)
MYSQL_PORT: Final = Option("mysql_port", integer, 3306, "TCP port of the database server.", low=1, high=65535)
MYSQL_USERNAME: Final = Option("mysql_username", text, "root", "Who to log in as.")
MYSQL_PASSWORD: Final = Option(
    "mysql_password", secret, Secret(""), "The password to log in with.", secret=True
)
MYSQL_PASSWORD_MODE_ID107: Final = Option(
    "mysql_password_mode_id107",
    secret,
    Secret(""),
    "The same as base64 of zstd-compressed text, against a look over the shoulder; no protection otherwise.",
    secret=True,
)
MYSQL_PASSWORD_MODE_ID555: Final = Option(
    "mysql_password_mode_id555",
    secret,
    Secret(""),
    "The same in an obfuscation that this program cannot read: it says so and asks for mysql_password.",
    secret=True,
)
MYSQL_POOL_IDLE_TIMEOUT: Final = Option(
    "mysql_pool_idle_timeout",
    timespan,
    60.0,
    "How long a connection may lie unused before it is replaced at its next use; 0 keeps it.",
    unit="seconds",
)
MYSQL_RDWR_TIMEOUT: Final = Option(
    "mysql_rdwr_timeout",
    timespan,
    0.0,
    "How long to wait for the server to accept a connection or to answer; 0 means 20 seconds for either.",
    unit="seconds",
)
MYSQL_TLS_CERT: Final = Option(
    "mysql_tls_cert", text, "", "Client certificate (PEM); with it the connection uses TLS."
)
MYSQL_TLS_KEY: Final = Option("mysql_tls_key", text, "", "Private key of the client certificate (PEM).")
SCHEMA_UPGRADE: Final = Option(
    "schema_upgrade",
    text,
    "",
    "Who upgrades the tables by itself: host:<host_id> names the one machine; "
    "nothing means gromox-dbop -U by hand.",
    aliases=("schema_upgrades",),
)
STORE_PATH: Final = Option(
    "store_path",
    path,
    paths.STATE,
    "The folder whose sub-folders user and domain take the stores of new users and domains.",
)
MYSQL_OBJECT_CACHE_LIFETIME: Final = Option(
    "mysql_object_cache_lifetime",
    timespan,
    60.0,
    "How long answers of the user database are remembered; 0 asks every time.",
    unit="seconds",
)
PROGRAM: Final = Program(
    "mysql_adaptor",
    "The user database",
    ("gromox.cfg", "mysql_adaptor.cfg"),
    (
        USER_DATABASE,
        CONNECTION_NUM,
        ENABLE_FIRSTTIME_PASSWORD,
        MYSQL_DBNAME,
        MYSQL_HOST,
        MYSQL_PORT,
        MYSQL_USERNAME,
        MYSQL_PASSWORD,
        MYSQL_PASSWORD_MODE_ID107,
        MYSQL_PASSWORD_MODE_ID555,
        MYSQL_POOL_IDLE_TIMEOUT,
        MYSQL_RDWR_TIMEOUT,
        MYSQL_TLS_CERT,
        MYSQL_TLS_KEY,
        SCHEMA_UPGRADE,
        STORE_PATH,
        MYSQL_OBJECT_CACHE_LIFETIME,
    ),
)


def database_url(settings: Settings) -> URL | str:
    """Return where the database is.

    Raises:
        SettingsError: the password is obfuscated in a way that cannot be read.
    """
    own = settings[USER_DATABASE].reveal()
    if own:
        return own
    host = settings[MYSQL_HOST]
    query: dict[str, str] = {}
    if host.startswith("/"):
        host, query = "", {"unix_socket": host}
    elif host in ("", "localhost"):
        # As with the client library of MariaDB, localhost means the socket; where there is none, TCP.
        found = next((place for place in _SOCKETS if Path(place).is_socket()), None)
        host, query = ("", {"unix_socket": found}) if found else ("localhost", {})
    return URL.create(
        "mysql+pymysql",
        username=settings[MYSQL_USERNAME],
        password=_password(settings).reveal(),
        host=host or None,
        port=None if query else settings[MYSQL_PORT],
        database=settings[MYSQL_DBNAME],
        query=query,
    )


def _password(settings: Settings) -> Secret:
    if settings[MYSQL_PASSWORD_MODE_ID107]:
        return _decompressed(settings)
    if settings[MYSQL_PASSWORD_MODE_ID555] and not settings[MYSQL_PASSWORD]:
        raise SettingsError(
            "mysql_password_mode_id555 cannot be read by this program; write the password as mysql_password",
            origin=settings.origin(MYSQL_PASSWORD_MODE_ID555),
        )
    return settings[MYSQL_PASSWORD]


def _decompressed(settings: Settings) -> Secret:
    try:
        packed = base64.b64decode(settings[MYSQL_PASSWORD_MODE_ID107].reveal(), validate=True)
        reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(packed)
        plain = reader.read(_MAX_PASSWORD + 1).decode()
    except (ValueError, zstandard.ZstdError):
        plain = ""
    if not 0 < len(plain) <= _MAX_PASSWORD:
        raise SettingsError(
            "mysql_password_mode_id107 is not base64 of a zstd-compressed password",
            origin=settings.origin(MYSQL_PASSWORD_MODE_ID107),
        )
    return Secret(plain)


def limits(settings: Settings) -> Limits:
    """Return the bounds of the connection pool."""
    stated = settings[MYSQL_RDWR_TIMEOUT]
    bounds = Limits(connections=settings[CONNECTION_NUM], idle_timeout=settings[MYSQL_POOL_IDLE_TIMEOUT])
    if not stated:
        return bounds
    return Limits(
        connections=bounds.connections,
        connect_timeout=stated,
        io_timeout=stated,
        idle_timeout=bounds.idle_timeout,
    )


def tls(settings: Settings) -> Tls:
    """Return the client certificate, if any."""
    return Tls(settings[MYSQL_TLS_CERT], settings[MYSQL_TLS_KEY])


def store_paths(settings: Settings) -> StorePaths:
    """Return where new stores lie."""
    return StorePaths.below(settings[STORE_PATH])


def may_upgrade_schema(settings: Settings, host_id: str) -> bool:
    """Tell whether this machine is the one that upgrades the tables by itself."""
    kind, _, name = settings[SCHEMA_UPGRADE].partition(":")
    return kind.strip().lower() == "host" and name.strip().lower() == host_id.lower() != ""
