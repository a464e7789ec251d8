"""Maildrops: many messages, unique-ids that stay, several sessions and other protocols at the same time."""

from __future__ import annotations

import re
import shutil
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from gromox.base.wire import Produce, Send
from gromox.mapi import tags
from gromox.pop3.core import MAX_ANSWERED
from gromox.pop3.maildrop import STEP, Maildrop
from gromox.store.builtin import INBOX
from gromox.store.create import create_private
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.uidset import UidSet

from tests.pop3.test_core import LOGIN, left, logged_in
from tests.store.item.items import attachment, note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.base.wire import Action

    from tests.support.drive import Connect, Dialogue
    from tests.support.house import House

SHARED = {"pop3_shared_maildrop": "yes"}
DELETED = FlagChange(FlagOperation.ADD, Flag.DELETED)


def fill(house: House, count: int) -> None:
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(b"Subject: %d\r\n\r\nx\r\n" % number) for number in range(count)])


def add_items(house: House) -> None:
    """Put items into the inbox that were not born as mails."""
    with house.mailbox("alice") as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        letter = note("A letter")
        letter.attachments.append(attachment("figures.bin", bytes(range(256)) * 40))
        session.create_message(INBOX, letter)
        session.create_message(INBOX, note("Über alles"))


def sent(actions: Sequence[Action]) -> bytes:
    pieces = [piece for action in actions if isinstance(action, Send) for piece in action.pieces]
    return b"".join([piece for piece in pieces if isinstance(piece, bytes)])


def unique_ids(connect: Connect) -> dict[int, bytes]:
    dialogue = logged_in(connect)
    lines = dialogue.ask(b"UIDL\r\nQUIT\r\n").splitlines()
    return {int(number): name for number, _, name in (line.partition(b" ") for line in lines[1:-2])}


# -- many messages


def test_of_each_message_a_few_octets_are_kept(connect: Connect, house: House) -> None:
    count = 20_000
    fill(house, count)
    logged_in(connect).ask(b"QUIT\r\n")  # the view of the folder is shared by all sessions of the process
    tracemalloc.start()
    dialogue = logged_in(connect)
    dialogue.ask(b"".join(b"DELE %d\r\n" % number for number in range(1, count + 1)))
    dialogue.ask(b"STAT\r\n")
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert dialogue.ask(b"STAT\r\n").startswith(b"+OK 3 ")
    assert kept < 12 * count + 200_000


def test_pipelined_commands_are_answered_as_the_peer_takes_the_answers(
    connect: Connect, house: House
) -> None:
    mail = b"Subject: large\r\n\r\n" + b"x" * 76 * 2000
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(mail)])
    dialogue = logged_in(connect)
    pending = b"RETR 4\r\n" * 200 + b"UIDL\r\n" * 5 + b"NOOP\r\n"
    answered = rounds = 0
    actions = list(dialogue.core.receive(pending))
    while actions and isinstance(actions[-1], Produce):
        octets = len(sent(actions))
        assert octets <= MAX_ANSWERED + len(mail) + 100
        answered += octets
        rounds += 1
        assert list(actions[-1].steps) == []
        actions = list(dialogue.core.proceed())
    assert rounds > 200 * len(mail) // MAX_ANSWERED - 1
    assert answered > 190 * len(mail)
    assert sent(actions).endswith(b"+OK nothing to do\r\n")


def test_many_messages_are_removed_in_steps(connect: Connect, house: House) -> None:
    fill(house, 2 * STEP)
    dialogue = logged_in(connect)
    dialogue.ask(b"".join(b"DELE %d\r\n" % number for number in range(2, 2 * STEP + 4)))
    (action,) = dialogue.core.receive(b"QUIT\r\n")
    assert isinstance(action, Produce)
    assert [list(pieces) for pieces in action.steps] == [[], [], []]
    assert left(house) == 1
    dialogue._do(dialogue.core.proceed())
    assert dialogue.read() == b"+OK goodbye, 1 messages left\r\n"
    assert dialogue.closed


def test_many_removals_that_are_not_durable_are_not_acknowledged(connect: Connect, house: House) -> None:
    fill(house, STEP)
    dialogue = connect(fail_sync=lambda: OSError("broken"))
    dialogue.ask(LOGIN + b"".join(b"DELE %d\r\n" % number for number in range(1, STEP + 4)))
    assert dialogue.ask(b"QUIT\r\n").startswith(b"-ERR [SYS/TEMP]")
    assert dialogue.closed


