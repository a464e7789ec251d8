"""Drives IMAP cores without sockets: what the connection driver does, for several connections at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gromox.base.settings import Settings
from gromox.base.wire import (
    Call,
    Close,
    Compress,
    FilePiece,
    Gather,
    Outcome,
    Peer,
    Produce,
    Send,
    StartTls,
    Watch,
)
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.status import Privilege
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.imap.connection import ImapConnection
from gromox.imap.neighbours import Surroundings
from gromox.imap.services import Services
from gromox.imap.settings import PROGRAM, Policy
from gromox.store.flags import NO_FLAGS, Flag
from gromox.store.grants import index_at
from gromox.store.mailbox_file import Options
from gromox.store.model import NewMail
from gromox.store.pool import MailboxPool

from tests.support.house import PASSWORD, House

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gromox.base.wire import Action, Piece
    from gromox.store.mailbox import Mailbox

INBOX = 0x0D


class Server:
    """Users, mailboxes and any number of connections; a commit rings who watches."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.house = House.build(root)
        self.rung: set[Path] = set()
        index = root / "grants.sqlite3"
        self.grants = index_at(index)
        self.pool = MailboxPool(
            clock=self.house.clock, ids=self.house.ids, ring=self._ring, options=Options(grants=index)
        )
        self.clients: list[Client] = []
        self.pauses: list[float] = []
        self.sync_error: Exception | None = None
        self.configure(**settings)

    def configure(self, **settings: str) -> None:
        policy = Policy.of(Settings.of(PROGRAM, {"host_id": "mail.example.test", **settings}))
        self.services = Services(
            doorkeeper=Doorkeeper(
                Authenticator(self.house.directory, self.house.clock, policy=AuthPolicy()),
                self.house.resolver,
                Privilege.IMAP_POP3,
                self.pauses.append,
            ),
            open_mailbox=self.pool.hold,
            close_mailbox=self.pool.release,
            is_open=self.pool.is_open,
            prepare_mailbox=self.pool.prepare,
            policy=policy,
            clock=self.house.clock,
            surroundings=Surroundings(
                self.house.directory, lambda: self.grants, policy.others, policy.public
            ),
        )

    def restart(self) -> None:
        """Lose all connections and open every mailbox anew."""
        for client in self.clients:
            client.lost()
        self.clients.clear()
        self.pool.close()
        self.pool = MailboxPool(clock=self.house.clock, ids=self.house.ids, ring=self._ring)
        self.configure()

    def _ring(self, path: Path, _number: int) -> None:
        self.rung.add(path)

    def deliver_rings(self) -> None:
        while self.rung:
            path = self.rung.pop()
            for client in self.clients:
                if path in client.watched and not client.closed:
                    client.act(client.core.rung())

    def connect(self, *, tls: bool = False) -> Client:
        client = Client(self, tls=tls)
        self.clients.append(client)
        return client

    def login(self, user: str = "alice", *, select: str | None = "INBOX") -> Client:
        client = self.connect()
        client.ok(f"login {user}@example.test {PASSWORD}")
        if select is not None:
            client.ok(f"select {select}")
        return client

    def mailbox(self, user: str = "alice") -> Mailbox:
        return self.pool.get(self.house.root / user)

    def fill(self, count: int, user: str = "alice", *, flags: Flag = NO_FLAGS) -> None:
        mails = [NewMail(mail(number), flags) for number in range(1, count + 1)]
        self.mailbox(user).append(INBOX, mails)

    def close(self) -> None:
        for client in self.clients:
            client.lost()
        self.pool.close()
        self.grants.close()
        self.house.close()


def mail(number: int, body: str = "") -> bytes:
    return (
        f"From: Sender {number} <s{number}@example.test>\r\n"
        f"To: alice@example.test\r\nSubject: message {number}\r\n"
        f"Date: Mon, 02 Nov 2026 10:0{number % 10}:00 +0000\r\n"
        f"Message-ID: <{number}@example.test>\r\n\r\n"
        f"{body or f'body {number}'}\r\n"
    ).encode()


