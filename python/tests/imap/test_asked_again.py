"""What is asked again and again is answered from what is known, and never with what was true before."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from gromox.imap.searchterms import is_of_flags
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.search import All, And, Body, Flagged, HasKeyword, Modseq, Not, Or

from tests.imap.driver import mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server


def found(client: Client, command: str) -> str:
    (line,) = [line for line in client.ok(command).decode().splitlines() if line.startswith("* SEARCH")]
    return line


@pytest.mark.parametrize("search", ["UID SEARCH UNSEEN", "UID SEARCH NOT SEEN"])
def test_a_search_for_flags_is_answered_by_the_flags_that_were_told(server: Server, search: str) -> None:
    server.fill(5)
    one, two = server.login(), server.login()
    assert found(one, search) == found(one, search) == found(two, search) == "* SEARCH 1 2 3 4 5"
    two.ok("store 2 +flags.silent (\\Seen)")
    assert found(two, search) == "* SEARCH 1 3 4 5"
    answer = one.ok("noop")
    assert b"* 2 FETCH" in answer
    assert found(one, search) == "* SEARCH 1 3 4 5"
    two.ok("store 1 +flags.silent (\\Deleted)")
    two.ok("expunge")
    one.ok("noop")
    assert found(one, search) == "* SEARCH 3 4 5"
    assert found(one, search.removeprefix("UID ")) == "* SEARCH 2 3 4"
    two.ok("store 4 +flags (blue)")
    one.ok("noop")
    assert found(one, "UID SEARCH KEYWORD blue UNSEEN") == "* SEARCH 5"
    assert found(one, "UID SEARCH OR KEYWORD blue SEEN") == "* SEARCH 2 5"


def test_only_a_few_answers_are_kept(server: Server) -> None:
    server.fill(3)
    client = server.login()
    view = server.mailbox().view(13)
    for keyword in range(20):
        found(client, f"UID SEARCH NOT KEYWORD k{keyword}")
    assert len(view._said) == 4
    view.said("long", lambda: bytes(1 << 20))
    assert len(view._said) == 4


def test_which_searches_flags_answer() -> None:
    flagged = Flagged(1, 1)
    assert is_of_flags(And((flagged, Or((All(), Not(HasKeyword("x")))))))
    for terms in (And((flagged, Body("x"))), Not(Modseq(3)), Or((flagged, Body("x")))):
        assert not is_of_flags(terms)


@pytest.mark.parametrize(
    "command", ["select INBOX", "store 1 +flags (\\Seen)", "uid store 1 +flags.silent (\\Seen)"]
)
def test_what_others_do_after_a_command_is_told_at_the_next(server: Server, command: str) -> None:
    server.fill(3)
    one, two = server.login(), server.login()
    two.ok("store 1 +flags (\\Seen)")
    one.ok("noop")
    one.ok(command)
    two.ok("store 3 +flags (\\Flagged)")
    assert b"* 3 FETCH (UID 3 FLAGS (\\Flagged" in one.ok("noop")
    one.ok(command)
    one.ok("store 2 +flags (\\Answered)")
    assert b"* 2 FETCH (UID 2 FLAGS (\\Answered" in two.ok("noop")


def test_a_store_that_changes_nothing_may_expunge(server: Server) -> None:
    server.configure(imap_expunge_on_delete="yes")
    server.fill(1)
    server.fill(1, flags=Flag.DELETED)
    client = server.login()
    assert b"* 2 EXPUNGE" in client.ok("uid store 2 +flags (\\Deleted)")
    assert b" EXISTS" not in client.ok("uid store 1 -flags (\\Deleted)")


#: What another session may do to folder A between two looks at it.
CHANGES = (
    "append",
    "uid store * +flags.silent (\\Seen)",
    "uid store * -flags.silent (\\Seen)",
    "uid store * +flags.silent (blue)",
    "uid store * +flags.silent (\\Deleted)",
    "expunge",
    "uid copy * A",
    "create B",
    "rename B C",
    "delete C",
    "create A/below",
    "delete A/below",
    "unsubscribe A",
    "subscribe A",
)
#: What a client may be like that looks.
MANNERS: tuple[tuple[str, ...], ...] = (
    (),
    ("enable IMAP4rev2",),
    ("enable CONDSTORE",),
    ("enable UIDONLY",),
    ("language de",),
)


def looks(server: Server, manner: tuple[str, ...], command: str, *, anew: bool) -> list[bytes]:
    """Return what a new session is told that opens folder A, but for how much is recent."""
    client = server.login(select=None)
    for each in manner:
        client.ok(each)
    if anew:
        server.mailbox().derived.clear()
    lines = client.ok(command).splitlines()[:-1]
    client.ok("logout")
    client.lost()
    return [line for line in lines if not line.endswith(b" RECENT")]


@pytest.mark.parametrize("seed", range(3))
def test_what_select_tells_is_what_is_there(server: Server, seed: int) -> None:
    """Whatever was kept from earlier looks: the same as for who knows nothing from before."""
    random = Random(seed)  # noqa: S311 - repeatable by intent
    writer = server.login(select=None)
    writer.ok("create A")
    writer.ok("select A")
    other = Mailbox.open(server.mailbox().path)  # as in another process
    folder_id = next(each.folder_id for each in other.folders() if each.name == "A")
    told = set()
    for step in range(60):
        change = random.choice(CHANGES)
        if change == "append":
            (other if step % 2 else server.mailbox()).append(folder_id, [NewMail(mail(step))])
        else:
            writer.command(change)
        if step % 3 == 0:
            continue  # several changes between two looks
        manner, verb = random.choice(MANNERS), random.choice(("select", "examine"))
        for command in (f"{verb} A", "select INBOX", f"{verb} A"):
            known = looks(server, manner, command, anew=False)
            assert known == looks(server, manner, command, anew=True), (step, change, manner)
            told.add(tuple(known))
    assert len(told) > 10
    other.close()


def test_messages_are_recent_for_one_session_only(server: Server) -> None:
    server.login()  # nothing is recent: that may be kept
    for count in (1, 2):
        assert b"* 0 RECENT" in server.login(select=None).ok("select INBOX")
        server.fill(count)
        for _ in range(2):  # who only looks takes nothing away
            assert b"* %d RECENT" % count in server.login(select=None).ok("examine INBOX")
        assert b"* %d RECENT" % count in server.login(select=None).ok("select INBOX")
        assert b"* 0 RECENT" in server.login(select=None).ok("select INBOX")
        assert b"* 0 RECENT" in server.login(select=None).ok("examine INBOX")


def test_only_a_few_openings_are_kept(server: Server) -> None:
    client = server.login()
    for number in range(40):
        client.ok(f"create f{number}")
    for number in range(40):
        client.ok(f"select f{number}")
    (entries,) = [value for value in server.mailbox().derived.values() if isinstance(value, dict)]
    assert 0 < len(entries) <= 8


def test_a_mailbox_that_is_frozen_cannot_be_opened_again(server: Server) -> None:
    client = server.login()
    client.ok("select INBOX")
    keeper = Mailbox.open(server.mailbox().path)
    keeper.set_frozen(is_frozen=True)
    client.no("select INBOX")
    keeper.set_frozen(is_frozen=False)
    client.ok("select INBOX")
    keeper.close()
