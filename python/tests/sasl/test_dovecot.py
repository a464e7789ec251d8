"""What Postfix sees: the authentication protocol of Dovecot."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from gromox.base.log import captured
from gromox.base.wire import Peer
from gromox.directory import user
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.errors import AuthReason
from gromox.directory.status import Privilege
from gromox.sasl.dovecot import LONGEST_LINE, MOST_OPEN, DovecotCore
from gromox.sasl.verdict import REASONS, SaslServices
from tests.support.drive import Dialogue
from tests.support.house import PASSWORD, House
from tests.support.sasl import ScramClient

LOCAL = Peer("local", 0, tls=False, local_port=0, connection_id="t-1")
HELLO = b"VERSION\t1\t1\nCPID\t77\n"
ASK = b"service=smtp\tnologin\tlip=192.0.2.1\trip=192.0.2.9\tsecured"


def plain(login: str, password: str = PASSWORD) -> bytes:
    return b64encode(f"\0{login}\0{password}".encode())


def request(login: str, password: str = PASSWORD, *, number: int = 1, ask: bytes = ASK) -> bytes:
    return b"AUTH\t%d\tPLAIN\t%b\tresp=%b\n" % (number, ask, plain(login, password))


@pytest.fixture
def postfix(services: SaslServices) -> Dialogue:
    dialogue = Dialogue(DovecotCore(services), LOCAL)
    dialogue.say(HELLO)
    dialogue.read()
    return dialogue


def test_the_introduction(services: SaslServices) -> None:
    assert Dialogue(DovecotCore(services), LOCAL).read() == (
        b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t4711\nCUID\t1\n"
        b"COOKIE\t0123456789abcdef0123456789abcdef\nDONE\n"
    )


def test_a_right_password(postfix: Dialogue) -> None:
    assert postfix.ask(request("alice@example.test")) == b"OK\t1\tuser=alice@example.test\n"


def test_an_alias_is_answered_with_the_primary_address(postfix: Dialogue) -> None:
    assert postfix.ask(request("INFO@example.test")) == b"OK\t1\tuser=alice@example.test\n"


def test_a_wrong_password_is_refused_and_counted_by_the_address_of_the_client(postfix: Dialogue) -> None:
    with captured() as lines:
        assert postfix.ask(request("alice@example.test", "wrong")) == (
            b"FAIL\t1\tuser=alice@example.test\treason=the name or the password is wrong\n"
        )
    assert any("rhost=[192.0.2.9] user=alice@example.test SASL smtp rejected:" in line for line in lines)


def test_guessing_ends_with_a_temporary_refusal_even_of_the_right_password(postfix: Dialogue) -> None:
    for number in range(3):
        postfix.ask(request("alice@example.test", "wrong", number=number))
    answer = postfix.ask(request("alice@example.test", number=9))
    assert answer.startswith(b"FAIL\t9\t")
    assert answer.endswith(b"\ttemp\n")
    other = ASK.replace(b"192.0.2.9", b"192.0.2.10")
    assert postfix.ask(request("alice@example.test", number=10, ask=other)).startswith(b"OK\t10\t")


def test_the_right_to_send_is_needed(postfix: Dialogue, house: House) -> None:
    user.set_privilege(house.directory, "bob@example.test", revoke=Privilege.SMTP)
    assert postfix.ask(request("bob@example.test")) == (
        b"FAIL\t1\tuser=bob@example.test\treason=you may not use this service\tauthz\n"
    )
    imap = ASK.replace(b"smtp", b"imap")
    assert postfix.ask(request("bob@example.test", ask=imap)).startswith(b"OK")
    assert postfix.ask(request("carol@example.test", ask=imap)).startswith(b"FAIL")
    assert postfix.ask(request("carol@example.test")).startswith(b"OK")


def test_a_service_we_do_not_know_may_verify_nobody(postfix: Dialogue) -> None:
    ask = ASK.replace(b"smtp", b"ssh")
    assert postfix.ask(request("alice@example.test", ask=ask)).startswith(b"FAIL\t1\t")
    assert postfix.ask(request("alice@example.test")).startswith(b"OK")
    assert postfix.ask(request("alice@example.test", ask=ask)).startswith(b"FAIL\t1\t")


def test_a_suspended_user_is_refused(postfix: Dialogue) -> None:
    assert b"the account is disabled" in postfix.ask(request("dave@example.test"))


def test_nobody_enters_for_another_mailbox(postfix: Dialogue) -> None:
    assert postfix.ask(request("alice@example.test!bob@example.test")).startswith(b"FAIL")


def test_login_goes_through_two_challenges(postfix: Dialogue) -> None:
    assert postfix.ask(b"AUTH\t5\tLOGIN\t" + ASK + b"\n") == b"CONT\t5\t" + b64encode(b"Username:") + b"\n"
    answer = postfix.ask(b"CONT\t5\t" + b64encode(b"alice@example.test") + b"\n")
    assert answer == b"CONT\t5\t" + b64encode(b"Password:") + b"\n"
    assert postfix.ask(b"CONT\t5\t" + b64encode(PASSWORD.encode()) + b"\n") == (
        b"OK\t5\tuser=alice@example.test\n"
    )


def test_plain_without_an_initial_response(postfix: Dialogue) -> None:
    assert postfix.ask(b"AUTH\t5\tPLAIN\t" + ASK + b"\n") == b"CONT\t5\t\n"
    assert postfix.ask(b"CONT\t5\t" + plain("alice@example.test") + b"\n").startswith(b"OK\t5\t")


def test_without_tls_no_password_is_looked_at(postfix: Dialogue) -> None:
    ask = ASK.removesuffix(b"\tsecured")
    assert postfix.ask(request("alice@example.test", ask=ask)) == (
        b"FAIL\t1\treason=encryption is needed for this\n"
    )


def test_logins_in_one_packet_and_octet_by_octet(services: SaslServices) -> None:
    wanted = b"OK\t1\tuser=alice@example.test\nOK\t2\tuser=bob@example.test\n"
    octets = HELLO + request("alice@example.test") + request("bob@example.test", number=2)
    at_once = Dialogue(DovecotCore(services), LOCAL)
    assert at_once.ask(octets).endswith(b"DONE\n" + wanted)
    slowly = Dialogue(DovecotCore(services), LOCAL)
    for at in range(len(octets)):
        slowly.say(octets[at : at + 1])
    assert slowly.read().endswith(b"DONE\n" + wanted)


@pytest.mark.parametrize("size", range(len(request("alice@example.test"))))
def test_a_request_cut_anywhere_is_not_answered(postfix: Dialogue, size: int) -> None:
    assert postfix.ask(request("alice@example.test")[:size]) == b""
    assert not postfix.closed


def test_quoted_octets_in_a_name(postfix: Dialogue) -> None:
    # The answer names the user; a TAB in it must not become a word of its own.
    answer = postfix.ask(request("a\tb\nOK\t1\tuser=c\x01"))
    assert answer.startswith(b"FAIL\t1\tuser=a\x01tb\x01nOK\x01t1\x01tuser=c\x011\treason=")
    assert answer.count(b"\n") == 1


@pytest.mark.parametrize(
    "line",
    [
        b"AUTH\n",
        b"AUTH\t1\n",
        b"CONT\t9\tAAAA\n",
        b"QUIT\n",
        b"\n",
        b"VERSION\t2\t0\n",
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_what_is_not_the_protocol_ends_the_connection(postfix: Dialogue, line: bytes) -> None:
    postfix.say(line)
    assert postfix.closed


def test_the_version_comes_first(services: SaslServices) -> None:
    dialogue = Dialogue(DovecotCore(services), LOCAL)
    dialogue.say(request("alice@example.test"))
    assert dialogue.closed


@pytest.mark.parametrize("text", [b"resp=?", b"resp=", b"resp=AAAA"])
def test_a_message_not_understood_is_refused(postfix: Dialogue, text: bytes) -> None:
    assert postfix.ask(b"AUTH\t1\tPLAIN\t" + ASK + b"\t" + text + b"\n") == (
        b"FAIL\t1\treason=the message of the mechanism is not understood\n"
    )


def test_a_mechanism_that_is_not_offered(postfix: Dialogue) -> None:
    assert postfix.ask(b"AUTH\t1\tCRAM-MD5\t" + ASK + b"\n").startswith(b"FAIL\t1\treason=")


def test_an_endless_line_ends_the_connection(postfix: Dialogue) -> None:
    postfix.say(b"A" * LONGEST_LINE)
    assert not postfix.closed
    postfix.say(b"A")
    assert postfix.closed


def test_logins_that_never_end_are_few(postfix: Dialogue) -> None:
    for number in range(MOST_OPEN):
        assert postfix.ask(b"AUTH\t%d\tLOGIN\t%b\n" % (number, ASK)).startswith(b"CONT")
    assert postfix.ask(b"AUTH\t99\tLOGIN\t" + ASK + b"\n").startswith(b"FAIL\t99")
    postfix.say(b"CANCEL\t3\n")
    assert postfix.ask(b"AUTH\t99\tLOGIN\t" + ASK + b"\n").startswith(b"CONT\t99")


def test_silence_ends_the_connection(postfix: Dialogue) -> None:
    postfix.wait()
    assert postfix.closed


def test_no_refusal_is_without_a_reason() -> None:
    assert set(REASONS) == set(AuthReason)


def test_scram(services: SaslServices, house: House) -> None:
    policy = AuthPolicy(scram="yes")
    authenticator = Authenticator(house.directory, house.clock, policy=policy)
    offering = replace(
        services,
        doorkeepers={
            privilege: replace(each, authenticator=authenticator)
            for privilege, each in services.doorkeepers.items()
        },
    )
    postfix = Dialogue(DovecotCore(offering), LOCAL)
    assert b"MECH\tSCRAM-SHA-256\n" in postfix.ask(HELLO)
    assert postfix.ask(request("alice@example.test")).startswith(b"OK")

    for password, end in ((PASSWORD, b"OK\t2\tuser=alice@example.test\n"), ("wrong", b"FAIL\t2\t")):
        client = ScramClient("alice@example.test", password)
        said = postfix.ask(b"AUTH\t2\tSCRAM-SHA-256\t%b\tresp=%b\n" % (ASK, b64encode(client.first())))
        assert said.startswith(b"CONT\t2\t")
        said = postfix.ask(b"CONT\t2\t%b\n" % b64encode(client.last(b64decode(said.split(b"\t")[2]))))
        if said.startswith(b"CONT"):
            assert b64decode(said.split(b"\t")[2]) == client.expected
            said = postfix.ask(b"CONT\t2\t\n")
        assert said.startswith(end)


def test_scram_for_a_service_that_nobody_knows(services: SaslServices, house: House) -> None:
    authenticator = Authenticator(house.directory, house.clock, policy=AuthPolicy(scram="yes"))
    offering = replace(
        services,
        doorkeepers={
            privilege: replace(each, authenticator=authenticator)
            for privilege, each in services.doorkeepers.items()
        },
    )
    postfix = Dialogue(DovecotCore(offering), LOCAL)
    postfix.ask(HELLO)
    postfix.ask(request("alice@example.test"))
    client = ScramClient("alice@example.test", PASSWORD)
    ask = ASK.replace(b"smtp", b"sieve")
    said = postfix.ask(b"AUTH\t2\tSCRAM-SHA-256\t%b\tresp=%b\n" % (ask, b64encode(client.first())))
    postfix.ask(b"CONT\t2\t%b\n" % b64encode(client.last(b64decode(said.split(b"\t")[2]))))
    assert postfix.ask(b"CONT\t2\t\n").startswith(b"FAIL\t2\t")
