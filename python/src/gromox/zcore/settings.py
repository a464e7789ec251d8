"""Directives of gromox-zcore (gromox.cfg, zcore.cfg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import paths
from gromox.base.common_settings import (
    CONFIG_FILE_PATH,
    DATA_FILE_PATH,
    HOST_ID,
    RUNNING_IDENTITY,
    fd_limit,
    log_file,
    log_level,
    metrics_socket,
)
from gromox.base.settings import Option, Program, integer, optional_path, path, timespan
from gromox.directory.auth_settings import AUTH_OPTIONS
from gromox.store.submission.settings import MAIL_MAX_LENGTH, MAX_RCPT_NUM

if TYPE_CHECKING:
    from pathlib import Path

ZCORE_LISTEN: Final = Option(
    "zcore_listen",
    path,
    paths.RUN / "zcore.sock",
    "The Unix socket on which web mail, ActiveSync and CalDAV are served. Whoever may write to it may try to "
    "log on.",
)
ZCORE_THREADS_NUM: Final = Option(
    "zcore_threads_num",
    integer,
    10,
    "How many threads work on mailboxes.",
    aliases=("zarafa_threads_num",),
    low=1,
    high=1000,
)
USER_CACHE_INTERVAL: Final = Option(
    "user_cache_interval",
    timespan,
    3600.0,
    "How long a user stays logged on after the last call.",
    unit="seconds",
    low=60.0,
    high=86400.0,
)
USER_TABLE_SIZE: Final = Option(
    "user_table_size", integer, 5000, "How many users are logged on at the most.", low=100, high=50_000
)
ZCORE_MAX_OBH_PER_SESSION: Final = Option(
    "zcore_max_obh_per_session",
    integer,
    500,
    "How many stores one connection has open at the most.",
    low=10,
    high=100_000,
)
RPC_PROXY_CONNECTION_NUM: Final = Option(
    "rpc_proxy_connection_num",
    integer,
    10,
    "Has no effect: one connection to each other node carries all calls. Accepted for older configurations.",
    low=1,
    high=100,
)
BEARER_PUBKEY: Final[Option[Path | None]] = Option(
    "bearer_pubkey",
    optional_path,
    paths.CONFIG / "bearer_pubkey",
    "The public key (PEM, RSA) of who signs the tokens by which users log on (RS256, claims email and exp). "
    "Where the file is missing nobody logs on by token.",
)
LOG_FILE: Final = log_file("zcore")
LOG_LEVEL: Final = log_level("zcore")
METRICS_SOCKET: Final = metrics_socket("zcore")
FD_LIMIT: Final = fd_limit("zcore")

PROGRAM: Final = Program(
    "zcore",
    "gromox-zcore",
    ("gromox.cfg", "zcore.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        ZCORE_LISTEN,
        ZCORE_THREADS_NUM,
        USER_CACHE_INTERVAL,
        USER_TABLE_SIZE,
        ZCORE_MAX_OBH_PER_SESSION,
        RPC_PROXY_CONNECTION_NUM,
        BEARER_PUBKEY,
        MAX_RCPT_NUM,
        MAIL_MAX_LENGTH,
        *AUTH_OPTIONS,
        LOG_FILE,
        LOG_LEVEL,
        METRICS_SOCKET,
        FD_LIMIT,
    ),
    "serves mailboxes to the web tier",
)
