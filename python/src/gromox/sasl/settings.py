"""Directives of sasl.cfg."""

from __future__ import annotations

from pathlib import Path
from typing import Final

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
from gromox.base.settings import Option, Program, integer, optional_path, text
from gromox.directory.auth_settings import AUTH_OPTIONS, TOKEN_OPTIONS

SASL_SOCKET: Final[Option[Path | None]] = Option(
    "sasl_socket",
    optional_path,
    paths.RUN / "sasl.sock",
    "The Unix socket for Postfix (smtpd_sasl_type = dovecot, smtpd_sasl_path = this); nothing: none.",
)
SASL_SOCKET_GROUP: Final = Option(
    "sasl_socket_group",
    text,
    "postfix",
    "The group that may ask on sasl_socket; nothing: that of the daemon.",
)
SASLAUTHD_SOCKET: Final[Option[Path | None]] = Option(
    "saslauthd_socket",
    optional_path,
    Path("/run/saslauthd/mux"),
    "The Unix socket for programs that speak with saslauthd, such as testsaslauthd; nothing: none.",
)
SASLAUTHD_SOCKET_GROUP: Final = Option(
    "saslauthd_socket_group",
    text,
    "sasl",
    "The group that may ask on saslauthd_socket; where it does not exist, that of the daemon.",
)
CONTEXT_NUM: Final = Option(
    "context_num", integer, 1000, "How many connections at most; 0 is no limit.", low=0, high=100_000
)
METRICS_SOCKET: Final = metrics_socket("sasl")
LOG_FILE: Final = log_file("sasl")
LOG_LEVEL: Final = log_level("sasl")

PROGRAM: Final = Program(
    "sasl",
    "gromox-sasl",
    ("gromox.cfg", "sasl.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        SASL_SOCKET,
        SASL_SOCKET_GROUP,
        SASLAUTHD_SOCKET,
        SASLAUTHD_SOCKET_GROUP,
        CONTEXT_NUM,
        METRICS_SOCKET,
        *AUTH_OPTIONS,
        *TOKEN_OPTIONS,
        LOG_FILE,
        LOG_LEVEL,
    ),
    description="Tells Postfix and other programs of this machine whether a password is right.",
)
