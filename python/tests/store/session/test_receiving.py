"""Receive folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.store.create import create_private, create_public
from gromox.store.errors import (
    DeniedError,
    FolderGoneError,
    InvalidValueError,
    LimitError,
    UnsupportedError,
)
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, Actor, StoreSession
from gromox.store.session.receiving import MAX_CLASSES

INBOX, TASKS, ROOT = 13, 18, 1


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_private(tmp_path / "alice", owner="alice@example.test", user_id=7) as box:
        yield box


@pytest.fixture
def session(mailbox: Mailbox) -> StoreSession:
    return StoreSession.of(mailbox, SYSTEM)


@pytest.mark.requirement("MS-OXCMSG", "R1605")
@pytest.mark.requirement("MS-OXCSTOR", "R847")
@pytest.mark.requirement("MS-OXCSTOR", "R851")
@pytest.mark.requirement("MS-OXCSTOR", "R1224")
@pytest.mark.requirement("MS-OXCSTOR", "R201")
def test_the_longest_prefix_counts_whatever_its_case(session: StoreSession) -> None:
    session.set_receive_folder("IPM.Task", TASKS)

    assert session.receive_folder("ipm.TASK.Request") == ("IPM.Task", TASKS)
    assert session.receive_folder("IPM.TaskRequest") == ("IPM", INBOX)
    assert session.receive_folder("REPORT.IPM.Note.NDR") == ("REPORT.IPM", INBOX)
    assert session.receive_folder("ipc") == ("IPC", ROOT)
    assert session.receive_folder("Foreign") == ("", INBOX)


@pytest.mark.requirement("MS-OXCSTOR", "R862")
@pytest.mark.requirement("MS-OXCSTOR", "R867")
@pytest.mark.requirement("MS-OXCSTOR", "R876")
@pytest.mark.requirement("MS-OXCSTOR", "R1030")
def test_rows_are_set_replaced_and_removed(session: StoreSession) -> None:
    session.set_receive_folder("IPM.Task", TASKS)
    session.set_receive_folder("ipm.task", INBOX)
    rows = {row.message_class: row.folder_id for row in session.receive_folders()}
    assert rows == {"": INBOX, "IPC": ROOT, "IPM": INBOX, "IPM.Task": INBOX, "REPORT.IPM": INBOX}
    assert all(row.modified_time for row in session.receive_folders())
    session.set_receive_folder("IPM.TASK", None)
    assert len(session.receive_folders()) == 4


@pytest.mark.requirement("MS-OXCSTOR", "R852")
@pytest.mark.requirement("MS-OXCSTOR", "R1223")
def test_without_any_row_it_is_the_inbox(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.file.execute("DELETE FROM receive_folders")
    assert session.receive_folder("IPM.Note") == ("", INBOX)


@pytest.mark.requirement("MS-OXCSTOR", "R59784")
@pytest.mark.requirement("MS-OXCSTOR", "R59785")
@pytest.mark.requirement("MS-OXCSTOR", "R858")
@pytest.mark.requirement("MS-OXCSTOR", "R845")
@pytest.mark.requirement("MS-OXCSTOR", "R202")
@pytest.mark.requirement("MS-OXCSTOR", "R203")
@pytest.mark.requirement("MS-OXCSTOR", "R204")
@pytest.mark.requirement("MS-OXCSTOR", "R205")
@pytest.mark.requirement("MS-OXCSTOR", "R206")
@pytest.mark.requirement("MS-OXCSTOR", "R207")
@pytest.mark.requirement("MS-OXCSTOR", "R254")
@pytest.mark.requirement("MS-OXCSTOR", "R255")
@pytest.mark.requirement("MS-OXCSTOR", "R256")
@pytest.mark.requirement("MS-OXCSTOR", "R257")
@pytest.mark.requirement("MS-OXCSTOR", "R258")
@pytest.mark.requirement("MS-OXCSTOR", "R259")
@pytest.mark.parametrize("name", [".IPM", "IPM.", "IPM..Note", "IPM\x1f", "IPM\x7f", "Übung", "x" * 255])
def test_what_is_no_message_class(session: StoreSession, name: str) -> None:
    with pytest.raises(InvalidValueError):
        session.receive_folder(name)
    with pytest.raises(InvalidValueError):
        session.set_receive_folder(name, INBOX)


@pytest.mark.requirement("MS-OXCSTOR", "R871")
@pytest.mark.requirement("MS-OXCSTOR", "R859")
@pytest.mark.requirement("MS-OXCSTOR", "R860")
def test_what_is_fixed(session: StoreSession) -> None:
    for name in ("ipm", "Report.IPM"):
        with pytest.raises(DeniedError):
            session.set_receive_folder(name, TASKS)
    with pytest.raises(InvalidValueError):
        session.set_receive_folder("", None)
    with pytest.raises(FolderGoneError):
        session.set_receive_folder("IPM.Task", 0xFFFF)


@pytest.mark.requirement("MS-OXCSTOR", "R59782")
@pytest.mark.requirement("MS-OXCSTOR", "R59783")
@pytest.mark.requirement("MS-OXCSTOR", "R855")
@pytest.mark.requirement("MS-OXCSTOR", "R856")
@pytest.mark.requirement("MS-OXCSTOR", "R874")
@pytest.mark.requirement("MS-OXCSTOR", "R875")
@pytest.mark.requirement("MS-OXCSTOR", "R198")
@pytest.mark.requirement("MS-OXCSTOR", "R249")
def test_public_stores_have_none(tmp_path: Path) -> None:
    with create_public(tmp_path / "public", domain="example.test", domain_id=3) as box:
        session = StoreSession.of(box, SYSTEM)
        with pytest.raises(UnsupportedError):
            session.receive_folder("IPM")
        with pytest.raises(UnsupportedError):
            session.receive_folders()
        with pytest.raises(UnsupportedError):
            session.set_receive_folder("IPM.Task", 2)


def test_rights_and_bounds(mailbox: Mailbox, session: StoreSession) -> None:
    with pytest.raises(DeniedError):
        StoreSession.of(mailbox, Actor("bob@example.test")).set_receive_folder("IPM.Task", TASKS)
    with pytest.raises(LimitError):  # noqa: PT012 - the table fills up
        for number in range(MAX_CLASSES + 1):
            session.set_receive_folder(f"IPM.C{number}", TASKS)
