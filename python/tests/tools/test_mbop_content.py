"""gromox-mbop on what programs keep in mailboxes, and on mailboxes as a whole."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from gromox.convert.calendar import messages_from_calendar
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import Message, PropertyBag
from gromox.store.errors import BusyError
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop import main

from .conftest import ALICE

if TYPE_CHECKING:
    from .conftest import Home, Ran

INBOX = 13


def mbop(home: Home, *words: str) -> Ran:
    return home.run(main, *words)


def feed(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


def item(message_class: str = "IPM.Note") -> Message:
    return Message(PropertyBag({tags.PidTagMessageClass: message_class, tags.PidTagSubject: "an item"}))


def test_busy_times_are_shown_to_who_may_see_them(home: Home) -> None:
    calendar = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260302T090000Z\r\n"
        b"DURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\n"
        b"DTSTART:20260302T093000Z\r\nDURATION:PT1H\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    with Mailbox.open(home.maildir()) as mailbox:
        for message in messages_from_calendar(calendar):
            StoreSession.of(mailbox, SYSTEM).create_message(Private.CALENDAR, message)
    window = ("-a", "2026-03-03", "-b", "1772668800")
    shown = "2026-03-03T09:00:00Z 2026-03-03T10:00:00Z busy\n2026-03-04T09:00:00Z 2026-03-04T10:00:00Z busy\n"
    assert mbop(home, "-u", ALICE, "get-freebusy", *window).out == shown
    assert mbop(home, "-u", ALICE, "get-freebusy", *window, "-x", "bob@example.test").out == shown
    with Mailbox.open(home.maildir()) as mailbox:
        mailbox.set_rights(Private.CALENDAR, "bob@example.test", 0)
    refused = mbop(home, "-u", ALICE, "get-freebusy", *window, "-x", "bob@example.test")
    assert "may not see" in refused.err
    assert mbop(home, "-u", ALICE, "get-freebusy", "-a", "someday").code == 2


def test_a_picture_comes_and_goes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, b"\xff\xd8picture")
    assert mbop(home, "-v", "-u", ALICE, "set-photo").out == f"{ALICE}: picture of 9 octets\n"
    with Mailbox.open(home.maildir()) as mailbox:
        found = StoreSession.of(mailbox, SYSTEM).store_properties([tags.PidTagThumbnailPhoto])
    assert found == {tags.PidTagThumbnailPhoto: b"\xff\xd8picture"}
    assert mbop(home, "-u", ALICE, "clear-photo").code == 0
    assert (
        mbop(home, "-u", ALICE, "get-photo").err
        == f"gromox-mbop: {ALICE}: get-photo: {ALICE} has no picture\n"
    )
    feed(monkeypatch, b"")
    assert "expected a picture" in mbop(home, "-u", ALICE, "set-photo").err
    feed(monkeypatch, bytes((5 << 20) + 1))
    assert "expected a picture" in mbop(home, "-u", ALICE, "set-photo").err


@pytest.mark.parametrize("name", ["websettings", "websettings-persistent", "websettings-recipients"])
def test_settings_of_the_web_client(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert mbop(home, "-u", ALICE, f"get-{name}").out == "{}\n"
    feed(monkeypatch, '{"a": ["ü"]}\n'.encode())
    assert mbop(home, "-u", ALICE, f"set-{name}").code == 0
    assert mbop(home, "-u", ALICE, f"get-{name}").out == '{"a": ["ü"]}\n'
    for wrong in (b"{", b"\xff", b"[" * 100_000):
        feed(monkeypatch, wrong)
        assert "expected JSON" in mbop(home, "-u", ALICE, f"set-{name}").err
    assert mbop(home, "-u", ALICE, f"get-{name}").out == '{"a": ["ü"]}\n'


def test_the_profile_of_the_web_client_goes(home: Home) -> None:
    path = home.maildir() / "config" / "zarafa.dat"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"profile")
    assert mbop(home, "-v", "-u", ALICE, "clear-profile").out == f"{ALICE}: profile removed\n"
    assert not path.exists()
    assert mbop(home, "-v", "-u", ALICE, "clear-profile").out == f"{ALICE}: there was no profile\n"


def test_the_rules_organizer_goes_and_nothing_else(home: Home) -> None:
    with Mailbox.open(home.maildir()) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        session.create_message(INBOX, item("IPM.RuleOrganizer"), associated=True)
        kept = session.create_message(INBOX, item("IPM.Configuration.x"), associated=True).mid
    assert mbop(home, "-v", "-u", ALICE, "clear-rwz").out == f"{ALICE}: 1 rules organizers removed\n"
    with Mailbox.open(home.maildir()) as mailbox:
        assert StoreSession.of(mailbox, SYSTEM).folder_messages(INBOX, associated=True) == (kept,)


def test_a_frozen_mailbox_does_nothing(home: Home) -> None:
    home.fill(1)
    with Mailbox.open(home.maildir()) as mailbox:
        mailbox.folders()
        assert mbop(home, "-u", ALICE, "freeze").code == 0
        with pytest.raises(BusyError):
            mailbox.folders()
        assert "frozen" in mbop(home, "-u", ALICE, "emptyfld", "INBOX").err
        assert mbop(home, "-v", "-u", ALICE, "thaw").out == f"{ALICE}: in use again\n"
        assert mailbox.folder(INBOX).total == 1


def test_folders_in_another_language(home: Home) -> None:
    with Mailbox.open(home.maildir()) as mailbox:
        before = mailbox.folder(INBOX)
    ran = mbop(home, "-v", "-u", ALICE, "set-locale", "-l", "de_AT")
    assert ran.out.endswith(" folders renamed\n")
    with Mailbox.open(home.maildir()) as mailbox:
        after = mailbox.folder(INBOX)
        assert mailbox.locale == "de_AT"
        assert mailbox.check() == []
    assert (before.name, after.name) == ("Inbox", "Posteingang")
    assert after.cn > before.cn
    assert mbop(home, "-u", ALICE, "set-locale", "-l", "ü").code == 1


def test_new_change_numbers(home: Home) -> None:
    home.fill(3)
    with Mailbox.open(home.maildir()) as mailbox:
        before = mailbox.change_number()
    assert mbop(home, "-v", "-u", ALICE, "cgkreset").out == f"{ALICE}: 32 objects renumbered\n"
    with Mailbox.open(home.maildir()) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        mids = session.folder_messages(INBOX)
        numbers = [
            int.from_bytes(key[16:], "big")
            for (key,) in session.properties_of_messages(mids, [tags.PidTagChangeKey]).values()
            if isinstance(key, bytes)
        ]
        assert len(set(numbers)) == 3
        assert min(numbers) > before
        assert mailbox.folder(INBOX).cn > before
        assert mailbox.check() == []


def test_another_uid_validity(home: Home) -> None:
    home.fill(1)
    with Mailbox.open(home.maildir()) as mailbox:
        before = {folder.folder_id: folder.uid_validity for folder in mailbox.folders()}
    ran = mbop(home, "-v", "-u", ALICE, "renew-uidvalidity")
    assert ran.out == f"{ALICE}: {len(before)} folders with another UIDVALIDITY\n"
    with Mailbox.open(home.maildir()) as mailbox:
        after = {folder.folder_id: folder.uid_validity for folder in mailbox.folders()}
        assert all(after[folder_id] > max(before.values()) for folder_id in before)
        assert mailbox.check() == []
    ran = mbop(home, "-v", "-u", ALICE, "renew-uidvalidity", "-f", "INBOX")
    assert ran.out == f"{ALICE}: 1 folders with another UIDVALIDITY\n"
    with Mailbox.open(home.maildir()) as mailbox:
        assert mailbox.folder(INBOX).uid_validity > max(after.values())
        assert mailbox.folder(0x0E).uid_validity == after[0x0E]
    assert mbop(home, "-u", ALICE, "renew-uidvalidity", "-f", "SENT/none").code == 1


def test_items_are_written_ahead_of_imap(home: Home) -> None:
    with Mailbox.open(home.maildir()) as mailbox:
        StoreSession.of(mailbox, SYSTEM).create_message(INBOX, item())
    assert mbop(home, "-v", "-u", ALICE, "sync-midb").out == f"{ALICE}: 1 messages written\n"
    assert mbop(home, "-v", "-u", ALICE, "sync-midb", "-f", "INBOX").out == f"{ALICE}: 0 messages written\n"


def test_emptying_takes_configuration_too_if_asked(home: Home) -> None:
    home.fill(1)
    with Mailbox.open(home.maildir()) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        session.create_message(INBOX, item(), associated=True)
        session.create_message(INBOX, item())
    assert mbop(home, "-v", "-u", ALICE, "emptyfld", "-M", "-a", "INBOX").out == (
        f"{ALICE}: 1 messages and 0 folders deleted\n"
    )
    assert mbop(home, "-v", "-u", ALICE, "emptyfld", "--soft", "INBOX").out == (
        f"{ALICE}: 2 messages and 0 folders deleted\n"
    )
    assert home.totals() == (0, 2)


def test_an_item_is_moved_by_its_id(home: Home) -> None:
    with Mailbox.open(home.maildir()) as mailbox:
        mid = StoreSession.of(mailbox, SYSTEM).create_message(INBOX, item()).mid
    ran = mbop(home, "-v", "-u", ALICE, "movemsg", "-f", "INBOX", "-t", "DRAFTS", hex(mid))
    assert ran.out == f"{ALICE}: 1 messages moved\n"
    assert mbop(home, "-u", ALICE, "delmsg", "-f", "INBOX", hex(mid)).code == 1


def test_sizes_are_counted_anew(home: Home) -> None:
    home.fill(2)
    with Mailbox.open(home.maildir()) as mailbox:
        right = mailbox.folder(INBOX).size
        mailbox.file.execute("UPDATE folders SET size = 7, total = 9 WHERE folder_id = ?", (INBOX,))
        mailbox.file.execute("UPDATE counters SET normal_size = 5")
    assert mbop(home, "-v", "-u", ALICE, "recalc-sizes").out == f"{ALICE}: {right} octets\n"
    with Mailbox.open(home.maildir()) as mailbox:
        assert (mailbox.folder(INBOX).size, mailbox.folder(INBOX).total) == (right, 2)
        assert mailbox.check() == []
