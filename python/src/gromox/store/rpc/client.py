"""The calling end of the store RPC: one connection to a peer, shared by all threads of the process.

A lost connection ends its sessions: their next call raises SessionLostError, and what was under way
UnreachableError, because whether it was carried out is not known. :meth:`Client.open` connects anew.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from gromox.base.errors import ParseError
from gromox.store.errors import BusyError, IncompatibleError, SessionLostError, StoreError, UnreachableError
from gromox.store.rpc import request as requests
from gromox.store.rpc.fault import unpack_fault
from gromox.store.rpc.frame import FrameBuffer, Kind, pieces
from gromox.store.rpc.operations import Signature, signature
from gromox.store.rpc.pipe import PlainPipe, TlsPipe
from gromox.store.rpc.request import packed, unpacked
from gromox.store.session.session import StoreSession

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path

    from gromox.store.operation import Operation
    from gromox.store.rpc.pipe import Pipe
    from gromox.store.rpc.request import Reply, Request
    from gromox.store.session.actor import Actor

#: Seconds to connect, with TLS and greeting.
CONNECT: Final = 20.0
#: Calls under way at once on one connection; more wait for their turn. Less than the server takes.
MAX_CALLS: Final = 200
_CALL_NUMBERS: Final = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is: a Unix socket, or a host and port with or without TLS."""

    host: str = ""
    port: int = 0
    path: Path | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    """The name that the certificate must have; None: the host."""

    def connect(self) -> Pipe:
        """Connect; blocks. Raises OSError."""
        if self.path is not None:
            return PlainPipe(_connect_unix(self.path))
        sock = socket.create_connection((self.host, self.port), CONNECT)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is None:
                return PlainPipe(sock)
            return TlsPipe(sock, self.tls, self.server_name or self.host)
        except BaseException:
            sock.close()
            raise

    def __str__(self) -> str:
        """Return it for a log."""
        return str(self.path) if self.path is not None else f"[{self.host}]:{self.port}"


