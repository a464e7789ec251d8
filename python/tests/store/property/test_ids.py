"""Wire forms of identifiers."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from gromox.mapi.changelist import PredecessorChangeList, Xid
from gromox.store.create import create_public
from gromox.store.mailbox import Mailbox
from gromox.store.property import ids

INBOX = 13
FOREIGN = UUID("11111111-2222-3333-4444-555555555555")


def test_the_guid_of_a_private_store_tells_its_owner(mailbox: Mailbox) -> None:
    assert str(ids.home_guid(mailbox.file)) == "00000007-18a5-6f7b-bcdc-ea1ed03c5657"


def test_the_guid_of_a_public_store_tells_its_domain(tmp_path: Path) -> None:
    with create_public(tmp_path / "public", domain="example.test", domain_id=9) as box:
        assert str(ids.home_guid(box.file)) == "00000009-0afb-7df6-9192-49886aa738ce"
        assert ids.folder_entry_id(box.file, 2)[4:20].hex() == "1a447390aa6611cd9bc800aa002fc45a"


def test_keys_have_22_octets_the_counter_last_and_big_endian(mailbox: Mailbox) -> None:
    key = ids.source_key(mailbox.file, 0x010203040506)

    assert key == ids.home_guid(mailbox.file).bytes_le + bytes([1, 2, 3, 4, 5, 6])
    assert ids.counter_of_source_key(mailbox.file, key) == 0x010203040506
    assert ids.counter_of_source_key(mailbox.file, FOREIGN.bytes_le + bytes(6)) is None
    assert ids.counter_of_source_key(mailbox.file, b"short") is None


def test_entry_ids_lead_back(mailbox: Mailbox) -> None:
    file = mailbox.file
    folder, message = ids.folder_entry_id(file, INBOX), ids.message_entry_id(file, INBOX, 0x10000)

    assert (len(folder), len(message)) == (46, 70)
    assert ids.folder_of_entry_id(file, folder) == INBOX
    assert ids.message_of_entry_id(file, message) == (INBOX, 0x10000)
    assert ids.folder_of_entry_id(file, message) is None
    assert ids.message_of_entry_id(file, folder) is None
    assert ids.folder_of_entry_id(file, folder[:4] + FOREIGN.bytes_le + folder[20:]) is None


def test_a_short_id_is_replica_1(mailbox: Mailbox) -> None:
    assert ids.short_id(0x0D) == 0x0D00000000000001
    assert ids.counter_of_short_id(0x0D00000000000001) == 0x0D
    assert ids.counter_of_short_id(0x0D00000000000006) is None


def test_a_change_key_is_the_foreign_one_or_that_of_the_change_number(mailbox: Mailbox) -> None:
    file = mailbox.file
    foreign = FOREIGN.bytes_le + b"\0\0\0\x09"

    assert ids.change_key(file, 5) == ids.home_guid(file).bytes_le + bytes([0, 0, 0, 0, 0, 5])
    assert ids.change_key(file, 5, foreign) == foreign
    own = ids.predecessors(file, 5, None, None)
    assert own == PredecessorChangeList.of(Xid.from_octets(ids.change_key(file, 5)))
    both = ids.predecessors(file, 6, None, PredecessorChangeList.of(Xid.from_octets(foreign)).octets())
    assert both.includes(PredecessorChangeList.of(Xid.from_octets(foreign)))
    assert both.includes(own)
