"""Search folders: criteria, filling, following, counters."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.mapi import tags
from gromox.mapi.restriction import Content, Exist, FuzzyHigh, FuzzyLow, Not, Property, RelOp, Restriction
from gromox.mapi.restrictioncodec import MAX_DEPTH
from gromox.store import hierarchy
from gromox.store.builtin import FolderKind
from gromox.store.create import create_private
from gromox.store.errors import DeniedError, FolderGoneError, InvalidValueError, LimitError
from gromox.store.flags import NO_FLAGS, Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.match import criteria
from gromox.store.match.criteria import SearchFlag, SearchStatus
from gromox.store.match.populate import populate
from gromox.store.model import NewMail
from gromox.store.permission import Right
from gromox.store.session import Actor, StoreSession
from gromox.store.table.model import RowChange
from gromox.store.uidset import UidSet
from tests.store.session.conftest import OpenSession, open_session, path, store_server

__all__ = ["open_session", "path", "store_server"]

INBOX, TRASH, FINDER, TOP = 13, 11, 5, 9
OWNER = "alice@example.test"
BOB = Actor("bob@example.test")


def has(word: str) -> Restriction:
    return Content(tags.PidTagSubject, tags.PidTagSubject, word, FuzzyLow.SUBSTRING, FuzzyHigh.IGNORE_CASE)


UNREAD = Property(RelOp.EQUAL, tags.PidTagRead, tags.PidTagRead, value=False)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    mailbox = create_private(tmp_path / "alice", owner=OWNER, user_id=7, clock=ManualClock(), ids=SeededIds())
    yield mailbox
    assert mailbox.check() == []
    mailbox.close()


@pytest.fixture
def mailbox(box: Mailbox) -> Mailbox:
    return box


@pytest.fixture
def session(open_session: OpenSession) -> StoreSession:
    return open_session(Actor(OWNER))


@pytest.fixture
def folder(box: Mailbox) -> int:
    return hierarchy.create(box.file, FINDER, "found", container_class="", kind=FolderKind.SEARCH).folder_id


def mail(subject: str, flags: Flag = NO_FLAGS) -> NewMail:
    return NewMail(f"From: a@b.test\r\nSubject: {subject}\r\n\r\nText\r\n".encode(), flags)


def shown(session: StoreSession, folder: int) -> list[str]:
    handle = session.open_contents_table(folder).handle
    session.table_set_columns(handle, (tags.PidTagSubject,))
    rows = session.table_query_rows(handle, 1000).rows
    session.close_handle(handle)
    return sorted(str(row[0]) for row in rows)


def counters(box: Mailbox, folder: int) -> tuple[int, int]:
    record = box.folder(folder)
    return record.total, record.unread


@pytest.mark.requirement("MS-OXCFOLD", "R515")
@pytest.mark.requirement("MS-OXCFOLD", "R518")
@pytest.mark.requirement("MS-OXCFOLD", "R519")
@pytest.mark.requirement("MS-OXCFOLD", "R552")
@pytest.mark.requirement("MS-OXCFOLD", "R766")
@pytest.mark.requirement("MS-OXCFOLD", "R772")
@pytest.mark.requirement("MS-OXCFOLD", "R1201")
def test_a_search_finds_what_is_there(session: StoreSession, box: Mailbox, folder: int) -> None:
    box.append(INBOX, [mail("apple"), mail("pear", Flag.SEEN), mail("apple pie", Flag.SEEN)])
    box.append(TRASH, [mail("apple, thrown away")])
    session.set_search_criteria(folder, has("apple"), (INBOX,))
    assert shown(session, folder) == ["apple", "apple pie"]
    assert counters(box, folder) == (2, 1)
    session.set_search_criteria(folder, has("pear"), (INBOX, TRASH))
    assert shown(session, folder) == ["pear"]
    assert counters(box, folder) == (1, 0)


@pytest.mark.requirement("MS-OXCFOLD", "R1095")
@pytest.mark.requirement("MS-OXCFOLD", "R1096")
@pytest.mark.requirement("MS-OXCFOLD", "R1097")
def test_a_dynamic_search_follows(session: StoreSession, box: Mailbox, folder: int) -> None:
    session.set_search_criteria(folder, UNREAD, (INBOX, TRASH))
    box.append(INBOX, [mail("a"), mail("b"), mail("seen", Flag.SEEN)])
    box.deliver(mail("c"), token="one")
    assert shown(session, folder) == ["a", "b", "c"]
    box.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert shown(session, folder) == ["b", "c"]
    box.set_flags(INBOX, UidSet.of([3]), FlagChange(FlagOperation.REMOVE, Flag.SEEN))
    box.move(INBOX, UidSet.of([2]), TRASH)
    assert shown(session, folder) == ["b", "c", "seen"]
    box.copy(TRASH, UidSet.of([1]), INBOX)
    assert shown(session, folder) == ["b", "b", "c", "seen"]
    box.move(INBOX, UidSet.of([3]), 14)
    box.delete_messages(TRASH, UidSet.everything())
    assert shown(session, folder) == ["b", "c"]
    assert counters(box, folder) == (2, 2)


@pytest.mark.requirement("MS-OXCFOLD", "R1084")
@pytest.mark.requirement("MS-OXCFOLD", "R549")
@pytest.mark.requirement("MS-OXCFOLD", "R1093")
@pytest.mark.requirement("MS-OXCFOLD", "R551")
@pytest.mark.requirement("MS-OXCFOLD", "R784")
@pytest.mark.requirement("MS-OXCFOLD", "R105")
@pytest.mark.requirement("MS-OXCFOLD", "R109")
def test_a_static_search_is_made_once(session: StoreSession, box: Mailbox, folder: int) -> None:
    box.append(INBOX, [mail("a"), mail("b")])
    session.set_search_criteria(folder, UNREAD, (INBOX,), SearchFlag.STATIC)
    box.append(INBOX, [mail("new")])
    box.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert shown(session, folder) == ["a", "b"]
    assert counters(box, folder) == (2, 1)
    box.delete_messages(INBOX, UidSet.of([2]))
    assert shown(session, folder) == ["a"]
    session.set_search_criteria(folder, flags=SearchFlag.STATIC | SearchFlag.RESTART)
    assert shown(session, folder) == ["new"]
    assert session.search_criteria(folder).status & SearchStatus.STATIC


@pytest.mark.requirement("MS-OXCFOLD", "R770")
@pytest.mark.requirement("MS-OXCFOLD", "R789")
def test_a_recursive_search_follows_folders_too(session: StoreSession, box: Mailbox, folder: int) -> None:
    inside = box.create_folder(INBOX, "inside").folder_id
    box.append(inside, [mail("apple one")])
    outside = box.create_folder(TOP, "outside").folder_id
    box.append(outside, [mail("apple two")])
    session.set_search_criteria(folder, has("apple"), (INBOX,), SearchFlag.RECURSIVE)
    assert shown(session, folder) == ["apple one"]
    box.rename_folder(outside, parent_id=inside, name="outside")
    assert session.search_criteria(folder).status & SearchStatus.RUNNING
    while session.continue_search(folder):
        pass
    assert shown(session, folder) == ["apple one", "apple two"]
    deeper = box.create_folder(outside, "deeper").folder_id
    box.append(deeper, [mail("apple three")])
    assert shown(session, folder) == ["apple one", "apple three", "apple two"]
    while session.continue_search(folder):
        pass
    box.rename_folder(outside, parent_id=TOP, name="out again")
    assert shown(session, folder) == ["apple one"]
    assert counters(box, folder) == (1, 1)
    box.delete_folder(inside)
    assert shown(session, folder) == []
    assert counters(box, folder) == (0, 0)


@pytest.mark.requirement("MS-OXCFOLD", "R121")
@pytest.mark.requirement("MS-OXCFOLD", "R137")
@pytest.mark.requirement("MS-OXCFOLD", "R140")
@pytest.mark.requirement("MS-OXCFOLD", "R785")
@pytest.mark.requirement("MS-OXCFOLD", "R793")
@pytest.mark.requirement("MS-OXCFOLD", "R526")
def test_what_a_search_folder_looks_for(session: StoreSession, box: Mailbox, folder: int) -> None:
    with pytest.raises(InvalidValueError):
        session.search_criteria(folder)
    box.append(INBOX, [mail("a")])
    session.set_search_criteria(folder, has("a"), (TRASH, INBOX), SearchFlag.BACKGROUND)
    found = session.search_criteria(folder)
    assert (found.restriction, found.folder_ids) == (has("a"), (TRASH, INBOX))
    assert found.status & SearchStatus.RUNNING
    assert not found.status & SearchStatus.COMPLETE
    assert shown(session, folder) == []
    while populate(box.file):
        pass
    assert session.search_criteria(folder).status & SearchStatus.COMPLETE
    assert shown(session, folder) == ["a"]


@pytest.mark.requirement("MS-OXCFOLD", "R673")
@pytest.mark.requirement("MS-OXCFOLD", "R1098")
def test_stopping(session: StoreSession, box: Mailbox, folder: int) -> None:
    box.append(INBOX, [mail("a")])
    session.set_search_criteria(folder, has("a"), (INBOX,))
    session.set_search_criteria(folder, flags=SearchFlag.STOP)
    box.append(INBOX, [mail("another a")])
    assert shown(session, folder) == ["a", "another a"]
    session.set_search_criteria(folder, flags=SearchFlag.RESTART | SearchFlag.BACKGROUND)
    session.set_search_criteria(folder, flags=SearchFlag.STOP)
    box.append(INBOX, [mail("a third")])
    assert not session.continue_search(folder)
    assert shown(session, folder) == []
    assert not session.search_criteria(folder).status & (SearchStatus.RUNNING | SearchStatus.COMPLETE)


@pytest.mark.requirement("MS-OXCFOLD", "R106")
@pytest.mark.requirement("MS-OXCFOLD", "R110")
@pytest.mark.requirement("MS-OXCFOLD", "R765")
@pytest.mark.requirement("MS-OXCFOLD", "R771")
@pytest.mark.requirement("MS-OXCFOLD", "R1204")
@pytest.mark.parametrize(
    ("restriction", "folder_ids", "flags"),
    [
        (None, (INBOX,), 0),
        (UNREAD, (), 0),
        (UNREAD, (INBOX,), SearchFlag.STOP | SearchFlag.RESTART),
        (UNREAD, (INBOX,), SearchFlag.RECURSIVE | SearchFlag.SHALLOW),
        (UNREAD, (INBOX,), SearchFlag.CONTENT_INDEXED | SearchFlag.NON_CONTENT_INDEXED),
        (UNREAD, (INBOX,), 0x8000),
        (UNREAD, (3,), 0),
    ],
)
def test_what_makes_no_sense_is_refused(
    session: StoreSession,
    folder: int,
    restriction: Restriction | None,
    folder_ids: tuple[int, ...],
    flags: int,
) -> None:
    with pytest.raises(InvalidValueError):
        session.set_search_criteria(folder, restriction, folder_ids, flags)


def test_bounds_and_rights(session: StoreSession, box: Mailbox, folder: int) -> None:
    with pytest.raises(InvalidValueError):
        session.set_search_criteria(INBOX, UNREAD, (TRASH,))
    with pytest.raises(FolderGoneError):
        session.set_search_criteria(folder, UNREAD, (99,))
    deep: Restriction = UNREAD
    for _ in range(MAX_DEPTH):
        deep = Not(deep)
    with pytest.raises(LimitError):
        session.set_search_criteria(folder, deep, (INBOX,))
    long = Property(RelOp.EQUAL, tags.PidTagSubject, tags.PidTagSubject, "x" * criteria.MAX_CRITERIA)
    with pytest.raises(LimitError):
        session.set_search_criteria(folder, long, (INBOX,))
    bob = StoreSession.of(box, BOB)
    with pytest.raises(FolderGoneError):
        bob.set_search_criteria(folder, UNREAD, (INBOX,))
    box.set_rights(folder, BOB.username, Right.VISIBLE)
    with pytest.raises(DeniedError):
        bob.search_criteria(folder)
    box.set_rights(folder, BOB.username, Right.OWNER)
    box.set_rights(INBOX, BOB.username, Right.VISIBLE)
    with pytest.raises(DeniedError):
        bob.set_search_criteria(folder, UNREAD, (INBOX,))


def test_only_members_that_may_be_read_are_shown(session: StoreSession, box: Mailbox, folder: int) -> None:
    box.append(INBOX, [mail("secret")])
    box.append(TRASH, [mail("public")])
    session.set_search_criteria(folder, UNREAD, (INBOX, TRASH))
    box.set_rights(folder, BOB.username, Right.VISIBLE | Right.READ_ANY)
    box.set_rights(TRASH, BOB.username, Right.VISIBLE | Right.READ_ANY)
    bob = StoreSession.of(box, BOB)
    assert bob.open_contents_table(folder).row_count == 1
    assert shown(bob, folder) == ["public"]


def test_a_deleted_search_folder_is_forgotten(session: StoreSession, box: Mailbox, folder: int) -> None:
    session.set_search_criteria(folder, UNREAD, (INBOX,))
    box.append(INBOX, [mail("a")])
    box.delete_folder(folder)
    assert box.file.searches.folders == frozenset()
    box.append(INBOX, [mail("b")])


def test_another_process_follows_too(
    session: StoreSession, box: Mailbox, folder: int, tmp_path: Path
) -> None:
    with Mailbox.open(tmp_path / "alice") as other:
        other.append(INBOX, [mail("a")])
        session.set_search_criteria(folder, UNREAD, (INBOX,))
        other.append(INBOX, [mail("b")])
        assert shown(session, folder) == ["a", "b"]


def test_its_table_tells_changes(session: StoreSession, box: Mailbox, folder: int) -> None:
    session.set_search_criteria(folder, UNREAD, (INBOX,))
    handle = session.open_contents_table(folder).handle
    session.table_changes(handle)
    box.append(TRASH, [mail("elsewhere")])
    assert session.table_changes(handle).events == ()
    box.append(INBOX, [mail("a")])
    (event,) = session.table_changes(handle).events
    assert event.change is RowChange.TABLE_CHANGED


def test_filling_leaves_alone_what_changed_meanwhile(
    session: StoreSession, box: Mailbox, folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that ceases to match between the search and the transaction is no member."""
    box.append(INBOX, [mail("a"), mail("b")])
    session.set_search_criteria(folder, UNREAD, (INBOX,), SearchFlag.BACKGROUND)
    begin = box.file.write
    with Mailbox.open(tmp_path / "alice") as other:

        def write(**how: Any) -> object:  # noqa: ANN401 - as declared
            monkeypatch.undo()
            other.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
            return begin(**how)

        monkeypatch.setattr(box.file, "write", write)
        assert not populate(box.file)
    assert shown(session, folder) == ["b"]