def _connect_unix(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # A short name of the folder: the system takes 108 octets only.
    folder = -1
    try:
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        sock.settimeout(CONNECT)
        sock.connect(f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        sock.close()
        raise
    finally:
        if folder >= 0:
            os.close(folder)
    return sock


@dataclass(slots=True)
class _Pending:
    """A call that waits for its answer."""

    done: threading.Event = field(default_factory=threading.Event)
    octets: bytes = b""
    error: StoreError | None = None


class Channel:
    """One connection, used by any number of threads at once."""

    def __init__(self, address: Address, name: str, timeout: float) -> None:
        """Connect and greet; blocks.

        Raises:
            UnreachableError: nobody answers there.
            IncompatibleError: no version is spoken by both.
        """
        self._timeout = timeout or None
        self._sending = threading.Lock()
        self._places = threading.Semaphore(MAX_CALLS)
        self._pending: dict[int, _Pending] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._reason: str | None = None
        try:
            self._pipe = address.connect()
        except OSError as error:
            raise UnreachableError(f"{address} does not answer: {error}") from error
        self._reader = threading.Thread(target=self._read, name=f"store rpc {address}", daemon=True)
        self._reader.start()
        try:
            hello = requests.Hello(requests.MAGIC, requests.OLDEST_VERSION, requests.VERSION, name)
            octets = self.exchange(Kind.HELLO, packed(requests.Hello, hello), timeout=CONNECT)
            welcome = cast("requests.Welcome", unpacked(requests.Welcome, octets))
        except (StoreError, ParseError) as error:
            self.close()
            if isinstance(error, ParseError):
                raise IncompatibleError(f"{address} does not speak the store RPC") from error
            raise
        self._known = {known: (number, print_) for number, (known, print_) in enumerate(welcome.operations)}

    @property
    def is_alive(self) -> bool:
        """Tell whether calls can be made."""
        return self._reason is None

    def close(self) -> None:
        """End the connection and its reader."""
        self._fail("the connection was closed here")
        if threading.current_thread() is not self._reader:
            self._reader.join()

    def number_of(self, declared: Signature) -> int:
        """Return the server's number of an operation; raises IncompatibleError."""
        number, fingerprint = self._known.get(declared.operation.name, (-1, b""))
        if fingerprint != declared.fingerprint:
            raise IncompatibleError(f"the other node does not have {declared.operation.name} in this form")
        return number

    def ask(self, request: Request) -> Reply:
        """Have a request decided; raises what it was refused with."""
        octets = self.exchange(Kind.REQUEST, packed(requests.Request, request))
        try:
            return cast("Reply", unpacked(requests.Reply, octets))
        except ParseError as error:
            raise IncompatibleError("the reply of the other node cannot be read") from error

    def exchange(self, kind: Kind, octets: bytes | bytearray, *, timeout: float | None = None) -> bytes:
        """Send a message and return the answer to it; blocks.

        Raises:
            StoreError: what the server refused it with.
            UnreachableError: there was no answer in time, or the connection is lost.
            BusyError: a waiting call was withdrawn because its time was over.
        """
        limit = self._timeout if timeout is None else timeout
        if not self._places.acquire(timeout=limit):
            raise BusyError("too many calls wait for the other node")
        try:
            call, pending = self._register()
            try:
                self._send(kind, call, octets)
                if not pending.done.wait(limit):
                    self._send(Kind.CANCEL, call, b"")
                    if kind is not Kind.WAIT or not pending.done.wait(CONNECT):
                        raise UnreachableError("the other node did not answer in time")
            finally:
                with self._lock:
                    self._pending.pop(call, None)
        finally:
            self._places.release()
        if pending.error is not None:
            raise pending.error
        return pending.octets

    def _register(self) -> tuple[int, _Pending]:
        pending = _Pending()
        with self._lock:
            if self._reason is not None:
                raise SessionLostError(self._reason)
            call = next(self._numbers) & _CALL_NUMBERS
            self._pending[call] = pending
        return call, pending

    def _send(self, kind: Kind, call: int, octets: bytes | bytearray) -> None:
        try:
            for piece in pieces(kind, call, octets):
                with self._sending:  # others may send between two pieces
                    self._pipe.send(piece)
        except OSError as error:
            self._fail(f"the connection was lost: {error}")
            raise UnreachableError("the connection to the other node was lost") from error
        except ValueError as error:
            raise IncompatibleError(str(error)) from error

    def _read(self) -> None:
        frames = FrameBuffer()
        reason = "the other node closed the connection"
        try:
            while True:
                octets = self._pipe.receive()
                if not octets:
                    break
                for kind, call, content in frames.feed(octets):
                    self._answered(kind, call, content)
        except (OSError, ParseError, ValueError) as error:
            reason = f"the connection was lost: {error}"
        self._fail(reason)

    def _answered(self, kind: int, call: int, octets: bytes) -> None:
        if kind == Kind.PING:
            self._show_life()
            return
        with self._lock:
            pending = self._pending.pop(call, None)
        if pending is None:
            return  # nobody waits any more
        if kind == Kind.RESULT:
            pending.octets = octets
        else:
            pending.error = unpack_fault(octets)
        pending.done.set()

    def _show_life(self) -> None:
        """Answer the server's ping; who sends just now shows life too, and must not be waited for."""
        if self._sending.acquire(blocking=False):
            try:
                self._pipe.send(b"".join(pieces(Kind.ALIVE, 0, b"")))
            finally:
                self._sending.release()

    def _fail(self, reason: str) -> None:
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            lost = list(self._pending.values())
        self._pipe.close()
        for pending in lost:
            pending.error = UnreachableError(reason)
            pending.done.set()


class RemoteSession:
    """The transport of a session that is open at a peer."""

    def __init__(self, channel: Channel, number: int) -> None:
        """Carry calls for session ``number``."""
        self._channel, self._number = channel, number
        self._head = number.to_bytes(4, "little")

    def call(self, operation: Operation, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
        """See :class:`gromox.store.operation.Transport`."""
        declared = signature(operation)
        number = self._channel.number_of(declared)
        message = bytearray(self._head)
        message += number.to_bytes(2, "little")
        message += declared.pack_arguments(args, kwargs)
        octets = self._channel.exchange(Kind.CALL, message)
        try:
            return declared.unpack_result(octets)
        except ParseError as error:
            raise IncompatibleError(f"the result of {operation.name} cannot be read") from error

    def wait(self, timeout: float) -> bool:
        """Return once the session has something to tell; False: the time is over."""
        try:
            self._channel.exchange(Kind.WAIT, self._head, timeout=timeout)
        except BusyError:
            return False
        return True

    def close(self) -> None:
        """Close the session at the peer, if the connection is there."""
        if self._channel.is_alive:
            try:
                self._channel.ask(requests.CloseSession(self._number))
            except UnreachableError:
                return  # its sessions are gone with the connection


class Client:
    """Calls one peer; connects when it is needed."""

    def __init__(self, address: Address, *, name: str = "", timeout: float = 0.0) -> None:
        """Prepare.

        Args:
            address: of the peer.
            name: of this process, for the log of the peer.
            timeout: seconds after which a call is given up; 0: never.
        """
        self._address, self._timeout = address, timeout
        self._name = name or f"{socket.gethostname()} {os.getpid()}"
        self._lock = threading.Lock()
        self._channel: Channel | None = None

    def channel(self) -> Channel:
        """Return the connection, made anew if need be. Raises UnreachableError, IncompatibleError."""
        with self._lock:
            if self._channel is None or not self._channel.is_alive:
                self._channel = Channel(self._address, self._name, self._timeout)
            return self._channel

    def open(self, path: Path, actor: Actor) -> StoreSession:
        """Open a session on a mailbox of the peer; it acts for ``actor``."""
        return self._session(self.channel(), requests.OpenMailbox(str(path), actor))

    def log_on(self, user: str, password: str, *, remote_host: str = "") -> str:
        """Log a user on; returns the key that :meth:`resume` takes."""
        return self._logged_on(requests.LogOn(user, password, remote_host))

    def log_on_with_token(self, token: str, *, remote_host: str = "") -> str:
        """Log a user on by a signed token; returns the key that :meth:`resume` takes."""
        return self._logged_on(requests.LogOnWithToken(token, remote_host))

    def resume(self, key: str) -> str:
        """Go on with the session of a user; returns who it is."""
        reply = self.channel().ask(requests.Resume(key))
        return reply.user if isinstance(reply, requests.LoggedOn) else ""

    def log_off(self, key: str) -> None:
        """End the session of a user."""
        self.channel().ask(requests.LogOff(key))

    def open_store(self, key: str, address: str = "") -> StoreSession:
        """Open the store of an address for the user who is logged on by ``key``; empty: the user's own."""
        return self._session(self.channel(), requests.OpenStore(key, address))

    def ping(self) -> None:
        """Ask for a sign of life: keeps the connection and its sessions."""
        self.channel().exchange(Kind.PING, b"")

    def close(self) -> None:
        """Close the connection; its sessions end."""
        with self._lock:
            if self._channel is not None:
                self._channel.close()
                self._channel = None

    def _logged_on(self, request: Request) -> str:
        reply = self.channel().ask(request)
        if not isinstance(reply, requests.LoggedOn):
            raise IncompatibleError("the reply to a log-on cannot be read")
        return reply.key

    def _session(self, channel: Channel, request: Request) -> StoreSession:
        reply = channel.ask(request)
        if not isinstance(reply, requests.Opened):
            raise IncompatibleError("the reply to an opening cannot be read")
        return StoreSession.over(RemoteSession(channel, reply.session))
