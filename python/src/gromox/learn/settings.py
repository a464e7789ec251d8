"""Directives of learn.cfg."""

from __future__ import annotations

from typing import Final

from gromox.base.common_settings import (
    CONFIG_FILE_PATH,
    DATA_FILE_PATH,
    HOST_ID,
    RUNNING_IDENTITY,
    log_file,
    log_level,
)
from gromox.base.secret import Secret
from gromox.base.settings import Option, Program, integer, quantity, secret, text, timespan

LEARN_HOST: Final = Option("learn_host", text, "::1", "Where the controller of the spam filter listens.")
LEARN_PORT: Final = Option("learn_port", integer, 11334, "The TCP port there.", low=1, high=65535)
LEARN_PASSWORD: Final = Option(
    "learn_password", secret, Secret(""), "The password of the controller.", secret=True
)
LEARN_TIMEOUT: Final = Option(
    "learn_timeout", timespan, 10.0, "How long the controller may take for one step.", unit="seconds", low=1
)
LEARN_MAX_SIZE: Final = Option(
    "learn_max_size", quantity, 10 << 20, "Larger messages are not learned.", unit="octets"
)
LOG_FILE: Final = log_file("learn")
LOG_LEVEL: Final = log_level("learn")

PROGRAM: Final = Program(
    "learn",
    "gromox-learn",
    ("gromox.cfg", "learn.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        LEARN_HOST,
        LEARN_PORT,
        LEARN_PASSWORD,
        LEARN_TIMEOUT,
        LEARN_MAX_SIZE,
        LOG_FILE,
        LOG_LEVEL,
    ),
    description="Tells the spam filter what users move into and out of the junk folder.",
)
