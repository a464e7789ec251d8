"""Content lines and components: RFC 5545 3.1, RFC 6350 3.2, RFC 6868, and what files really hold."""

from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.ical import Component, Limits, Property, read, write
from gromox.ical.reader import read_property
from gromox.ical.unfold import logical_lines
from gromox.ical.writer import fold


def one(text: str | bytes, name: str = "X") -> Property:
    octets = text.encode() if isinstance(text, str) else text
    found = read(b"BEGIN:VEVENT\r\n" + octets + b"\r\nEND:VEVENT\r\n")[0].first(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("line", "parameters", "value"),
    [
        ("X:", (), ""),
        ("X:a:b;c", (), "a:b;c"),
        ("x;a=b:c", (("A", ("b",)),), "c"),
        ("X;A=b,c;D=:e", (("A", ("b", "c")), ("D", ("",))), "e"),
        ('X;A="b;:,c",d:e', (("A", ("b;:,c", "d")),), "e"),
        ('X;A="b",:e', (("A", ("b", "")),), "e"),
        ("X;A=^n^'^^^x:v", (("A", ('\n"^^x',)),), "v"),
        ('X;A="un:v', (("A", ('"un',)),), "v"),
        ("X ;A=b:v", (("A", ("b",)),), "v"),
        ("X;;A=b;:v", (("A", ("b",)),), "v"),
        ("X;=b;a b=c:v", (("AB", ("c",)),), "v"),
        ('X;"a;b:c"=d:v', (("ABC", ("d",)),), "v"),
        ("X;HOME;INLINE:v", (("TYPE", ("HOME",)), ("VALUE", ("INLINE",))), "v"),
        ("X;CHARSET=utf-8:v", (), "v"),
        ("X;ENCODING=b:QU JD", (("ENCODING", ("b",)),), "QUJD"),
        ("X;ENCODING=Q:=41=0A=0D=0A=C3=A9", (), "A\\n\\n\u00e9"),
        ("X;ENCODING=ODD;ENCODING=quoted-printable:=41", (), "A"),
        ("X;ENCODING=8BIT:v", (("ENCODING", ("8BIT",)),), "v"),
    ],
)
def test_lines(line: str, parameters: object, value: str) -> None:
    assert read_property(line) == Property("X", value, parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("line", ["", ":", "X", " X:y", '"X":y', "a b:c", "X;a=b"])
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(ParseError):
        read_property(line)


def test_groups() -> None:
    assert read_property("item1.EMAIL;PREF=1:a") == Property("EMAIL", "a", (("PREF", ("1",)),), "item1")
    assert read_property(".a:b") == Property(".A", "b")
    assert read_property("a.:b") == Property("A.", "b")


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (b"X:a\r\n b\r\n\tc", "abc"),
        (b"X:a\n  b", "a b"),
        (b"X:a\r\r\n b", "ab"),
        (b"X:\xc3\r\n \xa9", "\u00e9"),
        (b"X:caf\xe9 \x80 \x81", "caf\u00e9 \u20ac \x81"),
        (b"X;CHARSET=KOI8-R:\xd0", "\u043f"),
        (b"X;CHARSET=no-such:\xd0", "\u00d0"),
        (b"X;CHARSET=hex:\xd0", "\u00d0"),
        (b"X:a\x00\x07b\tc", "ab\tc"),
        (b"X:a\r\nmore, raw\r\n\r\nhttp //x", "a\\nmore, raw\\nhttp //x"),
        (b"X;ENCODING=BASE64:QUJ\r\nDREVG\r\n\r\n", "QUJDREVG"),
        (b"X;QUOTED-PRINTABLE:a=\r\nb= \r\n c", "ab c"),
        (b"X;QUOTED-PRINTABLE:a\r\n b=\r\n=\r\nc", "abc"),
        (b"X;QUOTED-PRINTABLE:a=", "a"),
        (b"X;QUOTED-PRINTABLE;CHARSET=ISO-8859-1:=FC", "\u00fc"),
        (b"X;QUOTED-PRINTABLE;CHARSET=us-ascii:=FC=C3=BC", "\u00fc\u00c3\u00bc"),
        (b'X;A="QUOTED-PRINTABLE":a=\r\n b', "a=b"),
    ],
)
def test_what_files_hold(octets: bytes, value: str) -> None:
    assert one(octets).value == value


def test_a_long_head_of_an_encoded_line_is_folded() -> None:
    # Of whatever length: a fold may part the name of the encoding.
    for length in range(1, 120):
        line = Property("FN", "J\u00fcrgen", (("X", ("y" * length,)),))
        card = Component("VCARD", [Property("VERSION", "2.1"), line])

        octets = write(card)

        assert max(map(len, octets.split(b"\r\n"))) <= 76
        assert read(octets) == [card]


def test_a_soft_break_does_not_swallow_the_end() -> None:
    card, other = read(b"BEGIN:A\nX;QUOTED-PRINTABLE:a=\nEND:A\nBEGIN:A\nY:b\nEND:A\n")

    assert card.text("X") == "a"
    assert other.text("Y") == "b"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_byte_order_marks(codec: str) -> None:
    mark = b"\xfe\xff" if codec == "utf-16-be" else b""
    octets = mark + "BEGIN:VCARD\r\nFN:Zo\u00eb\r\nEND:VCARD\r\n".encode(codec)

    assert read(octets)[0].text("FN") == "Zo\u00eb"


