"""Options of gromox-delivery-queue, the intake (gromox.cfg, smtp.cfg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import paths
from gromox.base.common_settings import (
    CONFIG_FILE_PATH,
    DATA_FILE_PATH,
    DNSBL_CLIENT,
    HOST_ID,
    RUNNING_IDENTITY,
    TLS_MIN_PROTO,
    accept_haproxy,
    fd_limit,
    log_file,
    log_level,
    metrics_socket,
    trusted_hosts,
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
    path,
    quantity,
    secret,
    text,
    timespan,
)

if TYPE_CHECKING:
    from pathlib import Path

COMMAND_PROTOCOL: Final = Option(
    "command_protocol",
    text,
    "both",
    "Which protocol is spoken: lmtp, smtp, or both (LHLO begins one, EHLO and HELO the other).",
    choices=("both", "lmtp", "smtp"),
)
CONTEXT_NUM: Final = Option(
    "context_num", integer, 0, "How many connections at most; 0 is no limit.", low=0, high=100_000
)
CONTEXT_AVERAGE_MEM: Final = Option(
    "context_average_mem",
    quantity,
    256 << 10,
    "Has no effect: memory is taken as it is needed. Accepted for older configurations.",
)
CONTEXT_MAX_MEM: Final = Option(
    "context_max_mem", quantity, 2 << 20, "Has no effect. Accepted for older configurations."
)
LDA_ACCEPT_HAPROXY: Final = accept_haproxy("lda")
LDA_TRUSTED_HOSTS: Final = trusted_hosts("lda", "XCLIENT")
LDA_METRICS_SOCKET: Final = metrics_socket("lda")
LDA_LISTEN: Final[Option[tuple[Endpoint, ...]]] = Option(
    "lda_listen",
    listen_list,
    (Endpoint("::", 25),),
    "Where to take mail, in clear or with STARTTLS; beside a Postfix on the same machine this is [::]:24.",
)
LDA_RECIPIENT_DELIMITER: Final = Option(
    "lda_recipient_delimiter",
    text,
    "",
    "Characters that may begin an extension of the local part: with +, mail for user+news@ is for user@.",
)
LDA_THREAD_CHARGE_NUM: Final = Option(
    "lda_thread_charge_num", integer, 400, "Has no effect. Accepted for older configurations."
)
LDA_THREAD_INIT_NUM: Final = Option(
    "lda_thread_init_num", integer, 5, "Has no effect. Accepted for older configurations."
)
MAIL_MAX_LENGTH: Final = Option(
    "mail_max_length",
    quantity,
    64 << 20,
    "How large a mail may be; announced with SIZE and enforced to the octet.",
    unit="octets",
    low=1024,
    high=1 << 30,
)
MAX_RECIPIENTS: Final = Option(
    "smtp_max_recipients",
    integer,
    1000,
    "How many recipients one mail may have; RFC 5321 4.5.3.1.8 asks for 100 or more.",
    low=100,
    high=10_000,
)
MAX_RECEIVED: Final = Option(
    "smtp_max_received",
    integer,
    50,
    "A mail that passed through more systems than this (its Received fields tell) goes round in a loop.",
    low=10,
    high=1000,
)
DEQUEUE_PATH: Final[Option[Path]] = Option(
    "dequeue_path", path, paths.QUEUE, "The spool; gromox-delivery has to have the same."
)
SMTP_CONN_TIMEOUT: Final = Option(
    "smtp_conn_timeout",
    timespan,
    180.0,
    "Silence after which a connection is closed.",
    unit="seconds",
    low=1,
)
SMTP_SUPPORT_STARTTLS: Final = Option(
    "smtp_support_starttls", boolean, False, "Whether STARTTLS is offered; needs certificate and key."
)
SMTP_FORCE_STARTTLS: Final = Option(
    "smtp_force_starttls", boolean, False, "Whether mail is taken under TLS only."
)
SMTP_SUPPORT_PIPELINE: Final = Option(
    "smtp_support_pipeline",
    boolean,
    True,
    "Whether PIPELINING (RFC 2920) is announced; commands sent together are understood anyway.",
)
SMTP_CERTIFICATE_PATH: Final[Option[Path | None]] = Option(
    "smtp_certificate_path", optional_path, None, "Certificate (PEM), the chain after the server's own."
)
SMTP_CERTIFICATE_PASSWD: Final = Option(
    "smtp_certificate_passwd", secret, Secret(""), "Password of the private key.", secret=True
)
SMTP_PRIVATE_KEY_PATH: Final[Option[Path | None]] = Option(
    "smtp_private_key_path", optional_path, None, "Private key (PEM)."
)
LDA_LISTENS: Final = listens("lda", LDA_LISTEN, SMTP_CERTIFICATE_PATH, SMTP_PRIVATE_KEY_PATH)
SMTP_LOG_FILE: Final = log_file("smtp")
SMTP_LOG_LEVEL: Final = log_level("smtp")
LDA_FD_LIMIT: Final = fd_limit("lda")

PROGRAM: Final = Program(
    "smtp",
    "gromox-delivery-queue",
    ("gromox.cfg", "smtp.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        DNSBL_CLIENT,
        SMTP_LOG_FILE,
        SMTP_LOG_LEVEL,
        LDA_FD_LIMIT,
        *LDA_LISTENS.options,
        LDA_ACCEPT_HAPROXY,
        LDA_METRICS_SOCKET,
        LDA_TRUSTED_HOSTS,
        LDA_RECIPIENT_DELIMITER,
        LDA_THREAD_CHARGE_NUM,
        LDA_THREAD_INIT_NUM,
        DEQUEUE_PATH,
        COMMAND_PROTOCOL,
        CONTEXT_NUM,
        CONTEXT_AVERAGE_MEM,
        CONTEXT_MAX_MEM,
        MAIL_MAX_LENGTH,
        MAX_RECIPIENTS,
        MAX_RECEIVED,
        SMTP_CONN_TIMEOUT,
        SMTP_SUPPORT_STARTTLS,
        SMTP_FORCE_STARTTLS,
        SMTP_SUPPORT_PIPELINE,
        SMTP_CERTIFICATE_PATH,
        SMTP_CERTIFICATE_PASSWD,
        SMTP_PRIVATE_KEY_PATH,
        TLS_MIN_PROTO,
    ),
    description="Takes mail by LMTP and SMTP into the spool, from which gromox-delivery delivers it.",
)
