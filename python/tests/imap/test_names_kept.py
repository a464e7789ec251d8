"""Answers about names are kept; whatever changes the names, another process too, makes them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.builtin import IPM_SUBTREE
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.imap.driver import Client, Server

import pytest

QUESTIONS = (
    'list "" "*"',
    'lsub "" "*"',
    'xlist "" "*"',
    'list (subscribed) "" "*"',
    'list "" "*" return (subscribed)',
    'list (special-use) "" "*"',
)


@pytest.fixture
def other(server: Server) -> Iterator[Mailbox]:
    """Yield the mailbox as another process has it open."""
    with Mailbox.open(server.mailbox().path) as other:
        yield other


def said(client: Client) -> list[bytes]:
    return [client.ok(question).partition(b"\r\na")[0] for question in QUESTIONS]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda box, _: box.create_folder(IPM_SUBTREE, "made"), [b'"made"']),
        (lambda box, old: box.rename_folder(old, parent_id=IPM_SUBTREE, name="called"), [b'"called"']),
        (lambda box, old: box.set_subscribed(old, subscribed=False), []),
        (lambda box, old: box.delete_folder(old), []),
        (lambda box, old: box.annotate(old, {"/private/specialuse": rb"\Archive"}), [rb"\Archive"]),
    ],
    ids=["made", "renamed", "unsubscribed", "removed", "used"],
)
def test_what_another_process_does_to_names_is_seen(
    server: Server, other: Mailbox, change: Callable[[Mailbox, int], object], names: list[bytes]
) -> None:
    old = other.create_folder(IPM_SUBTREE, "old").folder_id
    other.set_subscribed(old, subscribed=True)
    client = server.login()
    before = said(client)
    assert said(client) == before
    assert b'"old"' in before[0]
    assert b'"old"' in before[1]
    change(other, old)
    after = said(client)
    assert after != before
    assert all(name in after[0] for name in names)
    fresh = server.login()
    assert said(fresh) == after


def test_messages_change_figures_and_no_names(server: Server, other: Mailbox) -> None:
    client = server.login(select=None)
    before = said(client)
    assert b"(MESSAGES 0 UIDNEXT 1 UNSEEN 0)" in client.ok("status inbox (messages uidnext unseen)")
    other.append(INBOX, [NewMail(mail(1))])
    assert b"(MESSAGES 1 UIDNEXT 2 UNSEEN 1)" in client.ok("status inbox (messages uidnext unseen)")
    assert b"STATUS INBOX (MESSAGES 1)" in client.ok('list "" "inbox" return (status (messages))')
    assert b"* 1 EXISTS" in client.ok("select inbox")
    assert said(client) == before


def test_names_are_spelled_as_the_client_reads_them(server: Server) -> None:
    server.mailbox().create_folder(IPM_SUBTREE, "Entwürfe alt")
    client, modern = server.login(), server.login()
    modern.ok("enable utf8=accept")
    assert b"Entw&APw-rfe alt" in client.ok('list "" "*"')
    assert "Entwürfe alt".encode() in modern.ok('list "" "*"')
    assert b"Entw&APw-rfe alt" in client.ok('list "" "*"')


def test_only_so_many_answers_are_kept(server: Server) -> None:
    client = server.login()
    expected = client.ok('list "" "inbox"').partition(b"\r\na")[0]
    for number in range(50):
        assert b"LIST" not in client.ok(f'list "" "nothing {number}"').partition(b" OK ")[0]
    assert client.ok('list "" "inbox"').partition(b"\r\na")[0] == expected
