"""PLAIN (RFC 4616) and LOGIN."""

from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.base.secret import Secret
from gromox.sasl.mechanism import LONGEST_MESSAGE, Challenge, Credentials, begin, decode

TIM = Credentials("tim", Secret("tanstaaftanstaaf"))


def test_plain_with_its_message_at_once() -> None:
    # RFC 4616 section 4, the first example.
    assert begin("PLAIN", b"\0tim\0tanstaaftanstaaf") == TIM


def test_plain_asks_for_its_message() -> None:
    step = begin("PLAIN", None)
    assert isinstance(step, Challenge)
    assert step.octets == b""
    assert step.read(b"\0tim\0tanstaaftanstaaf") == TIM


def test_login_asks_for_name_and_password() -> None:
    step = begin("LOGIN", None)
    assert isinstance(step, Challenge)
    assert step.octets == b"Username:"
    step = step.read(b"tim")
    assert isinstance(step, Challenge)
    assert step.octets == b"Password:"
    assert step.read(b"tanstaaftanstaaf") == TIM


def test_login_with_the_name_at_once() -> None:
    step = begin("LOGIN", b"tim")
    assert isinstance(step, Challenge)
    assert step.read(b"tanstaaftanstaaf") == TIM


def test_the_own_identity_may_be_named() -> None:
    assert begin("PLAIN", b"TIM\0tim\0tanstaaftanstaaf") == TIM


@pytest.mark.parametrize(
    "message",
    [
        # RFC 4616 section 4, the second example: to act as somebody else.
        b"Ursel\0Kurt\0xipj3plmq",
        b"",
        b"tim",
        b"\0tim",
        b"\0\0tanstaaf",
        b"\0tim\0tan\0staaf",
        b"\0tim\0\xff",
    ],
)
def test_other_messages_are_refused(message: bytes) -> None:
    with pytest.raises(ParseError):
        begin("PLAIN", message)


@pytest.mark.parametrize("size", range(len(b"\0tim\0")))
def test_every_message_cut_before_the_password_is_refused(size: int) -> None:
    with pytest.raises(ParseError):
        begin("PLAIN", b"\0tim\0"[:size])


def test_a_name_is_needed_for_login() -> None:
    with pytest.raises(ParseError):
        begin("LOGIN", b"")


@pytest.mark.parametrize("text", [b"AHRpbQ", b"AHRpbQ==\n", b"?", b"A" * (LONGEST_MESSAGE * 4 // 3 + 5)])
def test_what_is_not_base64_or_too_long_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        decode(text)


def test_the_longest_message_is_taken() -> None:
    assert len(decode(b"AAAA" * (LONGEST_MESSAGE // 3 + 1))) > LONGEST_MESSAGE - 3
