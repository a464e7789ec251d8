"""Options that several daemons share; each names them in its own :class:`~gromox.base.settings.Program`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final

from gromox.base.settings import Option, Settings, integer, path_list, quantity, text

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


def host_id(settings: Settings) -> str:
    """Return the configured name of this machine, else its canonical host name."""
    return settings[HOST_ID] or socket.getfqdn()