def test_check_and_repair(session: StoreSession, box: Mailbox, folder: int) -> None:
    box.append(INBOX, [mail("a"), mail("b", Flag.SEEN), mail("c")])
    session.set_search_criteria(folder, UNREAD, (INBOX,))
    file = box.file
    with file.write(durable=True) as tx:
        tx.next_cn()
        file.execute("DELETE FROM search_members WHERE mid = (SELECT min(mid) FROM search_members)")
        file.execute("INSERT INTO search_members (folder_id, mid) VALUES (?, 77)", (folder,))
        file.execute("INSERT INTO search_members (folder_id, mid) VALUES (99, 77)")
    assert {problem.kind for problem in box.check()} == {"search-orphan", "search-members", "folder-counter"}
    assert all(problem.repaired for problem in box.repair())
    while populate(file):
        pass
    assert shown(session, folder) == ["a", "c"]
    with file.write(durable=True) as tx:
        tx.next_cn()
        file.execute("UPDATE search_folders SET criteria = x'ff'")
    assert "search-criteria" in {problem.kind for problem in box.check()}
    with Mailbox.open(box.path) as other:  # which works all the same
        other.append(INBOX, [mail("d")])
    box.repair()


def random_step(source: random.Random, box: Mailbox, folders: list[int]) -> Callable[[], object]:
    here, there = source.choice(folders), source.choice(folders)
    uids = list(box.view(here).uids())
    some = UidSet.of(source.sample(uids, min(len(uids), source.randrange(1, 4))))
    flags = source.choice((Flag.SEEN, Flag.FLAGGED))
    operation = source.choice((FlagOperation.ADD, FlagOperation.REMOVE))
    return source.choice(
        (
            lambda: box.append(
                here, [mail(source.choice(("apple", "pear")), source.choice((NO_FLAGS, flags)))]
            ),
            lambda: box.set_flags(here, some, FlagChange(operation, flags)),
            lambda: box.move(here, some, there),
            lambda: box.copy(here, some, there),
            lambda: box.delete_messages(here, some),
            lambda: populate(box.file),
        )
    )


def test_whatever_happens_members_are_right(session: StoreSession, box: Mailbox) -> None:
    """The fixture's check compares members with a search from scratch."""
    source = random.Random(11)  # noqa: S311 - repeatable
    inside = box.create_folder(INBOX, "inside").folder_id
    folders = [INBOX, TRASH, inside]
    wanted = (UNREAD, has("apple"), Not(has("apple")), Exist(tags.PidTagClientSubmitTime))
    for number, restriction in enumerate(wanted):
        search = hierarchy.create(
            box.file, FINDER, f"search {number}", container_class="", kind=FolderKind.SEARCH
        ).folder_id
        flags = (SearchFlag.BACKGROUND | SearchFlag.RECURSIVE) if number % 2 else SearchFlag(0)
        session.set_search_criteria(search, restriction, (INBOX, TRASH) if number < 3 else (INBOX,), flags)
    for _ in range(120):
        random_step(source, box, folders)()
    while populate(box.file):
        pass
