"""The other nodes: one connection to each, whoever in this process calls them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gromox.store.rpc.client import Address, Client

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from gromox.store.session.actor import Actor
    from gromox.store.session.session import StoreSession


class Peers:
    """Clients of other nodes by host name; used by any thread."""

    def __init__(self, port: int, tls: ssl.SSLContext | None, *, name: str, timeout: float = 0.0) -> None:
        """Prepare.

        Args:
            port: on which all nodes serve the store RPC.
            tls: with the certificate of this node; None: in clear, for loopback.
            name: of this process, for the logs of the others.
            timeout: seconds after which a call is given up; 0: never (``exmdb_client_rpc_timeout``).
        """
        self._port, self._tls, self._name, self._timeout = port, tls, name, timeout
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}

    def client(self, host: str) -> Client:
        """Return the client of a node; it connects when it is used."""
        with self._lock:
            found = self._clients.get(host)
            if found is None:
                address = Address(host, self._port, tls=self._tls)
                found = self._clients[host] = Client(address, name=self._name, timeout=self._timeout)
            return found

    def open(self, host: str, path: Path, actor: Actor) -> StoreSession:
        """Open a session on a mailbox of a node.

        Raises:
            UnreachableError, IncompatibleError: the node does not answer, or not in a form known here.
            StoreError: what the node refuses it with.
        """
        return self.client(host).open(path, actor)

    def close(self) -> None:
        """Close all connections; sessions on them end."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()
