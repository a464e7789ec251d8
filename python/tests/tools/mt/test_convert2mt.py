"""Files of every kind become streams."""

from __future__ import annotations

from pathlib import Path

import pytest

from gromox.convert.mt import FolderFrame, MessageFrame
from gromox.convert.msg import write_msg
from gromox.convert.tnef import write_tnef
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import Attachment, Message, PropertyBag
from gromox.tools import convert2mt
from gromox.tools.mt.maildir import flags_of_name, info_of_flags
from gromox.tools.mt.special import folder_of_name
from gromox.store.flags import Flag
from tests.tools.mt.pipes import Pipes, parsed

MAIL = (
    b"Received: from a by b; Thu, 1 Jan 2026 10:00:00 +0000\r\nFrom: a@x.org\r\nSubject: one\r\n"
    b"Date: Wed, 31 Dec 2025 10:00:00 +0000\r\n\r\nbody\r\n"
)


def subjects(octets: bytes) -> list[str]:
    return [
        frame.message.properties.text(tags.PidTagSubject)
        for frame in parsed(octets)[1]
        if isinstance(frame, MessageFrame)
    ]


def message(frame: object) -> MessageFrame:
    assert isinstance(frame, MessageFrame)
    return frame


def test_a_mail_keeps_its_octets_and_the_moment_it_came_in(pipes: Pipes) -> None:
    ran = pipes.run(convert2mt.eml2mt, stdin=MAIL)
    frame = message(parsed(ran.out)[1][0])

    assert (ran.code, ran.err) == (0, "")
    assert frame.mail is not None
    assert b"".join(frame.mail.chunks()) == MAIL
    # 2026-01-01 10:00 UTC
    assert (
        frame.message.properties[tags.PidTagMessageDeliveryTime] == (1767261600 + 11_644_473_600) * 10_000_000
    )


def test_many_files_and_one_that_is_missing(pipes: Pipes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.eml").write_bytes(
        b"From x Thu Jan  1 10:00:00 2026\n" + MAIL.replace(b"one", b"two")
    )
    report = tmp_path / "report"
    ran = pipes.run(
        convert2mt.eml2mt, "--report", report, tmp_path / "a.eml", tmp_path / "gone.eml", tmp_path / "folder"
    )

    assert ran.code == 0
    assert subjects(ran.out) == ["one", "two"]
    assert "gone.eml: No such file or directory" in ran.err
    assert report.read_text() == f"{tmp_path}/gone.eml\tNo such file or directory\n"


def test_nothing_but_failures_is_a_failure(pipes: Pipes, tmp_path: Path) -> None:
    ran = pipes.run(convert2mt.eml2mt, tmp_path / "gone.eml")

    assert ran.code == 1
    assert "0 messages, 1 skipped" in ran.err


def test_a_terminal_gets_no_stream(pipes: Pipes) -> None:
    ran = pipes.run(convert2mt.eml2mt, stdin=MAIL, terminal=True)

    assert (ran.code, ran.out) == (1, b"")
    assert "gromox-import" in ran.err


MBOX = (
    b"this is no mail\n\n"
    b"From a@x.org Thu Jan  1 10:00:00 2026\nSubject: one\n\n>From here\n>>From there\nFrom now on\n\n"
    b"From b@x.org Thu Jan  1 10:00:00 2026 +0000\nSubject: two\n\nFrom 10:00 to 11:00 in 2026 nothing\n"
    b"\nFrom the start\n\n"
)


def test_an_mbox_file_is_parted(pipes: Pipes) -> None:
    _, frames = parsed(pipes.run(convert2mt.mbox2mt, stdin=MBOX).out)
    first, second = (b"".join(message(frame).mail.chunks()) for frame in frames)  # type: ignore[union-attr]  # there

    assert first == b"Subject: one\n\nFrom here\n>From there\nFrom now on\n"
    assert second.endswith(b"From 10:00 to 11:00 in 2026 nothing\n\nFrom the start\n")


