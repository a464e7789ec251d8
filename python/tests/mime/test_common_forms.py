"""What is read the short way because most mails have it so: the same as the long way, whatever is written."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gromox.mime import Limits, Message, scan
from gromox.mime.address import Address, parse_addresses
from gromox.mime.body import plain_from_html, text_of
from gromox.mime.date import parse_date
from gromox.mime.envelope import envelope_text
from gromox.mime.header import unfold
from gromox.mime.imaptext import nstring, pair, string
from gromox.mime.mediatype import Disposition, MediaType, parse_disposition, parse_media_type
from gromox.mime.scan import (
    CONTENT_FIELDS,
    LIST_FIELDS,
    MESSAGE_FIELDS,
    any_fields,
    common_fields,
    repeated_header,
)
from gromox.mime.words import decode_words

NAMES = [
    *sorted(MESSAGE_FIELDS),
    b"received",
    b"return-path",
    b"x-mailer",
    b"mime-version",
    b"dkim-signature",
    b"odd",
]


def of_pieces(*pieces: bytes) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(pieces) | st.binary(max_size=3), max_size=12).map(b"".join)


VALUES = of_pieces(
    *(b" ", b"\t", b"\r\n ", b"\n\t", b"\r", b"\x00", b'"', b"\\", b"=?utf-8?q?=C3=A9?=", b"=?", b"\xc3\xa9"),
    *(
        b"a",
        b"Anna Meyer",
        b"<a@b.example>",
        b"a@b",
        b",",
        b";",
        b"(",
        b")",
        b"x" * 1001,
        b"=?utf-8?b?w6k=?=",
    ),
).filter(lambda value: b"\n" not in value.replace(b"\n ", b"").replace(b"\n\t", b""))


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """Fields as they stand in a header: any spelling of names, blanks before colons, odd lines, folds."""
    lines: list[bytes] = []
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from(NAMES))
        spelt = draw(st.sampled_from((name, name.title(), name.upper(), name.swapcase())))
        colon = draw(st.sampled_from((b":", b": ", b" :", b"\t: ", b"", b" x:")))
        lines.append(spelt + colon + draw(VALUES) + draw(st.sampled_from((b"\r\n", b"\n"))))
    return b"".join(lines)


@settings(max_examples=300)
@given(headers(), st.sampled_from((MESSAGE_FIELDS, CONTENT_FIELDS)))
@example(b"no field\r\n subject: folded into it\r\nSubject: x\r\n", MESSAGE_FIELDS)
@example(b"To: a@b\r\nTO : c@d\r\nSubject: first\r\nsubject: second\r\n\r\n", MESSAGE_FIELDS)
def test_fields_of_a_header(block: bytes, wanted: frozenset[bytes]) -> None:
    if not block.startswith((b" ", b"\t")):
        assert common_fields(block, wanted) == any_fields(block, wanted, 1000)


@pytest.mark.parametrize("name", sorted(MESSAGE_FIELDS))
@pytest.mark.parametrize("spelt", [bytes.lower, bytes.upper, bytes.title])
def test_no_wanted_field_is_kept_out(name: bytes, spelt: type[bytes]) -> None:
    block = spelt(name) + b": value\r\n"

    assert (
        common_fields(block, MESSAGE_FIELDS) == any_fields(block, MESSAGE_FIELDS, 10) == {name: b" value\r"}
    )


def test_fields_beyond_the_limit_are_not_looked_for() -> None:
    octets = b"X: y\r\n" * 5 + b"Subject: late\r\n\r\n"

    assert scan(octets, Limits(fields=5)).subject == ""
    assert scan(octets, Limits(fields=6)).subject == "late"
    assert scan(b" Subject: a blank in front\r\n\r\n").subject == "a blank in front"
    assert LIST_FIELDS <= MESSAGE_FIELDS


def test_kept_headers_are_few_and_short() -> None:
    def mail(field: bytes) -> bytes:
        head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        return head + b"--b\r\n" + field + b"\r\n\r\ntext\r\n--b--\r\n"

    repeated_header.cache_clear()
    for number in range(300):
        field = b"Content-ID: <%d@x>" % number
        assert scan(mail(field)).root.children[0].content_id == b"<%d@x>" % number
    assert repeated_header.cache_info().currsize == 128
    repeated_header.cache_clear()
    for field in (
        b"Content-ID: " + b"x" * 200,
        b"Content-Type: a/b; name=c",
        b"Content-Type: multipart/x; boundary=c",
    ):
        scan(mail(field))
    assert repeated_header.cache_info().currsize == 0


LINES = st.sampled_from(
    [b"--a", b"--a--", b"--a \t", b"--a-- ", b"--ab", b"--a-", b" --a", b"-a", b"--", b"", b"text: x"]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(LINES, st.sampled_from([b"\r\n", b"\n"])), max_size=30))
def test_delimiters_of_one_boundary_are_whole_lines(lines: list[tuple[bytes, bytes]]) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    starts: list[int] = []
    for line, end in lines:
        octets += line + end
        if line.rstrip() == b"--a--":
            break
        if line.rstrip() == b"--a":
            starts.append(len(octets))
    octets += b"--a\r\n" if b"--a--" in octets else b""

    assert [part.header_start for part in scan(octets).root.children] == starts


PARAMETERS = of_pieces(
    *(
        b"multipart/mixed",
        b"Text/Plain",
        b"application/pdf",
        b"attachment",
        b"inline",
        b";",
        b"; ",
        b";\r\n\t",
    ),
    *(
        b"boundary=",
        b'Boundary="a b"',
        b'name="a (1).pdf"',
        b"filename*=utf-8''%41",
        b'filename="',
        b'"',
        b"\\",
    ),
    *(b"charset=utf-8", b'charset="utf-8"', b"(comment)", b" ", b"/", b"=", b"x" * 200),
)


@settings(max_examples=300)
@given(PARAMETERS)
@example(b' multipart/mixed; boundary="=_b"')
@example(b' application/pdf; Name="a (1).pdf"\r')
@example(b' text/plain; charset="utf-8"')
def test_types_and_dispositions(value: bytes) -> None:
    # A line break in front is white space that the common forms do not have.
    long_way = b"\r\n " + value

    assert parse_media_type(value) == parse_media_type(long_way) == parse_media_type(long_way, Limits())
    assert parse_disposition(value) == parse_disposition(long_way) == parse_disposition(long_way, Limits())


def test_types_are_values() -> None:
    first, second = (parse_media_type(b"image/png", limits) for limits in (Limits(), Limits(depth=1)))
    assert first is not None
    first.text = b"kept"

    assert first == second == MediaType("image", "png", ())
    assert len({first, second}) == 1
    assert parse_disposition(b' attachment; filename="a"') == Disposition(
        "attachment", ((b"filename", b"a"),)
    )


DATES = st.builds(
    lambda day, date, month, year, clock, zone, rest: (
        b"%b%b %b %b %b %b%b" % (day, date, month, year, clock, zone, rest)
    ),
    st.sampled_from((b"", b"Mon, ", b"mon, ", b"Mon,")),
    st.sampled_from((b"1", b"01", b"31", b"32", b"0", b" 7")),
    st.sampled_from((b"Jan", b"Feb", b"jun", b"Foo")),
    st.sampled_from((b"2026", b"0000", b"9999", b"98")),
    st.sampled_from((b"10:00:00", b"23:59:60", b"24:00:00", b"00:60:00", b"1:02:03", b"10:00")),
    st.sampled_from((b"+0200", b"-0000", b"-1130", b"+2400", b"+9999", b"GMT", b"+020", b"")),
    st.sampled_from((b"", b" (CEST)", b"(", b"0", b" 2027", b"x")),
)


@settings(max_examples=500)
@given(DATES)
def test_dates(value: bytes) -> None:
    assert parse_date(value) == parse_date(b" " + value)  # a blank in front is not of the common form


@settings(max_examples=300)
@given(VALUES, VALUES)
def test_pairs_and_lists_of_addresses(one: bytes, two: bytes) -> None:
    def shown(addresses: tuple[Address, ...]) -> bytes:
        """Each string looked at by itself."""
        every = [b"(" + b" ".join(map(nstring, address)) + b")" for address in addresses]
        return b"(" + b"".join(every) + b")" if every else b"NIL"

    envelope = scan(b"From:" + one + b"\r\nTo:" + two + b"\r\n\r\n").envelope()
    from_, to = shown(envelope.from_), shown(envelope.to)

    assert pair(one, two) == string(one) + b" " + string(two)
    assert envelope_text(envelope) == b"(NIL NIL " + b" ".join([from_] * 3 + [to]) + b" NIL NIL NIL NIL)"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (b"Anna  \t Meyer <a@b>, c@d", [b"Anna Meyer", None]),
        (b'"Meyer, Anna" <a@b>,"" <c@d>', [b"Meyer, Anna", None]),
        (b"Anna (x) <a@b>, c@d", [b"Anna", None]),
    ],
)
def test_names_of_addresses(value: bytes, names: list[bytes | None]) -> None:
    assert [address.name for address in parse_addresses(value)] == names
    assert len(parse_addresses(b"a@b, " * 9, 5)) == 5
    assert all(isinstance(address, Address) for address in parse_addresses(value))


@settings(max_examples=300)
@given(VALUES)
def test_texts_of_fields(value: bytes) -> None:
    message = scan(b"Subject:" + value + b"\r\n\r\n")
    raw = message.root.fields.get(b"subject", b"")

    assert message.search_text.subject == " ".join(decode_words(unfold(raw)).split())


BODIES = st.lists(
    st.sampled_from(
        [
            "word ",
            "\r\n",
            " " * 300,
            "\u3000",
            "x" * 500,
            "&",
            "&amp;",
            "&#65",
            "&#x41;",
            "&nbsp",
            "<",
            "<b>",
            "</p>",
            "<!-- ",
            "-->",
            "<style>",
            "</style>",
            ";",
            "é",
            "words of a text " * 9,
        ]
    ),
    max_size=60,
).map("".join)


def preview_of_all(message: Message, limit: int) -> str:
    text = text_of(message.root, message.octets, limit=limit)
    return " ".join(text.lstrip()[:800].split())[:200].rstrip()


@settings(max_examples=300)
@given(BODIES)
def test_previews(body: str) -> None:
    octets = body.encode()
    plain = scan(b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + octets)
    page = scan(b"Content-Type: text/html; charset=utf-8\r\n\r\n" + octets)

    assert plain.preview() == preview_of_all(plain, 4096)
    assert page.preview() == preview_of_all(page, 64 * 1024)


@settings(max_examples=300)
@given(BODIES, st.integers(1, 300))
def test_beginnings_of_pages(markup: str, enough: int) -> None:
    whole, beginning = plain_from_html(markup), plain_from_html(markup, enough)

    assert whole.startswith(beginning)
    assert beginning == whole or len(beginning) >= enough
