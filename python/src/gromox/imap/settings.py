"""Directives of the IMAP daemon, and what they come to for a connection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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
    host_id,
    log_file,
    log_level,
    metrics_socket,
    retire_time,
    trusted_hosts,
    workers,
)
from gromox.base.hosts import TrustedHosts
from gromox.base.listens import listens
from gromox.base.secret import Secret
from gromox.base.settings import (
    Endpoint,
    Option,
    Program,
    boolean,
    host_list,
    integer,
    listen_list,
    optional_path,
    quantity,
    secret,
    text,
    timespan,
)
from gromox.directory.auth_settings import AUTH_OPTIONS, TOKEN_OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Settings

_MAX_NAMESPACE: Final = 64
_URL: Final = re.compile(r"https://[!#-\[\]-~]{1,1000}", re.ASCII)
"""RFC 3986 2, without what a quoted string would have to escape."""


def session_url(value: str) -> str:
    """Accept an https URL, or nothing.

    Raises:
        ValueError: it is none.
    """
    url = value.strip()
    if url and not _URL.fullmatch(url):
        raise ValueError("expected a URL that begins with https://, or nothing")
    return url


def namespace(value: str) -> str:
    """Accept a mailbox name without separator.

    Raises:
        ValueError: it is none.
    """
    name = value.strip()
    if not name or len(name) > _MAX_NAMESPACE or not name.isprintable() or set(name) & set("/*%"):
        raise ValueError("write one mailbox name without /, * and %")
    if name.upper() == "INBOX":
        raise ValueError("INBOX is the user's own")
    return name


_NOT_USED: Final = "Accepted for old files; memory and threads are not divided like that here."


IMAP_LISTEN: Final[Option[tuple[Endpoint, ...]]] = Option(
    "imap_listen", listen_list, (Endpoint("::", 143),), "Where to listen for IMAP.", since="1.0"
)
IMAP_ACCEPT_HAPROXY: Final = accept_haproxy("imap")
IMAP_LOG_FILE: Final = log_file("imap")
IMAP_LOG_LEVEL: Final = log_level("imap")
IMAP_FD_LIMIT: Final = fd_limit("imap")
IMAP_WORKERS: Final = workers("imap")
IMAP_WORKER_RETIRE_TIME: Final = retire_time("imap")
IMAP_METRICS_SOCKET: Final = metrics_socket("imap")
CONTEXT_AVERAGE_MEM: Final = Option("context_average_mem", quantity, 128 << 10, _NOT_USED)
CONTEXT_AVERAGE_MITEM: Final = Option("context_average_mitem", quantity, 64 << 10, _NOT_USED)
CONTEXT_NUM: Final = Option(
    "context_num", integer, 400, "Connections at the same time; 0 is no limit.", low=0
)
DEFAULT_LANG: Final = Option(
    "default_lang",
    text,
    "en",
    "The language of texts for people (en, de) where a mail program asks for the default one and the user "
    "has none; folder names are those that stand in the mailbox.",
    reloadable=True,
)
ENABLE_RFC2971_COMMANDS: Final = Option(
    "enable_rfc2971_commands", boolean, False, "Whether the ID command is offered.", reloadable=True
)
IMAP_TRUSTED_HOSTS: Final = trusted_hosts("imap", "ID with x-originating-ip")
IMAP_AUTH_TIMES: Final = Option(
    "imap_auth_times",
    integer,
    10,
    "Failed logins on one connection before it is closed.",
    low=1,
    reloadable=True,
)
IMAP_AUTOLOGOUT_TIME: Final = Option(
    "imap_autologout_time",
    timespan,
    1800.0,
    "Silence before a connection that is logged in is closed; RFC 3501 section 5.4 asks for 30 minutes.",
    unit="seconds",
    low=60,
    reloadable=True,
)
IMAP_AUTOSUBSCRIBE: Final = Option(
    "imap_autosubscribe",
    boolean,
    True,
    "Whether mail folders that nobody subscribed or unsubscribed count as subscribed, so that programs which "
    "show only subscribed folders show those that Outlook and others make.",
    reloadable=True,
)
IMAP_CMD_DEBUG: Final = Option(
    "imap_cmd_debug",
    integer,
    0,
    "1 logs failed commands, 2 all commands, without passwords and contents.",
    low=0,
    high=2,
    reloadable=True,
)
IMAP_CONN_TIMEOUT: Final = Option(
    "imap_conn_timeout",
    timespan,
    180.0,
    "Silence before a connection that is not logged in is closed.",
    unit="seconds",
    low=1,
    reloadable=True,
)
IMAP_EXPUNGE_ON_DELETE: Final = Option(
    "imap_expunge_on_delete",
    boolean,
    False,
    r"Whether setting \Deleted removes a message at once.",
    reloadable=True,
)
IMAP_FORCE_TLS: Final = Option(
    "imap_force_tls",
    boolean,
    False,
    "Whether logging in needs TLS.",
    aliases=("imap_force_starttls",),
    reloadable=True,
)
IMAP_JMAP_SESSION: Final = Option(
    "imap_jmap_session",
    session_url,
    "",
    "The URL (https) of the JMAP session resource by which the same mailboxes can be read, with the same "
    "passwords and object identifiers; programs that ask are told (JMAPACCESS, RFC 9698). Empty: none.",
    reloadable=True,
)
IMAP_OTHERS_PREFIX: Final = Option(
    "imap_others_prefix",
    namespace,
    "Shared",
    "The name below which the mailboxes of other users stand: Shared/bob/INBOX.",
)
IMAP_PUBLIC_PREFIX: Final = Option(
    "imap_public_prefix", namespace, "Public", "The name below which the public folders of the domain stand."
)
IMAP_RFC9051: Final = Option(
    "imap_rfc9051",
    boolean,
    True,
    "Whether IMAP4rev2 (RFC 9051) and what it took over are offered beside IMAP4rev1.",
    reloadable=True,
)
IMAP_SUBMIT_USERS: Final[Option[tuple[str, ...]]] = Option(
    "imap_submit_users",
    host_list,
    (),
    "User names, separated by blanks, with which message submission servers log in to fetch by URL "
    "(URLAUTH, submit+) what users send.",
    reloadable=True,
)
IMAP_SUPPORT_TLS: Final = Option(
    "imap_support_tls",
    boolean,
    False,
    "Whether STARTTLS is offered; needs certificate and key.",
    aliases=("imap_support_starttls",),
)
IMAP_CERTIFICATE_PATH: Final[Option[Path | None]] = Option(
    "imap_certificate_path", optional_path, None, "The certificate with its chain (PEM)."
)
IMAP_CERTIFICATE_PASSWD: Final = Option(
    "imap_certificate_passwd",
    secret,
    Secret(""),
    "The password of the private key, if it has one.",
    secret=True,
)
IMAP_PRIVATE_KEY_PATH: Final[Option[Path | None]] = Option(
    "imap_private_key_path", optional_path, None, "The private key (PEM)."
)
IMAP_LISTENS: Final = listens(
    "imap", IMAP_LISTEN, IMAP_CERTIFICATE_PATH, IMAP_PRIVATE_KEY_PATH, usual_tls=993
)
IMAP_THREAD_CHARGE_NUM: Final = Option("imap_thread_charge_num", integer, 20, _NOT_USED)
IMAP_THREAD_INIT_NUM: Final = Option("imap_thread_init_num", integer, 5, _NOT_USED)
MAIL_MAX_LENGTH: Final = Option(
    "mail_max_length",
    quantity,
    64 << 20,
    "Octets of the largest message that APPEND takes.",
    low=1 << 16,
    high=2 << 30,
    reloadable=True,
)

PROGRAM: Final = Program(
    "imap",
    "gromox-imap",
    ("gromox.cfg", "imap.cfg"),
    (
        *IMAP_LISTENS.options,
        IMAP_ACCEPT_HAPROXY,
        IMAP_LOG_FILE,
        IMAP_LOG_LEVEL,
        IMAP_FD_LIMIT,
        IMAP_WORKERS,
        IMAP_WORKER_RETIRE_TIME,
        IMAP_METRICS_SOCKET,
        HOST_ID,
        RUNNING_IDENTITY,
        CONFIG_FILE_PATH,
        DATA_FILE_PATH,
        DNSBL_CLIENT,
        *AUTH_OPTIONS,
        *TOKEN_OPTIONS,
        CONTEXT_AVERAGE_MEM,
        CONTEXT_AVERAGE_MITEM,
        CONTEXT_NUM,
        ADDRESS_CONTEXT_NUM,
        USER_CONTEXT_NUM,
        DEFAULT_LANG,
        ENABLE_RFC2971_COMMANDS,
        IMAP_AUTH_TIMES,
        IMAP_TRUSTED_HOSTS,
        IMAP_AUTOLOGOUT_TIME,
        IMAP_AUTOSUBSCRIBE,
        IMAP_CMD_DEBUG,
        IMAP_CONN_TIMEOUT,
        IMAP_EXPUNGE_ON_DELETE,
        IMAP_FORCE_TLS,
        IMAP_JMAP_SESSION,
        IMAP_OTHERS_PREFIX,
        IMAP_PUBLIC_PREFIX,
        IMAP_RFC9051,
        IMAP_SUBMIT_USERS,
        IMAP_SUPPORT_TLS,
        IMAP_CERTIFICATE_PATH,
        IMAP_CERTIFICATE_PASSWD,
        IMAP_PRIVATE_KEY_PATH,
        IMAP_THREAD_CHARGE_NUM,
        IMAP_THREAD_INIT_NUM,
        MAIL_MAX_LENGTH,
        TLS_MIN_PROTO,
    ),
    "Serves mailboxes to mail programs by IMAP4rev1 (RFC 3501), IMAP4rev2 (RFC 9051) and their extensions.",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a connection needs of the settings, ready to use."""

    host: str
    starttls: bool
    rev2: bool
    force_tls: bool
    identify: bool
    login_attempts: int
    login_timeout: float
    autologout: float
    expunge_on_delete: bool
    autosubscribe: bool
    max_mail: int
    log_commands: int
    others: str
    public: str
    language: str = ""
    jmap_session: str = ""
    submitters: frozenset[str] = frozenset()
    trusted: TrustedHosts = field(default_factory=TrustedHosts)

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """Take what matters from the settings of :data:`PROGRAM`."""
        return cls(
            host=host_id(settings),
            starttls=settings[IMAP_SUPPORT_TLS],
            rev2=settings[IMAP_RFC9051],
            force_tls=settings[IMAP_FORCE_TLS],
            identify=settings[ENABLE_RFC2971_COMMANDS],
            login_attempts=settings[IMAP_AUTH_TIMES],
            login_timeout=settings[IMAP_CONN_TIMEOUT],
            autologout=settings[IMAP_AUTOLOGOUT_TIME],
            expunge_on_delete=settings[IMAP_EXPUNGE_ON_DELETE],
            autosubscribe=settings[IMAP_AUTOSUBSCRIBE],
            max_mail=settings[MAIL_MAX_LENGTH],
            log_commands=settings[IMAP_CMD_DEBUG],
            language=settings[DEFAULT_LANG],
            jmap_session=settings[IMAP_JMAP_SESSION],
            submitters=frozenset(name.casefold() for name in settings[IMAP_SUBMIT_USERS]),
            trusted=TrustedHosts(settings[IMAP_TRUSTED_HOSTS]),
            others=settings[IMAP_OTHERS_PREFIX],
            public=settings[IMAP_PUBLIC_PREFIX],
        )
