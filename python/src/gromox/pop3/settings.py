"""Options of gromox-pop3 (gromox.cfg, pop3.cfg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.common_settings import (
    ADDRESS_CONTEXT_NUM,
    CONFIG_FILE_PATH,
    DATA_FILE_PATH,
    DNSBL_CLIENT,
    HOST_ID,
    RUNNING_IDENTITY,
    TLS_MIN_PROTO,
    USER_CONTEXT_NUM,
    accept_haproxy,
    fd_limit,
    log_file,
    log_level,
    metrics_socket,
    retire_time,
    trusted_hosts,
    workers,
)
from gromox.base.listens import listens
from gromox.base.optionvalues import Endpoint
from gromox.base.secret import Secret
from gromox.base.settings import (
    Option,
    Program,
    boolean,
    integer,
    listen_list,
    optional_path,
    quantity,
    secret,
    timespan,
)
from gromox.directory.auth_settings import AUTH_OPTIONS, TOKEN_OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT_NUM: Final = Option(
    "context_num", integer, 400, "How many connections at most; 0 is no limit.", low=0, high=100_000
)
CONTEXT_AVERAGE_MEM: Final = Option(
    "context_average_mem", quantity, 512 << 10, "Has no effect. Accepted for older configurations."
)
CONTEXT_AVERAGE_UNITS: Final = Option(
    "context_average_units", integer, 5000, "Has no effect. Accepted for older configurations."
)
CONTEXT_MAX_MEM: Final = Option(
    "context_max_mem", quantity, 2 << 20, "Has no effect. Accepted for older configurations."
)
ENABLE_CAPA_IMPLEMENTATION: Final = Option(
    "enable_capa_implementation",
    boolean,
    False,
    "Whether CAPA names the program and its version (RFC 2449 section 6.9).",
)
POP3_ACCEPT_HAPROXY: Final = accept_haproxy("pop3")
POP3_TRUSTED_HOSTS: Final = trusted_hosts("pop3", "XCLIENT")
POP3_AUTH_TIMES: Final = Option(
    "pop3_auth_times",
    integer,
    10,
    "How many failed logins end a connection.",
    low=1,
    high=1000,
)
POP3_CMD_DEBUG: Final = Option(
    "pop3_cmd_debug",
    integer,
    0,
    "1 logs commands that were refused, 2 all commands; passwords never.",
    low=0,
    high=2,
    reloadable=True,
)
POP3_CONN_TIMEOUT: Final = Option(
    "pop3_conn_timeout",
    timespan,
    180.0,
    "Silence after which a connection is closed; RFC 1939 section 3 asks for 10 minutes.",
    unit="seconds",
    low=1,
)
POP3_LOGIN_DELAY: Final = Option(
    "pop3_login_delay",
    timespan,
    0.0,
    "The time a user has to wait between logins (RFC 2449 section 6.5); 0 for none.",
    unit="seconds",
    low=0,
    high=86400,
)
POP3_SHARED_MAILDROP: Final = Option(
    "pop3_shared_maildrop",
    boolean,
    False,
    "Whether several sessions may have a maildrop at the same time; RFC 1939 section 8 asks for one.",
)
POP3_LISTEN: Final[Option[tuple[Endpoint, ...]]] = Option(
    "pop3_listen", listen_list, (Endpoint("::", 110),), "Where to listen, in clear or with STLS."
)
POP3_SUPPORT_TLS: Final = Option(
    "pop3_support_tls",
    boolean,
    False,
    "Whether STLS is offered; needs certificate and key.",
    aliases=("pop3_support_stls",),
)
POP3_FORCE_TLS: Final = Option(
    "pop3_force_tls",
    boolean,
    False,
    "Whether users may log in under TLS only.",
    aliases=("pop3_force_stls",),
)
POP3_CERTIFICATE_PATH: Final[Option[Path | None]] = Option(
    "pop3_certificate_path", optional_path, None, "Certificate (PEM), the chain after the server's own."
)
POP3_CERTIFICATE_PASSWD: Final = Option(
    "pop3_certificate_passwd", secret, Secret(""), "Password of the private key.", secret=True
)
POP3_PRIVATE_KEY_PATH: Final[Option[Path | None]] = Option(
    "pop3_private_key_path", optional_path, None, "Private key (PEM)."
)
POP3_LISTENS: Final = listens(
    "pop3", POP3_LISTEN, POP3_CERTIFICATE_PATH, POP3_PRIVATE_KEY_PATH, usual_tls=995
)
POP3_THREAD_CHARGE_NUM: Final = Option(
    "pop3_thread_charge_num", integer, 20, "Has no effect. Accepted for older configurations."
)
POP3_THREAD_INIT_NUM: Final = Option(
    "pop3_thread_init_num", integer, 5, "Has no effect. Accepted for older configurations."
)
POP3_LOG_FILE: Final = log_file("pop3")
POP3_LOG_LEVEL: Final = log_level("pop3")
POP3_FD_LIMIT: Final = fd_limit("pop3")
POP3_WORKERS: Final = workers("pop3")
POP3_WORKER_RETIRE_TIME: Final = retire_time("pop3")
POP3_METRICS_SOCKET: Final = metrics_socket("pop3")

PROGRAM: Final = Program(
    "pop3",
    "gromox-pop3",
    ("gromox.cfg", "pop3.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        DNSBL_CLIENT,
        POP3_LOG_FILE,
        POP3_LOG_LEVEL,
        POP3_FD_LIMIT,
        POP3_WORKERS,
        POP3_WORKER_RETIRE_TIME,
        POP3_METRICS_SOCKET,
        *POP3_LISTENS.options,
        POP3_ACCEPT_HAPROXY,
        *AUTH_OPTIONS,
        *TOKEN_OPTIONS,
        CONTEXT_NUM,
        ADDRESS_CONTEXT_NUM,
        USER_CONTEXT_NUM,
        CONTEXT_AVERAGE_MEM,
        CONTEXT_AVERAGE_UNITS,
        CONTEXT_MAX_MEM,
        ENABLE_CAPA_IMPLEMENTATION,
        POP3_AUTH_TIMES,
        POP3_TRUSTED_HOSTS,
        POP3_CMD_DEBUG,
        POP3_CONN_TIMEOUT,
        POP3_LOGIN_DELAY,
        POP3_SHARED_MAILDROP,
        POP3_SUPPORT_TLS,
        POP3_FORCE_TLS,
        POP3_CERTIFICATE_PATH,
        POP3_CERTIFICATE_PASSWD,
        POP3_PRIVATE_KEY_PATH,
        POP3_THREAD_CHARGE_NUM,
        POP3_THREAD_INIT_NUM,
        TLS_MIN_PROTO,
    ),
    description="Serves the inbox of each user by POP3.",
)
