from __future__ import annotations

import base64
import quopri

import pytest

from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NewMail
from gromox.store.search import (
    All,
    And,
    Body,
    Comparison,
    Expression,
    Field,
    Flagged,
    HasKeyword,
    Header,
    InternalDay,
    Larger,
    Modseq,
    Not,
    Or,
    Recent,
    SentDay,
    Smaller,
    Text,
    TextIn,
    Uids,
)
from gromox.store.uidset import UidSet
from tests.store.sample import mail, octets

INBOX = 13
DAY = 86400
JAN_5 = 20_458
"""2026-01-05 in days since 1970."""


def part(encoding: str, body: bytes, charset: str = "utf-8") -> bytes:
    head = f"Subject: coded\r\nContent-Type: text/plain; charset={charset}\r\n"
    head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + body


MAILS = [
    NewMail(
        octets("Gr\u00fc\u00dfe aus K\u00f6ln", extra="X-Spam: No\r\n"),
        Flag.SEEN,
        internal_date=JAN_5 * DAY + 23 * 3600,
        zone=120,
    ),
    NewMail(
        octets("=?iso-8859-1?Q?Gr=FC=DFe?=", size=5000),
        Flag.FLAGGED,
        frozenset({"Work"}),
        internal_date=JAN_5 * DAY,
    ),
    NewMail(part("base64", base64.encodebytes("Ein gr\u00fcner Ast".encode())), internal_date=0.0),
    NewMail(
        part("quoted-printable", quopri.encodestring("stra\u00dfe".encode("iso-8859-1")), "iso-8859-1"),
        internal_date=0.0,
    ),
    NewMail(
        octets(
            "plain",
            body="A needle, Upper and lower",
            extra="Cc: carol@example.test\r\nX-Spam: =?utf-8?Q?J=C3=A4?=\r\n",
        ),
        internal_date=0.0,
    ),
    NewMail(octets("large", body="filler\r\n" * 20_000 + "LAST word"), internal_date=0.0),
]

CASES: list[tuple[Expression, list[int]]] = [
    (All(), [1, 2, 3, 4, 5, 6]),
    (TextIn(Field.SUBJECT, "GR\u00dcSSE"), [1, 2]),
    (TextIn(Field.FROM, "zo\u00cb"), [1, 2, 5, 6]),
    (TextIn(Field.TO, "alice@"), [1, 2, 5, 6]),
    (TextIn(Field.CC, "CAROL"), [5]),
    (TextIn(Field.BCC, "x"), []),
    (Header("Subject", "k\u00f6ln"), [1]),
    (Header("x-spam", ""), [1, 5]),
    (Header("X-Spam", "no"), [1]),
    (Header("X-Spam", "J\u00c4"), [5]),
    (Header("X", ""), []),
    (Header("message-id", "@EXAMPLE.net"), [1, 2, 5, 6]),
    (Body("gr\u00dcner"), [3]),
    (Body("STRASSE"), [4]),
    (Body("needle, upper"), [5]),
    (Body("last WORD"), [6]),
    (Body("carol"), []),
    (Text("carol"), [5]),
    (Text("gr\u00fcsse"), [1, 2]),
    (Text("needle"), [5]),
    (Body(""), [1, 2, 3, 4, 5, 6]),
    (Flagged(Flag.SEEN, 0), [2, 3, 4, 5, 6]),
    (Flagged(Flag.SEEN | Flag.FLAGGED, Flag.FLAGGED), [2]),
    (HasKeyword("WORK"), [2]),
    (HasKeyword("play"), []),
    (Larger(4999), [2, 6]),
    (Smaller(5000), [1, 3, 4, 5]),
    (InternalDay(Comparison.ON, JAN_5 + 1), [1]),
    (InternalDay(Comparison.SINCE, JAN_5), [1, 2]),
    (InternalDay(Comparison.BEFORE, JAN_5), [3, 4, 5, 6]),
    (SentDay(Comparison.ON, JAN_5), [1, 2, 5, 6]),
    (SentDay(Comparison.BEFORE, JAN_5), []),
    (Not(SentDay(Comparison.ON, JAN_5)), [3, 4]),
    (Uids(UidSet([(2, 3), (9, 99)])), [2, 3]),
    (Recent(5), [5, 6]),
    (Not(Recent(5)), [1, 2, 3, 4]),
    (And(()), [1, 2, 3, 4, 5, 6]),
    (Or(()), []),
    (And((Body("needle"), Flagged(Flag.SEEN, 0), Not(Larger(4999)))), [5]),
    (Or((TextIn(Field.CC, "carol"), HasKeyword("work"), Not(All()))), [2, 5]),
    (Not(Or((Uids(UidSet([(1, 4)])), Body("needle")))), [6]),
]


@pytest.fixture
def filled(mailbox: Mailbox) -> Mailbox:
    mailbox.append(INBOX, MAILS)
    return mailbox


@pytest.mark.parametrize(("expression", "uids"), CASES, ids=str)
def test_search(filled: Mailbox, expression: Expression, uids: list[int]) -> None:
    assert list(filled.search(INBOX, expression)) == uids


def test_modseq(filled: Mailbox) -> None:
    view = filled.view(INBOX)
    assert list(filled.search(INBOX, Modseq(view.blocks[0].modseq_at(3)))) == [4, 5, 6]


def test_only_what_is_in_the_view_is_found(filled: Mailbox) -> None:
    old = filled.view(INBOX)
    filled.delete_messages(INBOX, UidSet([(5, 5)]))
    filled.append(INBOX, [mail("needle")])
    needle = Text("needle")
    assert list(filled.search(INBOX, needle, view=old)) == [5]
    assert list(filled.search(INBOX, needle)) == [7]
    assert list(filled.search(INBOX, All(), view=old)) == [1, 2, 3, 4, 5, 6]
    assert list(filled.search(11, All())) == []


def test_long_searches_come_in_steps(mailbox: Mailbox) -> None:
    mailbox.append(INBOX, [mail("dull")] * 1000)
    steps = mailbox.search_steps(INBOX, Body("absent"))
    count = 0
    with pytest.raises(StopIteration) as done:  # noqa: PT012
        for count in range(1, 1000):  # noqa: B007
            next(steps)
    assert list(done.value.value) == []
    assert count > 10
