"""Streams go into mailboxes and come out again, in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from gromox.convert.contact import vcard_from_message
from gromox.convert.mt import FolderFrame, FolderRow, MessageFrame, MtWriter, Parent, PermissionRow, Prologue
from gromox.mapi import named, tags
from gromox.mapi.folderids import Private
from gromox.mapi.modifyrow import Change, ModifyRow
from gromox.mapi.ruleaction import Action, ActionType, RuleAction
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns
from gromox.store.session.actor import SYSTEM
from gromox.store.session.session import StoreSession
from gromox.tools import convert2mt, eml2mbox, mt_export, mt_import
from tests.tools.conftest import ALICE, BOB, Home
from tests.tools.mt.pipes import Piped, Pipes, parsed

MAIL = b"From: a@x.org\r\nSubject: one\r\nDate: Wed, 31 Dec 2025 10:00:00 +0000\r\n\r\nFrom me\r\n"
CARD = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\nX-ODD;A=b:c\r\nEMAIL:anna@example.org\r\nEND:VCARD\r\n"


class Tools:
    """The programs with the configuration of an installation."""

    def __init__(self, home: Home, pipes: Pipes) -> None:
        self.home, self.pipes = home, pipes

    def put(self, stream: bytes, *argv: object, user: str = ALICE) -> Piped:
        return self.pipes.run(mt_import.main, "--config", self.home.etc, "-u", user, *argv, stdin=stream)

    def get(self, *argv: object, user: str = ALICE) -> Piped:
        return self.pipes.run(mt_export.main, "--config", self.home.etc, "-u", user, *argv)

    def mails(self, folder_id: int = Private.DRAFTS, user: str = ALICE) -> list[tuple[bytes, Flag]]:
        """Return the octets and flags of a folder's mails."""
        with Mailbox.open(self.home.maildir(user)) as mailbox:
            view = mailbox.view(folder_id)
            return [
                (mailbox.content(folder_id, row.uid).octets(), found[0])
                for row in mailbox.fetch(folder_id, view.uids(), Columns(0))
                if (found := view.flags_of(row.uid)) is not None
            ]

    def items(self, folder_id: int, user: str = ALICE) -> list[Message]:
        """Return the messages of a folder."""
        with Mailbox.open(self.home.maildir(user)) as mailbox:
            session = StoreSession.of(mailbox, SYSTEM)
            rows = list(mailbox.fetch(folder_id, mailbox.view(folder_id).uids(), Columns(0)))
            return [session.read_message(row.mid, is_named=True) for row in rows]

    def names(self, parent_id: int, user: str = ALICE) -> dict[str, int]:
        """Return the folders below one."""
        with Mailbox.open(self.home.maildir(user)) as mailbox:
            return {each.name: each.folder_id for each in mailbox.folders() if each.parent_id == parent_id}


@pytest.fixture
def tools(home: Home, pipes: Pipes) -> Tools:
    return Tools(home, pipes)


def stream(*frames: FolderFrame | MessageFrame, prologue: Prologue | None = None) -> bytes:
    writer = MtWriter(prologue)
    octets = [writer.prologue()]
    for frame in frames:
        octets += writer.folder(frame) if isinstance(frame, FolderFrame) else writer.message(frame)
    return b"".join(octets)


def mail_frame(octets: bytes, number: int = 0, parent: Parent | None = None, **flags: int) -> MessageFrame:
    bag = PropertyBag({getattr(tags, name): value for name, value in flags.items()})
    return MessageFrame(number, parent or Parent(), Message(bag), InMemory(octets))


def test_a_mail_goes_to_the_drafts_unless_told_otherwise(tools: Tools) -> None:
    octets = tools.pipes.run(convert2mt.eml2mt, stdin=MAIL).out

    assert tools.put(octets).code == 0
    assert tools.put(octets, "-B", "INBOX").code == 0
    assert [mail for mail, _ in tools.mails()] == [MAIL]
    assert [mail for mail, _ in tools.mails(Private.INBOX)] == [MAIL]


