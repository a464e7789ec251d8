"""A store that is served over TLS and over a Unix socket, in a thread of the test process."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.ids import SYSTEM_IDS
from gromox.base.optionvalues import Endpoint
from gromox.serve.doorbell import Doorbell
from gromox.serve.engine import Service
from gromox.serve.limits import Limits
from gromox.serve.listener import Listening, bind, bind_unix
from gromox.serve.server import Server
from gromox.serve.tls import Identity, Tls, client_context
from gromox.store.errors import DeniedError, NotFoundError
from gromox.store.pool import MailboxPool
from gromox.store.rpc.client import Address, Client
from gromox.store.rpc.crew import Crew
from gromox.store.rpc.gate import Gate, NodeGate
from gromox.store.rpc.server import RpcCore, RpcService
from gromox.store.rpc.users import UserGate
from tests.support.certificate import write_cluster
from tests.support.server import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.base.clock import Clock

PASSWORD = "s3cret"


class Doors:
    """Users with their mailboxes; all have one password, and a token is the name backwards."""

    def __init__(
        self, stores: Mapping[str, Path], groups: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.stores = dict(stores)
        self.groups = dict(groups or {})

    def by_password(self, user: str, password: str, remote_host: str) -> str:  # noqa: ARG002
        if user not in self.stores or password != PASSWORD:
            raise DeniedError("the name or the password is wrong")
        return user

    def by_token(self, token: str, remote_host: str) -> str:
        return self.by_password(token[::-1], PASSWORD, remote_host)

    def groups_of(self, user: str) -> frozenset[str]:
        return self.groups.get(user, frozenset())

    def store_of(self, address: str) -> Path:
        if address not in self.stores:
            raise NotFoundError("there is no such mailbox")
        return self.stores[address]


class StoreServer:
    """Serves mailboxes below a folder as gromox-http and gromox-zcore do."""

    def __init__(
        self, folder: Path, doors: Doors, *, clock: Clock = SYSTEM_CLOCK, max_users: int = 100
    ) -> None:
        folder.mkdir(exist_ok=True)
        authority, certificate, key = write_cluster(folder)
        identity = Identity(certificate, key, client_authority=authority)
        self.doors = doors
        self.socket = folder / "zcore.sock"
        self.server = Server(tick=0.02)
        self.crew = Crew(3, lambda: MailboxPool(ring=self.server.doorbell.ring))
        self.server.add(self.crew)
        self.wakeups = Doorbell(self.server.loop)
        nodes = NodeGate(lambda _peer: True, lambda path: path in doors.stores.values())
        users = UserGate(doors, clock, SYSTEM_IDS, max_users=max_users, idle=3600.0)
        sock = bind(Endpoint("127.0.0.1", 0))
        self.port = sock.getsockname()[1]
        self.server.listen(Listening(sock, self._service("exmdb", nodes, Tls(identity)), tls=True))
        self.server.listen(Listening(bind_unix(self.socket), self._service("zcore", users, None)))
        self.tls_address = Address("127.0.0.1", self.port, tls=client_context(authority, identity))
        self.local_address = Address(path=self.socket)
        self.authority = authority
        self._thread = threading.Thread(target=self.server.run, kwargs={"signals": False})

    def _service(self, name: str, gate: Gate, tls: Tls | None) -> Service:
        rpc = RpcService(gate, self.crew, self.wakeups.ring, self.server.doorbell.watch)
        return Service(name, lambda: RpcCore(rpc), Limits(), tls=tls, doorbell=self.wakeups)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.loop.call_soon_threadsafe(self.server.stop)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def node(self, timeout: float = PATIENCE) -> Client:
        return Client(self.tls_address, name="test", timeout=timeout)

    def web(self, timeout: float = PATIENCE) -> Client:
        return Client(self.local_address, name="test", timeout=timeout)

    def context_without_certificate(self) -> ssl.SSLContext:
        return client_context(self.authority, None)