class Client:
    """One connection; reads are whole answers."""

    def __init__(self, server: Server, *, tls: bool = False) -> None:
        self.server = server
        self.core = ImapConnection(server.services)
        self.output = bytearray()
        self.watched: frozenset[Path] = frozenset()
        self.closed = self.secured = self.compressed = False
        self.count = 0
        number = len(server.clients) + 1
        self.peer = Peer("192.0.2.7", 40000, tls=tls, local_port=143, connection_id=f"t-{number}")
        self.act(self.core.start(self.peer))
        self.greeting = self.read()

    # -- talking

    def send(self, octets: bytes) -> None:
        if not self.closed:
            self.act(self.core.receive(octets))
            self.server.deliver_rings()

    def read(self) -> bytes:
        answered = bytes(self.output)
        self.output.clear()
        return answered

    def ask(self, octets: bytes) -> bytes:
        self.send(octets)
        return self.read()

    def command(self, text: str | bytes) -> bytes:
        """Send a command with the next tag (a1, a2, …) and return the answer."""
        self.count += 1
        octets = text.encode() if isinstance(text, str) else text
        return self.ask(b"a%d " % self.count + octets + b"\r\n")

    def ok(self, text: str | bytes) -> bytes:
        return self._expect(text, b"OK")

    def no(self, text: str | bytes) -> bytes:
        return self._expect(text, b"NO")

    def bad(self, text: str | bytes) -> bytes:
        return self._expect(text, b"BAD")

    def _expect(self, text: str | bytes, status: bytes) -> bytes:
        answer = self.command(text)
        last = answer.rstrip(b"\r\n").rsplit(b"\r\n", 1)[-1]
        assert last.startswith(b"a%d %b" % (self.count, status)), answer[-2000:]
        return answer

    def wait(self) -> None:
        self.act(self.core.timed_out())

    def lost(self) -> None:
        if not self.closed:
            self.closed = True
            self.core.lost()

    # -- what the driver does

    def act(self, actions: Iterable[Action]) -> None:
        sent, tail = self._collect(actions)
        unsynced = [durable for durable in self.core.unsynced() if durable.needs_sync]
        if unsynced:
            error = self.server.sync_error
            if error is None:
                for durable in unsynced:
                    durable.sync()
            else:
                sent, tail = self._collect(self.core.sync_failed(error))
        self.output += b"".join(map(octets_of, sent))
        self._follow(tail)

    def _collect(self, actions: Iterable[Action]) -> tuple[list[Piece], Action | None]:
        sent: list[Piece] = []
        tail: Action | None = None
        for action in actions:
            assert tail is None, "nothing may follow a suspending action"
            if isinstance(action, Send):
                sent += action.pieces
            elif isinstance(action, Watch):
                own = () if action.mailbox is None else (action.mailbox,)
                self.watched = frozenset((*own, *action.others))
            else:
                tail = action
        return sent, tail

    def _follow(self, tail: Action | None) -> None:
        if isinstance(tail, Close):
            self.lost()
        elif isinstance(tail, Call):
            try:
                outcome = Outcome(value=tail.run())
            except Exception as error:  # noqa: BLE001 - as the driver does
                outcome = Outcome(error=error)
            self.act(self.core.completed(outcome))
        elif isinstance(tail, Gather):
            (outcome,) = tail.run(tail.key, [tail.work])
            self.act(self.core.completed(outcome))
        elif isinstance(tail, Produce):
            for pieces in tail.steps:
                self.output += b"".join(map(octets_of, pieces))
            self.act(self.core.proceed())
        elif isinstance(tail, Compress):
            self.compressed = True
            self.act(self.core.proceed())
        elif isinstance(tail, StartTls):
            self.secured = True
            self.core.tls_started()
            self.act(self.core.proceed())


def octets_of(piece: Piece) -> bytes:
    if isinstance(piece, FilePiece):
        octets = os.pread(piece.fd, piece.length, piece.offset)
        piece.close()
        assert len(octets) == piece.length
        return octets
    return piece