def test_flags_and_words_and_times_go_along(tools: Tools) -> None:
    bag = PropertyBag(
        {
            tags.PidTagMessageFlags: 1,
            tags.PidTagFlagStatus: 2,
            tags.PidTagLastVerbExecuted: 102,
            named.PidNameKeywords: ("work", "a b"),
            tags.PidTagMessageDeliveryTime: (1767261600 + 11_644_473_600) * 10_000_000,
        }
    )
    frame = MessageFrame(0, Parent(), Message(bag), InMemory(MAIL))

    assert tools.put(stream(frame)).code == 0
    ((_, flags),) = tools.mails()
    assert flags & (Flag.SEEN | Flag.FLAGGED | Flag.ANSWERED) == Flag.SEEN | Flag.FLAGGED | Flag.ANSWERED
    (item,) = tools.items(Private.DRAFTS)
    assert "work" in item.properties.texts(named.PidNameKeywords)
    assert item.properties[tags.PidTagMessageDeliveryTime] == bag[tags.PidTagMessageDeliveryTime]


def test_a_card_goes_in_and_comes_out_as_it_was(tools: Tools) -> None:
    octets = tools.pipes.run(convert2mt.vcf2mt, stdin=CARD).out

    assert tools.put(octets, "-B", "CONTACTS").code == 0
    (item,) = tools.items(Private.CONTACTS)
    assert item.properties[named.PidLidEmail1EmailAddress] == "anna@example.org"
    ran = tools.get("--vcard", "CONTACTS")
    assert ran.code == 0
    assert {b"X-ODD;A=b:c", b"EMAIL:anna@example.org", b"FN:Anna"} <= set(ran.out.split(b"\r\n"))
    assert vcard_from_message(item).split(b"\r\nREV")[0] == ran.out.split(b"\r\nREV")[0]


def everything() -> Message:
    return Message(
        PropertyBag(
            {
                tags.PidTagMessageClass: "IPM.Post",
                tags.PidTagSubject: "post",
                tags.PidTagBody: "text",
                tags.PidTagMessageFlags: 1,
                named.PidLidPrivate: True,
                0x9000101F: ("an identifier of the source",),
            }
        ),
        [Recipient(PropertyBag({tags.PidTagDisplayName: "r", tags.PidTagRecipientType: 1}))],
        [
            Attachment(
                PropertyBag({tags.PidTagAttachMethod: 1, tags.PidTagAttachLongFilename: "f"}),
                InMemory(b"x" * 100_000),
            ),
            Attachment(
                PropertyBag({tags.PidTagAttachMethod: 5}),
                embedded=Message(PropertyBag({tags.PidTagSubject: "in"})),
            ),
        ],
    )


def test_an_item_goes_from_mailbox_to_mailbox(tools: Tools) -> None:
    folder = FolderFrame(
        500, Parent(source_id=Private.IPM_SUBTREE), PropertyBag({tags.PidTagDisplayName: "Posts"}),
        (PermissionRow(1, PropertyBag({tags.PidTagMemberName: BOB, tags.PidTagMemberRights: 0x401})),),
    )  # fmt: skip
    rows = (FolderRow(Private.IPM_SUBTREE, False, Private.IPM_SUBTREE),)
    octets = stream(
        folder, MessageFrame(1, Parent(source_id=500), everything()), prologue=Prologue(folders=rows)
    )
    assert tools.put(octets).code == 0
    exported = tools.get("-r", "-s", "IPM_SUBTREE")
    assert exported.code == 0
    assert tools.put(exported.out, "-c", user=BOB).code == 0

    for user in (ALICE, BOB):
        place = tools.names(Private.IPM_SUBTREE, user)["Posts"]
        (item,) = tools.items(place, user)
        assert item.properties[tags.PidTagSubject] == "post"
        assert item.properties[named.PidLidPrivate] is True
        assert not [key for key in item.properties if isinstance(key, int) and key >> 16 == 0x9000]
        first, second = item.attachments
        assert first.data is not None
        with Mailbox.open(tools.home.maildir(user)) as mailbox:
            session = StoreSession.of(mailbox, SYSTEM)
            (row,) = mailbox.fetch(place, mailbox.view(place).uids(), Columns(0))
            data = session.read_message(row.mid, is_named=True).attachments[0].data
            assert data is not None
            assert b"".join(data.chunks()) == b"x" * 100_000
            assert (BOB, 0x401) in [(name, int(rights)) for name, rights in mailbox.permissions(place)]
        assert second.embedded is not None
        assert second.embedded.properties[tags.PidTagSubject] == "in"


