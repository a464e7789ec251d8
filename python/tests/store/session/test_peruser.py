"""What users have read in public folders, and ids in their long form; over every transport."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from gromox.mapi.idset import replguid_idset_from_octets
from gromox.mapi.objectid import GlobalId, ShortId
from gromox.store import peruser, replica
from gromox.store.create import create_public
from gromox.store.errors import (
    ConflictError,
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    NotFoundError,
    UnsupportedError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from gromox.store.property.ids import home_guid
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.peruser import DEFAULT_PART, MAX_PART, MAX_SET
from tests.store.sample import mail
from tests.store.session.conftest import OpenSession

PUBLIC = UUID("8b2f1de0-7f5f-4d6a-9b0c-1f2e3d4c5b6a")
OTHER = UUID("0d2f1de0-7f5f-4d6a-9b0c-1f2e3d4c5b6a")
FOLDER = GlobalId(PUBLIC, 0x123)
BOB, CAROL = Actor("bob@example.test"), Actor("carol@example.test")
SET = PUBLIC.bytes_le + bytes.fromhex("0600000000000100")
"""[MS-OXCFXICS] 2.2.2.4.2: the counter 1 of one replica: a push of six octets, and the end."""


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Mailbox]:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        yield box
        assert box.check() == []


@pytest.fixture
def posts(public: Mailbox) -> int:
    """A public folder that everybody reads."""
    folder_id = public.create_folder(2, "Posts").folder_id
    public.set_rights(folder_id, "default", Right.VISIBLE | Right.READ_ANY)
    return folder_id


# Replica ids.


@pytest.mark.requirement("MS-OXCSTOR", 947)
@pytest.mark.requirement("MS-OXCSTOR", 948)
@pytest.mark.requirement("MS-OXCSTOR", 951)
@pytest.mark.requirement("MS-OXCSTOR", 952)
@pytest.mark.requirement("MS-OXCSTOR", 1242)
@pytest.mark.requirement("MS-OXCSTOR", 1251)
@pytest.mark.requirement("MS-OXCSTOR", 3114)
def test_replica_ids_and_guids_stand_for_each_other(session: StoreSession, mailbox: Mailbox) -> None:
    home = home_guid(mailbox.file)
    assert session.long_term_id(ShortId(1, 0x99).number) == GlobalId(home, 0x99)
    assert session.id_of_long_term_id(GlobalId(home, 0x99)) == ShortId(1, 0x99).number
    assert session.id_of_long_term_id(GlobalId(mailbox.file.guid, 7)) == ShortId(1, 7).number
    for guid in (PUBLIC, OTHER, PUBLIC):
        number = session.id_of_long_term_id(GlobalId(guid, 5))
        assert ShortId.from_number(number).replica_id == {PUBLIC: 6, OTHER: 7}[guid]
        assert session.long_term_id(number) == GlobalId(guid, 5)
    for unknown in (0, 5, 8, 0xFFFF):
        with pytest.raises(NotFoundError):
            session.long_term_id(ShortId(unknown, 1).number)
    for wrong in (GlobalId(PUBLIC, 0), GlobalId(UUID(int=0), 1)):
        with pytest.raises(InvalidValueError):
            session.id_of_long_term_id(wrong)


@pytest.mark.requirement("MS-OXCSTOR", 1249)
def test_replica_ids_run_out(mailbox: Mailbox, open_session: OpenSession, session: StoreSession) -> None:
    mailbox.set_rights(13, BOB.username, Right.VISIBLE)
    bob = open_session(BOB)
    execute = mailbox.file.connection.execute
    execute("INSERT INTO replicas VALUES (?, ?)", (replica.MAX_OF_OTHERS, OTHER.bytes))
    with pytest.raises(LimitError):
        bob.id_of_long_term_id(GlobalId(PUBLIC, 1))
    made = session.id_of_long_term_id(GlobalId(PUBLIC, 1))
    assert bob.id_of_long_term_id(GlobalId(PUBLIC, 1)) == made
    execute("UPDATE replicas SET replid = ? WHERE guid = ?", (replica.MAX_REPLICA_ID, OTHER.bytes))
    with pytest.raises(LimitError):
        session.id_of_long_term_id(GlobalId(UUID(int=9), 1))


# A private mailbox keeps what a public store told.


@pytest.mark.requirement("MS-OXCSTOR", 475)
@pytest.mark.requirement("MS-OXCSTOR", 1024)
@pytest.mark.requirement("MS-OXCSTOR", 1025)
@pytest.mark.requirement("MS-OXCSTOR", 1254)
def test_a_mailbox_keeps_sets_of_public_folders(session: StoreSession) -> None:
    with pytest.raises(NotFoundError):
        session.per_user_guid(FOLDER)
    assert session.read_per_user_information(FOLDER).data == b""
    session.write_per_user_information(FOLDER, 0, SET, has_finished=True, database=PUBLIC)
    second = GlobalId(PUBLIC, 0x124)
    session.write_per_user_information(second, 0, b"", has_finished=True, database=OTHER)
    assert session.per_user_guid(FOLDER) == PUBLIC
    assert session.per_user_long_term_ids(PUBLIC) == (FOLDER,)
    assert session.per_user_long_term_ids(OTHER) == (second,)
    assert session.per_user_long_term_ids(UUID(int=5)) == ()
    read = session.read_per_user_information(FOLDER)
    assert (read.data, read.has_finished) == (SET, True)
    session.write_per_user_information(FOLDER, 0, SET + SET, has_finished=True, database=OTHER)
    assert session.per_user_guid(FOLDER) == OTHER
    assert session.read_per_user_information(FOLDER).data == SET + SET


@pytest.mark.requirement("MS-OXCSTOR", 1017)
@pytest.mark.requirement("MS-OXCSTOR", 1018)
@pytest.mark.requirement("MS-OXCSTOR", 1019)
@pytest.mark.requirement("MS-OXCSTOR", 1033)
@pytest.mark.requirement("MS-OXCSTOR", 1034)
def test_sets_come_in_parts(session: StoreSession) -> None:
    second = GlobalId(PUBLIC, 0x124)

    def write(folder: GlobalId, offset: int, data: bytes, *, last: bool = False) -> None:
        database = None if offset else PUBLIC
        session.write_per_user_information(folder, offset, data, has_finished=last, database=database)

    for place, octet in enumerate(SET):
        write(FOLDER, place, bytes((octet,)), last=place == len(SET) - 1)
    assert session.read_per_user_information(FOLDER).data == SET
    # Another folder, or another offset, ends what had begun.
    write(FOLDER, 0, SET[:4])
    with pytest.raises(ConflictError):
        write(second, 4, SET[4:], last=True)
    with pytest.raises(ConflictError):
        write(FOLDER, 4, SET[4:], last=True)
    write(FOLDER, 0, SET[:4])
    with pytest.raises(ConflictError):
        write(FOLDER, 5, SET[5:], last=True)
    write(FOLDER, 0, SET[:4])
    write(FOLDER, 0, SET, last=True)
    assert session.read_per_user_information(FOLDER).data == SET
    # What is none is not kept, nor is what is too large.
    for damaged in (SET[:-1], SET + b"\0", b"\x01"):
        with pytest.raises(InvalidValueError):
            write(second, 0, damaged, last=True)
    with pytest.raises(InvalidValueError):
        session.write_per_user_information(second, 0, SET, has_finished=True)
    write(second, 0, bytes(MAX_SET))
    with pytest.raises(LimitError):
        write(second, MAX_SET, b"\0")
    assert session.per_user_long_term_ids(PUBLIC) == (FOLDER,)


@pytest.mark.requirement("MS-OXCSTOR", 543)
@pytest.mark.requirement("MS-OXCSTOR", 546)
@pytest.mark.requirement("MS-OXCSTOR", 541)
@pytest.mark.requirement("MS-OXCSTOR", 980)
@pytest.mark.requirement("MS-OXCSTOR", 982)
@pytest.mark.requirement("MS-OXCSTOR", 988)
@pytest.mark.requirement("MS-OXCSTOR", 992)
@pytest.mark.requirement("MS-OXCSTOR", 1001)
@pytest.mark.requirement("MS-OXCSTOR", 1004)
@pytest.mark.requirement("MS-OXCSTOR", 1005)
@pytest.mark.requirement("MS-OXCSTOR", 1010)
@pytest.mark.requirement("MS-OXCSTOR", 1011)
@pytest.mark.requirement("MS-OXCSTOR", 1260)
@pytest.mark.requirement("MS-OXCSTOR", 1356)
def test_sets_are_read_in_parts(session: StoreSession) -> None:
    octets = b"".join(UUID(int=number).bytes_le + SET[16:] for number in range(1, 2000))
    session.write_per_user_information(FOLDER, 0, octets, has_finished=True, database=PUBLIC)
    found = session.read_per_user_information(FOLDER, 0, 0)
    assert len(found.data) == DEFAULT_PART
    assert not found.has_finished
    data = found.data
    sizes = (1, 100, MAX_PART + 1, 0, MAX_PART)
    for size in sizes:
        found = session.read_per_user_information(FOLDER, len(data), size)
        assert len(found.data) <= min(size or DEFAULT_PART, MAX_PART)
        data += found.data
        if found.has_finished:
            break
    assert (data, found.has_finished) == (octets, True)
    assert session.read_per_user_information(FOLDER, len(octets)).data == b""
    for offset in (-1, len(octets) + 1):
        with pytest.raises(InvalidValueError):
            session.read_per_user_information(FOLDER, offset)


def test_a_set_stays_as_it_was_while_it_is_read(session: StoreSession) -> None:
    session.write_per_user_information(FOLDER, 0, SET, has_finished=True, database=PUBLIC)
    first = session.read_per_user_information(FOLDER, 0, 8).data
    session.write_per_user_information(FOLDER, 0, b"", has_finished=True, database=PUBLIC)
    assert first + session.read_per_user_information(FOLDER, 8).data == SET
    assert session.read_per_user_information(FOLDER).data == b""


def test_a_mailbox_remembers_so_many_folders(
    session: StoreSession, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    rows = [(GlobalId(OTHER, number).octets,) for number in range(1, peruser.MAX_FOLDERS + 1)]
    mailbox.file.connection.executemany("INSERT INTO per_user VALUES (?, x'00', x'', 0)", rows)
    with pytest.raises(LimitError):
        session.write_per_user_information(FOLDER, 0, SET, has_finished=True, database=PUBLIC)


@pytest.mark.requirement("MS-OXCSTOR", 469)
@pytest.mark.requirement("MS-OXCSTOR", 488)
def test_a_mailbox_tells_its_owner_alone(mailbox: Mailbox, open_session: OpenSession) -> None:
    mailbox.set_rights(13, BOB.username, Right.VISIBLE | Right.READ_ANY)
    bob = open_session(BOB)
    for call in (
        lambda: bob.per_user_guid(FOLDER),
        lambda: bob.per_user_long_term_ids(PUBLIC),
        lambda: bob.read_per_user_information(FOLDER),
        lambda: bob.write_per_user_information(FOLDER, 0, SET, has_finished=True, database=PUBLIC),
    ):
        with pytest.raises(DeniedError):
            call()


# A public store knows what was read in it.


@pytest.mark.requirement("MS-OXCSTOR", 970)
@pytest.mark.requirement("MS-OXCSTOR", 974)
@pytest.mark.requirement("MS-OXCSTOR", 1027)
@pytest.mark.requirement("MS-OXCSTOR", 1028)
@pytest.mark.requirement("MS-OXCSTOR", 59771)
@pytest.mark.requirement("MS-OXCSTOR", 962)
def test_a_public_store_tells_and_takes_what_was_read(public: Mailbox, posts: int) -> None:
    public.append(posts, [mail("one"), mail("two"), mail("three")])
    bob, carol = StoreSession.of(public, BOB), StoreSession.of(public, CAROL)
    folder = GlobalId(home_guid(public.file), posts)
    assert bob.read_per_user_information(folder).data == b""
    one, two, three = bob.changes(posts, 0).created
    bob.set_read_flags(posts, [one, three])
    told = bob.read_per_user_information(folder).data
    cns = dict(public.file.execute("SELECT mid, cn FROM messages WHERE folder_id = ?", (posts,)).fetchall())
    assert set(replguid_idset_from_octets(told)) == {
        (folder.database, cns[one]),
        (folder.database, cns[three]),
    }
    assert carol.read_per_user_information(folder).data == b""
    # What comes in replaces what was known: here, that of another replica of the same store.
    start = carol.change_number()
    carol.set_read_flags(posts, [two])
    carol.write_per_user_information(folder, 0, told, has_finished=True)
    assert carol.read_per_user_information(folder).data == told
    assert set(carol.changes(posts, start).flagged) == {one, two, three}
    before = carol.change_number()
    carol.write_per_user_information(folder, 0, told, has_finished=True)
    assert carol.changes(posts, before).flagged == ()
    for refused in (lambda: bob.per_user_guid(folder), lambda: bob.per_user_long_term_ids(PUBLIC)):
        with pytest.raises(UnsupportedError):
            refused()


def test_what_may_not_be_read_has_no_read_states(public: Mailbox, posts: int) -> None:
    secret = public.create_folder(2, "Secret").folder_id
    public.set_rights(secret, "default", 0)
    home = home_guid(public.file)
    bob, nobody = StoreSession.of(public, BOB), StoreSession.of(public, Actor(""))
    for folder in (GlobalId(home, secret), GlobalId(home, 0x7777), FOLDER):
        with pytest.raises(FolderGoneError):
            bob.read_per_user_information(folder)
        with pytest.raises(FolderGoneError):
            bob.write_per_user_information(folder, 0, b"", has_finished=True)
    with pytest.raises(DeniedError):
        nobody.read_per_user_information(GlobalId(home, posts))
    assert StoreSession.of(public, SYSTEM).long_term_id(ShortId(1, posts).number).database == home
