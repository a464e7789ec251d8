"""Options of gromox-delivery (gromox.cfg, delivery.cfg, exmdb_local.cfg, remote_delivery.cfg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import paths
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
from gromox.base.settings import Option, Program, boolean, integer, path, quantity, text, timespan

if TYPE_CHECKING:
    from pathlib import Path

ADMIN_MAILBOX: Final = Option(
    "admin_mailbox",
    text,
    "",
    "An address that gets a copy of every report of failed delivery; nothing means none.",
)
BOUNCE_POSTMASTER: Final = Option(
    "bounce_postmaster",
    text,
    "postmaster@",
    "The author of delivery reports; what ends in @ is completed with host_id.",
)
CACHE_SCAN_INTERVAL: Final = Option(
    "cache_scan_interval",
    timespan,
    180.0,
    "The time between the first tries of a mail that cannot be delivered yet; later ones are further apart.",
    unit="seconds",
    low=1,
)
RETRYING_TIMES: Final = Option(
    "retrying_times", integer, 30, "How many tries a mail gets before its sender is told.", low=1, high=999
)
RESPONSE_AUDIT_CAPACITY: Final = Option(
    "response_audit_capacity",
    integer,
    1000,
    "How many addresses that were sent a report are remembered.",
    low=1,
    high=1_000_000,
)
RESPONSE_INTERVAL: Final = Option(
    "response_interval",
    timespan,
    180.0,
    "An address gets one report of a kind in this time.",
    unit="seconds",
    low=0,
)
DEQUEUE_PATH: Final[Option[Path]] = Option(
    "dequeue_path", path, paths.QUEUE, "The spool; gromox-delivery-queue has to have the same."
)
DEQUEUE_MAXIMUM_MEM: Final = Option(
    "dequeue_maximum_mem",
    quantity,
    1 << 30,
    "How many octets of mail all workers together may have in memory.",
    unit="octets",
    low=1 << 20,
)
WORK_THREADS_MAX: Final = Option(
    "work_threads_max",
    integer,
    5,
    "How many workers deliver at most, each on mails of its own.",
    low=1,
    high=64,
)
WORK_THREADS_MIN: Final = Option(
    "work_threads_min",
    integer,
    1,
    "Has no effect: all workers are there from the start.",
    low=1,
    high=64,
)
FREE_CONTEXT_NUM: Final = Option(
    "free_context_num", integer, 0, "Has no effect. Accepted for older configurations."
)
EXMDB_CONNECTION_NUM: Final = Option(
    "exmdb_connection_num", integer, 5, "Has no effect yet: mailboxes are of this node.", low=2, high=100
)
LDA_ALIAS_CACHE_LIFETIME: Final = Option(
    "lda_alias_cache_lifetime",
    timespan,
    3600.0,
    "Has no effect: mysql_object_cache_lifetime has. Accepted for older configurations.",
    unit="seconds",
)
LDA_JUNK_RULES: Final = Option(
    "lda_junk_rules",
    text,
    "",
    "Header fields that mark junk, as in 'X-Spam: yes; X-Spam-Flag: YES': such mail goes to the junk folder. "
    "No value means any. A value is met by the whole field or by a word of it between commas or semicolons.",
)
LDA_MRAUTOPROC: Final = Option(
    "lda_mrautoproc",
    boolean,
    False,
    "Whether invitations are noted, as tentative, in the calendars of all users. "
    "Rooms, equipment and users who asked for it are booked in any case.",
)
LDA_TWOSTEP_RULEPROC: Final = Option(
    "lda_twostep_ruleproc", integer, 0, "Has no effect: rules run within the delivery."
)
LDA_RECIPIENT_DELIMITER: Final = Option(
    "lda_recipient_delimiter",
    text,
    "",
    "Characters that may begin an extension of the local part: with +, mail for user+news@ is for user@.",
)
LDA_DETAIL_FOLDER: Final = Option(
    "lda_detail_folder",
    boolean,
    False,
    "Whether mail for user+news@ goes to the folder news of the inbox, or beside it, if there is one.",
)
MALLOC_TRIM_INTERVAL: Final = Option(
    "malloc_trim_interval",
    timespan,
    1800.0,
    "Has no effect: memory of large mails goes back at once. Accepted for older configurations.",
    unit="seconds",
)
OUTGOING_SMTP_URL: Final = Option(
    "outgoing_smtp_url",
    text,
    "sendmail://localhost",
    "Where mail for others goes: sendmail://localhost (the local sendmail program), smtp://host:port, "
    "smtp+tls:// (STARTTLS), smtp+unverifiedtls:// (the same with any certificate), smtps://.",
)
MX_HOST: Final = Option("mx_host", text, "::1", "Where mail for others goes when outgoing_smtp_url is empty.")
MX_PORT: Final = Option("mx_port", integer, 25, "The port of mx_host.", low=1, high=65535)
X500_ORG_NAME: Final = Option(
    "x500_org_name", text, "Gromox default", "Has no effect yet: the organisation in distinguished names."
)
DELIVERY_LOG_FILE: Final = log_file("delivery")
DELIVERY_LOG_LEVEL: Final = log_level("delivery")
DELIVERY_METRICS_SOCKET: Final = metrics_socket("delivery")
DELIVERY_FD_LIMIT: Final = fd_limit("delivery")

PROGRAM: Final = Program(
    "delivery",
    "gromox-delivery",
    ("gromox.cfg", "delivery.cfg", "exmdb_local.cfg", "remote_delivery.cfg"),
    (
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        DELIVERY_LOG_FILE,
        DELIVERY_LOG_LEVEL,
        DELIVERY_METRICS_SOCKET,
        DELIVERY_FD_LIMIT,
        ADMIN_MAILBOX,
        BOUNCE_POSTMASTER,
        CACHE_SCAN_INTERVAL,
        RETRYING_TIMES,
        RESPONSE_AUDIT_CAPACITY,
        RESPONSE_INTERVAL,
        DEQUEUE_PATH,
        DEQUEUE_MAXIMUM_MEM,
        WORK_THREADS_MAX,
        WORK_THREADS_MIN,
        FREE_CONTEXT_NUM,
        EXMDB_CONNECTION_NUM,
        LDA_ALIAS_CACHE_LIFETIME,
        LDA_JUNK_RULES,
        LDA_MRAUTOPROC,
        LDA_TWOSTEP_RULEPROC,
        LDA_RECIPIENT_DELIMITER,
        LDA_DETAIL_FOLDER,
        MALLOC_TRIM_INTERVAL,
        OUTGOING_SMTP_URL,
        MX_HOST,
        MX_PORT,
        X500_ORG_NAME,
    ),
    description="Brings mail from the spool to mailboxes, lists and other systems, and reports what fails.",
)
