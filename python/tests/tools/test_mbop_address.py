"""gromox-mbop exaddrxlat and zaddrxlat on real mailboxes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gromox.admin.service.errors import InputError
from gromox.convert.mail.address import RECIPIENT, REPRESENTING, SENDER, Group
from gromox.convert.mail.oneoff import OneOff, flat_entry_list, read_flat_entry_list, read_one_off
from gromox.convert.mail.participant import PARTICIPANTS
from gromox.mapi import tags
from gromox.mapi.entryid import AddressBookEntryId, AddressBookType, OneOffEntryId
from gromox.mapi.message import Attachment, AttachMethod, InMemory, Message, PropertyBag, Recipient
from gromox.store.errors import ConflictError
from gromox.store.item.limits import MAX_DEPTH
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.tools.mbop import main, readdress
from gromox.tools.mbop.commands.address import readdress_message
from gromox.tools.mbop.readdress import Readdresser
from gromox.tools.mbop.user_map import MAX_SIZE, Scheme, load, parse

from .conftest import ALICE, BOB

if TYPE_CHECKING:
    from pathlib import Path

    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.change import MessageChange

    from .conftest import Home, Ran

INBOX, SENT = 13, 15
ANN_DN = "/o=Old/ou=First/cn=Recipients/cn=Ann"
ZED_DN = "/o=Old/ou=First/cn=Recipients/cn=zed"
ANN = "Ann.Bell@example.test"
USERS = [
    {"na": "ann", "dn": ANN_DN, "sv": "0" * 32, "st": "aB" * 16, "id": 4, "em": "ann@old.test", "to": ANN},
    {"na": "ben", "dn": None, "em": "", "to": "ben@example.test"},
    {"na": None, "dn": ZED_DN, "em": "zed@old.test", "to": None},
    {},
]


def entry_id(dn: str) -> bytes:
    return AddressBookEntryId(AddressBookType.LOCAL_MAIL_USER, dn.encode()).octets()


def person(group: Group, name: str, address_type: str, address: str) -> dict[PropertyKey, PropValue]:
    """What the old server said of somebody."""
    values: dict[PropertyKey, PropValue] = {
        group.name: name,
        group.address_type: address_type,
        group.email_address: address,
        group.entry_id: entry_id(address),
        group.search_key: f"{address_type}:{address}".upper().encode() + b"\0",
    }
    values.pop(0, None)
    return values


def row(kind: int, *who: str) -> Recipient:
    return Recipient(PropertyBag({tags.PidTagRecipientType: kind, **person(RECIPIENT, *who)}))


def mail(*groups: dict[PropertyKey, PropValue]) -> Message:
    made = Message(PropertyBag({tags.PidTagMessageClass: "IPM.Note", tags.PidTagSubject: "moved"}))
    for values in groups:
        made.properties.update(values)
    return made


@dataclass
class Old:
    """The mailbox that was moved, and the map that goes with it."""

    home: Home
    path: Path

    def add(self, message: Message, folder_id: int = INBOX) -> int:
        with Mailbox.open(self.home.maildir()) as mailbox:
            return StoreSession.of(mailbox, SYSTEM).create_message(folder_id, message).mid

    def read(self, mid: int) -> Message:
        with Mailbox.open(self.home.maildir()) as mailbox:
            return StoreSession.of(mailbox, SYSTEM).read_message(mid)

    def version(self, mid: int) -> object:
        with Mailbox.open(self.home.maildir()) as mailbox:
            session = StoreSession.of(mailbox, SYSTEM)
            return session.message_properties(mid, [tags.PidTagChangeNumber])[tags.PidTagChangeNumber]

    def run(self, command: str, *words: str, verbose: bool = False) -> Ran:
        first = ("-v",) if verbose else ()
        return self.home.run(main, *first, "-u", ALICE, command, "-m", str(self.path), *words)


@pytest.fixture
def old(home: Home, tmp_path: Path) -> Old:
    path = tmp_path / "users.json"
    path.write_text(json.dumps(USERS))
    return Old(home, path)


def said(looked_at: int, changed: int, missing: int) -> str:
    return (
        f"{ALICE}: {looked_at} messages looked at, {changed} changed, {missing} addresses without an entry\n"
    )


def is_ann(bag: PropertyBag, group: Group, name: str) -> None:
    if group.address_type:
        assert bag[group.address_type] == "SMTP"
        assert bag[group.email_address] == ANN
    if group.smtp_address:
        assert bag[group.smtp_address] == ANN
    if group.search_key:
        assert bag[group.search_key] == b"SMTP:ANN.BELL@EXAMPLE.TEST\0"
    octets = bag[group.entry_id]
    assert isinstance(octets, bytes)
    assert OneOffEntryId.from_octets(octets) == OneOffEntryId(name, "SMTP", ANN)


@pytest.mark.parametrize("group", PARTICIPANTS, ids=lambda group: hex(group.entry_id))
def test_each_correspondent_gets_all_of_a_new_address(old: Old, group: Group) -> None:
    mid = old.add(mail(person(group, "Ann", "EX", ANN_DN.upper())))

    assert old.run("exaddrxlat", "INBOX").out == said(1, 1, 0)

    told = old.read(mid)
    # who made it and who changed it last is the mailbox's to say
    nameless = (0, tags.PidTagCreatorName, tags.PidTagLastModifierName)
    is_ann(told.properties, group, ANN if group.name in nameless else "Ann")
    assert told.properties.text(group.name) == ("" if group.name in nameless else "Ann")
    assert told.properties[tags.PidTagSubject] == "moved"


def test_recipients_keep_their_order_and_what_else_is_known(old: Old) -> None:
    message = mail(person(SENDER, "Zed", "EX", ZED_DN))
    message.recipients = [
        row(1, "Zed", "EX", ZED_DN),
        row(2, "Ann", "ex", ANN_DN),
        row(1, "Eve", "SMTP", "eve@other.test"),
    ]
    message.recipients[1].properties[tags.PidTagRecipientEntryId] = entry_id(ANN_DN)
    mid = old.add(message)
    before = old.read(mid)

    ran = old.run("exaddrxlat", "INBOX", verbose=True)

    assert ran.out == said(1, 1, 1) + f"{ALICE}: no entry for EX {ZED_DN}\n"
    after = old.read(mid)
    zed, ann, eve = [each.properties for each in after.recipients]
    assert (dict(zed), dict(eve)) == tuple(
        dict(each.properties) for each in (before.recipients[0], before.recipients[2])
    )
    is_ann(ann, RECIPIENT, "Ann")
    assert ann[tags.PidTagRecipientEntryId] == ann[tags.PidTagEntryId]
    assert (ann[tags.PidTagRecipientType], ann[tags.PidTagDisplayName]) == (2, "Ann")
    assert after.properties[tags.PidTagSenderEmailAddress] == ZED_DN
    assert after.properties[tags.PidTagDisplayCc] == "Ann"


def test_a_second_run_changes_nothing(old: Old) -> None:
    message = mail(person(SENDER, "Ann", "EX", ANN_DN), person(REPRESENTING, "Ann", "EX", ANN_DN))
    message.recipients = [row(1, "Ann", "EX", ANN_DN)]
    mids = [
        old.add(message),
        old.add(mail(person(SENDER, "Zed", "EX", ZED_DN))),
        old.add(mail(person(SENDER, "Eve", "SMTP", "eve@other.test"))),
    ]
    old.home.fill(1)
    first = [old.version(mid) for mid in mids]

    assert old.run("exaddrxlat", "INBOX").out == said(4, 1, 1)
    second = [old.version(mid) for mid in mids]
    assert (second[0] != first[0], second[1:]) == (True, first[1:])
    assert old.run("exaddrxlat", "INBOX").out == said(4, 0, 1)
    assert [old.version(mid) for mid in mids] == second


def test_messages_in_messages(old: Old) -> None:
    inner, middle, outer = mail(person(SENDER, "Ann", "EX", ANN_DN)), mail(), mail()
    inner.recipients = [row(1, "Ann", "EX", ANN_DN)]
    for holder, held in ((middle, inner), (outer, middle)):
        bag = PropertyBag({tags.PidTagAttachMethod: AttachMethod.EMBEDDED})
        holder.attachments = [
            Attachment(PropertyBag({tags.PidTagAttachLongFilename: "a.txt"}), InMemory(b"text")),
            Attachment(bag, embedded=held),
        ]
    mid = old.add(outer)

    assert old.run("exaddrxlat", "INBOX").out == said(1, 1, 0)

    with Mailbox.open(old.home.maildir()) as mailbox:
        told = StoreSession.of(mailbox, SYSTEM).read_message(mid)
        for _ in range(2):
            first, second = told.attachments
            assert first.data is not None
            assert b"".join(first.data.chunks()) == b"text"
            assert second.embedded is not None
            told = second.embedded
    is_ann(told.properties, SENDER, "Ann")
    is_ann(told.recipients[0].properties, RECIPIENT, "Ann")
    assert old.run("exaddrxlat", "INBOX").out == said(1, 0, 0)
    assert old.home.run(main, "-u", ALICE, "check").code == 0


def test_messages_too_deep_in_others_are_left() -> None:
    message = mail(person(SENDER, "Ann", "EX", ANN_DN))
    for _ in range(MAX_DEPTH + 1):
        number = PropertyBag({tags.PidTagAttachNumber: 0})
        message = Message(attachments=[Attachment(number, embedded=message)])
    readdresser = Readdresser(Scheme.EX, parse(json.dumps(USERS).encode(), Scheme.EX))

    assert readdresser.change(message).is_empty
    assert message.attachments[0].embedded is not None
    assert not readdresser.change(message.attachments[0].embedded).is_empty


def test_an_entry_id_tells_what_the_texts_leave_open(old: Old) -> None:
    bare = old.add(mail({SENDER.entry_id: entry_id(ANN_DN)}))
    one_off = old.add(mail({SENDER.entry_id: OneOffEntryId("Ann", "EX", ANN_DN).octets()}))
    other = old.add(mail({SENDER.address_type: "SMTP", SENDER.entry_id: entry_id(ANN_DN)}))

    assert old.run("exaddrxlat", "INBOX").out == said(3, 2, 0)

    is_ann(old.read(bare).properties, SENDER, ANN)
    is_ann(old.read(one_off).properties, SENDER, ANN)
    assert old.read(other).properties[SENDER.entry_id] == entry_id(ANN_DN)


def test_those_who_get_the_replies(old: Old) -> None:
    entries = flat_entry_list([entry_id(ANN_DN), entry_id(ZED_DN)])
    mid = old.add(
        mail({tags.PidTagReplyRecipientEntries: entries, tags.PidTagReplyRecipientNames: "Ann; Zed"})
    )

    assert old.run("exaddrxlat", "INBOX").out == said(1, 1, 1)

    found = old.read(mid).properties[tags.PidTagReplyRecipientEntries]
    assert isinstance(found, bytes)
    ann, zed = read_flat_entry_list(found)
    assert (read_one_off(ann), zed) == (OneOff("Ann", "SMTP", ANN), entry_id(ZED_DN))


def test_zarafa_addresses_are_logins_or_addresses(old: Old) -> None:
    def sent_by(address_type: str, address: str) -> int:
        return old.add(mail(person(SENDER, "Ann", address_type, address)))

    login, address, ben = (
        sent_by("ZARAFA", "ANN"),
        sent_by("zarafa", "Ann@old.test"),
        sent_by("ZARAFA", "ben"),
    )
    sent_by("ZARAFA", "eve")
    sent_by("ZARAFA", "zed@old.test")
    ex = sent_by("EX", ANN_DN)

    ran = old.run("zaddrxlat", "INBOX", verbose=True)

    assert ran.out == said(6, 3, 2) + "".join(
        f"{ALICE}: no entry for ZARAFA {each}\n" for each in ("eve", "zed@old.test")
    )
    is_ann(old.read(login).properties, SENDER, "Ann")
    is_ann(old.read(address).properties, SENDER, "Ann")
    assert old.read(ben).properties[SENDER.email_address] == "ben@example.test"
    assert old.read(ex).properties[SENDER.address_type] == "EX"


def test_folders_and_what_is_below(old: Old) -> None:
    with Mailbox.open(old.home.maildir()) as mailbox:
        below = mailbox.create_folder(INBOX, "below").folder_id
    for folder_id in (INBOX, below, SENT):
        old.add(mail(person(SENDER, "Ann", "EX", ANN_DN)), folder_id)

    missing = old.run("exaddrxlat", "SENT", "INBOX/nowhere")
    assert (missing.code, missing.out) == (1, "")
    assert old.run("exaddrxlat", "INBOX").out == said(1, 1, 0)
    assert old.run("exaddrxlat", "-r", "INBOX", "INBOX/below").out == said(2, 1, 0)
    assert old.run("exaddrxlat", "-r", "/").out == said(3, 1, 0)


def test_many_mailboxes_by_one_map(old: Old) -> None:
    old.add(mail(person(SENDER, "Ann", "EX", ANN_DN)))

    ran = old.home.run(main, "foreach.mb", "-j", "2", "exaddrxlat", "-m", str(old.path), "-r", "/")

    assert ran.code == 0
    assert ran.out.splitlines() == [
        said(1, 1, 0).rstrip(),
        f"{BOB}: 0 messages looked at, 0 changed, 0 addresses without an entry",
    ]


def test_what_is_on_its_way_out_is_left_and_told(old: Old) -> None:
    import sqlite3

    first, second = [old.add(mail(person(SENDER, "Ann", "EX", ANN_DN))) for _ in range(2)]
    with sqlite3.connect(old.home.maildir() / "exmdb" / "exchange.sqlite3") as connection:
        connection.execute("UPDATE messages SET message_flags = 4 WHERE mid = ?", (first,))
    connection.close()

    ran = old.run("exaddrxlat", "INBOX")

    assert (ran.code, ran.out) == (1, said(2, 1, 0))
    assert f"message {first:#x} of " in ran.err
    assert "1 messages were left as they are" in ran.err
    assert old.read(first).properties[SENDER.address_type] == "EX"
    assert old.read(second).properties[SENDER.address_type] == "SMTP"


@dataclass(slots=True)
class Raced(Readdresser):
    """Somebody else changes the message whenever it was read."""

    other: StoreSession | None = None
    mid: int = 0
    times: int = 0
    done: int = 0

    def change(self, message: Message, depth: int = 0) -> MessageChange:
        change = Readdresser.change(self, message, depth)
        assert self.other is not None
        if self.done < self.times:
            self.done += 1
            self.other.place_of(self.mid)
            self.other.set_message_properties(self.mid, {tags.PidTagSubject: f"changed {self.done}"})
        return change


def test_what_others_change_meanwhile_is_kept(old: Old) -> None:
    mid = old.add(mail(person(SENDER, "Ann", "EX", ANN_DN)))
    table = load(old.path, Scheme.EX)
    with Mailbox.open(old.home.maildir()) as mine, Mailbox.open(old.home.maildir()) as others:
        session, other = StoreSession.of(mine, SYSTEM), StoreSession.of(others, SYSTEM)
        with pytest.raises(ConflictError):
            readdress_message(session, mid, Raced(Scheme.EX, table, other=other, mid=mid, times=100))
        assert session.read_message(mid).properties[SENDER.address_type] == "EX"

        raced = Raced(Scheme.EX, table, other=other, mid=mid, times=2)
        assert readdress_message(session, mid, raced)

        told = session.read_message(mid).properties
        assert (told[SENDER.address_type], told[tags.PidTagSubject]) == ("SMTP", "changed 2")


def test_a_mail_stays_the_octets_that_came_in(old: Old) -> None:
    received = next(each for each in PARTICIPANTS if each.name == tags.PidTagReceivedByName)
    old.home.fill(1)
    with Mailbox.open(old.home.maildir()) as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        (mid,) = session.folder_messages(INBOX)
        values = person(received, "Ann", "EX", ANN_DN)
        session.set_message_properties(mid, {tag: values[tag] for tag in values if isinstance(tag, int)})
        assert session.place_of(mid).is_mail

    assert old.run("exaddrxlat", "INBOX").out == said(1, 1, 0)

    with Mailbox.open(old.home.maildir()) as mailbox:
        assert StoreSession.of(mailbox, SYSTEM).place_of(mid).is_mail
    is_ann(old.read(mid).properties, received, "Ann")


def test_addresses_without_an_entry_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readdress, "MOST_MISSING", 3)
    readdresser = Readdresser(Scheme.ZARAFA, {})

    for number in range(10):
        assert readdresser.change(mail(person(SENDER, "x", "ZARAFA", f"user{number}"))).is_empty

    assert list(readdresser.missing) == ["user0", "user1", "user2"]


@pytest.mark.parametrize(
    ("octets", "where"),
    [
        (b"", "line 1, column 1"),
        (b'[\n {"na": "a",}\n]', "line 2, column "),
        (b"[\xff]", "octet 1: expected UTF-8"),
        (b"{}", "expected an array"),
        (b"[" * 100_000, "too deep"),
        (b"[" + b"1" * 10_000 + b"]", "too long"),
        (b"[{}, 7]", "entry 2: expected an object"),
        (b'[{"dn": 7}]', "entry 1: 'dn': expected a text"),
        (b'[{}, {}, {"id": "7"}]', "entry 3: 'id': expected a number"),
        (b'[{"id": true}]', "entry 1: 'id': expected a number"),
        (b'[{"sv": "12"}]', "entry 1: 'sv': expected a GUID"),
        (b'[{"to": "nobody"}]', "entry 1: 'to': expected an e-mail address"),
        (b'[{"to": "a@b c"}]', "entry 1: 'to': expected an e-mail address"),
        (b'[{"na": "' + b"a" * 1001 + b'"}]', "entry 1: 'na': expected a text of up to 1000"),
        (b'[{"dn": "/o=A", "to": "a@b"}, {"dn": "/O=a", "to": "c@d"}]', "entry 2: 'dn' '/o=a' goes to c@d"),
    ],
)
def test_a_broken_map_is_refused_before_anything_is_done(old: Old, octets: bytes, where: str) -> None:
    mid = old.add(mail(person(SENDER, "Ann", "EX", ANN_DN)))
    old.path.write_bytes(octets)

    ran = old.run("exaddrxlat", "INBOX")

    assert (ran.code, ran.out) == (2, "")
    assert str(old.path) in ran.err
    assert where in ran.err
    assert old.read(mid).properties[SENDER.address_type] == "EX"


def test_maps_have_a_bound(tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    with pytest.raises(InputError, match="No such file"):
        load(path, Scheme.EX)
    with path.open("wb") as file:
        file.truncate(MAX_SIZE + 1)
    with pytest.raises(InputError, match="expected at most"):
        load(path, Scheme.EX)


def test_the_same_person_may_stand_in_a_map_twice() -> None:
    octets = b'\xef\xbb\xbf[{"na":"a","em":"A","to":"a@b.test"},{"na":"A","to":"A@b.test","more":[1]}]'

    assert parse(octets, Scheme.ZARAFA) == {"a": "a@b.test"}
    assert parse(octets, Scheme.EX) == {}
