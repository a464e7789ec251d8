"""A mailbox that is not open is opened at login, away from the loop. Decision 0049."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from gromox.base.wire import Call, Outcome
from gromox.store.errors import StoreError
from gromox.store.mailbox import Mailbox
from gromox.store.uidset import UidSet

from tests.imap.driver import INBOX
from tests.support.house import PASSWORD

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server

LOGIN = f"a LOGIN alice@example.test {PASSWORD}\r\n".encode()


def away(client: Client) -> int:
    """Log in; return how often that was away from the loop."""
    actions = list(client.core.receive(LOGIN))
    calls = 0
    while isinstance(actions[-1], Call):
        calls += 1
        try:
            outcome = Outcome(value=actions[-1].run())
        except StoreError as error:
            outcome = Outcome(error=error)
        actions = list(client.core.completed(outcome))
    client.act(actions)
    return calls


def test_what_clients_ask_for_first_was_read_when_they_are_let_in(server: Server) -> None:
    server.fill(3)
    server.login().ok('create "Other"')
    server.restart()
    client = server.connect()
    assert away(client) == 2  # the password, the mailbox
    assert b"a OK" in client.read()
    views = server.mailbox().file.views
    assert len(views) > 1
    read = views[INBOX]
    client.send(b"b SELECT INBOX\r\n")
    assert b"* 3 EXISTS" in client.read()
    assert server.mailbox().view(INBOX) is read
    assert [server.mailbox().needs_sync] == [False]

    assert away(server.connect()) == 0  # it is open, and the password is remembered
    server.pool.close()
    assert away(server.connect()) == 1


def test_who_was_let_in_before_the_mailbox_broke_is_told(server: Server) -> None:
    server.login(select=None)
    for client in server.clients:
        client.lost()
    server.pool.close()
    shutil.rmtree(server.house.root / "alice" / "exmdb")
    client = server.connect()
    assert away(client) == 1
    assert b"a NO [UNAVAILABLE]" in client.read()
    assert not server.pool.is_open(server.house.root / "alice")


def test_what_another_process_wrote_since_is_seen(server: Server) -> None:
    server.fill(1)
    server.restart()
    with Mailbox.open(server.house.root / "alice") as other:
        client = server.connect()
        away(client)
        client.read()
        other.delete_messages(INBOX, UidSet([(1, 1)]))
        assert b"* 0 EXISTS" in client.ask(b"b SELECT INBOX\r\n")
