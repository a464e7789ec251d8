"""What synchronisation relies on is checked and put right."""

from __future__ import annotations

import pytest

from gromox.store.mailbox import Mailbox
from gromox.store.session import StoreSession
from gromox.store.uidset import UidSet
from tests.store.sample import mail
from tests.support.replica import Replica, truth

INBOX, TRASH = 13, 11


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        ("UPDATE messages SET birth_cn = cn + 5", "born-after-change"),
        ("UPDATE folders SET birth_cn = cn + 5 WHERE folder_id = 13", "born-after-change"),
        ("UPDATE tombstones SET ids = x'0102'", "tombstone-damaged"),
        ("UPDATE transfers SET target_ids = x''", "transfer-damaged"),
        ("INSERT OR REPLACE INTO marks_seen VALUES (13, 99999999)", "marks-ahead"),
        ("INSERT INTO local_id_ranges VALUES (900000, 900009, 0)", "local-ids-ahead"),
    ],
)
def test_damage_is_found_and_repaired(
    mailbox: Mailbox, session: StoreSession, damage: str, kind: str
) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b"), mail("c")])
    replica = Replica(INBOX)
    replica.synchronise(session)
    mailbox.move(INBOX, UidSet.of([1]), TRASH)
    mailbox.file.execute(damage)
    assert kind in {problem.kind for problem in mailbox.check()}
    assert all(problem.repaired for problem in mailbox.repair())
    assert mailbox.check() == []
    replica.synchronise(session)
    assert replica.messages == truth(mailbox, INBOX)


def test_who_was_told_that_a_message_left_gets_it_again(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    mid = min(truth(mailbox, INBOX))
    replica = Replica(INBOX)
    replica.synchronise(session)
    ids = mid.to_bytes(8, "little")
    mailbox.file.execute(
        "INSERT INTO tombstones VALUES (13, (SELECT change_number FROM counters), 0, 0, 0, ?, NULL)", (ids,)
    )
    assert "buried-alive" in {problem.kind for problem in mailbox.check()}
    mailbox.repair()
    assert mailbox.check() == []
    replica.synchronise(session)
    assert replica.messages == truth(mailbox, INBOX)
