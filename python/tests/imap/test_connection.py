"""What a connection does beside its commands: durability, errors of our own, large answers, idling."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from gromox.base.log import captured
from gromox.base.wire import Produce
from gromox.imap import interpreter
from gromox.imap.dispatch import COMMANDS, Command
from gromox.imap.fetching import OCTETS_A_STEP, RUN_A_STEP
from gromox.imap.machine import ANY

from tests.imap.driver import INBOX, Client, Server, mail, octets_of

if TYPE_CHECKING:
    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Reply
    from gromox.imap.session import Session

APPEND = b"append inbox {3+}\r\nx\r\n"


# -- durability


def test_an_append_is_answered_after_the_sync(server: Server) -> None:
    client = server.login()

    client.ok(APPEND)

    assert not server.mailbox().needs_sync


def test_a_failed_sync_takes_back_every_answer_of_the_round(server: Server) -> None:
    client = server.login()
    server.sync_error = OSError("disk on fire")

    said = client.ask(b"x1 noop\r\nx2 create new\r\nx3 noop\r\n")

    for tag in (b"x1", b"x2", b"x3"):
        assert tag + b" NO [UNAVAILABLE]" in said
        assert tag + b" OK" not in said
    assert b"* BYE" in said
    assert client.closed
    assert b"disk on fire" not in said


def test_a_failed_sync_takes_back_an_append_and_what_came_after_it(server: Server) -> None:
    client = server.login()
    server.sync_error = OSError("disk on fire")

    said = client.ask(b"x1 noop\r\nx2 " + APPEND + b"\r\nx3 noop\r\n")

    assert b"x1 OK" in said  # it was answered before the append began
    for tag in (b"x2", b"x3"):
        assert tag + b" NO [UNAVAILABLE]" in said
        assert tag + b" OK" not in said
    assert b"* BYE" in said
    assert client.closed


def test_flags_do_not_wait_for_the_disk(server: Server) -> None:
    server.fill(2)
    client = server.login()
    server.sync_error = OSError("not asked")

    client.ok(r"store 1:2 +flags (\Seen)")
    client.ok("fetch 1:2 body.peek[]")


def test_a_message_is_announced_after_it_is_durable(server: Server) -> None:
    client = server.login()
    server.mailbox().append(INBOX, [])
    server.fill(1)
    server.sync_error = OSError("no")

    said = client.command("noop")

    assert b"EXISTS" not in said
    assert client.closed


# -- errors


def test_an_error_of_our_own_is_logged_and_the_session_goes_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(p: Parser) -> None:
        p.end()

    def run(_session: Session, _args: None) -> Reply:
        raise ZeroDivisionError("a secret of the program")

    monkeypatch.setitem(COMMANDS, b"XBUG", Command(b"XBUG", "XBUG", ANY, parse, run))
    client = server.login()

    with captured() as lines:
        said = client.no("xbug")

    assert b"NO [SERVERBUG]" in said
    assert b"secret" not in said
    assert any("ZeroDivisionError" in line and "connection=t-1" in line for line in lines)
    client.ok("noop")


def test_a_full_mailbox_is_a_refusal(server: Server) -> None:
    server.fill(3)
    server.mailbox().set_quota(storage=100, receive=None, send=None)
    client = server.login()

    assert b"[OVERQUOTA]" in client.no(b"append inbox {2000+}\r\n" + b"x" * 2000)
    client.ok("noop")


def test_failed_logins_are_logged_for_fail2ban_and_held_back(server: Server) -> None:
    client = server.connect()

    with captured() as lines:
        client.no("login mallory@example.test guess")

    (line,) = (line for line in lines if "rejected" in line)
    assert "rhost=[192.0.2.7] user=mallory@example.test LOGIN rejected:" in line
    assert "guess" not in line
    assert server.pauses == [1.0]


def test_a_login_that_succeeded_is_not_verified_again(server: Server) -> None:
    server.login(select=None)
    client = server.connect()

    actions = list(client.core.receive(b"a login alice@example.test s3cret\r\n"))

    assert len(actions) == 1  # no Call


def test_passwords_do_not_stay_in_memory_of_commands(server: Server) -> None:
    server.login()

    assert not any(b"s3cret" in text for text in {**interpreter._MEMOS[0], **interpreter._MEMOS[1]})


def test_shared_mailbox_with_the_right(server: Server) -> None:
    server.mailbox("bob").set_rights(9, "alice@example.test", 0x7FF)
    server.fill(2, "bob")
    client = server.connect()

    client.ok("login alice@example.test!bob@example.test s3cret")

    assert b"* 2 EXISTS" in client.ok("select inbox")


def test_shared_mailbox_without_the_right_counts_as_failed_login(server: Server) -> None:
    client = server.connect()

    assert b"AUTHORIZATIONFAILED" in client.no("login alice@example.test!bob@example.test s3cret")
    assert client.core.session is not None
    assert client.core.session.failed_logins == 1


def test_mailboxes_are_let_go(server: Server) -> None:
    client = server.login()
    client.ok("logout")

    assert server.pool._holds == {}


def test_commands_are_logged_when_asked_for(server: Server) -> None:
    server.configure(imap_cmd_debug="1")
    client = server.login()
    with captured(4) as lines:
        client.ok("noop")
        client.no("select nowhere")

    assert len([line for line in lines if "command=SELECT" in line and "status=NO" in line]) == 1
    assert not any("NOOP" in line for line in lines)


def test_a_mailbox_that_was_closed_under_a_session_ends_it(server: Server) -> None:
    for command in ("noop", "NOOP x", "fetch 1 envelope", "create x"):
        server.fill(1)
        client = server.login()
        server.pool.discard(server.house.root / "alice")

        said = client.command(command)

        assert b"* BYE [UNAVAILABLE]" in said
        assert client.closed
    server.login().ok("noop")


# -- timers


def test_patience_depends_on_the_state(server: Server) -> None:
    client = server.connect()
    assert client.core.timeout == 180
    client.ok("login alice@example.test s3cret")

    assert client.core.timeout == 1800


# -- large answers


def steps_of(client: Client, octets: bytes) -> list[list[Piece]]:
    produce = [action for action in client.core.receive(octets) if isinstance(action, Produce)]
    steps = [list(step) for step in produce[0].steps]
    client.act(client.core.proceed())
    return steps


def test_flags_of_a_large_folder_come_in_blocks(server: Server) -> None:
    server.fill(3000)
    client = server.login()

    said = client.ok("fetch 1:* flags")

    assert said.count(b"FETCH (FLAGS") == 3000
    assert said.count(rb"\Recent") == 3000


def test_rows_come_in_bounded_steps(server: Server) -> None:
    server.fill(1500)
    client = server.login()

    steps = steps_of(client, b"x fetch 1:* (uid envelope)\r\n")

    told = [sum(piece.count(b" FETCH (UID ") for piece in step if isinstance(piece, bytes)) for step in steps]
    assert told == [RUN_A_STEP, 1500 - RUN_A_STEP]
    assert client.read().startswith(b"x OK")


def test_a_large_mail_is_not_loaded(server: Server) -> None:
    body = "0123456789abcdef" * 64
    octets = mail(1, "\r\n".join([body] * (20 << 10)))
    client = server.login()
    client.ok(b"append inbox {%d+}\r\n%b" % (len(octets), octets))
    assert octets in client.ok("fetch 1 body.peek[]")

    produced = next(
        action
        for action in client.core.receive(b"x fetch 1 (uid body.peek[] rfc822.size)\r\n")
        if isinstance(action, Produce)
    )
    tracemalloc.start()
    size = 0
    for step in produced.steps:
        for piece in step:
            # A piece of a file is sent without passing through the process.
            size += len(piece) if isinstance(piece, bytes) else piece.length
            if not isinstance(piece, bytes):
                piece.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > len(octets) > 20 * OCTETS_A_STEP
    assert peak < 5 * OCTETS_A_STEP


@pytest.mark.parametrize("size", [1 << 16, 1 << 20])
def test_a_message_whose_file_is_lost_is_left_out(server: Server, size: int) -> None:
    octets = mail(1, "0123456789abcdef" * (size // 16))
    client = server.login()
    for sent in (mail(1), octets, mail(3)):
        client.ok(b"append inbox {%d+}\r\n%b" % (len(sent), sent))
    for file in (server.house.root / "alice" / "cid").rglob("*"):
        if file.is_file():
            file.unlink()

    said = client.no("fetch 1:3 (uid body.peek[])")

    assert b"[EXPUNGEISSUED]" in said
    assert b"UID 1 " in said
    assert b"UID 2 " not in said
    assert b"UID 3 " in said
    assert b"* SEARCH 1\r\n" in client.ok('search body "body 1"')
    client.ok("noop")


def test_sections_of_a_large_mail(server: Server) -> None:
    octets = mail(1, "0123456789abcdef" * (1 << 16))
    client = server.login()
    client.ok(b"append inbox {%d+}\r\n%b" % (len(octets), octets))

    said = client.ok("fetch 1 (body.peek[]<500000.300000> uid body.peek[text]<0.10>)")

    assert octets[500000:800000] in said
    assert b" UID 1 BODY[TEXT]<0> {10}\r\n0123456789)\r\n" in said
    assert b"BODY[]<500000> {300000}\r\n" in said


def test_a_hundred_appends_with_cut_literals(server: Server) -> None:
    client = server.login()
    stream = b"".join(b"t%d append inbox {%d+}\r\n%b\r\n" % (n, len(mail(n)), mail(n)) for n in range(100))
    said = b""
    for at in range(0, len(stream), 777):
        said += client.ask(stream[at : at + 777])

    assert said.count(b"OK [APPENDUID") == 100
    assert b"* 100 EXISTS" in said


def test_pipelined_answers_wait_for_the_peer(server: Server) -> None:
    server.fill(300)
    client = server.login()
    one = b"x fetch 1:250 (envelope bodystructure)\r\n"

    actions = list(client.core.receive(one * 40))

    assert isinstance(actions[-1], Produce)


# -- idling


def test_a_thousand_idle_sessions_are_told_at_once(server: Server) -> None:
    server.fill(10)
    idle = [server.login() for _ in range(1000)]
    for client in idle:
        assert b"+ idling" in client.command("idle")
    server.fill(1)

    for client in idle:
        client.output += b"".join(
            octets_of(piece) for action in client.core.rung() for piece in getattr(action, "pieces", ())
        )

    assert all(b"* 11 EXISTS" in client.read() for client in idle)


def test_the_announcement_of_a_change_is_made_once(server: Server) -> None:
    server.fill(10)
    server.login()  # takes \Recent, so that the others do not have it
    idle = [server.login() for _ in range(3)]
    for client in idle:
        client.command("idle")
    server.login().ok(r"store 1:5 +flags.silent (\Flagged)")

    said = [client.read() for client in idle]

    assert said[0].count(b"FETCH") == 5
    assert said[0] == said[1] == said[2]
