"""The POP3 machine: what is removed when, who has the maildrop, large mails, damaged dialogues."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gromox
from gromox.base import log
from gromox.base.wire import Call, Produce
from gromox.pop3.core import MAX_LINE
from gromox.pop3.maildrop import AHEAD
from gromox.store.builtin import INBOX
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet
from tests.support.house import PASSWORD
from tests.support.mutate import damaged

if TYPE_CHECKING:
    from tests.support.drive import Connect, Dialogue
    from tests.support.house import House

LOGIN = b"USER alice@example.test\r\nPASS " + PASSWORD.encode() + b"\r\n"


def logged_in(connect: Connect) -> Dialogue:
    dialogue = connect()
    answers = dialogue.ask(LOGIN).splitlines()
    assert answers[-1].startswith(b"+OK"), answers
    return dialogue


def left(house: House) -> int:
    with house.mailbox("alice") as mailbox:
        return mailbox.view(INBOX).total


def test_only_quit_removes(connect: Connect, house: House) -> None:
    dialogue = logged_in(connect)
    dialogue.ask(b"DELE 1\r\nDELE 2\r\n")
    dialogue.hang_up()
    assert left(house) == 3

    dialogue = logged_in(connect)
    answers = dialogue.ask(b"DELE 1\r\nDELE 3\r\nQUIT\r\n").splitlines()
    assert answers[-1] == b"+OK goodbye, 1 messages left"
    assert dialogue.closed
    assert left(house) == 1


def test_a_removal_that_is_not_durable_is_not_acknowledged(connect: Connect) -> None:
    dialogue = connect(fail_sync=lambda: OSError("broken"))
    dialogue.ask(LOGIN)

    assert dialogue.ask(b"DELE 1\r\nQUIT\r\n").splitlines()[-1].startswith(b"-ERR [SYS/TEMP]")
    assert dialogue.closed


def test_one_session_has_the_maildrop(connect: Connect) -> None:
    """RFC 1939 section 8, RFC 2449 section 8.1.2."""
    first = logged_in(connect)
    assert connect().ask(LOGIN).splitlines()[-1].startswith(b"-ERR [IN-USE]")
    assert first.ask(b"NOOP\r\n").startswith(b"+OK")
    first.hang_up()
    second = logged_in(connect)
    second.ask(b"QUIT\r\n")
    logged_in(connect)


def test_another_process_has_the_maildrop(connect: Connect, house: House) -> None:
    holder = (
        "import sys, pathlib; from gromox.pop3.maildrop import MaildropLock;"
        "lock = MaildropLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(gromox.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", holder, str(house.root / "alice")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert connect().ask(LOGIN).splitlines()[-1].startswith(b"-ERR [IN-USE]")
        process.kill()
    logged_in(connect)


def test_the_maildrop_does_not_change_in_a_session(connect: Connect, house: House) -> None:
    dialogue = logged_in(connect)
    before = dialogue.ask(b"UIDL\r\nLIST\r\nSTAT\r\n")
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(b"Subject: four\r\n\r\n")])
        mailbox.delete_messages(INBOX, UidSet.of([mailbox.view(INBOX).uid_at(1)]))

    assert dialogue.ask(b"UIDL\r\nLIST\r\nSTAT\r\n") == before
    dialogue.ask(b"QUIT\r\n")
    assert logged_in(connect).ask(b"UIDL\r\n").count(b"\r\n") == 5


def test_unique_ids_are_never_used_again(connect: Connect, house: House) -> None:
    seen: set[bytes] = set()
    for _ in range(3):
        dialogue = logged_in(connect)
        ids = {line.split()[1] for line in dialogue.ask(b"UIDL\r\n").splitlines()[1:-1]}
        assert len(ids) == 3
        assert not ids & seen
        seen |= ids
        dialogue.ask(b"DELE 1\r\nDELE 2\r\nDELE 3\r\nQUIT\r\n")
        with house.mailbox("alice") as mailbox:
            mailbox.append(INBOX, [NewMail(b"x\r\n")] * 3)
    assert all(re.fullmatch(rb"[!-~]{1,70}", each) for each in seen)


def test_many_messages_are_listed_in_steps(connect: Connect, house: House) -> None:
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(b"Subject: %d\r\n\r\n" % number) for number in range(2500)])
    dialogue = logged_in(connect)
    dialogue.ask(b"DELE 1\r\nDELE 2000\r\n")
    sizes = [int(line.split()[1]) for line in dialogue.ask(b"LIST\r\n").splitlines()[1:-1]]
    ids = [int(line.split()[0]) for line in dialogue.ask(b"UIDL\r\n").splitlines()[1:-1]]

    assert dialogue.ask(b"STAT\r\n") == b"+OK %d %d\r\n" % (len(sizes), sum(sizes))
    assert ids == [number for number in range(1, 2504) if number not in (1, 2000)]


@pytest.mark.parametrize(
    "line", [b"x" * 76 + b"\r\n", hashlib.sha512().hexdigest()[:76].encode() + b"\r\n", b".\r\n" * 26]
)
def test_a_large_mail_is_never_in_memory(connect: Connect, house: House, line: bytes) -> None:
    mail = b"Subject: large\r\n\r\n" + line * (40_000_000 // 78)
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(mail)])
    dialogue = logged_in(connect)
    (action,) = dialogue.core.receive(b"RETR 4\r\n")
    assert isinstance(action, Produce)
    tracemalloc.start()
    received = 0
    for pieces in action.steps:
        received += sum(len(piece) for piece in pieces if isinstance(piece, bytes))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    dots = mail.count(b"\r\n.")
    assert received == len(b"+OK %d octets\r\n" % len(mail)) + len(mail) + dots + len(b".\r\n")
    assert peak < 12 << 20
    dialogue._do(dialogue.core.proceed())
    assert dialogue.ask(b"TOP 4 1\r\n").startswith(
        b"+OK the top follows\r\nSubject: large\r\n\r\n" + line[:1]
    )


def test_a_warm_login_needs_no_thread(connect: Connect) -> None:
    logged_in(connect).ask(b"QUIT\r\n")
    dialogue = connect()
    actions = list(dialogue.core.receive(LOGIN))

    assert not [action for action in actions if isinstance(action, Call)]


def test_refused_logins_are_logged_for_fail2ban(connect: Connect) -> None:
    with log.captured() as lines:
        connect().ask(b"USER alice@example.test\r\nPASS wr0ng\r\n")

    assert "rhost=[192.0.2.7] user=alice@example.test login rejected: wrong password" in "\n".join(lines)
    assert "wr0ng" not in "\n".join(lines)


def test_a_guess_costs_time(connect: Connect, house: House) -> None:
    before = house.clock.now()
    connect().ask(b"USER alice@example.test\r\nPASS wr0ng\r\n")

    assert house.clock.now() - before == 1.0


def test_logins_keep_their_distance(connect: Connect, house: House) -> None:
    """RFC 2449 sections 6.5 and 8.1.1."""

    def log_in() -> bytes:
        return connect(pop3_login_delay="60").ask(LOGIN + b"QUIT\r\n").splitlines()[2]

    assert log_in().startswith(b"+OK")
    house.clock.advance(59)
    assert log_in().startswith(b"-ERR [LOGIN-DELAY]")
    house.clock.advance(1)
    assert log_in().startswith(b"+OK")


def test_without_the_user_database_logins_wait(connect: Connect, house: House) -> None:
    house.directory.close()
    (house.root / "users.sqlite3").unlink()

    assert connect().ask(LOGIN).splitlines()[-1].startswith(b"-ERR [SYS/TEMP]")


def test_a_mailbox_that_is_away(connect: Connect, house: House) -> None:
    (house.root / "alice").rename(house.root / "away")

    assert connect().ask(LOGIN).splitlines()[-1].startswith(b"-ERR [SYS/TEMP]")


def test_a_line_without_end_is_not_kept(connect: Connect) -> None:
    dialogue = connect()
    dialogue.read()
    for _ in range(50):
        dialogue.say(b"x" * 10_000)
    assert dialogue.read().startswith(b"-ERR that line is too long")
    assert len(dialogue.core._input) <= MAX_LINE  # type: ignore[attr-defined]
    assert dialogue.ask(b"\r\nCAPA\r\n").startswith(b"+OK")


TALK = (
    b"CAPA\r\nAUTH PLAIN\r\n*\r\nUSER alice@example.test\r\nPASS s3cret\r\nSTAT\r\nLIST\r\nUIDL 2\r\n"
    b"RETR 1\r\n"
    b"TOP 2 1\r\nDELE 3\r\nRSET\r\nDELE 9\r\nNOOP\r\nUIDL\r\nQUIT\r\n"
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(places=st.lists(st.integers(0, len(TALK)), max_size=12))
def test_however_a_dialogue_is_cut_the_answers_are_the_same(connect: Connect, places: list[int]) -> None:
    whole = connect().ask(TALK)
    dialogue = connect()
    for start, end in pairwise([0, *sorted(places), len(TALK)]):
        dialogue.say(TALK[start:end])

    assert dialogue.read() == whole


WORDS = (b"QUIT\r\n", b"RETR 1\r\n", b"TOP 1 999999\r\n", b"AUTH LOGIN\r\n", b"LIST -1\r\n", b"x" * 13_000)


def converse(connect: Connect, before: bytes, pieces: list[bytes]) -> None:
    dialogue = connect()
    for piece in (before, *pieces):
        dialogue.say(piece)
    answered = dialogue.read()
    dialogue.hang_up()
    assert answered.endswith(b"\r\n")
    assert answered.isascii()


def test_no_damaged_dialogue_breaks_the_machine(connect: Connect, house: House) -> None:
    talk = TALK.replace(b"DELE 3\r\n", b"")
    # Few before login: each wrong password costs a hash.
    for pieces in damaged(talk, WORDS, seed=1939, count=300):
        converse(connect, b"", pieces)
    logged_in(connect).hang_up()
    for pieces in damaged(talk.split(b"s3cret\r\n")[1], WORDS, seed=1939, count=3_000):
        converse(connect, LOGIN, pieces)
    assert left(house) >= 1


def test_messages_read_in_a_row_are_the_same_as_alone(connect: Connect, house: House) -> None:
    bodies = [b"Subject: m\r\n\r\n%b\r\n" % (b"%d." % number * (number * 50 + 1)) for number in range(40)]
    bodies[20] = b"Subject: large\r\n\r\n" + b"x" * 100_000
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail(octets) for octets in bodies])
        mailbox.delete_messages(INBOX, UidSet.of([6, 7, 30]))
    alone = [
        logged_in(connect).ask(b"RETR %d\r\nQUIT\r\n" % number).rsplit(b"+OK goodbye", 1)[0]
        for number in range(40, 0, -1)  # backwards: nothing is read ahead
    ]
    dialogue = logged_in(connect)

    in_a_row = [dialogue.ask(b"RETR %d\r\n" % number) for number in range(1, 41)]

    assert in_a_row == alone[::-1]
    assert len(dialogue.core._session.here._ahead) <= AHEAD  # type: ignore[attr-defined]
    # Jumps and repetitions give what was asked for.
    assert [dialogue.ask(b"RETR %d\r\n" % number) for number in (3, 4, 4, 9, 10, 2)] == [
        in_a_row[number - 1] for number in (3, 4, 4, 9, 10, 2)
    ]
    assert dialogue.ask(b"DELE 11\r\nRETR 11\r\n").splitlines()[-1].startswith(b"-ERR")


def test_header_fields_come_in_ascii_unless_the_client_takes_utf8(connect: Connect, house: House) -> None:
    body = "\r\nGrüße\r\n.Punkt\r\n".encode()
    with house.mailbox("alice") as mailbox:
        mailbox.append(INBOX, [NewMail("Subject: Grüße\r\n".encode() + body)])
    dialogue = logged_in(connect)
    for command in (b"RETR 4\r\n", b"TOP 4 10\r\n"):
        answer = dialogue.ask(command)
        assert b"\r\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\r\n\r\n" in answer
        assert "\r\nGrüße\r\n..Punkt\r\n.\r\n".encode() in answer  # the body is none of its business
    dialogue.ask(b"QUIT\r\n")

    dialogue = connect()
    answers = dialogue.ask(b"UTF8\r\n" + LOGIN + b"RETR 4\r\n")
    assert "\r\nSubject: Grüße\r\n\r\nGrüße\r\n".encode() in answers


def test_sessions_may_share_the_maildrop(connect: Connect, house: House) -> None:
    one, other = connect(pop3_shared_maildrop="yes"), connect(pop3_shared_maildrop="yes")
    for dialogue in (one, other):
        assert dialogue.ask(LOGIN).splitlines()[-1] == b"+OK 3 messages (92 octets)"
    assert one.ask(b"DELE 1\r\nQUIT\r\n").splitlines()[-1] == b"+OK goodbye, 2 messages left"

    # The other session keeps its numbers; what is gone is gone, and may be removed once more.
    assert other.ask(b"STAT\r\n") == b"+OK 3 92\r\n"
    assert other.ask(b"DELE 1\r\nDELE 2\r\nQUIT\r\n").splitlines()[-1].startswith(b"+OK goodbye")
    assert left(house) == 1


def test_sessions_of_a_user_are_limited(connect: Connect) -> None:
    settings = {"pop3_shared_maildrop": "yes", "user_context_num": "2"}
    held = [connect(**settings) for _ in range(3)]
    said = [dialogue.ask(LOGIN).splitlines()[-1] for dialogue in held]
    assert said[2] == b"-ERR [SYS/TEMP] too many sessions of that user"
    held[0].ask(b"QUIT\r\n")
    again = connect(**settings)
    assert again.ask(LOGIN).splitlines()[-1].startswith(b"+OK 3 messages")


@pytest.mark.parametrize(
    ("level", "shown"), [("0", set()), ("1", {"refused"}), ("2", {"refused", "carried"})]
)
def test_commands_are_logged_when_asked_for(connect: Connect, level: str, shown: set[str]) -> None:
    with log.captured() as lines:
        dialogue = connect(pop3_cmd_debug=level)
        dialogue.ask(b"PASS before-user\r\nAUTH PLAIN AGFsaWNlAHMzY3JldA==\r\nNONSENSE x\r\n" + LOGIN)
        dialogue.ask(b"RETR 99\r\nRETR 1\r\nLIST\r\n")
    logged = "\n".join(lines)
    assert ("NONSENSE x" in logged) == ("refused" in shown)
    assert ("RETR 99" in logged) == ("refused" in shown)
    assert ("RETR 1" in logged.replace("RETR 99", "")) == ("carried" in shown)
    assert ("LIST" in logged) == ("carried" in shown)
    for secret in (PASSWORD, "before-user", "AGFsaWNl"):
        assert secret not in logged


def test_failed_logins_go_by_who_stands_behind_a_trusted_client(connect: Connect) -> None:
    dialogue = connect(pop3_trusted_hosts="192.0.2.7")
    dialogue.say(b"XCLIENT ADDR=198.51.100.3 PORT=4711\r\nUSER alice@example.test\r\nPASS wrong\r\n")
    with log.captured() as lines:
        dialogue.say(b"USER alice@example.test\r\nPASS wrong\r\n")
    assert any("rhost=[198.51.100.3] " in line for line in lines), lines
