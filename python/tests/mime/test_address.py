"""Address lists: RFC 5322 A, and what mail really holds (more stands in the corpus)."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.mime.address import END_OF_GROUP, Address, parse_addresses


def plain(local: str, host: str, name: str | None = None) -> Address:
    return Address(None if name is None else name.encode(), None, local.encode(), host.encode())


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"", []),
        (b" \r\n ", []),
        (b"a@b", [plain("a", "b")]),
        (b"a@b,c@d", [plain("a", "b"), plain("c", "d")]),
        (b"Joe <a@b>", [plain("a", "b", "Joe")]),
        (b'"Joe" <a@b>,', [plain("a", "b", "Joe")]),
        (b'"" <a@b>', [plain("a", "b")]),
        (b"Joe\r\n  Public <a@b>", [plain("a", "b", "Joe Public")]),
        (b'"Joe \\"X\\"" <a@b>', [plain("a", "b", 'Joe "X"')]),
        (b'"Joe\r\n X" <a@b>', [plain("a", "b", "Joe X")]),
        (b"a@b (Joe)", [plain("a", "b", "Joe")]),
        (b"(Joe) a@b", [plain("a", "b", "Joe")]),
        (b"a@b ()", [plain("a", "b")]),
        (b"(unfinished", []),
        (b'"unfinished', [Address(None, None, b"unfinished", b"")]),
        (b'"unfinished\\', [Address(None, None, b"unfinished\\", b"")]),
        (b"<a@b", [plain("a", "b")]),
        (b"x <a@b <c@d>", [plain("a", "b", "x"), plain("c", "d")]),
        (b"a@b@c", [plain("a", "b@c")]),
        (b"<a@b@c>", [plain("a@b", "c")]),
        (b"a . b @ c . d", [plain("a.b", "c.d")]),
        (b'"a"."b"@c', [plain("a.b", "c")]),
        (b'<"a b"@c (d)>', [plain("a b", "c", "d")]),
        (b"a b@c d", [plain("b", "cd", "a")]),
        (b"a@b <c@d>", [plain("c", "d", "a@b")]),
        (b'x <a@b> "y" <c@d>', [plain("a", "b", "x"), plain("c", "d", "y")]),
        (b"x <a@b> y <c@d>", [plain("a", "b", "x"), plain("c", "d", "y")]),
        (b"x <a@b>> (z), c@d", [plain("a", "b", "x"), plain("c", "d")]),
        (b"<@r:a@b>", [Address(None, b"@r", b"a", b"b")]),
        (b"<@r,@s:a@b>", [Address(None, b"@r,@s", b"a", b"b")]),
        (b"<>", [Address(None, None, b"", b"")]),
        (b";", []),
        (b"a@b; c@d", [plain("a", "b"), plain("c", "d")]),
        (b"g:;", [Address(None, None, b"g", None), END_OF_GROUP]),
        (b":;", [Address(None, None, b"", None), END_OF_GROUP]),
        (
            b"g: a@b, h: c@d;",
            [Address(None, None, b"g", None), plain("a", "b"), plain("c", "d", "h:"), END_OF_GROUP],
        ),
        (b"a@[1.2.3.4]", [plain("a", "[1.2.3.4]")]),
        (b"a@[1.2", [plain("a", "[1.2")]),
        (b"undisclosed", [Address(None, None, b"undisclosed", b"")]),
        (b"(c) words", [Address(b"c", None, b"words", b"")]),
        (b"\x00\xff", [Address(None, None, b"\xff", b"")]),
        (b"J\xc3\xbcrgen <j\xc3\xbc@b>", [plain("j\u00fc", "b", "J\u00fcrgen")]),
    ],
)
def test_forms_of_addresses(value: bytes, addresses: list[Address]) -> None:
    assert list(parse_addresses(value)) == addresses


def test_the_number_of_addresses_is_bounded() -> None:
    assert len(parse_addresses(b"a@b," * 100, 10)) == 10
    assert len(parse_addresses(b"a @b," * 100, 10)) <= 10
    assert parse_addresses(b"g: " + b"a @b," * 100, 10)[-1] == END_OF_GROUP


NAME = st.text("abc .,\"\\()<>@:;[]'\u00e9", max_size=12)
DOT_ATOM = st.from_regex(r"[a-z0-9!#$%&'*+=?^_`{|}~-]{1,6}(\.[a-z0-9]{1,4}){0,2}", fullmatch=True)


@given(
    st.lists(
        st.tuples(NAME, DOT_ATOM, st.sampled_from(["example.org", "a.b.c", "x"])), min_size=1, max_size=4
    )
)
def test_well_formed_lists_are_read_as_by_the_standard_library(people: list[tuple[str, str, str]]) -> None:
    quoted = [name.replace("\\", "\\\\").replace('"', '\\"') for name, _, _ in people]
    value = ",\r\n ".join(
        f'"{name}" <{local}@{host}>' for name, (_, local, host) in zip(quoted, people, strict=True)
    ).encode()

    ours = parse_addresses(value)

    message = BytesParser(policy=policy.default.clone(utf8=True)).parsebytes(b"To: " + value + b"\r\n\r\n")
    theirs = message["To"].addresses
    assert [(each.mailbox, each.host) for each in ours] == [
        (each.username.encode(), each.domain.encode()) for each in theirs
    ]
    assert [(each.name or b"").decode() for each in ours] == [name for name, _, _ in people]


@given(st.text('ab.@<>()[],:;"\\ \r\n\x00\u00e9', max_size=40))
def test_any_text_is_read(text: str) -> None:
    value = text.encode()

    for address in parse_addresses(value):
        assert (address.host is None) <= (address.name is None and address.route is None)
