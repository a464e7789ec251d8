from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import UUID

import pytest

from gromox.store import builtin, errors
from gromox.store.create import Limits, create_private, create_public
from gromox.store.mailbox import Mailbox
from gromox.store.permission import Right
from tests.store.sample import mail


@pytest.mark.requirement("MS-OXCSTOR", "R778")
@pytest.mark.requirement("MS-OXCSTOR", "R779")
@pytest.mark.requirement("MS-OXCSTOR", "R782")
def test_replicas_and_receive_folders_of_a_new_store(tmp_path: Path) -> None:
    guids = set()
    for name in ("a", "b"):
        with create_private(tmp_path / name, owner=f"{name}@b.test", user_id=5) as box:
            rows = box.file.execute("SELECT replid, guid FROM replicas ORDER BY replid").fetchall()
            assert rows[0] == (1, box.guid.bytes)
            guids.add(box.guid)
            table = dict(box.file.execute("SELECT message_class, folder_id FROM receive_folders").fetchall())
            assert table == {"": 13, "IPM": 13, "REPORT.IPM": 13, "IPC": 1}
    assert len(guids) == 2


def test_a_private_store_is_complete(path: Path) -> None:
    names = {13: "Posteingang", 0x0A: "Gesendete Objekte"}
    with create_private(
        path,
        owner="a@b.test",
        user_id=5,
        locale="de",
        names=names,
        property_names=[f"GUID={UUID(int=1)},{name}" for name in ("LID=1", "NAME=y", "LID=1")],
        limits=Limits(storage=10_000),
    ) as box:
        folders = {folder.folder_id: folder for folder in box.folders()}
        assert set(folders) == {row.folder_id for row in builtin.PRIVATE_FOLDERS}
        assert folders[13].name == "Posteingang"
        assert folders[0x17].name == "Junk Email"
        assert folders[0x14].hidden
        assert folders[3].is_search
        assert not any(folder.unsubscribed for folder in folders.values())
        assert box.subscriptions() == frozenset()
        assert len({folder.uid_validity for folder in folders.values()}) == len(folders)
        assert box.quota().storage_limit == 10_240
        assert box.rights("someone@b.test", 0x0F) == 0xC00
        assert (box.owner, box.owner_id, box.locale, box.is_public) == ("a@b.test", 5, "de", False)
        assert box.check() == []
    assert {each.name for each in path.iterdir()} >= {"exmdb", "cid", "config", "tmp"}
    assert [each.name for each in (path / "exmdb").iterdir()] == ["exchange.sqlite3"]
    assert (path / "exmdb" / "exchange.sqlite3").stat().st_mode & 0o777 == 0o660
    assert (path / "cid").stat().st_mode & 0o777 == 0o770
    rows = sqlite3.connect(path / "exmdb" / "exchange.sqlite3")
    assert rows.execute("SELECT propid, name_string FROM named_properties").fetchall() == [
        (0x8001, f"GUID={UUID(int=1)},LID=1"),
        (0x8002, f"GUID={UUID(int=1)},NAME=y"),
    ]
    assert rows.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    rows.close()


def test_a_public_store(path: Path) -> None:
    with create_public(path, domain="b.test", domain_id=3) as box:
        assert box.is_public
        assert [folder.name for folder in box.folders()] == [row.name for row in builtin.PUBLIC_FOLDERS]
        assert box.rights("anyone@b.test", 2) & Right.READ_ANY
        folder = box.create_folder(builtin.ipm_subtree(is_public=True), "Notices").folder_id
        box.append(folder, [mail()])
        assert box.check() == []


def test_nothing_is_overwritten_unless_asked(path: Path) -> None:
    with create_private(path, owner="a", user_id=1) as box:
        box.append(13, [mail()])
    with pytest.raises(errors.ExistsError):
        create_private(path, owner="a", user_id=1)
    with Mailbox.open(path) as box:
        assert box.folder(13).total == 1
        guid = box.guid
    with create_private(path, owner="a", user_id=1, force=True) as box:
        assert box.folder(13).total == 0
        assert box.guid != guid


def test_what_is_no_mailbox_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError):
        Mailbox.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    target = tmp_path / "m" / "exmdb" / "exchange.sqlite3"
    target.parent.mkdir(parents=True)
    target.write_bytes(b"not a database at all" * 100)
    with pytest.raises(errors.CorruptError):
        Mailbox.open(tmp_path / "m")
    target.unlink()
    foreign = sqlite3.connect(target)
    foreign.execute("CREATE TABLE messages (x)")
    foreign.close()
    with pytest.raises(errors.CorruptError):
        Mailbox.open(tmp_path / "m")
