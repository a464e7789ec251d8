"""gromox-imap: serves mailboxes by IMAP."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from gromox.base.common_settings import ADDRESS_CONTEXT_NUM, TLS_MIN_PROTO, USER_CONTEXT_NUM
from gromox.base.neighbours import Tally
from gromox.daemons.frame import Daemon, blocklist_of, listen, run, tls_of
from gromox.daemons.home import Home
from gromox.daemons.workforce import Workforce
from gromox.directory.status import Privilege
from gromox.imap import settings as declared
from gromox.imap.connection import ImapConnection, Services
from gromox.imap.neighbours import Surroundings
from gromox.serve.engine import Service

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server


def add_imap(home: Home, settings: Settings) -> None:
    """Serve IMAP."""
    secure = declared.IMAP_LISTENS.with_tls(settings)
    tls = tls_of(
        settings[declared.IMAP_CERTIFICATE_PATH],
        settings[declared.IMAP_PRIVATE_KEY_PATH],
        settings[declared.IMAP_CERTIFICATE_PASSWD],
        settings[TLS_MIN_PROTO],
        wanted="imap_listen_tls"
        if secure
        else "imap_support_tls"
        if settings[declared.IMAP_SUPPORT_TLS]
        else "",
    )
    policy = declared.Policy.of(settings)
    services = Services(
        doorkeeper=home.doorkeeper(settings, Privilege.IMAP_POP3, "imap"),
        open_mailbox=home.mailboxes.hold,
        close_mailbox=home.mailboxes.release,
        is_open=home.mailboxes.is_open,
        prepare_mailbox=home.mailboxes.prepare,
        policy=dataclasses.replace(policy, starttls=policy.starttls and tls is not None),
        surroundings=Surroundings(home.directory, home.grants, policy.others, policy.public),
        sessions=Tally(home.server.neighbours, "imap user", settings[USER_CONTEXT_NUM]),
    )
    service = Service(
        "imap",
        lambda: ImapConnection(services),
        home.server.limits(
            settings[declared.CONTEXT_NUM], settings[ADDRESS_CONTEXT_NUM], trusted=policy.trusted
        ),
        tls=tls,
        blocklist=blocklist_of(settings),
        proxied=bool(settings[declared.IMAP_ACCEPT_HAPROXY]),
        refusal=b"* BYE [UNAVAILABLE] too many connections, try again later\r\n",
        unwelcome=b"* BYE [UNAVAILABLE] your address is not served here\r\n",
        farewell=b"* BYE [UNAVAILABLE] the server is going down, try again in a moment\r\n",
        excuse=b"* BYE [SERVERBUG] an error of the server; it is logged\r\n",
    )
    listen(home.server, service, declared.IMAP_LISTENS.in_clear(settings), secure)


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="imap")
    home.join_event()
    add_imap(home, settings)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.IMAP_LOG_FILE,
    declared.IMAP_LOG_LEVEL,
    build,
    declared.IMAP_FD_LIMIT,
    declared.IMAP_METRICS_SOCKET,
    Workforce(
        declared.IMAP_WORKERS,
        declared.IMAP_WORKER_RETIRE_TIME,
        declared.IMAP_LISTENS,
    ),
)


def main() -> int:
    """Run gromox-imap."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
