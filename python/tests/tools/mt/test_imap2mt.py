"""The mails of another server: our own one serves."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.convert.mt import FolderFrame, MessageFrame
from gromox.mapi import named, tags
from gromox.mapi.folderids import Private
from gromox.store.flags import Flag
from gromox.tools import imap2mt
from gromox.tools.mt.imap import _mail, _unquoted
from gromox.tools.mt.mailflags import flags_of
from tests.support.server import GromoxServer
from tests.tools.mt.pipes import Piped, Pipes, parsed

#: The demo has mails of its own.
OURS = frozenset(["one", "gone", "sent", "old"])
USER = "alice@example.test"
MAIL = b"Subject: %b\r\n\r\nbody\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GromoxServer]:
    """A server with a few mails in folders."""
    made = GromoxServer(tmp_path_factory.mktemp("imap") / "demo")
    made.start()
    imap = imaplib.IMAP4("127.0.0.1", made.port("imap"))
    imap.login(USER, made.password(USER))
    for name in ('"Arch&AOQ-v"', '"Arch&AOQ-v/2025"'):
        imap.create(name)
    for folder, subject, flags in (
        ("INBOX", b"one", r"(\Seen \Answered work)"),
        ("INBOX", b"gone", r"(\Deleted)"),
        ('"Sent Items"', b"sent", "()"),
        ('"Arch&AOQ-v/2025"', b"old", r"(\Flagged)"),
    ):
        status, _ = imap.append(folder, flags, '"01-Jan-2026 10:00:00 +0000"', MAIL % subject)
        assert status == "OK"
    imap.logout()
    yield made
    made.stop()


class Source:
    """The program with that server."""

    def __init__(self, server: GromoxServer, pipes: Pipes) -> None:
        self._server, self._pipes = server, pipes

    def run(self, *argv: object) -> Piped:
        fixed = ("-h", "127.0.0.1", "--port", self._server.port("imap"), "--security", "none", "-u", USER)
        return self._pipes.run(imap2mt.main, *fixed, *argv)


@pytest.fixture
def source(server: GromoxServer, pipes: Pipes, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("PASS", server.password(USER))
    return Source(server, pipes)


def mails(ran: Piped) -> dict[str, MessageFrame]:
    """Return the mails of a stream by subject."""
    return {
        frame.message.properties.text(tags.PidTagSubject): frame
        for frame in parsed(ran.out)[1]
        if isinstance(frame, MessageFrame) and frame.message.properties.text(tags.PidTagSubject) in OURS
    }


@pytest.mark.system
def test_folders_flags_and_dates_go_along(source: Source) -> None:
    ran = source.run()
    found = mails(ran)
    folders = {
        frame.source_id: (frame.properties.text(tags.PidTagDisplayName), frame.parent.source_id)
        for frame in parsed(ran.out)[1]
        if isinstance(frame, FolderFrame)
    }

    assert ran.code == 0
    assert set(found) == {"one", "sent", "old"}
    assert "marked as deleted" in ran.err
    assert found["one"].parent.source_id == Private.INBOX
    assert flags_of(found["one"].message.properties) == Flag.SEEN | Flag.ANSWERED
    assert found["one"].message.properties[named.PidNameKeywords] == ("work",)
    ticks = (1767261600 + 11_644_473_600) * 10_000_000
    assert found["one"].message.properties[tags.PidTagMessageDeliveryTime] == ticks
    assert found["sent"].parent.source_id == Private.SENT_ITEMS
    name, parent = folders[found["old"].parent.source_id]
    assert name == "2025"
    assert folders[parent] == ("Archäv", Private.IPM_SUBTREE)
    mail = found["one"].mail
    assert mail is not None
    assert b"".join(mail.chunks()) == MAIL % b"one"


@pytest.mark.system
def test_folders_are_chosen_and_go_elsewhere(source: Source) -> None:
    only = mails(source.run("--folder", "Arch*"))
    without = mails(source.run("--exclude", "Arch*", "--map", "INBOX=JUNK", "--map", "Sent Items=Old/Sent"))

    assert set(only) == {"old"}
    assert set(without) == {"one", "sent"}
    assert without["one"].parent.source_id == Private.JUNK
    assert without["sent"].parent.source_id > 1 << 32


@pytest.mark.system
def test_what_is_imported_is_not_fetched_again(source: Source, tmp_path: Path) -> None:
    found = mails(source.run())
    journal = tmp_path / "journal"
    journal.write_text(f"{found['one'].parent.source_id} {found['one'].source_id}\n", encoding="ascii")

    assert set(mails(source.run("--journal", journal))) == {"sent", "old"}


@pytest.mark.system
def test_refusals(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source.run("--map", "nothing").code == 2
    monkeypatch.setenv("PASS", "wrong")
    ran = source.run()
    assert ran.code == 1
    assert "127.0.0.1" in ran.err
    monkeypatch.delenv("PASS")
    assert "PASS" in source.run().err


def test_answers_of_other_servers() -> None:
    mail = _mail(
        rb'3 (FLAGS (\Seen $Junk Later) UID 9 INTERNALDATE " 1-Jan-2026 10:00:00 +0000" RFC822.SIZE 7)'
    )

    assert mail is not None
    assert (mail.uid, mail.size, mail.flags, mail.keywords) == (9, 7, Flag.SEEN, ("Later",))
    assert _mail(b"4 (FLAGS ())") is None
    assert _unquoted(rb"a\"b\\c") == rb'a"b\c'
