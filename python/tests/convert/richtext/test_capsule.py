"""HTML and text inside RTF, [MS-OXRTFEX]."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.richtext import CapsuleKind, encapsulate_html, encapsulate_text, open_capsule, text_of
from gromox.convert.richtext.capsule import kind_of
from tests.support.mutate import damaged

PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<br>",
        "<b>",
        "</b>",
        "<!-- c -->",
        "<!--",
        "<head>",
        "</head>",
        "<style>a{b}",
        "</style>",
        "<script>",
        "<pre>",
        "</pre>",
        "<li>",
        "<td>",
        "</td>",
        '<a title="a>b" href=x>',
        "</a>",
        "<",
        ">",
        "&amp;",
        "&nbsp;",
        "&#x1F600;",
        "&",
        "\r\n",
        "\n",
        "\r",
        "\t",
        "  ",
        " ",
        "{",
        "}",
        "\\",
        "\\'41",
        "\u00e4",
        "\u65e5",
        "\U0001f600",
        "\x00",
        "\x7f",
        "text",
        "\u00a0",
        "\ufffd",
        "\\par",
    ]
)

#: In the manner of Outlook: what is between \htmlrtf and \htmlrtf0 is not of the page.
OUTLOOK = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidis \deff0{\fonttbl" b"\r\n"
    rb"{\f0\fswiss Arial;}" b"\r\n" rb"{\f1\fmodern Courier New;}" b"\r\n"
    rb"{\f2\fnil\fcharset2 Symbol;}" b"\r\n" rb"{\f3\fnil\fcharset128 MS PGothic;}}" b"\r\n"
    rb"{\colortbl\red0\green0\blue0;\red0\green0\blue255;}" b"\r\n"
    rb"\uc1\pard\plain\deftab360 \f0\fs24 " b"\r\n"
    rb"{\*\htmltag19 <html>}" b"\r\n" rb"{\*\htmltag34 <head>}" b"\r\n"
    rb"{\*\htmltag1 \par }{\*\htmltag41 </head>}{\*\htmltag50 <body>}"
    rb"{\*\htmltag64 <p class=\'22x\'e4\'22>}\htmlrtf {\htmlrtf0 "
    rb"{\*\htmltag148 <span>}\htmlrtf {\f3 \htmlrtf0 "
    rb"\'93\'fa Caf\u233 e{\*\htmltag156 </span>}\htmlrtf }\htmlrtf0 "
    rb"{\*\mhtmltag84 <a href=\'22x\'22>}{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 "
    rb"\lquote q\rquote\~\tab a\line b\par "
    rb"{\*\htmltag84 <i>}\htmlrtf {\i \htmlrtf0 it{\*\htmltag92 </i>}\htmlrtf }\htmlrtf0 \{\}\\"
    rb"{\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0" b"\r\n"
    rb"\htmlrtf \par \htmlrtf0 {\pict\pngblip 00ff}{\*\htmltag58 </body>}{\*\htmltag27 </html>}}"
)  # fmt: skip


def test_a_page_of_outlook_comes_out() -> None:
    assert open_capsule(OUTLOOK).content == (
        '<html><head>\r\n</head><body><p class="xä"><span>\u65e5 Caf\u00e9</span>&nbsp;'
        "&lsquo;q&rsquo;&nbsp;\ta\r\nb\r\n<i>it</i>{}\\</p></body></html>"
    )


@pytest.mark.parametrize(
    ("rtf", "kind"),
    [
        (rb"{\rtf1\ansi\fromhtml1 x}", CapsuleKind.HTML),
        (rb"{\rtf1\ansi\fromhtml x}", CapsuleKind.HTML),
        (rb"{\rtf1\ansi\fromhtml0 x}", CapsuleKind.NONE),
        (rb"{\rtf1\ansi\fromtext x}", CapsuleKind.TEXT),
        (rb"{\rtf1\ansi x\fromtext}", CapsuleKind.NONE),
        (rb"{\rtf1\a\b\c\d\e\f\g\h\i\fromhtml1 }", CapsuleKind.NONE),  # the eleventh token, 2.2.3.1
        (rb"{\rtf1\a\b\c\d\e\f\g\fromhtml1 }", CapsuleKind.HTML),
    ],
)
def test_kinds_are_told_by_the_first_ten_tokens(rtf: bytes, kind: CapsuleKind) -> None:
    assert kind_of(rtf) is kind
    assert open_capsule(rtf).kind is kind


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_pages_come_out_as_they_went_in(markup: str) -> None:
    rtf = encapsulate_html(markup)

    assert rtf.isascii()
    assert open_capsule(rtf).content == markup


@given(st.text(max_size=200))
def test_any_text_comes_out_of_a_page(markup: str) -> None:
    assert open_capsule(encapsulate_html(markup)).content == markup


@given(st.text(max_size=200))
def test_text_comes_out_with_one_kind_of_line_end(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")

    assert open_capsule(encapsulate_text(text)).content == lines
    assert open_capsule(encapsulate_text(lines)).content == lines


def test_a_reader_of_rtf_sees_the_page_too() -> None:
    rtf = encapsulate_html(
        "<html><head><title>T</title></head><body>\r\n<h1>Big &amp; <i>b</i></h1><p>one<br>two&nbsp;x</p>"
        "<ul><li>a</li></ul><pre>x\r\n  y</pre><script>no()</script></body></html>"
    )

    shown = text_of(rtf)

    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "Big & b",
        "one",
        "two x",
        "\u2022\ta",
        "x",
        "y",
    ]


def test_groups_within_fragments_and_unknown_destinations() -> None:
    rtf = rb"{\rtf1\fromhtml1 {\*\htmltag {<b>}}{\*\foo bar}{\info{\title t}}"
    rtf += rb"{\htmltag64 <p>}\htmlrtf x{\*\htmltag1 y}}"

    assert open_capsule(rtf).content == "<b><p>"


def test_what_is_no_rtf_is_an_error() -> None:
    with pytest.raises(ParseError):
        open_capsule(b"<html>")
    with pytest.raises(ParseError, match="groups in groups"):
        open_capsule(rb"{\rtf1\fromhtml1 " + b"{" * 2000)


def test_two_thousand_damaged_capsules_and_every_truncation() -> None:
    for pieces in damaged(
        OUTLOOK, [b"\\htmlrtf ", b"{\\*\\htmltag", b"\\u-1?", b"\\bin9 "], seed=2, count=2000
    ):
        try:
            open_capsule(b"".join(pieces)).content.encode("utf-8")
        except ParseError:
            continue
    for size in range(6, len(OUTLOOK)):
        open_capsule(OUTLOOK[:size])
