"""Questions on port 5555, without a socket."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.wire import Close, Peer, Send
from gromox.midb.grammar import MAX_LINE
from gromox.midb.session import MidbCore, Services
from gromox.store.create import create_private
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail

INBOX = 13


def name(path: str) -> str:
    return b64encode(path.encode()).decode()


class Driver:
    """Drives a core as a socket would."""

    def __init__(self, box: Mailbox) -> None:
        self.box, self.looked_at = box, [Path("nowhere")][:0]
        self.core = MidbCore(
            Services(
                mailbox=lambda _path: box,
                is_ours=lambda path: path == box.path,
                look_at=self.looked_at.append,
                unload=lambda _path: 0,
                allowed=lambda address: address == "::1",
            )
        )
        self.closed = False

    def say(self, octets: bytes) -> str:
        sent = b""
        for action in self.core.receive(octets):
            if isinstance(action, Send):
                sent += b"".join(piece for piece in action.pieces if isinstance(piece, bytes))
            self.closed = self.closed or isinstance(action, Close)
        return sent.decode()

    def ask(self, verb: str, *words: str) -> list[str]:
        return self.say(" ".join([verb, str(self.box.path), *words]).encode() + b"\r\n").split("\r\n")[:-1]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        box.append(
            INBOX, [NewMail(b"Subject: a\r\n\r\n", Flag.SEEN | Flag.DELETED), NewMail(b"Subject: b\r\n\r\n")]
        )
        box.create_folder(INBOX, "sub")
        yield Driver(box)


def test_who_may_connect(driver: Driver) -> None:
    peer = Peer("192.0.2.1", 1, tls=False, local_port=5555, connection_id="a")
    assert [type(action) for action in driver.core.start(peer)] == [Send, Close]
    (greeting,) = driver.core.start(Peer("::1", 1, tls=False, local_port=5555, connection_id="b"))
    assert greeting == Send([b"OK\r\n"])


def test_questions_about_folders(driver: Driver) -> None:
    assert driver.ask("M-PING") == ["TRUE"]
    count, *lines = driver.ask("M-ENUM")
    assert count == f"TRUE {len(lines)}"
    assert {f"13 {name('inbox')}", f"14 {name('Drafts')}"} <= set(lines)
    assert any(line.endswith(f" {name('inbox/sub')}") for line in lines)
    folder = driver.box.folder(INBOX)
    assert driver.ask("P-FDDT", name("INBOX")) == [f"TRUE 2 2 1 {folder.uid_validity} 3"]
    assert driver.ask("P-FDSZ", name("inbox")) == [f"TRUE {folder.size} 0"]
    assert driver.ask("P-SIMU", name("inbox"), "1", "-1") == ["TRUE 2", "- 1 (DS)", "- 2 ()"]
    assert driver.ask("P-SIMU", name("inbox"), "2", "2") == ["TRUE 1", "- 2 ()"]
    assert driver.ask("P-DELL", name("inbox")) == ["TRUE 1", "- 1"]


def test_subscriptions(driver: Driver) -> None:
    sub = name("inbox/sub")
    assert sub not in driver.ask("P-SUBL")
    assert driver.ask("P-SUBF", sub) == ["TRUE"]
    assert sub in driver.ask("P-SUBL")
    assert driver.ask("P-UNSF", sub) == ["TRUE"]
    assert sub not in driver.ask("P-SUBL")


def test_synchronisation(driver: Driver) -> None:
    assert driver.ask("X-RSYM") == ["TRUE 1"]
    assert driver.ask("X-RSYF", "13") == ["TRUE 1"]
    assert driver.looked_at == [driver.box.path] * 2
    assert driver.ask("X-UNLD") == ["TRUE 1"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("NO-SUCH {path}", 0),
        ("", 0),
        ("M-PING", 1),
        ("M-PING {path} more", 1),
        ("P-FDDT {path} not!base64", 1),
        ("P-SIMU {path} {inbox} a b", 1),
        ("P-FDDT {path} {absent}", 3),
        ("M-PING /elsewhere", 11),
        ("M-PING /caf\u00e9", 1),
    ],
)
def test_refusals(driver: Driver, line: str, code: int) -> None:
    text = line.format(path=driver.box.path, inbox=name("inbox"), absent=name("absent"))
    assert driver.say(text.encode() + b"\r\n") == f"FALSE {code}\r\n"
    assert not driver.closed


def test_lines_are_bounded_and_may_come_in_pieces(driver: Driver) -> None:
    line = f"M-PING {driver.box.path}\n".encode()
    assert "".join(driver.say(line[at : at + 1]) for at in range(len(line))) == "TRUE\r\n"
    assert driver.say(b"x" * MAX_LINE) == ""
    assert driver.say(b"x") == "FALSE 1\r\n"
    assert driver.closed


def test_quitting(driver: Driver) -> None:
    assert driver.say(b"quit\r\nM-PING x\r\n") == "BYE\r\n"
    assert driver.closed
