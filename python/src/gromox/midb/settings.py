"""Directives of midb.cfg."""

from __future__ import annotations

from typing import Final

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
from gromox.base.settings import (
    Endpoint,
    Option,
    Program,
    boolean,
    host_list,
    integer,
    listen_list,
    text,
    timespan,
)

MIDB_LISTEN: Final[Option[tuple[Endpoint, ...]]] = Option(
    "midb_listen",
    listen_list,
    (Endpoint("::1", 5555),),
    "Where to listen for questions about mailboxes; nothing: nowhere.",
)
MIDB_HOSTS_ALLOW: Final[Option[tuple[str, ...]]] = Option(
    "midb_hosts_allow",
    host_list,
    (),
    "Who may connect: addresses or networks, separated by blanks, IPv4 also as ::ffff:a.b.c.d. "
    "Nothing stands for ::1.",
)
MIDB_RELOAD_INTERVAL: Final = Option(
    "midb_reload_interval",
    timespan,
    3600.0,
    "How often every mailbox is looked at, whether or not it rang.",
    unit="seconds",
    low=60.0,
)
MIDB_THREADS_NUM: Final = Option(
    "midb_threads_num",
    integer,
    100,
    "How many mailboxes are worked on at a time; never more than the machine has processors.",
    low=1,
    high=1000,
)
MIDB_INDEX_ATTACHMENTS: Final = Option(
    "midb_index_attachments",
    boolean,
    True,
    "Whether the texts of attached office documents and PDF files (if pdftotext is installed) can be found.",
)
MIDB_CACHE_INTERVAL: Final = Option(
    "midb_cache_interval", timespan, 1800.0, "Accepted for compatibility; see cache_interval.", unit="seconds"
)
MIDB_TABLE_SIZE: Final = Option(
    "midb_table_size", integer, 5000, "Accepted for compatibility; see table_size.", low=100, high=50000
)
MIDB_CMD_DEBUG: Final = Option("midb_cmd_debug", integer, 0, "Accepted for compatibility.", low=0)
MIDB_SCHEMA_UPGRADES: Final = Option(
    "midb_schema_upgrades", text, "auto", "Accepted for compatibility: there is no database of its own."
)
RPC_PROXY_CONNECTION_NUM: Final = Option(
    "rpc_proxy_connection_num", integer, 10, "Accepted for compatibility.", low=1, high=200
)
SQLITE_DEBUG: Final = Option("sqlite_debug", integer, 0, "Accepted for compatibility.", low=0)
X500_ORG_NAME: Final = Option("x500_org_name", text, "", "Accepted for compatibility.")
LOG_FILE: Final = log_file("midb")
LOG_LEVEL: Final = log_level("midb")
METRICS_SOCKET: Final = metrics_socket("midb")
FD_LIMIT: Final = fd_limit("midb")

PROGRAM: Final = Program(
    "midb",
    "gromox-midb",
    ("gromox.cfg", "midb.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        MIDB_LISTEN,
        MIDB_HOSTS_ALLOW,
        MIDB_RELOAD_INTERVAL,
        MIDB_THREADS_NUM,
        MIDB_INDEX_ATTACHMENTS,
        MIDB_CACHE_INTERVAL,
        MIDB_TABLE_SIZE,
        MIDB_CMD_DEBUG,
        MIDB_SCHEMA_UPGRADES,
        RPC_PROXY_CONNECTION_NUM,
        SQLITE_DEBUG,
        X500_ORG_NAME,
        LOG_FILE,
        LOG_LEVEL,
        METRICS_SOCKET,
        FD_LIMIT,
    ),
    "keeps full-text indexes and search folders current",
)