def test_associated_messages_go_along_if_asked_for(tools: Tools) -> None:
    bag = {
        tags.PidTagMessageClass: "IPM.Configuration.X",
        tags.PidTagSubject: "fai",
        tags.PidTagMessageFlags: 0x41,
    }
    frame = MessageFrame(1, Parent(), Message(PropertyBag(dict(bag))))  # type: ignore[arg-type]  # keys are tags

    assert tools.put(stream(frame), "-B", "INBOX").code == 0
    assert parsed(tools.get("INBOX").out)[1][1:] == []
    (_, found) = parsed(tools.get("-a", "INBOX").out)[1]
    assert isinstance(found, MessageFrame)
    assert found.message.properties[tags.PidTagSubject] == "fai"
    assert found.mail is None


def test_folders_that_are_there_already(tools: Tools) -> None:
    octets = stream(
        FolderFrame(500, Parent(), PropertyBag({tags.PidTagDisplayName: "New"})),
        mail_frame(MAIL, 1, Parent(source_id=500)),
    )
    assert tools.put(octets).code == 0
    again = tools.put(octets)
    assert again.code == 1
    assert "'New'" in again.err
    assert "-x" in again.err
    going_on = tools.put(octets, "-c")
    assert going_on.code == 1
    assert "its folder was not imported" in going_on.err
    assert tools.put(octets, "-x").code == 0
    assert len(tools.mails(tools.names(Private.DRAFTS)["New"])) == 2


def test_a_broken_run_goes_on_where_it_was(tools: Tools, tmp_path: Path) -> None:
    frames = [FolderFrame(500, Parent(), PropertyBag({tags.PidTagDisplayName: "New"}))]
    mails = [mail_frame(MAIL + b"%d" % number, number, Parent(source_id=500)) for number in (1, 2, 3)]
    journal = tmp_path / "journal"
    whole = stream(*frames, *mails)

    broken = tools.put(whole[:-10], "--journal", journal)
    assert broken.code == 1
    assert "behind a frame" in broken.err
    assert tools.put(whole, "--journal", journal).code == 0
    assert tools.put(whole, "--journal", journal).code == 0
    place = tools.names(Private.DRAFTS)["New"]
    assert sorted(mail[-1:] for mail, _ in tools.mails(place)) == [b"1", b"2", b"3"]
    # Half a line is no line.
    journal.write_text("500 1\n500 2\n500 3", encoding="ascii")
    assert tools.put(whole, "--journal", journal).code == 0
    assert len(tools.mails(place)) == 4


def test_delivered_mails_come_once(tools: Tools) -> None:
    octets = stream(mail_frame(MAIL, 7))

    assert tools.put(octets, "-D", "-B", "INBOX").code == 0
    assert tools.put(octets, "-D", "-B", "INBOX").code == 0
    assert len(tools.mails(Private.INBOX)) == 1


