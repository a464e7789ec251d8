"""Questions on port 5555, without a socket."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.wire import Close, Peer, Send
from gromox.midb.grammar import MAX_LINE
from gromox.midb.question import Services
from gromox.midb.session import MidbCore
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

    def mids(self, folder: str = "inbox") -> list[str]:
        return [line.split()[1] for line in self.ask("P-SIMU", name(folder), "1", "-1")[1:]]


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
    first, second = driver.mids()
    assert driver.ask("P-SIMU", name("inbox"), "1", "-1") == [
        "TRUE 2",
        f"- {first} 1 (DRS) 14 ",
        f"- {second} 2 (R) 14 ",
    ]
    assert driver.ask("P-SIMU", name("inbox"), "2", "2") == ["TRUE 1", f"- {second} 2 (R) 14 "]
    assert driver.ask("P-DELL", name("inbox")) == ["TRUE 1", f"- {first} 1"]


def test_subscriptions(driver: Driver) -> None:
    sub = name("inbox/sub")
    assert sub not in driver.ask("P-SUBL")
    assert driver.ask("P-SUBF", sub) == ["TRUE"]
    assert sub in driver.ask("P-SUBL")
    assert driver.ask("P-UNSF", sub) == ["TRUE"]
    assert sub not in driver.ask("P-SUBL")


def test_flags_and_keywords(driver: Driver) -> None:
    inbox = name("inbox")
    first, second = driver.mids()
    assert driver.ask("P-UNID", inbox, second) == ["TRUE 2"]
    assert driver.ask("P-GFLG", inbox, first) == ["TRUE (DRS)"]
    assert driver.ask("P-SFLG", inbox, second, "(AF)") == ["TRUE"]
    assert driver.ask("P-RFLG", inbox, first, "DR") == ["TRUE"]
    assert driver.ask("P-GFLG", inbox, first) == ["TRUE (RS)"]
    assert driver.ask("P-GFLG", inbox, second) == ["TRUE (AFR)"]
    assert driver.ask("M-SKWD", inbox, second, name("red blue")) == ["TRUE"]
    assert driver.ask("P-KWLS", inbox) == [f"TRUE {name('blue red')}"]
    assert driver.ask("P-SIMU", inbox, "2", "2")[1].endswith(f" 14 {name('blue red')}")
    assert driver.ask("M-SKWD", inbox, second, name("green")) == ["TRUE"]
    assert driver.ask("P-KWLS", inbox) == [f"TRUE {name('green')}"]
    assert driver.ask("P-GFLG", inbox, second) == ["TRUE (AFR)"]


def test_messages_are_copied_and_deleted(driver: Driver) -> None:
    inbox, sub = name("inbox"), name("inbox/sub")
    first, second = driver.mids()
    (answer,) = driver.ask("M-COPY", inbox, second, sub)
    assert answer == f"TRUE {driver.mids('inbox/sub')[0]}"
    assert driver.ask("M-DELE", inbox, first, second) == ["TRUE"]
    assert driver.mids() == []
    assert driver.ask("M-DELE", inbox, first) == ["FALSE 5"]


def test_a_mail_comes_in_from_its_file(driver: Driver) -> None:
    folder = driver.box.path / "eml"
    folder.mkdir(exist_ok=True)
    (folder / "1700000000.1.host").write_bytes(b"Subject: c\r\n\r\n")
    assert driver.ask("M-INST", name("inbox/sub"), "1700000000.1.host", "(SU)", "1700000000") == ["TRUE"]
    assert not (folder / "1700000000.1.host").exists()
    (mid,) = driver.mids("inbox/sub")
    assert driver.ask("P-GFLG", name("inbox/sub"), mid) == ["TRUE (RSU)"]
    for file in ("1700000000.1.host", "../exmdb/exchange.sqlite3", ".hidden"):
        (answer,) = driver.ask("M-INST", name("inbox"), file, "()", "1")
        assert answer in ("FALSE 1", "FALSE 5")


def test_folders_come_move_and_go(driver: Driver) -> None:
    assert driver.ask("M-MAKF", name("inbox/sub/below")) == ["TRUE"]
    assert driver.ask("M-MAKF", name("inbox/sub/below")) == ["FALSE 7"]
    assert driver.ask("M-RENF", name("inbox/sub/below"), name("Top")) == ["TRUE"]
    assert driver.ask("M-REMF", name("Top")) == ["TRUE"]
    assert driver.ask("M-REMF", name("Top")) == ["FALSE 3"]
    assert driver.ask("M-REMF", name("inbox")) == ["FALSE 10"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ALL", "1 2"),
        ("SEEN", "1"),
        ("UNSEEN UNDELETED", "2"),
        ("NOT SUBJECT a", "2"),
        ("OR SUBJECT a SUBJECT b", "1 2"),
        ("( OR SEEN SUBJECT b ) UID 2:*", "2"),
        ("ID 1", "1"),
        ("2", "2"),
        ("NEW", "2"),
        ("OLD", ""),
        ("SINCE 1-Jan-2020 LARGER 1 SMALLER 9999", "1 2"),
        ("HEADER Subject b", "2"),
        ("KEYWORD red", ""),
        ("SENTBEFORE 1-Jan-2020", ""),
    ],
)
def test_searches(driver: Driver, words: str, found: str) -> None:
    condition = name("\0".join(words.split()) + "\0\0")
    for verb in ("P-SRHL", "P-SRHU"):
        assert driver.ask(verb, name("inbox"), "UTF-8", condition) == [f"TRUE {found}".strip()]


@pytest.mark.parametrize(
    "words",
    ["SUBJECT", "( ALL", "NO-SUCH", "LARGER x", "SINCE x", "UID x", "NOT " * 40 + "ALL", "ALL " * 400],
)
def test_conditions_are_bounded(driver: Driver, words: str) -> None:
    condition = name("\0".join(words.split()) + "\0\0")
    assert driver.ask("P-SRHL", name("inbox"), "UTF-8", condition) == ["FALSE 1"]
    assert driver.ask("P-SRHL", name("inbox"), "no-such", name("ALL")) == ["FALSE 1"]


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
