"""gromox-event: tells daemons of this machine and of other nodes which mailbox changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gromox.base import metrics
from gromox.base.common_settings import RUNNING_IDENTITY
from gromox.base.errors import GromoxError
from gromox.base.hosts import HostsAllow
from gromox.base.settings import Endpoint
from gromox.daemons.frame import Daemon, run
from gromox.event import settings as declared
from gromox.event.broker import Broker
from gromox.event.session import EventCore
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.identity import give, make_directory
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind, bind_unix

if TYPE_CHECKING:
    from gromox.base.settings import Settings
    from gromox.serve.server import Server


class HostsError(GromoxError):
    """event_hosts_allow is not a list of addresses."""


def add_event(server: Server, settings: Settings) -> tuple[Broker, Doorbell]:
    """Serve the event socket (and TCP); return the broker and the doorbell it wakes its listeners with."""
    try:
        allowed = HostsAllow(settings[declared.EVENT_HOSTS_ALLOW] or ("::1",))
    except ValueError as error:
        raise HostsError(
            f"event_hosts_allow: {error}; write addresses or networks, separated by blanks"
        ) from error
    wakeups = Doorbell(server.loop)
    broker = Broker(wakeups.ring_here)
    service = Service(
        "event",
        lambda: EventCore(broker, allowed.__contains__),
        Limits(),
        doorbell=wakeups,
        refusal=b"FALSE\r\n",
    )
    path = settings[declared.EVENT_SOCKET]
    if path is not None:
        user = settings[RUNNING_IDENTITY]
        make_directory(path.parent, user, 0o775)
        server.listen(Listening(bind_unix(path), service))
        give(path, user)
    address, port = settings[declared.EVENT_LISTEN_IP], settings[declared.EVENT_LISTEN_PORT]
    if address and port:
        server.listen(Listening(bind(Endpoint(address, port)), service))
    return broker, wakeups


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    broker, _ = add_event(server, settings)
    metrics.before_reading(broker.look)


DAEMON = Daemon(
    declared.PROGRAM, declared.LOG_FILE, declared.LOG_LEVEL, build, metrics=declared.METRICS_SOCKET
)


def main() -> int:
    """Run gromox-event."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
