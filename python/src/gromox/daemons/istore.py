"""gromox-istore: serves the mailboxes of this node to other nodes."""

from __future__ import annotations

import ipaddress
import sys
from typing import TYPE_CHECKING

from gromox.base import metrics
from gromox.base.errors import GromoxError
from gromox.base.hosts import HostsAllow, plain_address
from gromox.daemons.frame import Daemon, run
from gromox.daemons.home import Home
from gromox.exmdb import settings as declared
from gromox.serve import systemd
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind
from gromox.serve.tls import Identity, Tls
from gromox.store.mailbox_file import DATABASE_NAME
from gromox.store.rpc.crew import Crew
from gromox.store.rpc.gate import NodeGate
from gromox.store.rpc.server import RpcCore, RpcService

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.base.settings import Endpoint, Settings
    from gromox.serve.server import Server


class SetupError(GromoxError):
    """A directive cannot be used as it is."""


def add_exmdb(home: Home, settings: Settings) -> None:
    """Serve the store RPC to nodes."""
    server = home.server
    try:
        allowed = HostsAllow(settings[declared.EXMDB_HOSTS_ALLOW] or ("::1",))
    except ValueError as error:
        raise SetupError(
            f"exmdb_hosts_allow: {error}; write addresses or networks, separated by blanks"
        ) from error
    tls = _tls(settings)
    endpoints = declared.endpoints(settings)
    for endpoint in endpoints:
        if tls is None and not _is_loopback(endpoint):
            raise SetupError(
                f"exmdb_listen: {endpoint} is for other machines and needs exmdb_certificate_path, "
                "exmdb_private_key_path and exmdb_ca_path"
            )
    crew = Crew(declared.threads(settings), home.pool, "exmdb")
    server.add(crew)
    metrics.before_reading(crew.look)
    server.on_dump(crew.dump)
    wakeups = Doorbell(server.loop)
    rpc = RpcService(
        NodeGate(lambda peer: peer.address in allowed, _is_mailbox),
        crew,
        wakeups.ring,
        server.doorbell.watch,
        name=home.host,
        post=home.post_office(),
    )
    service = Service(
        "exmdb",
        lambda: RpcCore(rpc),
        Limits(settings[declared.MAX_ROUTER_CONNECTIONS]),
        tls=tls,
        doorbell=wakeups,
    )
    inherited = {sock.getsockname()[1]: sock for sock in systemd.inherited_sockets()}
    for endpoint in endpoints:
        sock = inherited.get(endpoint.port) or bind(endpoint)
        server.listen(Listening(sock, service, tls=tls is not None))


def _tls(settings: Settings) -> Tls | None:
    certificate, key = settings[declared.EXMDB_CERTIFICATE_PATH], settings[declared.EXMDB_PRIVATE_KEY_PATH]
    authority = settings[declared.EXMDB_CA_PATH]
    given = [path for path in (certificate, key, authority) if path is not None]
    if not given:
        return None
    if certificate is None or key is None or authority is None:
        raise SetupError(
            "exmdb_certificate_path, exmdb_private_key_path and exmdb_ca_path belong together: set all three"
        )
    password = settings[declared.EXMDB_CERTIFICATE_PASSWD]
    return Tls(Identity(certificate, key, password, client_authority=authority))


def _is_loopback(endpoint: Endpoint) -> bool:
    try:
        return ipaddress.ip_address(plain_address(endpoint.host)).is_loopback
    except ValueError:
        return False


def _is_mailbox(path: Path) -> bool:
    return (path / DATABASE_NAME).is_file()


def build(server: Server, settings: Settings) -> None:
    """Wire the daemon."""
    home = Home(server, settings, name="istore")
    home.join_event()
    add_exmdb(home, settings)


DAEMON = Daemon(
    declared.PROGRAM,
    declared.LOG_FILE,
    declared.LOG_LEVEL,
    build,
    declared.FD_LIMIT,
    metrics=declared.METRICS_SOCKET,
)


def main() -> int:
    """Run gromox-istore."""
    return run(DAEMON)


if __name__ == "__main__":
    sys.exit(main())