def test_delivered_mails_follow_rules_unless_told_otherwise(tools: Tools) -> None:
    with Mailbox.open(tools.home.maildir(ALICE)) as mailbox:
        values = (
            (tags.PidTagRuleSequence, 1),
            (tags.PidTagRuleState, 1),
            (tags.PidTagRuleProvider, "me"),
            (tags.PidTagRuleActions, RuleAction((Action(ActionType.DELETE),))),
        )
        mailbox.modify_rules(Private.INBOX, [ModifyRow(Change.ADD, values)])

    assert tools.put(stream(mail_frame(MAIL, 7)), "-D", "-B", "INBOX").code == 0
    assert tools.mails(Private.INBOX) == []
    assert tools.put(stream(mail_frame(MAIL, 8)), "-D", "--skip-rules", "-B", "INBOX").code == 0
    assert len(tools.mails(Private.INBOX)) == 1


CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
    b"SUMMARY:first\r\nDTSTART:20260102T090000Z\r\nDTEND:20260102T100000Z\r\nEND:VEVENT\r\nBEGIN:VTODO\r\nUID:2\r\n"
    b"DTSTAMP:20260101T000000Z\r\nSUMMARY:second\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
)


def test_a_calendar_goes_in_and_comes_out(tools: Tools) -> None:
    octets = tools.pipes.run(convert2mt.ical2mt, "--zone", "Europe/Berlin", stdin=CALENDAR).out

    assert tools.put(octets, "-B", "CALENDAR").code == 0
    ran = tools.get("--ical", "CALENDAR")
    assert ran.code == 0
    assert ran.out.count(b"BEGIN:VCALENDAR") == 2
    for line in (b"SUMMARY:first", b"DTSTART:20260102T090000Z", b"SUMMARY:second", b"UID:1"):
        assert line in ran.out.split(b"\r\n")


def test_what_is_nothing_of_a_calendar(tools: Tools) -> None:
    filled(tools)

    assert "nothing of a calendar" in tools.get("--ical", "INBOX").err


def test_a_mail_that_does_not_fit_is_told_and_the_others_go_in(tools: Tools) -> None:
    with Mailbox.open(tools.home.maildir()) as mailbox:
        mailbox.set_quota(storage=1 << 20, receive=None, send=None)
    octets = stream(mail_frame(MAIL, 1), mail_frame(b"x" * (2 << 20), 2), mail_frame(MAIL, 3))
    ran = tools.put(octets, "-c")

    assert ran.code == 0
    assert ran.err.count("skipped object 2") == 1
    assert len(tools.mails()) == 2
    assert tools.put(octets).code == 1


def test_only_reading_a_stream(tools: Tools) -> None:
    ran = tools.pipes.run(mt_import.main, "-t", stdin=stream(mail_frame(MAIL, 1)))

    assert ran.code == 0
    assert "message object 1" in ran.err


@pytest.mark.parametrize("octets", [b"", b"GXMT0004", b"From: nobody\n\nno stream at all"])
def test_what_is_no_stream(tools: Tools, octets: bytes) -> None:
    ran = tools.put(octets)

    assert ran.code == 1
    assert "GXMT0005" in ran.err


def test_a_frame_that_is_damaged_is_skipped(tools: Tools) -> None:
    octets = bytearray(stream(mail_frame(MAIL, 1), mail_frame(MAIL, 2)))
    at = len(stream()) + 8
    octets[at : at + 4] = b"\x63\0\0\0"
    ran = tools.put(bytes(octets))

    assert ran.code == 0
    assert "skipped object 1 of the stream" in ran.err
    assert len(tools.mails()) == 1


def test_a_large_frame_waits_in_a_file(tools: Tools) -> None:
    octets = MAIL + b"x" * 70 + b"\r\n" * (5 << 20)
    ran = tools.put(stream(mail_frame(octets, 1)))

    assert ran.code == 0
    assert [len(mail) for mail, _ in tools.mails()] == [len(octets)]


def test_a_search_folder_is_left_out(tools: Tools) -> None:
    bag = PropertyBag({tags.PidTagDisplayName: "S", tags.PidTagFolderType: 2})

    assert "search folder" in tools.put(stream(FolderFrame(500, Parent(), bag)), "-c").err


def test_a_public_store_needs_a_place(tools: Tools) -> None:
    assert "-B" in tools.put(stream(mail_frame(MAIL)), user="@example.test").err
    assert tools.put(stream(mail_frame(MAIL)), "-B", "IPM_SUBTREE", user="@example.test").code == 0


