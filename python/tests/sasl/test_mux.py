"""What testsaslauthd sees: the protocol of saslauthd."""

from __future__ import annotations

import pytest

from gromox.base.wire import Peer
from gromox.sasl.mux import LONGEST_STRING, MuxCore
from gromox.sasl.verdict import SaslServices
from tests.support.drive import Dialogue
from tests.support.house import PASSWORD

LOCAL = Peer("local", 0, tls=False, local_port=0, connection_id="t-1")


def request(login: str, password: str = PASSWORD, service: str = "smtp", realm: str = "") -> bytes:
    strings = [text.encode() for text in (login, password, service, realm)]
    return b"".join(len(text).to_bytes(2, "big") + text for text in strings)


def ask(services: SaslServices, octets: bytes) -> bytes:
    dialogue = Dialogue(MuxCore(services), LOCAL)
    answer = dialogue.ask(octets)
    assert dialogue.closed
    assert int.from_bytes(answer[:2], "big") == len(answer) - 2
    return answer[2:]


def test_a_right_password(services: SaslServices) -> None:
    assert ask(services, request("alice@example.test")) == b"OK"
    assert ask(services, request("alice@example.test")) == b"OK", "also when it is remembered"


def test_the_realm_completes_a_bare_name(services: SaslServices) -> None:
    assert ask(services, request("alice", realm="example.test")) == b"OK"
    assert ask(services, request("alice@example.test", realm="other.test")) == b"OK"


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (request("alice@example.test", "wrong"), b"NO the name or the password is wrong"),
        (request("nobody@example.test"), b"NO the name or the password is wrong"),
        (request("alice@example.test", ""), b"NO the name or the password is wrong"),
        (request("dave@example.test"), b"NO the account is disabled"),
        (request("carol@example.test", service="imap"), b"NO you may not use this service"),
        (request("alice@example.test", service="su"), b"NO you may not use this service"),
    ],
)
def test_refusals(services: SaslServices, octets: bytes, answer: bytes) -> None:
    assert ask(services, octets) == answer


@pytest.mark.parametrize("size", range(len(request("alice@example.test"))))
def test_a_request_cut_anywhere_is_waited_for_and_given_up(services: SaslServices, size: int) -> None:
    dialogue = Dialogue(MuxCore(services), LOCAL)
    assert dialogue.ask(request("alice@example.test")[:size]) == b""
    assert not dialogue.closed
    dialogue.wait()
    assert dialogue.closed


def test_octet_by_octet(services: SaslServices) -> None:
    dialogue = Dialogue(MuxCore(services), LOCAL)
    for octet in request("alice@example.test"):
        dialogue.say(bytes([octet]))
    assert dialogue.read() == b"\x00\x02OK"


def test_the_bound(services: SaslServices) -> None:
    assert ask(services, request("a" * LONGEST_STRING)).startswith(b"NO the name")
    assert ask(services, request("a" * (LONGEST_STRING + 1))) == b"NO request not understood"
    assert ask(services, b"\xff\xff") == b"NO request not understood"


def test_what_is_not_utf8(services: SaslServices) -> None:
    assert ask(services, b"\0\1\xff\0\1p\0\4smtp\0\0") == b"NO request not understood"
