"""Users of gromox-zcore send: to each other, to another system, at once and later, through real daemons."""

from __future__ import annotations

import imaplib
import socketserver
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.store.delegates import DelegateList
from gromox.store.errors import BusyError, DeniedError
from gromox.store.extract import filetime
from gromox.store.rpc.client import Address, Client
from gromox.store.rule.deferred import server_eid
from gromox.store.session import StoreSession
from tests.delivery.test_submission import letter, representing
from tests.support.daemons import Daemons
from tests.support.mail import trusting
from tests.support.server import HOST, START_LIMIT, GromoxServer, eventually, free_port
from tests.system.conftest import ALICE, BOB

OUT, SENT = int(Private.OUTBOX), int(Private.SENT_ITEMS)
OUTSIDE = "dora@example.com"


class Sink(socketserver.ThreadingTCPServer):
    """An SMTP server that takes everything."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Conversation)
        self.mails: list[tuple[str, list[str], bytes]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Conversation(socketserver.StreamRequestHandler):
    server: Sink

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        sender, recipients = "", list[str]()
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"MAIL":
                sender = line.split(b"<")[1].split(b">")[0].decode()
            elif verb == b"RCPT":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            elif verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append((sender, recipients, mail))
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 fine\r\n")


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def daemons(home: Path, sink: Sink) -> Iterator[Daemons]:
    port = free_port()
    made = Daemons(
        home,
        f"outgoing_smtp_url = smtp://{HOST}:{sink.server_address[1]}\n"
        f"timer_state_path = {home}/timer.txt\ntimer_listen_ip = {HOST}\ntimer_listen_port = {port}\n"
        f"timer_hosts_allow = {HOST}\n",
    )
    made.create()
    (home / "etc" / "timer_agent.cfg").write_text(f"timer_host = {HOST}\ntimer_port = {port}\n")
    yield made
    made.stop()


def log_on(home: Path, user: str) -> StoreSession:
    password = next(one.password for one in Embedded(home).credentials() if one.user == user).reveal()
    client = Client(Address(path=home / "run" / "zcore.sock"), timeout=60)
    return client.open_store(client.log_on(user, password))


def write(session: StoreSession, subject: str, *to: str, **values: object) -> int:
    given = {getattr(tags, name): value for name, value in values.items()}
    asked = {tags.PidTagSubject: subject, tags.PidTagSentMailSvrEID: server_eid(SENT, 0), **given}
    return session.create_message(OUT, letter(*to, values=asked)).mid  # type: ignore[arg-type]


def subjects(session: StoreSession, folder_id: int) -> list[object]:
    mids = session.folder_messages(folder_id)
    return [session.message_properties(mid, [tags.PidTagSubject])[tags.PidTagSubject] for mid in mids]


@pytest.mark.slow
def test_a_user_sends_at_once_and_later_whatever_is_killed(daemons: Daemons, sink: Sink) -> None:
    daemons.start("event", "delivery", "zcore")
    alice, bob = log_on(daemons.home, ALICE), log_on(daemons.home, BOB)
    alice.submit(write(alice, "at once", BOB, OUTSIDE))
    eventually(lambda: sink.mails and subjects(bob, 13) == ["at once"], what="arrived")
    ((sender, recipients, mail),) = sink.mails
    assert (sender, recipients) == (ALICE, [OUTSIDE])
    assert b"Subject: at once" in mail
    assert subjects(alice, SENT) == ["at once"]

    with pytest.raises(DeniedError):
        alice.submit(write(alice, "forged", OUTSIDE, **_as(BOB)))
    bob.set_delegates([ALICE], DelegateList.ON_BEHALF)
    alice.submit(write(alice, "for bob", OUTSIDE, **_as(BOB)))
    eventually(lambda: len(sink.mails) == 2, what="on behalf")
    assert b"\nSender: " in sink.mails[1][2]

    waits = write(alice, "later", BOB, PidTagDeferredSendTime=filetime(time.time() + 3600))
    with pytest.raises(BusyError):
        alice.submit(waits)
    daemons.start("timer")
    due = filetime(time.time() + 10)
    alice.set_message_properties(waits, {tags.PidTagDeferredSendTime: due})
    assert alice.submit(waits).due == due
    off = write(alice, "called off", BOB, PidTagDeferredSendTime=due)
    alice.submit(off)
    alice.abort_submit(off)
    daemons.processes["timer"].kill()
    daemons.processes["delivery"].kill()
    daemons.start("timer")
    eventually(lambda: "later" in subjects(alice, SENT), limit=START_LIMIT, what=daemons.log)
    daemons.start("delivery")
    eventually(lambda: subjects(bob, 13) == ["at once", "later"], limit=START_LIMIT, what="arrived, too")
    assert subjects(alice, OUT) == ["forged", "called off"]
    assert not alice.is_submitted(off)
    assert (daemons.home / "timer.txt").read_text().count("CANCEL") >= 1


def _as(address: str) -> dict[str, object]:
    numbers = {value: name for name, value in vars(tags).items() if isinstance(value, int)}
    return {numbers[tag]: value for tag, value in representing(address).items()}


@pytest.mark.slow
def test_in_gromox_server(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    try:
        alice = log_on(home, ALICE)
        alice.submit(write(alice, "hello", BOB))
        alice.submit(write(alice, "later", BOB, PidTagDeferredSendTime=filetime(time.time() + 2)))
        with imaplib.IMAP4(HOST, server.port("imap"), timeout=60) as imap:
            imap.starttls(trusting(server))
            imap.login(BOB, server.password(BOB))

            def found(subject: str) -> bool:
                imap.select("INBOX", readonly=True)
                return bool(imap.search(None, "SUBJECT", subject)[1][0])

            eventually(lambda: found("hello"), what="hello")
            eventually(lambda: found("later"), limit=START_LIMIT, what="later")
    finally:
        assert server.stop() == 0, "".join(server.lines[-30:])
