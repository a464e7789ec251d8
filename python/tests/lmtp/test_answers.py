"""No failure is without an answer, and all answers are well formed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gromox.directory.errors import DirectoryError
from gromox.lmtp import replies
from gromox.lmtp.answers import ANSWERS, answer_to
from gromox.lmtp.dispatch import COMMANDS
from gromox.lmtp.replies import Reply
from gromox.store.errors import NoSpaceError

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}


def all_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from all_below(each)


@pytest.mark.parametrize("kind", [NoSpaceError, OSError, *all_below(DirectoryError)])
def test_no_failure_is_without_an_answer(kind: type[Exception]) -> None:
    answer = answer_to(kind.__new__(kind))

    assert answer is not None
    assert answer.code // 100 == 4, "our own trouble is never the sender's fault"


def test_a_defect_is_not_answered_for() -> None:
    assert answer_to(KeyError("x")) is None
    assert all(issubclass(kind, Exception) for kind in ANSWERS)


@pytest.mark.parametrize("name", ALL)
def test_codes_agree(name: str) -> None:
    """RFC 2034 section 4: the class of the enhanced code is the first digit of the code."""
    reply = ALL[name]

    assert re.fullmatch(r"[245]\.[0-7]\.\d+|", reply.status)
    assert not reply.status or reply.status[0] == str(reply.code)[0]
    assert re.fullmatch(rb"(%d[ -][ -~]{1,500}\r\n)+" % reply.code, reply.encode())


def test_every_verb_of_the_fact_sheet_is_there() -> None:
    """protocols.md section 7.1."""
    verbs = "HELO EHLO LHLO STARTTLS MAIL RCPT DATA BDAT RSET NOOP QUIT HELP VRFY EXPN ETRN AUTH XCLIENT"

    assert set(COMMANDS) == set(verbs.split())
