"""Directives of the store RPC between nodes (gromox.cfg, exmdb_provider.cfg, istore.cfg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from gromox.base.optionvalues import Endpoint
from gromox.base.secret import Secret
from gromox.base.settings import (
    Option,
    Program,
    host_list,
    integer,
    listen_list,
    optional_path,
    quantity,
    secret,
    text,
    timespan,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Settings

EXMDB_LISTEN: Final[Option[tuple[Endpoint, ...]]] = Option(
    "exmdb_listen",
    listen_list,
    (),
    "Where other nodes reach the mailboxes of this one, such as [::]:5000. Nothing stands for listen_ip and "
    "exmdb_listen_port.",
)
LISTEN_IP: Final = Option("listen_ip", text, "::1", "The address, if exmdb_listen does not say it.")
EXMDB_LISTEN_PORT: Final = Option(
    "exmdb_listen_port", integer, 5000, "The port, if exmdb_listen does not say it.", low=0, high=65535
)
EXMDB_HOSTS_ALLOW: Final[Option[tuple[str, ...]]] = Option(
    "exmdb_hosts_allow",
    host_list,
    (),
    "Which nodes may connect: addresses or networks, separated by blanks, IPv4 also as ::ffff:a.b.c.d. "
    "Nothing stands for ::1.",
)
EXMDB_CERTIFICATE_PATH: Final[Option[Path | None]] = Option(
    "exmdb_certificate_path",
    optional_path,
    None,
    "The certificate (PEM) of this node. With it, connections are under TLS, and nodes that connect must "
    "show a certificate of the authority in exmdb_ca_path. Without it only addresses of this machine are "
    "listened on.",
)
EXMDB_PRIVATE_KEY_PATH: Final[Option[Path | None]] = Option(
    "exmdb_private_key_path", optional_path, None, "The private key (PEM) of the certificate."
)
EXMDB_CERTIFICATE_PASSWD: Final = Option(
    "exmdb_certificate_passwd", secret, Secret(""), "Password of the private key.", secret=True
)
EXMDB_CA_PATH: Final[Option[Path | None]] = Option(
    "exmdb_ca_path", optional_path, None, "The authority (PEM) that signs the certificates of all nodes."
)
EXMDB_CLIENT_RPC_TIMEOUT: Final = Option(
    "exmdb_client_rpc_timeout",
    timespan,
    0.0,
    "How long the answer of another node is waited for; 0 without end.",
    unit="seconds",
)
MAX_ROUTER_CONNECTIONS: Final = Option(
    "max_router_connections", quantity, 0, "How many connections at most; 0 is no limit."
)
MAX_RPC_STUB_THREADS: Final = Option(
    "max_rpc_stub_threads",
    quantity,
    0,
    "How many threads work on mailboxes for other nodes; 0 stands for eight.",
    high=256,
)
LOG_FILE: Final = log_file("istore")
LOG_LEVEL: Final = log_level("istore")
METRICS_SOCKET: Final = metrics_socket("exmdb")
FD_LIMIT: Final = fd_limit("istore")

_DEFAULT_THREADS: Final = 8

#: What every program that serves the store RPC to nodes reads.
OPTIONS: Final = (
    EXMDB_LISTEN,
    LISTEN_IP,
    EXMDB_LISTEN_PORT,
    EXMDB_HOSTS_ALLOW,
    EXMDB_CERTIFICATE_PATH,
    EXMDB_PRIVATE_KEY_PATH,
    EXMDB_CERTIFICATE_PASSWD,
    EXMDB_CA_PATH,
    EXMDB_CLIENT_RPC_TIMEOUT,
    MAX_ROUTER_CONNECTIONS,
    MAX_RPC_STUB_THREADS,
)

PROGRAM: Final = Program(
    "istore",
    "gromox-istore",
    ("gromox.cfg", "exmdb_provider.cfg", "istore.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        *OPTIONS,
        LOG_FILE,
        LOG_LEVEL,
        METRICS_SOCKET,
        FD_LIMIT,
    ),
    "serves the mailboxes of this node to other nodes",
)


def endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    """Return where to listen."""
    listed: tuple[Endpoint, ...] = settings[EXMDB_LISTEN]
    if listed or not settings[LISTEN_IP] or not settings[EXMDB_LISTEN_PORT]:
        return listed
    return (Endpoint(settings[LISTEN_IP], settings[EXMDB_LISTEN_PORT]),)


def threads(settings: Settings) -> int:
    """Return how many threads work."""
    return min(settings[MAX_RPC_STUB_THREADS], 256) or _DEFAULT_THREADS
