from __future__ import annotations

from pathlib import Path

import pytest

from gromox.base.clock import ManualClock
from gromox.store import errors
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from tests.store.sample import mail

INBOX, SUBTREE = 13, 9


def test_names_are_unique_whatever_their_case_and_composition(mailbox: Mailbox) -> None:
    folder = mailbox.create_folder(SUBTREE, "Stra\u00dfe A\u0308")
    assert folder.name == "Stra\u00dfe \u00c4"
    assert mailbox.child(SUBTREE, "STRASSE \u00e4") == folder
    with pytest.raises(errors.ExistsError):
        mailbox.create_folder(SUBTREE, "strasse \u00c4")
    assert mailbox.create_folder(folder.folder_id, "Stra\u00dfe \u00c4").parent_id == folder.folder_id


@pytest.mark.parametrize("name", ["", "x" * 256, "a\r\nb", "\0"])
def test_impossible_names(mailbox: Mailbox, name: str) -> None:
    with pytest.raises(errors.InvalidNameError):
        mailbox.create_folder(SUBTREE, name)


def test_a_folder_moves_with_what_is_below(mailbox: Mailbox) -> None:
    a = mailbox.create_folder(SUBTREE, "a")
    b = mailbox.create_folder(a.folder_id, "b")
    mailbox.append(b.folder_id, [mail()])
    c = mailbox.create_folder(SUBTREE, "c")
    moved = mailbox.rename_folder(a.folder_id, parent_id=c.folder_id, name="A")
    assert (moved.parent_id, moved.name) == (c.folder_id, "A")
    assert moved.cn > a.cn
    assert mailbox.folder(b.folder_id).total == 1
    with pytest.raises(errors.InvalidNameError):
        mailbox.rename_folder(c.folder_id, parent_id=b.folder_id, name="loop")
    assert mailbox.rename_folder(a.folder_id, parent_id=c.folder_id, name="a").name == "a"


def test_builtin_folders_stay(mailbox: Mailbox) -> None:
    with pytest.raises(errors.ReservedError):
        mailbox.delete_folder(INBOX)
    with pytest.raises(errors.ReservedError):
        mailbox.rename_folder(INBOX, parent_id=SUBTREE, name="x")


def test_a_deleted_folder_is_gone_and_its_name_free(mailbox: Mailbox) -> None:
    a = mailbox.create_folder(SUBTREE, "a")
    b = mailbox.create_folder(a.folder_id, "b")
    mailbox.append(b.folder_id, [mail(), mail()])
    with pytest.raises(errors.HasChildrenError):
        mailbox.delete_folder(a.folder_id)
    mailbox.delete_folder(b.folder_id)
    with pytest.raises(errors.FolderGoneError):
        mailbox.view(b.folder_id)
    with pytest.raises(errors.FolderGoneError):
        mailbox.append(b.folder_id, [mail()])
    assert mailbox.quota().used == 0
    again = mailbox.create_folder(a.folder_id, "b")
    assert again.uid_validity != b.uid_validity
    assert mailbox.purge_softdeleted(before=2e9) == 2


def test_depth_is_bounded(mailbox: Mailbox) -> None:
    parent = SUBTREE
    while (depth := len(mailbox.folders())) < 29 + 99:
        parent = mailbox.create_folder(parent, str(depth)).folder_id
    with pytest.raises(errors.LimitError):
        mailbox.create_folder(parent, "too deep")


def test_subscription_and_recent(mailbox: Mailbox) -> None:
    folder = mailbox.create_folder(SUBTREE, "a").folder_id
    mailbox.subscribe("a", folder)
    assert (mailbox.subscriptions(), mailbox.folder(folder).unsubscribed) == (frozenset({"a"}), False)
    mailbox.unsubscribe(["A", "a"], folder)
    assert (mailbox.subscriptions(), mailbox.folder(folder).unsubscribed) == (frozenset(), True)
    mailbox.subscribe("a", folder)
    assert not mailbox.folder(folder).unsubscribed
    mailbox.append(folder, [mail(), mail()])
    assert mailbox.mark_recent_seen(folder) == 1
    mailbox.append(folder, [mail()])
    assert mailbox.mark_recent_seen(folder) == 3
    assert mailbox.mark_recent_seen(folder) == 4


def test_a_refusal_leaves_caches_alone(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail()])
    view = mailbox.view(INBOX)
    with pytest.raises(errors.ExistsError):
        mailbox.create_folder(SUBTREE, "Inbox")
    assert mailbox.view(INBOX) is view


def test_a_mailbox_that_is_made_anew_has_other_uid_validities(tmp_path: Path) -> None:
    """RFC 9051 2.3.1.1: the same names and UIDs, other messages, so a greater UIDVALIDITY."""
    clock = ManualClock()
    found: list[dict[str, int]] = []
    for _ in range(2):
        with create_private(tmp_path / "a", owner="a", user_id=1, clock=clock, force=True) as box:
            made = box.create_folder(SUBTREE, "made")
            found.append(
                {name: each.uid_validity for name, each in (("in", box.folder(INBOX)), ("made", made))}
            )
        clock.advance(1)
    before, after = found
    assert all(after[name] > before[name] for name in before)
    assert all(0 < validity < 1 << 32 for validity in after.values())
