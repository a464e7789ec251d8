"""Options that several daemons share; each names them in its own :class:`~gromox.base.settings.Program`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from gromox.base import paths
from gromox.base.hosts import HostsAllow
from gromox.base.settings import (
    Option,
    Settings,
    host_list,
    integer,
    optional_path,
    path_list,
    quantity,
    text,
    timespan,
)

if TYPE_CHECKING:
    from pathlib import Path

HOST_ID: Final = Option(
    "host_id",
    text,
    "",
    "The name of this machine in greetings, bounce texts and file names, and in comparisons with the home "
    "server of a user; nothing stands for the canonical host name.",
)
RUNNING_IDENTITY: Final = Option(
    "running_identity",
    text,
    "gromox",
    "The user the daemon becomes when it is started by root; nothing means not to switch.",
)
CONFIG_FILE_PATH: Final[Option[tuple[Path, ...]]] = Option(
    "config_file_path",
    path_list,
    (),
    "Folders, separated by colons, in which further configuration files are looked for; the first hit wins. "
    "Nothing stands for /etc/gromox/<program>:/etc/gromox.",
)
DATA_FILE_PATH: Final[Option[tuple[Path, ...]]] = Option(
    "data_file_path",
    path_list,
    (),
    "Folders, separated by colons, in which data files are looked for. "
    "Nothing stands for /usr/share/gromox/<program>:/usr/share/gromox.",
)


def log_file(prefix: str) -> Option[str]:
    """Declare ``<prefix>_log_file``."""
    return Option(
        f"{prefix}_log_file",
        text,
        "-",
        'Where the log goes: "-" for standard error (or the journal), "syslog", or the name of a file.',
        reloadable=True,
    )


def log_level(prefix: str) -> Option[int]:
    """Declare ``<prefix>_log_level``."""
    return Option(
        f"{prefix}_log_level",
        integer,
        4,
        "How much is logged: 1 critical, 2 errors, 3 warnings, 4 notices, 5 information, 6 debugging.",
        low=1,
        high=6,
        reloadable=True,
    )


def fd_limit(prefix: str) -> Option[int]:
    """Declare ``<prefix>_fd_limit``."""
    return Option(
        f"{prefix}_fd_limit",
        quantity,
        0,
        "How many open files to ask the system for; 0 asks for the hard limit.",
        general="daemons_fd_limit",
    )


def workers(prefix: str) -> Option[int]:
    """Declare ``<prefix>_workers``."""
    return Option(
        f"{prefix}_workers",
        integer,
        0,
        "How many processes share the work; 0 stands for one for each processor. "
        "With 1 there is no parent process that restarts what crashed (systemd does) and that goes over to "
        "new code without dropping sessions.",
        low=0,
        high=256,
        general="daemons_workers",
    )


def retire_time(prefix: str) -> Option[float]:
    """Declare ``<prefix>_worker_retire_time``."""
    return Option(
        f"{prefix}_worker_retire_time",
        timespan,
        3600.0,
        "How long sessions may go on in the former processes after other settings or new code were taken.",
        unit="seconds",
        low=0,
        general="daemons_worker_retire_time",
    )


def metrics_socket(prefix: str) -> Option[Path | None]:
    """Declare ``<prefix>_metrics_socket``."""
    return Option(
        f"{prefix}_metrics_socket",
        optional_path,
        paths.RUN / f"{prefix}.metrics.sock",
        "The Unix socket on which Prometheus reads figures by HTTP; nothing: none.",
    )


def accept_haproxy(prefix: str) -> Option[int]:
    """Declare ``<prefix>_accept_haproxy``."""
    return Option(
        f"{prefix}_accept_haproxy",
        integer,
        0,
        "2: each connection begins with a header of the PROXY protocol, version 2, which names the client; "
        "whoever else can reach the port could claim any address. 0: clients connect themselves.",
        choices=("0", "2"),
    )


def _networks(value: str) -> tuple[str, ...]:
    """Read addresses and networks."""
    hosts = host_list(value)
    HostsAllow(hosts)
    return hosts


def trusted_hosts(prefix: str, how: str) -> Option[tuple[str, ...]]:
    """Declare ``<prefix>_trusted_hosts``; ``how``: the command by which they say for whom they are there."""
    return Option(
        f"{prefix}_trusted_hosts",
        _networks,
        (),
        f"Addresses and networks, separated by blanks, whose word is taken for whom they are there ({how}): "
        "webmail and proxies on other machines. Logs and failed logins go by the address that they name, and "
        "address_context_num does not limit them.",
    )


DNSBL_CLIENT: Final = Option(
    "dnsbl_client",
    text,
    "",
    "A zone of the DNS (RFC 5782); addresses that are listed there are not served. It is not asked about "
    "private ones, and while it does not answer everybody is served.",
)
ADDRESS_CONTEXT_NUM: Final = Option(
    "address_context_num",
    integer,
    1000,
    "Connections from one address at the same time; 0 is no limit. This machine itself has none.",
    low=0,
)
USER_CONTEXT_NUM: Final = Option(
    "user_context_num",
    integer,
    200,
    "Sessions of one user at the same time, in all processes of this daemon; 0 is no limit.",
    low=0,
)


TLS_MIN_PROTO: Final = Option(
    "tls_min_proto",
    text,
    "tls1.2",
    "The oldest TLS version that is accepted.",
    choices=("tls1.0", "tls1.1", "tls1.2", "tls1.3"),
)


def host_id(settings: Settings) -> str:
    """Return the configured name of this machine, else its canonical host name."""
    return settings[HOST_ID] or socket.getfqdn()
