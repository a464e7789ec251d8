"""Threads: the steps of RFC 5256, and what senders can do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gromox.imap import threads
from gromox.store.threadrows import MAX_REFERENCES, ThreadRow, normalized, references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.imap.threads import Steps


def row(
    identifier: str = "", *refers: str, subject: str = "", reply: bool = False, sent: float = 0
) -> ThreadRow:
    return ThreadRow(identifier.encode(), tuple([each.encode() for each in refers]), subject, reply, sent)


def shown(steps: Steps) -> str:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return threads.render(done.value).decode()


def threaded(*rows: ThreadRow) -> str:
    return shown(threads.references(range(1, len(rows) + 1), rows))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ""),
        ([row("a"), row("b", "a"), row("c", "a", "b")], "(1 2 3)"),
        ([row("a"), row("b", "a"), row("c", "a")], "(1 (2)(3))"),
        ([row("b", "a"), row("c", "a")], "((1)(2))"),
        ([row("b", "a")], "(1)"),
        ([row("c", "x", "y"), row("d", "x", "y")], "((1)(2))"),
        # A second message with the same identifier stands alone.
        ([row("a"), row("a"), row("b", "a")], "(1 3)(2)"),
        # Loops are not made.
        ([row("a", "b"), row("b", "a")], "(2 1)"),
        ([row("a", "a")], "(1)"),
        ([row("a", "c"), row("b", "a"), row("c", "b")], "(3 1 2)"),
        # What a message says of itself counts more than what was said of it before.
        ([row("c", "a", "b"), row("b", "z"), row("a")], "(2 1)(3)"),
        ([row("a"), row("b"), row("c", "a", "b"), row("d", "a")], "(1 (2 3)(4))"),
        # Threads of one subject are merged: a reply goes below what it answers, others side by side.
        ([row("a", subject="x"), row("b", subject="x", reply=True)], "(1 2)"),
        ([row("a", subject="x", reply=True), row("b", subject="x", sent=1)], "(2 1)"),
        ([row("a", subject="x"), row("b", subject="x")], "((1)(2))"),
        ([row("a", subject="x"), row("b", subject="x"), row("c", subject="x")], "((1)(2)(3))"),
        ([row("a", "m", subject="x"), row("b", "m", subject="x"), row("c", subject="x")], "((1)(2)(3))"),
        (
            [row("a", "m", subject="x"), row("b", "m"), row("c", "n", subject="x"), row("d", "n")],
            "((1)(2)(3)(4))",
        ),
        ([row("a"), row("b")], "(1)(2)"),
        # Siblings and threads are in the order of their dates.
        ([row("a"), row("b", "a", sent=2), row("c", "a", sent=1)], "(1 (3)(2))"),
        ([row("a", sent=5), row("b", sent=1)], "(2)(1)"),
        ([row("b", "m", sent=9), row("c", "m", sent=1), row("d", sent=5)], "((2)(1))(3)"),
    ],
)  # fmt: skip
def test_references(rows: Sequence[ThreadRow], expected: str) -> None:
    assert threaded(*rows) == expected


def test_ordered_subject() -> None:
    rows = [
        row(subject="B", sent=3),
        row(subject="A", sent=2),
        row(subject="B", sent=1),
        row(subject="B", sent=9),
        row(subject="", sent=4),
    ]

    assert shown(threads.ordered_subject(range(1, 6), rows)) == "(3 (1)(4))(2)(5)"


def test_a_long_chain_is_cut_and_takes_no_recursion() -> None:
    count = threads.MAX_DEPTH * 3
    rows = [row("0"), *[row(str(number), str(number - 1)) for number in range(1, count)]]
    answer = threaded(*rows)

    assert answer.count("(") == 3
    numbers = answer.replace("(", " ").replace(")", " ").split()
    assert sorted(map(int, numbers)) == list(range(1, count + 1))


def test_many_siblings_below_each_other_are_shown_without_recursion() -> None:
    rows = [row("0")]
    for level in range(1, 900):
        rows += [row(f"{level}", f"{level - 1}"), row(f"side{level}", f"{level - 1}")]
    answer = threaded(*rows)

    assert answer.count("(") == answer.count(")")
    assert len(answer.replace("(", " ").replace(")", " ").split()) == len(rows)


def test_identifiers_of_a_header() -> None:
    header = b'Subject: x\r\nReferences: <"a b"@x> junk <"c"@x>\r\n\t<d@x>\r\nIn-Reply-To: <e@x>\r\n\r\n'

    assert references(header) == (b"<a b@x>", b"<c@x>", b"<d@x>")
    assert references(b"In-Reply-To: someone said <e@x> <f@x>\r\n\r\n") == (b"<e@x>",)
    assert references(b"References: none\r\nIn-Reply-To: <e@x>\r\n\r\n") == (b"<e@x>",)
    assert references(b"Subject: <a@x>\r\n\r\n") == ()
    assert normalized(b'<"a\\"b"@x>') == b'<a"b@x>'


def test_references_are_bounded() -> None:
    found = references(b"References: " + b" ".join([b"<%d@x>" % n for n in range(1000)]) + b"\r\n\r\n")

    assert len(found) == MAX_REFERENCES
    assert (found[0], found[-1]) == (b"<0@x>", b"<999@x>")
