"""Directives of event.cfg."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import paths
from gromox.base.common_settings import (
    CONFIG_FILE_PATH,
    DATA_FILE_PATH,
    HOST_ID,
    RUNNING_IDENTITY,
    log_file,
    log_level,
    metrics_socket,
)
from gromox.base.settings import Option, Program, host_list, integer, optional_path, text

if TYPE_CHECKING:
    from pathlib import Path

EVENT_SOCKET: Final[Option[Path | None]] = Option(
    "event_socket",
    optional_path,
    paths.EVENT_SOCKET,
    "The Unix socket on which daemons of this machine are served and which they connect to; nothing: none.",
)
EVENT_LISTEN_IP: Final = Option(
    "event_listen_ip",
    text,
    "::1",
    "The address for other nodes; :: for all of this machine, nothing for the Unix socket only.",
)
EVENT_LISTEN_PORT: Final = Option(
    "event_listen_port", integer, 33333, "The TCP port for other nodes.", low=0, high=65535
)
EVENT_HOSTS_ALLOW: Final[Option[tuple[str, ...]]] = Option(
    "event_hosts_allow",
    host_list,
    (),
    "Who may connect by TCP: addresses or networks, separated by blanks, IPv4 also as ::ffff:a.b.c.d. "
    "Nothing stands for ::1.",
)
EVENT_THREADS_NUM: Final = Option(
    "event_threads_num",
    integer,
    50,
    "Accepted for compatibility; one thread serves all connections.",
    low=1,
    high=1000,
)
LOG_FILE: Final = log_file("event")
LOG_LEVEL: Final = log_level("event")
METRICS_SOCKET: Final = metrics_socket("event")

EVENT_HOST: Final = Option("event_host", text, "::1", "Where gromox-event runs, if event_socket is empty.")
EVENT_PORT: Final = Option(
    "event_port", integer, 33333, "The TCP port of gromox-event there.", low=1, high=65535
)

PROGRAM: Final = Program(
    "event",
    "gromox-event",
    ("gromox.cfg", "event.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        EVENT_SOCKET,
        EVENT_LISTEN_IP,
        EVENT_LISTEN_PORT,
        EVENT_HOSTS_ALLOW,
        EVENT_THREADS_NUM,
        LOG_FILE,
        LOG_LEVEL,
        METRICS_SOCKET,
    ),
    "tells daemons of this machine and of other nodes which mailbox changed",
)

#: What the other daemons know of gromox-event.
CLIENT: Final = Program(
    "event_proxy",
    "The event client",
    ("gromox.cfg", "event_proxy.cfg"),
    (CONFIG_FILE_PATH, EVENT_SOCKET, EVENT_HOST, EVENT_PORT),
    "says where gromox-event is",
)
