"""What is asked again and again is answered from what is known, and never with what was true before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.imap.searchterms import is_of_flags
from gromox.store.flags import Flag
from gromox.store.search import All, And, Body, Flagged, HasKeyword, Modseq, Not, Or

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
