"""Directives of timer.cfg."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gromox.base import paths
from gromox.base.common_settings import (
    CONFIG_FILE_PATH,
    HOST_ID,
    RUNNING_IDENTITY,
    log_file,
    log_level,
    metrics_socket,
)
from gromox.base.settings import Option, Program, host_list, integer, text, timespan

TIMER_LISTEN_IP: Final = Option("timer_listen_ip", text, "::1", "The address to listen on.")
TIMER_LISTEN_PORT: Final = Option("timer_listen_port", integer, 6666, "The TCP port.", low=0, high=65535)
TIMER_HOSTS_ALLOW: Final[Option[tuple[str, ...]]] = Option(
    "timer_hosts_allow",
    host_list,
    (),
    "Who may connect: addresses or networks, separated by blanks. Nothing stands for ::1.",
)
TIMER_STATE_PATH: Final = Option(
    "timer_state_path", Path, paths.STATE / "timer.txt", "The file that remembers the jobs."
)
TIMER_THREADS_NUM: Final = Option(
    "timer_threads_num", integer, 50, "How many jobs run at once at the most.", low=5, high=50
)
TIMER_JOB_TIMEOUT: Final = Option(
    "timer_job_timeout",
    timespan,
    3600.0,
    "How long a job may run; then it is ended and counts as failed.",
    unit="seconds",
    low=1.0,
)
LOG_FILE: Final = log_file("timer")
LOG_LEVEL: Final = log_level("timer")
METRICS_SOCKET: Final = metrics_socket("timer")

PROGRAM: Final = Program(
    "timer",
    "gromox-timer",
    ("gromox.cfg", "timer.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        TIMER_LISTEN_IP,
        TIMER_LISTEN_PORT,
        TIMER_HOSTS_ALLOW,
        TIMER_STATE_PATH,
        TIMER_THREADS_NUM,
        TIMER_JOB_TIMEOUT,
        LOG_FILE,
        LOG_LEVEL,
        METRICS_SOCKET,
    ),
    "runs programs of the product at the time that was asked for",
)

TIMER_HOST: Final = Option("timer_host", text, "::1", "Where gromox-timer runs.")
TIMER_PORT: Final = Option(
    "timer_port", integer, 6666, "The TCP port of gromox-timer there.", low=1, high=65535
)
CONNECTION_NUM: Final = Option(
    "connection_num",
    integer,
    8,
    "Has no effect: each request has a connection of its own. Accepted for older configurations.",
    low=1,
    high=100,
)
CLIENT: Final = Program(
    "timer_agent",
    "The timer client",
    ("gromox.cfg", "timer_agent.cfg"),
    (CONFIG_FILE_PATH, TIMER_HOST, TIMER_PORT, CONNECTION_NUM),
    "says where gromox-timer is",
)
