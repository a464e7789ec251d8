"""gromox-pop3: serves the inbox of each user by POP3."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gromox.base.common_settings import ADDRESS_CONTEXT_NUM, TLS_MIN_PROTO
from gromox.daemons.frame import Daemon, blocklist_of, listen, run, tls_of
from gromox.daemons.home import Home
from gromox.daemons.workforce import Workforce
from gromox.directory.status import Privilege
from gromox.pop3 import settings as declared
from gromox.pop3.core import Pop3Core
from gromox.pop3.services import Pop3Services
from gromox.serve.engine import Service

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server


def add_pop3(home: Home, settings: Settings) -> None:
    """Serve POP3."""
    secure = declared.POP3_LISTENS.with_tls(settings)
    starttls = settings[declared.POP3_SUPPORT_TLS]
    tls = tls_of(
        settings[declared.POP3_CERTIFICATE_PATH],
        settings[declared.POP3_PRIVATE_KEY_PATH],
        settings[declared.POP3_CERTIFICATE_PASSWD],
        settings[TLS_MIN_PROTO],
        wanted="pop3_listen_tls" if secure else "pop3_support_tls" if starttls else "",
    )
    services = Pop3Services(
        doorkeeper=home.doorkeeper(settings, Privilege.IMAP_POP3, "pop3"),
        mailboxes=home.mailboxes,
        settings=settings,
        host=home.host,
        tls=starttls and tls is not None,
        neighbours=home.server.neighbours,
    )
    service = Service(
        "pop3",
        lambda: Pop3Core(services),
        home.server.limits(
            settings[declared.CONTEXT_NUM], settings[ADDRESS_CONTEXT_NUM], trusted=services.trusted
        ),
        tls=tls,
        blocklist=blocklist_of(settings),
        proxied=bool(settings[declared.POP3_ACCEPT_HAPROXY]),
        refusal=b"-ERR [SYS/TEMP] too many connections, try again later\r\n",
        unwelcome=b"-ERR [SYS/PERM] your address is not served here\r\n",
        farewell=b"-ERR [SYS/TEMP] the server is going down, try again in a moment\r\n",
        excuse=b"-ERR [SYS/TEMP] an error of the server; it is logged\r\n",
    )
    listen(home.server, service, declared.POP3_LISTENS.in_clear(settings), secure)


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="pop3")
    home.join_event()
    add_pop3(home, settings)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.POP3_LOG_FILE,
    declared.POP3_LOG_LEVEL,
    build,
    declared.POP3_FD_LIMIT,
    declared.POP3_METRICS_SOCKET,
    Workforce(
        declared.POP3_WORKERS,
        declared.POP3_WORKER_RETIRE_TIME,
        declared.POP3_LISTENS,
    ),
)


def main() -> int:
    """Run gromox-pop3."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
