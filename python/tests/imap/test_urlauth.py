"""Signed URLs: bounds, large parts, keys that outlive a restart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gromox.imap.commands import urlauth, urlfetch
from gromox.imap.imapurl import MAX_URL
from gromox.store.model import NewMail

from tests.imap.driver import INBOX, mail

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server


def sign(client: Client, tail: str) -> bytes:
    """Return the signed URL of a message of alice's inbox."""
    answer = client.ok(f'genurlauth "imap://alice@x/INBOX/;UID={tail}" INTERNAL')
    found = re.match(rb'\* GENURLAUTH ("imap:[^"]*")', answer)
    assert found is not None
    return found[1]


def test_a_large_message_comes_in_pieces(server: Server) -> None:
    body = ("line of some length\r\n" * 20_000).rstrip("\r\n")
    server.mailbox().append(INBOX, [NewMail(mail(1, body))])
    client = server.login()
    url = sign(client, "1/;SECTION=TEXT;URLAUTH=authuser")
    answer = server.login("bob").ok(b"urlfetch " + url)
    octets = body.encode() + b"\r\n"
    assert answer.startswith(b"* URLFETCH %b {%d}\r\n%b\r\n" % (url, len(octets), octets))
    answer = client.ok(b"urlfetch (" + url + b" BINARY) " + url)
    assert answer.startswith(b"* URLFETCH %b (BINARY ~{%d}\r\n%b)\r\n" % (url, len(octets), octets))


def test_a_message_that_breaks_off_ends_the_connection(server: Server) -> None:
    server.mailbox().append(INBOX, [NewMail(mail(1, "line\r\n" * 60_000))])
    client = server.login()
    url = sign(client, "1;URLAUTH=authuser")
    for file in (server.house.root / "alice" / "cid").rglob("*"):
        if file.is_file():
            file.unlink()
    assert client.ok(b"urlfetch " + url).startswith(b"* URLFETCH %b NIL\r\n" % url)


def test_no_mailbox_stays_open(server: Server) -> None:
    server.fill(1)
    url = sign(server.login(), "1;URLAUTH=authuser")
    bob = server.login("bob")
    before = dict(server.pool._holds)
    bob.ok(b"urlfetch " + url)
    assert server.pool._holds == before
    # Nor where the connection is lost before the answer is under way.
    bob.send(b"x urlfetch " + url + b"\r\n")
    bob.lost()
    assert sum(server.pool._holds.values()) == sum(before.values()) - 1


def test_keys_outlive_a_restart(server: Server) -> None:
    server.fill(1)
    url = sign(server.login(), "1/;SECTION=TEXT;URLAUTH=authuser")
    server.restart()
    assert b"{8}\r\nbody 1" in server.login("bob").ok(b"urlfetch " + url)


def test_a_command_has_a_bound_of_urls(server: Server) -> None:
    client = server.login()
    client.ok(b"urlfetch" + b" x" * urlfetch.MAX_URLS)
    client.bad(b"urlfetch" + b" x" * (urlfetch.MAX_URLS + 1))
    one = b' "imap://alice@x/INBOX/;UID=1;URLAUTH=authuser" INTERNAL'
    client.ok(b"genurlauth" + one * urlauth.MAX_URLS)
    client.bad(b"genurlauth" + one * (urlauth.MAX_URLS + 1))
    client.bad(b"resetkey inbox" + b" internal" * (urlauth.MAX_MECHANISMS + 1))


def test_a_url_has_a_bound(server: Server) -> None:
    client = server.login()
    for size in (MAX_URL, MAX_URL + 1):
        url = b"imap://alice@x/INBOX/;UID=1;URLAUTH=user+".ljust(size, b"a")
        client.command(b'genurlauth "%b" INTERNAL' % url) if size > MAX_URL else client.ok(
            b'genurlauth "%b" INTERNAL' % url
        )
    assert b"BAD" in client.command(b'genurlauth "%b" INTERNAL' % url)


@pytest.mark.parametrize("tls", [False, True])
def test_mechanisms_are_told_over_tls_alone(server: Server, tls: bool) -> None:
    client = server.connect(tls=tls)
    client.ok("login alice@example.test s3cret")
    assert (b"* OK [URLMECH INTERNAL]" in client.ok("select inbox")) is tls
    assert (b"* OK [URLMECH INTERNAL]" in client.ok("examine inbox")) is tls
    assert (b" OK [URLMECH INTERNAL]" in client.ok("resetkey inbox")) is tls


def test_a_guest_signs_nothing_in_the_mailbox_that_is_open(server: Server) -> None:
    server.fill(1)
    server.login().ok("setacl inbox bob lr")
    guest = server.connect()
    guest.ok("login bob@example.test!alice@example.test s3cret")
    for user in ("alice", "bob"):
        guest.bad(f'genurlauth "imap://{user}@x/INBOX/;UID=1;URLAUTH=authuser" INTERNAL')


def test_keys_that_cannot_be_removed_are_not_said_to_be(server: Server) -> None:
    alice = server.login()
    alice.ok("setacl inbox bob lr")
    alice.ok("logout")
    bob = server.login("bob")
    assert b"Shared" in bob.ok("namespace")  # knows of alice now, and has nothing of hers open
    home = server.house.root / "alice"
    server.pool.discard(home)
    home.rename(home.with_name("away"))
    assert b" NO " in bob.command("resetkey")
    home.with_name("away").rename(home)
    assert b"all keys are removed" in bob.ok("resetkey")


def test_the_database_does_not_answer(server: Server) -> None:
    server.fill(1)
    client = server.login()
    url = sign(client, "1;URLAUTH=authuser")
    server.house.resolver.forget_all()
    with server.house.directory.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE users RENAME TO elsewhere")
    answer = client.command(b"urlfetch " + url)
    assert b"NO [" in answer
    assert b"URLFETCH" not in answer.split(b"\r\n")[0] or b"NO" in answer
