"""No refusal is without an answer, and all answers are well formed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gromox.directory.errors import AuthReason
from gromox.pop3 import replies
from gromox.pop3.answers import ANSWERS, REFUSALS
from gromox.pop3.dispatch import COMMANDS
from gromox.pop3.replies import Reply
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = [
    *ANSWERS.values(),
    *REFUSALS.values(),
    *(each for each in vars(replies).values() if isinstance(each, Reply)),
]


def all_below(kind: type[StoreError]) -> Iterator[type[StoreError]]:
    for each in kind.__subclasses__():
        yield each
        yield from all_below(each)


def test_no_refusal_of_the_store_is_without_an_answer() -> None:
    ours = {each for each in all_below(StoreError) if each.__module__.startswith("gromox.")}
    assert set(ANSWERS) == ours


def test_no_refused_login_is_without_an_answer() -> None:
    assert set(REFUSALS) == set(AuthReason)


def test_unknown_users_and_wrong_passwords_look_the_same() -> None:
    assert REFUSALS[AuthReason.AMBIGUOUS] == REFUSALS[AuthReason.UNKNOWN_OR_WRONG_PASSWORD]


@pytest.mark.parametrize("reply", ALL)
def test_answers_are_one_short_line(reply: Reply) -> None:
    """RFC 2449 section 4: 512 octets; section 8: response codes."""
    assert re.fullmatch(rb"(\+OK|-ERR) (\[[A-Z/-]+\] )?[ -~]{1,400}\r\n", reply.encode())


def test_every_command_of_the_documents_is_there() -> None:
    verbs = "CAPA STLS UTF8 LANG USER PASS APOP AUTH STAT LIST RETR DELE NOOP RSET QUIT TOP UIDL XCLIENT"

    assert set(COMMANDS) == set(verbs.split())
