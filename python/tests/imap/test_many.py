"""Commands on many messages: in steps, so that one user does not hold up all others of a process."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from gromox.base.wire import Produce
from gromox.store.flags import Flag
from gromox.store.model import NewMail

from tests.imap.driver import INBOX, Client, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece


@pytest.mark.parametrize("word", ["expunge", "uid expunge 1:5000", "close"])
def test_many_messages_are_expunged_in_steps(server: Server, word: str) -> None:
    server.mailbox().append(INBOX, [NewMail(b"x\r\n", Flag.DELETED)] * 5000)
    client, other = server.login(), server.login()
    client.ok("append inbox {3+}\r\nx\r\n")
    other.ok("noop")
    other.ok("store 5001 +flags.silent \\Deleted")
    if not word.startswith("uid"):
        client.ok("store 5001 -flags.silent \\Deleted")
    actions = list(client.core.receive(b"x " + word.encode() + b"\r\n"))
    produce = actions[-1]
    assert isinstance(produce, Produce)
    assert len(list(produce.steps)) >= 2
    client.act(client.core.proceed())
    answer = client.read()

    assert answer.count(b" EXPUNGE\r\n") == (0 if word == "close" else 5000)
    assert answer.rsplit(b"\r\n", 2)[-2].startswith(b"x OK ")
    assert other.ok("noop").count(b" EXPUNGE\r\n") == 5000
    assert len(server.mailbox().view(INBOX).uids()) == 1


def test_an_expunge_that_fails_on_its_way_says_no_and_tells_what_is_gone(server: Server) -> None:
    server.mailbox().append(INBOX, [NewMail(b"x\r\n", Flag.DELETED)] * 5000)
    client = server.login()
    produce = list(client.core.receive(b"x expunge\r\n"))[-1]
    assert isinstance(produce, Produce)
    next(produce.steps)
    with server.house.mailbox("alice") as mailbox:
        mailbox.set_frozen(is_frozen=True)
    assert list(produce.steps) == []
    with server.house.mailbox("alice") as mailbox:
        mailbox.set_frozen(is_frozen=False)
    client.act(client.core.proceed())
    answer = client.read()

    assert answer.count(b" EXPUNGE\r\n") == 2000
    assert answer.rsplit(b"\r\n", 2)[-2].startswith(b"x NO [INUSE]")


def steps_of(client: Client, command: bytes) -> Iterator[Sequence[Piece]]:
    produce = list(client.core.receive(b"x " + command + b"\r\n"))[-1]
    assert isinstance(produce, Produce)
    return produce.steps


@pytest.mark.parametrize("word", [b"copy 1:*", b"uid copy 1:9999", b"move 1:4500", b"uid move 1:*"])
def test_many_messages_are_copied_and_moved_in_steps(server: Server, word: bytes) -> None:
    server.mailbox().append(INBOX, [NewMail(b"x\r\n")] * 4500)
    client = server.login()
    assert len(list(steps_of(client, word + b" Drafts"))) == 3
    client.act(client.core.proceed())
    answer = client.read()

    is_move = b"move" in word
    validity = server.mailbox().folder(0x0E).uid_validity
    assert b"[COPYUID %d 1:4500 1:4500]" % validity in answer
    assert answer.count(b" EXPUNGE\r\n") == (4500 if is_move else 0)
    assert answer.rsplit(b"\r\n", 2)[-2].startswith(b"x OK ")
    assert len(server.mailbox().view(0x0E).uids()) == 4500
    assert len(server.mailbox().view(INBOX).uids()) == (0 if is_move else 4500)


def test_a_copy_of_many_is_all_or_none(server: Server) -> None:
    """RFC 9051 6.4.7."""
    server.mailbox().append(INBOX, [NewMail(b"x\r\n")] * 4500)
    client = server.login()
    steps = steps_of(client, b"copy 1:* Drafts")
    next(steps)
    assert len(server.mailbox().view(0x0E).uids()) == 2000
    server.mailbox().set_quota(storage=20_000, receive=None, send=None)
    assert list(steps) == []
    client.act(client.core.proceed())

    assert client.read().endswith(b"x NO [OVERQUOTA] the mailbox is full\r\n")
    assert len(server.mailbox().view(0x0E).uids()) == 0


def test_a_copy_whose_client_goes_away_is_taken_back(server: Server) -> None:
    server.mailbox().append(INBOX, [NewMail(b"x\r\n")] * 4500)
    steps = steps_of(server.login(), b"copy 1:* Drafts")
    next(steps)
    assert isinstance(steps, Generator)
    steps.close()
    assert len(server.mailbox().view(0x0E).uids()) == 0


def test_what_was_moved_before_something_failed_is_told(server: Server) -> None:
    """RFC 6851 3.3: no message is half moved."""
    server.mailbox().append(INBOX, [NewMail(b"x\r\n")] * 4500)
    client = server.login()
    client.ok("create target")
    steps = steps_of(client, b"move 1:* target")
    next(steps)
    server.login("alice", select=None).ok("delete target")
    assert list(steps) == []
    client.act(client.core.proceed())
    answer = client.read()

    assert b" 1:2000 1:2000] moved\r\n" in answer
    assert answer.count(b" EXPUNGE\r\n") == 2000
    assert answer.rsplit(b"\r\n", 2)[-2].startswith(b"x NO ")
    assert len(server.mailbox().view(INBOX).uids()) == 2500