def test_what_could_not_be_removed_stays(connect: Connect, house: House) -> None:
    """RFC 1939 section 6: then some or none are removed, and the answer is negative."""
    fill(house, STEP)
    dialogue = logged_in(connect)
    dialogue.ask(b"".join(b"DELE %d\r\n" % number for number in range(1, STEP + 4)))
    (action,) = dialogue.core.receive(b"QUIT\r\n")
    assert isinstance(action, Produce)
    assert list(next(action.steps)) == []
    with house.mailbox("alice") as mailbox:
        mailbox.set_frozen(is_frozen=True)
    assert list(action.steps) == []
    dialogue._do(dialogue.core.proceed())
    assert dialogue.read() == b"-ERR [SYS/TEMP] the mailbox is busy\r\n"
    with house.mailbox("alice") as mailbox:
        mailbox.set_frozen(is_frozen=False)
    assert left(house) == 3
    logged_in(connect)  # the maildrop is free again


# -- sizes


def test_sizes_are_those_of_the_mails_that_come(connect: Connect, house: House) -> None:
    add_items(house)
    dialogue = logged_in(connect)
    stat = dialogue.ask(b"STAT\r\n")
    sizes = [int(line.split()[1]) for line in dialogue.ask(b"LIST\r\n").splitlines()[1:-1]]
    for number, size in enumerate(sizes, 1):
        answer = dialogue.ask(b"RETR %d\r\n" % number)
        assert answer.startswith(b"+OK %d octets\r\n" % size)
        assert dialogue.ask(b"LIST %d\r\n" % number) == b"+OK %d %d\r\n" % (number, size)
    assert stat == b"+OK 5 %d\r\n" % sum(sizes)
    dialogue.ask(b"DELE 4\r\n")
    assert dialogue.ask(b"STAT\r\n") == b"+OK 4 %d\r\n" % (sum(sizes) - sizes[3])
    assert dialogue.ask(b"RSET\r\nSTAT\r\n").endswith(stat)


# -- unique-ids


def test_unique_ids_outlive_everything(connect: Connect, house: House) -> None:
    """RFC 1939 section 7: they persist across sessions, whatever is done to the mailbox as a whole."""
    fill(house, 5)
    add_items(house)
    place = house.root / "alice"
    first = unique_ids(connect)
    assert len(set(first.values())) == 10
    assert all(re.fullmatch(rb"[!-~]{1,70}", each) for each in first.values())

    with house.mailbox("alice") as mailbox:  # another process: a restart
        mailbox.keep_derived()
        mailbox.rebuild_text_index()
        mailbox.recalculate_sizes()
        mailbox.renumber()
        assert mailbox.repair() == []
        mailbox.set_flags(INBOX, UidSet.everything(), FlagChange(FlagOperation.ADD, Flag.SEEN))
        mailbox.set_locale("de", {INBOX: "Posteingang"})
        mailbox.purge_softdeleted(before=house.clock.now())
    assert unique_ids(connect) == first
    with house.mailbox("alice") as mailbox:
        mailbox.vacuum()
    # To another disk: a copy of the directory.
    shutil.copytree(place, house.root / "moved")
    with Mailbox.open(house.root / "moved") as mailbox:
        maildrop = Maildrop(mailbox)
        assert [maildrop.unique_id(number).encode() for number in first] == list(first.values())
    # What comes later, from wherever, gets others.
    with house.mailbox("alice") as mailbox:
        mailbox.move(INBOX, UidSet.of([1]), 0x0B)
        mailbox.move(0x0B, UidSet.everything(), INBOX)
        mailbox.copy(INBOX, UidSet.of([2]), INBOX)
    later = list(unique_ids(connect).values())
    assert later[:9] == list(first.values())[1:]
    assert not set(later[9:]) & set(first.values())


def test_a_mailbox_that_is_made_anew_has_other_unique_ids(tmp_path: Path) -> None:
    def ids(name: str) -> set[str]:
        with create_private(tmp_path / name, owner="alice@example.test", user_id=7) as mailbox:
            mailbox.append(INBOX, [NewMail(b"x\r\n")] * 3)
            maildrop = Maildrop(mailbox)
            return {maildrop.unique_id(number) for number in (1, 2, 3)}

    assert not ids("alice") & ids("again")


def test_after_a_backup_was_restored_all_unique_ids_are_others(connect: Connect, house: House) -> None:
    fill(house, 3)
    before = unique_ids(connect)
    with house.mailbox("alice") as mailbox:
        mailbox.renew_uid_validity()
    after = unique_ids(connect)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_an_item_that_was_edited_is_another_message(connect: Connect, house: House) -> None:
    add_items(house)
    before = unique_ids(connect)
    with house.mailbox("alice") as mailbox:
        session = StoreSession.of(mailbox, SYSTEM)
        mid = session.create_message(INBOX, note("Draft")).mid
        dialogue = logged_in(connect)
        shown = dialogue.ask(b"UIDL 6\r\n")
        dialogue.hang_up()
        session.set_message_properties(mid, {tags.PidTagSubject: "Final"})
    after = unique_ids(connect)
    assert {number: after[number] for number in before} == before
    assert after[6] not in shown


