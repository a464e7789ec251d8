"""The scanner: any octets, its limits, and the work it does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import SupportsIndex, overload

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.mime import Limits, Message, bodystructure_octets, envelope_octets, scan

Check = Callable[[bytes], Message]
LINES = st.sampled_from(
    [
        b"",
        b"--a",
        b"--a--",
        b"--b",
        b"--b--",
        b"text",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: multipart/digest; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Subject: s",
        b" folded",
    ]
)


@given(st.binary(max_size=300))
def test_any_octets_are_read(checked: Check, octets: bytes) -> None:
    checked(octets)


@settings(max_examples=300)
@given(st.lists(st.tuples(LINES, st.sampled_from([b"\r\n", b"\n"])), max_size=40))
def test_any_order_of_lines_is_read(checked: Check, lines: list[tuple[bytes, bytes]]) -> None:
    checked(b"".join(line + end for line, end in lines))


@given(
    st.binary(max_size=60).filter(lambda text: b"--b" not in text),
    st.binary(max_size=60).filter(lambda text: b"--b" not in text),
)
def test_bodies_of_parts_are_found_exactly(one: bytes, two: bytes) -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n%b\r\n--b\r\n\r\n%b\r\n--b--\r\n"
        % (one, two)
    )

    root = scan(octets).root

    assert [octets[part.body_start : part.body_end] for part in root.children] == [one, two]


def nested(depth: int) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(depth)
    )


def nested_messages(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth


@pytest.mark.parametrize("build", [nested, nested_messages])
def test_depth_is_bounded(checked: Check, build: Callable[[int], bytes]) -> None:
    message = checked(build(500))

    parts = list(message.root.walk())
    assert len(parts) == Limits().depth + 1
    assert (parts[-1].media_type, parts[-1].subtype) == ("application", "octet-stream")
    assert parts[-1].body_end == len(message.octets)


def test_number_of_parts_is_bounded(checked: Check) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20

    message = scan(octets, Limits(parts=10))

    assert len(list(message.root.walk())) == 11  # the last one is the rest
    rest = message.root.children[-1]
    assert (rest.media_type, rest.header_start) == ("application", rest.body_start)
    assert octets[rest.body_start : rest.body_end].count(b"--b") == 10
    assert len(list(checked(octets * 1000).root.walk())) == 10_001


def test_fields_beyond_the_limits_are_not_seen() -> None:
    late = b"X-Junk: x\r\n" * 20 + b"Subject: late\r\n\r\n"

    assert scan(late).subject == "late"
    assert scan(late, Limits(fields=20)).subject == ""
    assert scan(late, Limits(header_octets=100)).subject == ""
    assert scan(late, Limits(header_octets=100)).header_size == len(late)


def test_a_boundary_of_more_than_a_thousand_octets_is_none() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n--%b\r\n\r\nx\r\n" % (
        b"b" * 1001,
        b"b" * 1001,
    )

    assert scan(octets).root.media_type == "text"


def test_the_boundary_may_be_an_extended_parameter() -> None:
    octets = b"Content-Type: multipart/mixed; boundary*=utf-8''b%21\r\n\r\n--b!\r\n\r\nx\r\n--b!--\r\n"

    assert len(scan(octets).root.children) == 1


def test_a_line_far_longer_than_the_boundary_is_no_delimiter(checked: Check) -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--" + b"x" * 5000 + b"\r\n--b--\r\n"
    )

    assert checked(octets).root.children[0].size == 5002


class CountedBytes(bytes):
    """Octets that count how many of them were looked at."""

    work = 0

    def find(  # type: ignore[override] # only the form that the scanner uses
        self, sub: bytes, start: int = 0, end: int = sys.maxsize
    ) -> int:
        found = super().find(sub, start, end)
        self.work += (found + len(sub) if found >= 0 else min(end, len(self))) - start + 1
        return found

    def count(  # type: ignore[override] # only the form that the scanner uses
        self, sub: bytes, start: int = 0, end: int = sys.maxsize
    ) -> int:
        self.work += min(end, len(self)) - start + 1
        return super().count(sub, start, end)

    @overload
    def __getitem__(self, key: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: SupportsIndex | slice) -> int | bytes:
        found = super().__getitem__(key)
        self.work += len(found) if isinstance(found, bytes) else 1
        return found


HEAD = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "delimiters only": lambda n: HEAD + b"--b\r\n" * n,
    "parts without a blank line": lambda n: HEAD + b"--b\r\nX: y\r\n" * n,
    "delimiters of nobody": lambda n: HEAD + b"\r\n--c" * n,
    "beginnings of delimiters": lambda n: HEAD + b"\n--" * n,
    "a long line of hyphens": lambda n: HEAD + b"\n" + b"--" * n,
    "nested with one boundary": lambda n: (HEAD + b"--b\r\n") * n,
    "nested and each unterminated": nested,
    "nested messages": nested_messages,
    "a digest of nothing": lambda n: HEAD.replace(b"mixed", b"digest") + b"--b\r\n" * n,
    "nested, then many outer delimiters": lambda n: nested(90) + b"text\r\n" * n + b"--b0\r\n" * n,
    "nested, and delimiters of nobody": lambda n: nested(90) + b"--x\r\n" * n,
    "one header without end": lambda n: b"X: y\r\n" * n,
    "one folded header": lambda n: b"X: y\r\n" + b" z\r\n" * n,
    "one header line": lambda n: b"Subject: " + b"x" * n,
    "a million parameters": lambda n: b"Content-Type: text/plain" + b"; a=b" * n + b"\r\n\r\n",
    "an encoded word without end": lambda n: b"Subject: " + b"=?a?q?" * n + b"\r\n\r\n",
    "encoded words": lambda n: b"Subject: " + b"=?utf-8?b?YQ==?= " * n + b"\r\n\r\n",
    "comments without end": lambda n: b"From: " + b"(" * n + b"\r\n\r\n",
    "quotes": lambda n: b"From: " + b'"a"' * n + b"@b\r\n\r\n",
    "angles": lambda n: b"From: " + b"<" * n + b"\r\n\r\n",
    "words": lambda n: b"From: " + b"a " * n + b"\r\n\r\n",
    "addresses": lambda n: b"To: " + b"a@b, " * n + b"\r\n\r\n",
    "odd addresses": lambda n: b"To: " + b"a (c) @ b;," * n + b"\r\n\r\n",
    "many To": lambda n: b"To: a@b\r\n" * n + b"\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_octets_looked_at_grow_no_faster_than_the_message(name: str) -> None:
    # Counted with all limits away, so that the algorithm itself is seen.
    limits = Limits(depth=1000, parts=10**9, header_octets=1 << 30, fields=10**9)
    octets = CountedBytes(HOSTILE[name](900))

    scan(octets, limits)

    # A header line is looked at for its end, the blank line, delimiters, line breaks and as a slice.
    assert octets.work <= 12 * len(octets) + 1000


@pytest.mark.parametrize("name", HOSTILE)
def test_steps_grow_no_faster_than_the_message(name: str) -> None:
    def steps(size: int) -> int:
        octets = HOSTILE[name](size)
        count = 0

        def profile(_frame: object, _event: str, _argument: object) -> None:
            nonlocal count
            count += 1

        before = sys.getprofile()
        sys.setprofile(profile)
        try:
            message = scan(octets)
            envelope_octets(message)
            bodystructure_octets(message.root, extensible=True)
            message.search_text  # noqa: B018 - the work is what is wanted
            message.preview()
        finally:
            sys.setprofile(before)
        return count

    assert steps(2400) <= 2.2 * steps(1200) + 500


def test_ten_megabytes_of_header_are_one_header(checked: Check) -> None:
    octets = (
        b"Subject: early\r\n" + b"X-Junk: " + b"x" * 10_000_000 + b"\r\nTo: late@example.org\r\n\r\nbody\r\n"
    )

    message = checked(octets)

    assert message.header_size == len(octets) - 6
    assert message.subject == "early"
    assert message.envelope().to == ()