def filled(tools: Tools) -> None:
    octets = stream(
        mail_frame(
            MAIL,
            1,
            Parent(source_id=Private.INBOX),
            PidTagMessageFlags=1,
            PidTagMessageDeliveryTime=(1767175200 + 11_644_473_600) * 10_000_000,
        ),
        FolderFrame(500, Parent(source_id=Private.INBOX), PropertyBag({tags.PidTagDisplayName: "Prüf.a/b"})),
        mail_frame(MAIL.replace(b"one", b"two"), 2, Parent(source_id=500)),
        prologue=Prologue(folders=(FolderRow(Private.INBOX, False, Private.INBOX),)),
    )
    assert tools.put(octets).code == 0


def test_one_mail_on_standard_output(tools: Tools) -> None:
    filled(tools)
    with Mailbox.open(tools.home.maildir()) as mailbox:
        (row,) = mailbox.fetch(Private.INBOX, mailbox.view(Private.INBOX).uids(), Columns(0))

    for text in (str(row.mid), f"{row.mid:#x}", f"13:{row.mid}"):
        assert tools.get("--mail", text).out == MAIL
    assert tools.get("--mail", f"14:{row.mid}").code == 1
    assert tools.get("--mail", "INBOX").code == 1
    assert "several" in tools.get("--mail", "f13").err
    assert tools.get("--mail").code == 1
    assert "no contact" in tools.get("--vcard", "INBOX").err
    assert tools.get("--tnef", str(row.mid)).out[:4] == bytes.fromhex("789f3e22")


def test_an_mbox_file(tools: Tools) -> None:
    filled(tools)
    octets = tools.get("--mbox", "-r", "INBOX").out

    assert octets.startswith(b"From a@x.org Wed Dec 31 10:00:00 2025\n")
    assert b"\n\n>From me\n\nFrom a@x.org" in octets
    frames = parsed(tools.pipes.run(convert2mt.mbox2mt, stdin=octets).out)[1]
    assert len(frames) == 2


def test_a_maildir_is_written_once(tools: Tools, tmp_path: Path) -> None:
    filled(tools)
    target = tmp_path / "Maildir"
    first = tools.get("--maildir", target, "-r", "INBOX")
    files = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    second = tools.get("--maildir", target, "-r", "INBOX")

    assert (first.code, second.code) == (0, 0)
    assert files == sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    assert [name.rpartition(":")[2] for name in files if name.startswith("cur/")] == ["2,S"]
    assert any(name.startswith(".Pr&APw-f_a_b/cur/") for name in files)
    frames = parsed(tools.pipes.run(convert2mt.eml2mt, target).out)[1]
    assert sum(isinstance(frame, MessageFrame) for frame in frames) == 2


def test_a_file_for_each(tools: Tools, tmp_path: Path) -> None:
    filled(tools)
    assert tools.get("--directory", tmp_path / "out", "-r", "INBOX").code == 0
    files = sorted((tmp_path / "out").rglob("*.eml"))

    assert [path.parent.name for path in files] == ["Inbox", "Prüf.a_b"]
    assert files[0].read_bytes() == MAIL
    files[0].write_bytes(b"mine")
    assert tools.get("--directory", tmp_path / "out", "-r", "INBOX").code == 0
    assert files[0].read_bytes() == b"mine"


def test_files_become_an_mbox_file(tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"Return-Path: <s@x.org>\n" + MAIL)
    named_ = tools.pipes.run(eml2mbox.main, path, tmp_path / "gone")
    listed = tools.pipes.run(eml2mbox.main, "-", stdin=f"{path}\n\n".encode())

    assert named_.out == listed.out
    assert named_.out.startswith(b"From s@x.org Wed Dec 31 10:00:00 2025\nReturn-Path")
    assert named_.code == 1
    assert "gone" in named_.err
    assert listed.code == 0
