"""gromox-delivery-queue: takes mail by LMTP and SMTP into the spool."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gromox.base.common_settings import RUNNING_IDENTITY, TLS_MIN_PROTO
from gromox.daemons.frame import Daemon, blocklist_of, listen, run, tls_of
from gromox.daemons.home import Home
from gromox.delivery.pickup import OUTBOX
from gromox.delivery.spool import QUEUES, Spool
from gromox.lmtp import settings as declared
from gromox.lmtp.core import LmtpCore
from gromox.lmtp.services import LmtpServices
from gromox.serve.engine import Service
from gromox.serve.identity import make_directory
from gromox.serve.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Settings
    from gromox.serve.server import Server


def add_delivery_queue(home: Home, settings: Settings, spool: Spool) -> None:
    """Take mail into ``spool``."""
    secure = declared.LDA_LISTENS.with_tls(settings)
    starttls = settings[declared.SMTP_SUPPORT_STARTTLS]
    tls = tls_of(
        settings[declared.SMTP_CERTIFICATE_PATH],
        settings[declared.SMTP_PRIVATE_KEY_PATH],
        settings[declared.SMTP_CERTIFICATE_PASSWD],
        settings[TLS_MIN_PROTO],
        wanted="lda_listen_tls" if secure else "smtp_support_starttls" if starttls else "",
    )
    services = LmtpServices(
        spool=spool,
        resolver=home.resolver,
        settings=settings,
        host=home.host,
        tls=starttls and tls is not None,
    )
    service = Service(
        "delivery-queue",
        lambda: LmtpCore(services),
        Limits(settings[declared.CONTEXT_NUM], trusted=services.trusted),
        tls=tls,
        blocklist=blocklist_of(settings),
        proxied=bool(settings[declared.LDA_ACCEPT_HAPROXY]),
        refusal=b"421 4.7.0 too many connections, try again later\r\n",
        unwelcome=b"554 5.7.1 your address is not served here\r\n",
        farewell=b"421 4.3.2 the server is going down, try again in a moment\r\n",
        excuse=b"421 4.3.0 an error of the server; it is logged\r\n",
    )
    listen(home.server, service, declared.LDA_LISTENS.in_clear(settings), secure)


def open_spool(path: Path, settings: Settings) -> Spool:
    """Open the spool at ``path``; what is missing of it is made for the user that the daemon becomes."""
    for queue in (*QUEUES, OUTBOX):
        make_directory(path / queue, settings[RUNNING_IDENTITY])
    return Spool(path)


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="delivery-queue", delimiter=settings[declared.LDA_RECIPIENT_DELIMITER])
    add_delivery_queue(home, settings, open_spool(settings[declared.DEQUEUE_PATH], settings))


DAEMON = Daemon(
    declared.PROGRAM,
    declared.SMTP_LOG_FILE,
    declared.SMTP_LOG_LEVEL,
    build,
    declared.LDA_FD_LIMIT,
    declared.LDA_METRICS_SOCKET,
)


def main() -> int:
    """Run gromox-delivery-queue."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
