"""Part numbers, sections and the packed tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.mime import Part, Specifier, find_part, pack_parts, scan, section, unpack_parts

#: The shape of the example in RFC 9051 6.4.5.1.
EXAMPLE = b"""\
Subject: outer
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: text/plain

1
--a
Content-Type: application/octet-stream

2
--a
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

3.1
--b
Content-Type: application/octet-stream

3.2
--b--
--a
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/gif

4.1
--c
Content-Type: message/rfc822

Subject: four two
Content-Type: multipart/mixed; boundary=d

--d
Content-Type: text/plain

4.2.1
--d
Content-Type: multipart/alternative; boundary=e

--e
Content-Type: text/plain

4.2.2.1
--e
Content-Type: text/richtext

4.2.2.2
--e--
--d--
--c--
--a--
"""


def numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()


@pytest.fixture(params=["scanned", "unpacked"])
def root(request: pytest.FixtureRequest) -> Part:
    part = scan(EXAMPLE).root
    return part if request.param == "scanned" else unpack_parts(pack_parts(part))


def octets(root: Part, path: str, specifier: Specifier = Specifier.BODY) -> bytes | None:
    place = section(root, numbers(path), specifier)
    return None if place is None else EXAMPLE[place[0] : place[0] + place[1]]


@pytest.mark.parametrize("path", ["1", "2", "3.1", "3.2", "4.1", "4.2.1", "4.2.2.1", "4.2.2.2"])
def test_leaves_are_found_by_their_numbers(root: Part, path: str) -> None:
    assert octets(root, path) == path.encode()


def test_headers_and_texts_of_messages(root: Part) -> None:
    assert octets(root, "") == EXAMPLE
    header = octets(root, "", Specifier.HEADER)
    assert header == EXAMPLE[: EXAMPLE.index(b"\n\n") + 2]
    assert header + (octets(root, "", Specifier.TEXT) or b"") == EXAMPLE
    assert octets(root, "3", Specifier.HEADER) == (
        b"Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n"
    )
    assert (octets(root, "4.2", Specifier.TEXT) or b"").startswith(b"--d\n")
    assert (octets(root, "4.2") or b"").startswith(b"Subject: four two\n")
    assert octets(root, "4.1", Specifier.MIME) == b"Content-Type: image/gif\n\n"
    assert octets(root, "3", Specifier.MIME) == b"Content-Type: message/rfc822\n\n"
    assert (octets(root, "4") or b"").startswith(b"--c\n")


@pytest.mark.parametrize("path", ["0", "5", "1.1", "3.3", "3.1.1", "4.2.2.3", "4.0", "1.1.1", "3.1.1.1"])
def test_numbers_of_nothing(root: Part, path: str) -> None:
    assert find_part(root, numbers(path)) is None
    assert section(root, numbers(path)) is None


@pytest.mark.parametrize(
    ("path", "specifier"),
    [("", Specifier.MIME), ("1", Specifier.HEADER), ("1", Specifier.TEXT), ("4", Specifier.HEADER)],
)
def test_sections_that_do_not_exist(root: Part, path: str, specifier: Specifier) -> None:
    assert section(root, numbers(path), specifier) is None


def test_a_message_that_is_no_multipart_is_its_own_part_one() -> None:
    root = scan(b"Subject: s\n\nbody\n").root

    assert find_part(root, (1,)) is root
    assert find_part(root, (1, 1)) is None
    assert find_part(root, (2,)) is None
    assert section(root, (1,)) == (12, 5)
    assert section(root, (1,), Specifier.MIME) == (0, 12)
    assert section(root, (1,), Specifier.HEADER) is None


def test_a_message_that_is_a_message() -> None:
    root = scan(b"Content-Type: message/rfc822\n\nSubject: s\n\nbody\n").root

    assert find_part(root, (1,)) is root
    assert root.message is not None
    assert find_part(root, (1, 1)) is root.message
    assert find_part(root, (1, 1, 1)) is None
    assert section(root, (1,), Specifier.HEADER) == (30, 12)
    assert section(root, (1, 1)) == (42, 5)


def test_every_truncation_of_the_packed_form_is_an_error() -> None:
    packed = pack_parts(scan(EXAMPLE).root)

    assert len(packed) < 100
    for size in range(len(packed)):
        with pytest.raises(ParseError):
            unpack_parts(packed[:size])
    with pytest.raises(ParseError):
        unpack_parts(packed + b"\0")
    with pytest.raises(ParseError):
        unpack_parts(b"\x02" + packed[1:])


@given(st.binary(max_size=60))
def test_any_packed_octets_are_a_tree_or_an_error(rest: bytes) -> None:
    try:
        root = unpack_parts(b"\x01" + rest)
    except ParseError:
        return
    for part in root.walk():
        assert 0 <= part.header_start <= part.body_start <= part.body_end <= root.body_end


def test_a_packed_tree_of_endless_depth_is_an_error() -> None:
    with pytest.raises(ParseError):
        unpack_parts(b"\x01" + bytes((0x20, 0, 0, 0, 0)) * 1000)


def test_a_packed_number_without_end_is_an_error() -> None:
    with pytest.raises(ParseError):
        unpack_parts(b"\x01\x00" + b"\x80" * 100)


NUMBER = st.integers(0, 1 << 40)
ENCODING = st.sampled_from(["7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode"])


@st.composite
def trees(draw: st.DrawFn, depth: int = 3, start: int = 0) -> Part:
    """Draw a tree whose parts lie within each other as those of a scan do."""
    header_start = start + draw(NUMBER)
    part = Part(header_start, header_start + draw(NUMBER), 0, draw(NUMBER))
    part.encoding = draw(ENCODING)
    end = part.body_start
    if depth and draw(st.booleans()):
        for _ in range(draw(st.integers(0, 3))):
            part.children.append(draw(trees(depth - 1, end)))
            end = part.children[-1].body_end
        if not part.children:
            part.message = draw(trees(depth - 1, end))
            end = part.message.body_end
    part.body_end = end + draw(NUMBER)
    return part


@given(trees())
def test_what_is_packed_is_unpacked(root: Part) -> None:
    read = unpack_parts(pack_parts(root))

    assert [
        (part.header_start, part.body_start, part.body_end, part.lines, part.encoding, len(part.children))
        for part in read.walk()
    ] == [
        (part.header_start, part.body_start, part.body_end, part.lines, part.encoding, len(part.children))
        for part in root.walk()
    ]


def test_fields_of_a_part() -> None:
    part = scan(
        b"Content-Type: text/plain; charset=utf-8; name*=utf-8''%C3%A4\nContent-ID: <1>\n"
        b"Content-Description: =?utf-8?q?=C3=A4?=\nContent-MD5: x\nContent-Language: de (c), en\n"
        b"Content-Location: http://a/\n b\nContent-Disposition: inline\n\nx"
    ).root

    assert (part.charset, part.parameters, part.filename) == (
        "utf-8",
        {"charset": "utf-8", "name": "\u00e4"},
        "\u00e4",
    )
    assert (part.content_id, part.description, part.md5) == (b"<1>", "\u00e4", b"x")
    assert (part.languages, part.location) == ((b"de", b"en"), b"http://a/b")
    assert part.disposition is not None
    assert (part.media_type, part.subtype, part.size, part.is_multipart) == ("text", "plain", 1, False)
    bare = scan(b"").root
    assert (bare.content_id, bare.description, bare.disposition, bare.languages, bare.filename) == (
        None,
        None,
        None,
        (),
        "",
    )
    assert scan(b"Content-Type: a/b\n\n").root.charset == ""