def test_a_mail_of_an_mbox_file_is_bounded(pipes: Pipes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gromox.tools.mt.mbox.MAX_MAIL", 40)
    ran = pipes.run(convert2mt.mbox2mt, stdin=MBOX)

    assert subjects(ran.out) == []
    assert ran.err.count("skipped standard input: mail") == 2


def test_cards(pipes: Pipes) -> None:
    cards = b"BEGIN:VCARD\nVERSION:4.0\nFN:A\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nN:B\nEND:VCARD\n"
    lenient = pipes.run(convert2mt.vcf2mt, stdin=cards)
    strict = pipes.run(convert2mt.vcf2mt, "-P", stdin=cards)

    assert subjects(lenient.out) == ["A", "B"]
    assert subjects(strict.out) == ["A"]
    assert "card 2: expected FN" in strict.err
    assert "expected" in pipes.run(convert2mt.vcf2mt, stdin=b"nothing").err


def test_a_zone_nobody_knows(pipes: Pipes) -> None:
    with pytest.raises(SystemExit):
        pipes.run(convert2mt.ical2mt, "--zone", "Mars/Base", stdin=b"")


def forwarded() -> Message:
    return Message(
        PropertyBag({tags.PidTagSubject: "outer", tags.PidTagMessageClass: "IPM.Note"}),
        attachments=[Attachment(embedded=Message(PropertyBag({tags.PidTagSubject: "inner"})))],
    )


def test_tnef_and_msg(pipes: Pipes) -> None:
    for program, octets in (
        (convert2mt.tnef2mt, write_tnef(forwarded())),
        (convert2mt.oxm2mt, write_msg(forwarded())),
    ):
        assert subjects(pipes.run(program, stdin=octets).out) == ["outer"]
        assert subjects(pipes.run(program, "--decap=0", stdin=octets).out) == ["inner"]
        ran = pipes.run(program, "--decap=1", stdin=octets)
        assert subjects(ran.out) == []
        assert "has 1 messages within it" in ran.err
        assert pipes.run(program, stdin=b"no").code == 1


def test_another_format_by_option(pipes: Pipes) -> None:
    assert subjects(pipes.run(convert2mt.eml2mt, "--tnef", stdin=write_tnef(forwarded())).out) == ["outer"]


def test_what_passes_by_can_be_seen(pipes: Pipes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIN2TXT_MODE", "cstr")
    tree = pipes.run(convert2mt.eml2mt, "-t", stdin=MAIL).err
    numbers = pipes.run(convert2mt.eml2mt, "-p", stdin=MAIL).err
    names = pipes.run(convert2mt.eml2mt, "-p", "-p", stdin=MAIL).err

    assert f"message standard input, mail of {len(MAIL)} octets\n  IPM.Note: one" in tree
    assert "0037001f = one" in numbers
    assert "0037001f PidTagSubject = one" in names
    assert '"\\x00\\x00' in names


def maildir(path: Path) -> Path:
    for folder in (path, path / ".Sent", path / ".Arch&AOQ-v.2025", path / ".Entw&APw-rfe"):
        (folder / "cur").mkdir(parents=True)
        (folder / "new").mkdir()
    (path / "new" / "1.a").write_bytes(MAIL.replace(b"one", b"new"))
    (path / "cur" / "2.b:2,RS").write_bytes(MAIL.replace(b"one", b"seen"))
    (path / "cur" / "3.c:2,ST").write_bytes(MAIL.replace(b"one", b"gone"))
    (path / ".Sent" / "cur" / "4.d:2,S").write_bytes(MAIL.replace(b"one", b"sent"))
    (path / ".Arch&AOQ-v.2025" / "cur" / "5.e:2,F").write_bytes(MAIL.replace(b"one", b"old"))
    (path / ".Entw&APw-rfe" / "cur" / "6.f:2,D").write_bytes(MAIL.replace(b"one", b"draft"))
    return path


def test_a_maildir_with_its_folders(pipes: Pipes, tmp_path: Path) -> None:
    ran = pipes.run(convert2mt.eml2mt, maildir(tmp_path / "Maildir"))
    prologue, frames = parsed(ran.out)
    places = {
        frame.message.properties.text(tags.PidTagSubject): frame.parent.source_id
        for frame in frames
        if isinstance(frame, MessageFrame)
    }
    folders = {
        frame.source_id: frame.properties.text(tags.PidTagDisplayName)
        for frame in frames
        if isinstance(frame, FolderFrame)
    }

    assert ran.code == 0
    assert "marked as deleted" in ran.err
    assert places["new"] == places["seen"] == Private.INBOX
    assert places["sent"] == Private.SENT_ITEMS
    # A name in the language of its owner.
    assert places["draft"] == Private.DRAFTS
    assert folders[places["old"]] == "2025"
    assert "Archäv" in folders.values()
    assert {row.source_id for row in prologue.folders} == {row.target_id for row in prologue.folders}
    assert "gone" not in places


def test_the_flags_of_a_maildir() -> None:
    flags = Flag.SEEN | Flag.ANSWERED | Flag.FLAGGED

    assert flags_of_name("1.a:2,FRSx") == flags
    assert flags_of_name("1.a") == 0
    assert info_of_flags(flags) == ":2,FRS"


def test_numbers_of_objects_are_the_same_in_every_run(pipes: Pipes, tmp_path: Path) -> None:
    path = maildir(tmp_path / "Maildir")

    assert pipes.run(convert2mt.eml2mt, path).out == pipes.run(convert2mt.eml2mt, path).out


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("INBOX", Private.INBOX),
        ("Posteingang", Private.INBOX),
        ("Sent Messages", Private.SENT_ITEMS),
        ("Éléments supprimés", Private.DELETED_ITEMS),
        ("Spam", Private.JUNK),
        ("Projects", None),
    ],
)
def test_names_in_any_language(name: str, folder: Private | None) -> None:
    assert folder_of_name(name) == folder
