from __future__ import annotations

from pathlib import Path

import pytest

from gromox.store.flags import Flag
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.uidset import UidSet
from tests.store.sample import mail

INBOX = 13


@pytest.fixture
def damaged(path: Path) -> Mailbox:
    box = create_private(path, owner="a", user_id=1)
    box.append(INBOX, [mail(str(n), Flag.SEEN if n % 2 else Flag(0), "k") for n in range(10)])
    box.copy(INBOX, UidSet([(1, 3)]), 11)
    box.delete_messages(INBOX, UidSet([(4, 4)]))
    assert box.check() == []
    return box


@pytest.mark.parametrize(
    ("statement", "kind", "repairable"),
    [
        ("UPDATE folders SET total = 77 WHERE folder_id = 13", "folder-counter", True),
        ("UPDATE folders SET unread = unread + 1", "folder-counter", True),
        ("UPDATE counters SET normal_size = 5, message_count = 0", "mailbox-counter", True),
        ("UPDATE counters SET next_object_id = 3", "mailbox-counter", True),
        ("DELETE FROM flag_blocks WHERE folder_id = 13", "block-members", True),
        ("DELETE FROM messages WHERE uid = 2 AND folder_id = 13", "block-members", True),
        ("INSERT INTO headers VALUES (13, 99, x'')", "row-orphan", True),
        ("INSERT INTO headers VALUES (4711, 99, x'')", "row-orphan", True),
        ("DELETE FROM structures WHERE uid = 2", "row-missing", True),
        ("UPDATE fetch_rows SET size = 1 WHERE uid = 5", "row-mismatch", True),
        ("DELETE FROM content_shares", "content-references", True),
        ("INSERT INTO contents VALUES (999, 1, 0, NULL, x'00')", "content-orphan", True),
        ("DELETE FROM contents WHERE content_id = 5", "content-missing", False),
    ],
)
def test_damage_is_found_and_repaired(
    damaged: Mailbox, statement: str, kind: str, *, repairable: bool
) -> None:
    damaged._file.execute(statement)
    damaged._file.forget()
    found = damaged.check()
    assert kind in {problem.kind for problem in found}
    repaired = damaged.repair()
    assert {problem.kind for problem in repaired} == {problem.kind for problem in found}
    assert all(problem.repaired for problem in repaired if problem.kind == kind) == repairable
    assert (damaged.check() == []) == repairable
    flags = damaged.view(INBOX).flags_of(6)
    if "flag_blocks" not in statement:
        assert flags is not None
        assert flags[:2] == (Flag.SEEN, ("k",))
    damaged.close()


def test_nothing_to_repair(damaged: Mailbox) -> None:
    number = damaged.change_number()
    assert damaged.repair() == []
    assert damaged.change_number() == number
    damaged.vacuum()
    assert damaged.check() == []
    damaged.close()