def test_the_tree() -> None:
    (outer, last) = read(
        b"X:outside\nBEGIN:\nbegin:a\nP:1\nEND:NOTHING\nBEGIN:B\nBEGIN:C\nP:3\nEND:B\nP:2\nEND:A\nlost\nBEGIN:D"
    )

    assert outer == Component(
        "A",
        [Property("P", "1"), Property("P", "2")],
        [Component("B", [], [Component("C", [Property("P", "3")])])],
    )
    assert last == Component("D")
    assert [component.name for component in outer.walk()] == ["A", "B", "C"]
    assert outer.children("B") == outer.components
    assert [found.value for found in outer.all("P", "Q")] == ["1", "2"]
    assert outer.text("Q") == ""


@pytest.mark.parametrize(
    ("octets", "limits"),
    [
        (b"", Limits()),
        (b"hello\nworld: x", Limits()),
        (b"END:X", Limits()),
        (b"BEGIN:X\n", Limits(octets=5)),
        (b"BEGIN:X\n" * 3, Limits(depth=2)),
        (b"BEGIN:X\nEND:X\n" * 3, Limits(components=2)),
        (b"BEGIN:X\nA:b\n", Limits(properties=2)),
        (b"BEGIN:X\nA;a=b;a=b;a=b:c\n", Limits(parameters=2)),
    ],
)
def test_bounds(octets: bytes, limits: Limits) -> None:
    with pytest.raises(ParseError):
        read(octets, limits)


def test_work_is_linear() -> None:
    """Shapes at which naive patterns and joins take quadratic time: all must be over at once."""
    for octets in (
        b"X" + b';a="' * 100_000,
        b"X" + b";a=b" * 100,
        b"X:" + b"\n " * 500_000,
        b"X;QUOTED-PRINTABLE:" + b"=\n" * 300_000,
        b"X:a\n" + b"no colon\n" * 200_000,
        b"X:" + b"\\" * 1_000_001,
        b"X;A=" + b"a," * 300_000 + b":v",
        b'X;A="' + b'","' * 100_000 + b'":v',
    ):
        for component in read(b"BEGIN:V\n" + octets + b"\nEND:V\n"):
            write(component)


def test_lines_fold_between_characters() -> None:
    for text in ("a" * 75, "a" * 76, "\u00e9" * 200, "a" + "\U0001f600" * 100, "\u20ac" * 75, "x" * 1000):
        octets = fold(text)
        assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
        assert all(line.decode() is not None for line in octets.split(b"\r\n"))
        assert logical_lines(octets) == [text]


def test_what_is_written() -> None:
    component = Component(
        "VEVENT",
        [
            Property("SUMMARY", "a\nBEGIN:VEVENT\r\nx\x00", (("LANGUAGE", ("de",)),)),
            Property("X", "v", (("CN", ("a, b", 'q"^\n', "")), ("E", ())), "g"),
        ],
    )

    assert write(component, Component("Y")) == (
        b"BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=de:a\\nBEGIN:VEVENT\\nx\r\n"
        b'g.X;CN="a, b",q^\'^^^n,;E=:v\r\nEND:VEVENT\r\nBEGIN:Y\r\nEND:Y\r\n'
    )


@pytest.mark.parametrize("name", ["", "A B", "A:B", "A\r\nB", 'A"', "A;B"])
def test_names_that_would_be_something_else_are_refused(name: str) -> None:
    for component in (
        Component(name),
        Component("X", [Property(name, "v")]),
        Component("X", [Property("X", "v", (), name or "a b")]),
        Component("X", [Property("X", "v", ((name, ("v",)),))]),
    ):
        with pytest.raises(ValueError, match="no name"):
            write(component)


def test_vcard_21_is_written_as_such() -> None:
    card = Component(
        "VCARD",
        [
            Property("VERSION", "2.1"),
            Property("FN", "J\u00fcrgen"),
            Property("NOTE", "a\\nEND:VCARD " + "x" * 100),
            Property("PHOTO", "QUJD", (("ENCODING", ("BASE64",)),)),
        ],
    )

    octets = write(card)

    assert octets.isascii()
    assert b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=\r\nJ=C3=BCrgen\r\n" in octets
    assert b"PHOTO;ENCODING=BASE64:QUJD\r\n\r\n" in octets
    assert max(map(len, octets.split(b"\r\n"))) <= 76
    assert read(octets) == [card]


def test_parameters_of_a_property() -> None:
    found = one('X;TYPE="home,Work";TYPE=PREF;A=b:v')

    assert found.types == {"home", "work", "pref"}
    assert found.parameter("A") == "b"
    assert found.parameter("B") is None
    assert Property("X", "", (("A", ()),)).parameter("A") == ""
    assert found.with_parameter("TYPE").parameters == (("A", ("b",)),)
    assert found.with_parameter("A", "c", "d").parameter_values("A") == ["c", "d"]
