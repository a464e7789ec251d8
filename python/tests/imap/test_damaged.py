"""Damaged dialogues: whatever comes, no exception, no traceback to the client, bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.base.log import captured

from tests.imap.driver import Client, Server, mail
from tests.support.mutate import damaged

if TYPE_CHECKING:
    from collections.abc import Sequence

LOGIN = b"a login alice@example.test s3cret\r\n"
WORDS = (
    b" {5}\r\n",
    b"{10+}\r\n",
    b"~{3+}\r\n",
    b"(" * 60,
    b'"',
    b"\\Seen",
    b"1:*",
    b"4294967295",
    b"BODY[1.2.MIME]<0.5>",
    b"NOT OR ",
    b"UID ",
    b"&AOQ-",
    b"RETURN (",
    b"\r\nz idle\r\n",
    b"\r\nz logout\r\n",
    b"\r\nz starttls\r\n",
    b"\r\nz authenticate plain\r\n",
    b"DONE\r\n",
    b"CHARSET ",
    b"$",
    b"CATENATE (",
    b"UTF8 (",
    b";UID=1",
    b"BINARY.SIZE[1]",
    b"\xcc\x81",
)
READING = (
    b"b select inbox\r\n"
    b"c fetch 1:3 (uid flags envelope body.peek[header.fields (subject from)] body[]<0.20>)\r\n"
    b"d uid search return (min max count) or subject message (not body 2) since 1-Feb-1994\r\n"
    b"e uid fetch 1:* (bodystructure internaldate modseq) (changedsince 1)\r\n"
    b"f search charset utf-8 text {3+}\r\nbod uid 1:2\r\n"
    b'g list (subscribed) "" (% inbox) return (status (messages uidnext))\r\n'
    b"h idle\r\nDONE\r\n"
    b"i status inbox (messages unseen size)\r\n"
    b"j fetch 2 (body[1] body.peek[1.mime] rfc822.text)\r\n"
)
WRITING = (
    b"b select inbox\r\n"
    b"c store 1:2 +flags (\\Seen keyword)\r\n"
    b'd append Drafts (\\Draft) "17-Jul-1996 02:44:25 -0700" {%d+}\r\n%b\r\n'
    b"e uid copy 1 Drafts\r\n"
    b"f create x/y\r\ng rename x z\r\nh subscribe z\r\ni delete z/y\r\n"
    b"j uid store 1 flags.silent ()\r\nk uid expunge 1\r\nl expunge\r\nm close\r\n"
) % (len(mail(1)), mail(1))
TRANSFORMING = (
    b"b enable imap4rev2 utf8=accept\r\nc select inbox\r\n"
    b"d fetch 1:2 (binary.peek[1]<1.9> binary.size[1] binary[])\r\n"
    b"e append Drafts (\\Seen) {%d+}\r\n%b (\\Draft) {%d+}\r\n%b\r\n"
    b'f append Drafts catenate (url ";UID=1/;SECTION=HEADER" text {4+}\r\nbody'
    b' url "/INBOX/;UID=2/;SECTION=TEXT")\r\n'
    b"g append Drafts utf8 (~{10+}\r\na: b\r\n\r\n\0\xff)\r\n"
    b'h replace 1 Drafts {%d+}\r\n%b\r\ni uid replace 2 inbox catenate (url ";UID=3")\r\n'
    b'j create "\xc3\xa4 & e\xcc\x81"\r\nk rename "\xc3\xa4 & \xc3\xa9" z\r\n'
    b"l status z (appendlimit deleted)\r\n"
    b'm search subject "\xc3\xa4"\r\nn compress deflate\r\no noop\r\n'
) % ((len(mail(1)), mail(1)) * 3)
ENTERING = (
    b"a capability\r\nb authenticate plain AGFsaWNlQGV4YW1wbGUudGVzdABzM2NyZXQ=\r\n"
    b"c login {18+}\r\nalice@example.test {6+}\r\ns3cret\r\n"
    b'd starttls\r\ne id ("a" nil)\r\nf enable condstore\r\n'
    b'g language fr-CA "de-DE" default\r\nh language\r\n'
)


SEARCHING = (
    b"b select inbox\r\n"
    b'g setmetadata "" (/private/filters/values/f "or filter g uid 1" /private/filters/values/g "new")\r\n'
    b"g uid search filter f not filter g\r\n"
    b"k search return (update context count) unseen\r\n"
    b"l uid sort return (update partial 1:2) (reverse subject) utf-8 seen\r\nm store 1 +flags (\\Seen)\r\n"
    b'n cancelupdate "k" "l"\r\n'
)
SIGNING = (
    b'b genurlauth "imap://alice@x/inbox/;uid=1;urlauth=authuser" internal'
    b' "imap://alice@x/Drafts;uidvalidity=1/;uid=1/;section=1.mime/;partial=0.5'
    b';expire=2026-01-01T00:00:00Z;urlauth=user+bob" internal\r\n'
    b'c urlfetch "imap://alice@x/inbox/;uid=1;urlauth=authuser:internal:%b"'
    b' ("imap://alice@x/inbox/;uid=2/;section=1;urlauth=anonymous:internal:%b" bodypartstructure binary)\r\n'
    b"d resetkey inbox internal\r\ne resetkey\r\n"
    b'f append Drafts catenate (url "imap://alice@x/inbox/;uid=1;urlauth=authuser:internal:%b")\r\n'
)


def converse(server: Server, chunks: Sequence[bytes]) -> Client:
    client = server.connect()
    for chunk in chunks:
        client.send(chunk)
        assert client.core._collector.pending() < 300_000
    return client


def play(server: Server, dialogue: bytes, *, seed: int, count: int) -> None:
    server.fill(3)
    server.login(select=None)
    with captured(2) as lines:  # errors: a traceback is one
        for chunks in damaged(dialogue, WORDS, seed=seed, count=count):
            client = converse(server, chunks)
            said = client.read()
            assert b"Traceback" not in said
            assert b"SERVERBUG" not in said, (chunks, lines)
            client.lost()
            server.clients.clear()
    assert lines == []


def test_damaged_reading(server: Server) -> None:
    play(server, LOGIN + READING, seed=1, count=1200)


def test_damaged_writing(server: Server) -> None:
    play(server, LOGIN + WRITING, seed=2, count=800)


def test_damaged_transforming(server: Server) -> None:
    play(server, LOGIN + TRANSFORMING, seed=4, count=800)


@pytest.mark.slow
def test_damaged_entering(server: Server) -> None:
    server.configure(enable_rfc2971_commands="yes", imap_support_tls="yes", imap_auth_times="1")
    play(server, ENTERING, seed=3, count=2000)


def test_damaged_searching(server: Server) -> None:
    play(server, LOGIN + SEARCHING, seed=6, count=400)


def test_damaged_signing(server: Server) -> None:
    server.fill(3)
    client = server.login(select=None)
    tokens = [
        client.ok(f'genurlauth "imap://alice@x/inbox/;uid={tail}" internal').split(b":internal:")[1][:66]
        for tail in ("1;urlauth=authuser", "2/;section=1;urlauth=anonymous")
    ]
    play(server, LOGIN + SIGNING % (tokens[0], tokens[1], tokens[0]), seed=5, count=300)
