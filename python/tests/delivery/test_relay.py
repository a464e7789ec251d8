"""The way out: a real SMTP dialogue with our own intake, and the sendmail program."""

from __future__ import annotations

import socketserver
import threading
from typing import TYPE_CHECKING

import pytest

from gromox.base.settings import Settings
from gromox.delivery.outcome import RELAY_FAILS, Fate
from gromox.delivery.queue import Queue
from gromox.delivery.relay import Sendmail, SmtpServer, relay_of
from gromox.lmtp.core import LmtpCore
from gromox.lmtp.services import LmtpServices
from gromox.lmtp.settings import PROGRAM
from tests.support.drive import Dialogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.house import House

MAIL = b"Subject: x\r\n\r\n.dot\r\n..two\r\n"


@pytest.fixture
def server(house: House) -> Iterator[SmtpServer]:
    """An SMTP server on a free port, which takes mail for example.test."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            services = LmtpServices(house.spool, house.resolver, Settings.of(PROGRAM), "mx.example.test")
            dialogue = Dialogue(LmtpCore(services))
            self.request.sendall(dialogue.read())
            while not dialogue.closed and (octets := self.request.recv(65536)):
                self.request.sendall(dialogue.ask(octets))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield SmtpServer("127.0.0.1", listener.server_address[1], hello="mail.example.test")
        listener.shutdown()
        thread.join()


def test_a_mail_is_handed_over_unchanged(server: SmtpServer, house: House) -> None:
    handed = server.hand_over("", ["alice@example.test", "nobody@example.test"], MAIL)

    assert set(handed.refused) == {"nobody@example.test"}
    refusal = handed.refused["nobody@example.test"]
    assert (refusal.fate, refusal.status) == (Fate.NEVER, "5.1.1")
    (item,) = Queue(house.spool.path).take(9)
    assert item.octets().endswith(MAIL)
    assert (item.envelope.sender, item.envelope.pending) == ("", ("alice@example.test",))
    item.release()


def test_when_all_are_refused_nothing_is_sent(server: SmtpServer, house: House) -> None:
    handed = server.hand_over("bob@example.test", ["x@elsewhere.example"], MAIL)

    assert handed.refused["x@elsewhere.example"].status == "5.7.1"
    assert Queue(house.spool.path).take(9) == []


def test_a_temporary_refusal_is_one(server: SmtpServer, house: House) -> None:
    house.directory.close()
    (house.root / "users.sqlite3").unlink()

    refusal = server.hand_over("", ["erin@example.test"], MAIL).refused["erin@example.test"]
    assert (refusal.fate, refusal.status) == (Fate.LATER, "4.4.3")


def test_addresses_outside_ascii_need_the_extension(server: SmtpServer) -> None:
    refusal = server.hand_over("", ["jürgen@example.test"], MAIL).refused["jürgen@example.test"]
    assert refusal.status == "5.1.1", "asked and answered, by SMTPUTF8"


def test_a_server_that_is_not_there_is_asked_again_later() -> None:
    handed = SmtpServer("127.0.0.1", 1).hand_over("", ["a@example.com"], MAIL)
    assert handed.refused == {"a@example.com": RELAY_FAILS}


def script(place: Path, text: str) -> Sendmail:
    program = place / "sendmail"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return Sendmail(str(program))


def test_sendmail_gets_the_envelope_as_arguments(tmp_path: Path) -> None:
    relay = script(tmp_path, f'printf "%s|" "$@" > {tmp_path}/arguments; cat > {tmp_path}/mail')

    assert relay.hand_over("", ["a@example.com", "-b@example.com"], MAIL).refused == {}
    assert (tmp_path / "arguments").read_text() == "-i|-f|<>|--|a@example.com|-b@example.com|"
    assert (tmp_path / "mail").read_bytes() == MAIL


@pytest.mark.parametrize(("code", "fate"), [(67, Fate.NEVER), (75, Fate.LATER), (1, Fate.LATER)])
def test_exit_codes_of_sendmail(tmp_path: Path, code: int, fate: Fate) -> None:
    handed = script(tmp_path, f"cat > /dev/null; echo no thanks >&2; exit {code}").hand_over(
        "x@y.z", ["a@b.c"], MAIL
    )

    assert handed.refused["a@b.c"].fate is fate


def test_without_sendmail_mail_waits(tmp_path: Path) -> None:
    assert Sendmail(str(tmp_path / "none")).hand_over("", ["a@b.c"], MAIL).refused == {"a@b.c": RELAY_FAILS}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("sendmail://localhost", Sendmail),
        ("smtp://[::1]:25", SmtpServer),
        ("smtp+tls://mx.example.com", SmtpServer),
        ("smtp+unverifiedtls://mx.example.com:26", SmtpServer),
        ("smtps://mx.example.com", SmtpServer),
    ],
)
def test_urls(url: str, kind: type[object]) -> None:
    assert isinstance(relay_of(url, hello="me"), kind)


@pytest.mark.parametrize("url", ["", "smtp://", "http://x", "localhost:25"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sendmail://localhost"):
        relay_of(url, hello="me")