# -- several sessions


def expunge(house: House, *numbers: int) -> None:
    """Do what an IMAP client does to some messages of the inbox."""
    with house.mailbox("alice") as mailbox:
        view = mailbox.view(INBOX)
        uids = UidSet.of([view.uids(number, number)[0] for number in numbers])
        mailbox.set_flags(INBOX, uids, DELETED)
        mailbox.expunge(INBOX, uids)


@pytest.mark.parametrize("settings", [{}, SHARED], ids=["exclusive", "shared"])
def test_imap_expunges_meanwhile(connect: Connect, house: House, settings: dict[str, str]) -> None:
    dialogue = connect(**settings)
    dialogue.ask(LOGIN)
    listed = dialogue.ask(b"UIDL\r\nLIST\r\nSTAT\r\n")
    expunge(house, 2)
    fill(house, 1)

    assert dialogue.ask(b"UIDL\r\nLIST\r\nSTAT\r\n") == listed
    assert b"Subject: three" in dialogue.ask(b"RETR 3\r\n")
    # Numbers name what they named: neither the message after it nor the new one is removed.
    assert dialogue.ask(b"DELE 2\r\nDELE 3\r\nQUIT\r\n").splitlines()[-1].startswith(b"+OK goodbye")
    with house.mailbox("alice") as mailbox:
        assert len(mailbox.view(INBOX).uids()) == 2
    again = logged_in(connect)
    assert b"Subject: one" in again.ask(b"RETR 1\r\n")
    assert b"Subject: 0" in again.ask(b"RETR 2\r\n")


def test_what_was_purged_meanwhile_is_not_there(connect: Connect, house: House) -> None:
    dialogue = logged_in(connect)
    expunge(house, 1, 2)
    with house.mailbox("alice") as mailbox:
        mailbox.purge_softdeleted(before=house.clock.now() + 1)
    for command in (b"RETR 2\r\n", b"TOP 2 1\r\n"):
        assert dialogue.ask(command) == b"-ERR there is no such message\r\n"
    assert dialogue.ask(b"LIST 2\r\n") == b"+OK 2 0\r\n"
    assert dialogue.ask(b"LIST\r\n").endswith(b"\r\n1 0\r\n2 0\r\n3 18\r\n.\r\n")
    assert b"Subject: three" in dialogue.ask(b"RETR 3\r\n")


def test_two_sessions_remove_in_turn(connect: Connect, house: House) -> None:
    one, other = (logged_in_shared(connect) for _ in range(2))
    one.ask(b"DELE 1\r\n")
    other.ask(b"DELE 2\r\n")
    one.wait()  # its patience ends: nothing is removed
    assert one.closed
    assert left(house) == 3
    assert other.ask(b"QUIT\r\n").startswith(b"+OK goodbye, 2")
    assert left(house) == 2


def logged_in_shared(connect: Connect) -> Dialogue:
    dialogue = connect(**SHARED)
    dialogue.ask(LOGIN)
    return dialogue


def test_silence_removes_nothing_and_frees_the_maildrop(connect: Connect, house: House) -> None:
    """RFC 1939 section 3."""
    dialogue = connect(pop3_conn_timeout="10min")
    assert dialogue.core.timeout == 600
    dialogue.ask(LOGIN + b"DELE 1\r\n")
    dialogue.wait()
    assert (dialogue.closed, dialogue.read(), left(house)) == (True, b"", 3)
    logged_in(connect)


def test_messages_are_kept_for_ever(connect: Connect, house: House) -> None:
    """RFC 2449 section 6.7: EXPIRE NEVER; what was fetched stays until the client removes it."""
    dialogue = logged_in(connect)
    assert b"\r\nEXPIRE NEVER\r\n" in dialogue.ask(b"CAPA\r\n")
    dialogue.ask(b"RETR 1\r\nRETR 2\r\nRETR 3\r\nQUIT\r\n")
    assert left(house) == 3


def test_logins_of_one_user_do_not_delay_another(connect: Connect) -> None:
    """RFC 2449 section 6.6: the delay is one user's, counted from the last login that was let in."""
    settings = {"pop3_login_delay": "60"}
    first = connect(**settings)
    assert b"\r\nLOGIN-DELAY 60\r\n" in first.ask(b"CAPA\r\n")
    assert first.ask(LOGIN).splitlines()[-1].startswith(b"+OK 3")
    second = connect(**settings)
    assert second.ask(LOGIN).splitlines()[-1].startswith(b"-ERR [LOGIN-DELAY]")
    other = connect(**settings)
    assert other.ask(LOGIN.replace(b"alice", b"bob")).splitlines()[-1].startswith(b"+OK 0")
