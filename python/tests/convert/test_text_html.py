from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.convert.html_text import text_of_html
from gromox.convert.text_flow import TextLine, split_quotes, text_lines, unflow
from gromox.convert.text_html import html_of_text


def body(text: str, *, is_flowed: bool = False) -> str:
    page = html_of_text(text, is_flowed=is_flowed)
    page = page.partition("<body>\r\n")[2].partition("</body>")[0]
    return re.sub(r' style="[^"]*"| type="cite"|\r\n', "", page)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("", ""),
        ("a\r\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        (" a  b\tc", "<p>&nbsp;a &nbsp;b &nbsp; &nbsp; &nbsp; &nbsp;c</p>"),
        (
            "a\n> b\n>> c\n> > d\ne",
            "<p>a</p><blockquote><p>b</p><blockquote><p>c<br>d</p></blockquote></blockquote><p>e</p>",
        ),
        (">", "<blockquote></blockquote>"),
        ("see http://x.org/a_(b)).", '<p>see <a href="http://x.org/a_(b)">http://x.org/a_(b)</a>).</p>'),
        (
            "<https://x.org/?a=1&b=2>",
            '<p>&lt;<a href="https://x.org/?a=1&amp;b=2">https://x.org/?a=1&amp;b=2</a>&gt;</p>',
        ),
        (
            "www.x.org, a.b+c@x-y.org!",
            (
                '<p><a href="http://www.x.org">www.x.org</a>, '
                '<a href="mailto:a.b+c@x-y.org">a.b+c@x-y.org</a>!</p>'
            ),
        ),
        ("www. a@b @c.org x@@y.org", "<p>www. a@b @c.org x@@y.org</p>"),
        ("javascript:x http://", "<p>javascript:x http://</p>"),
    ],
)
def test_text_becomes_paragraphs(text: str, markup: str) -> None:
    assert body(text) == markup


def test_quotes_are_counted() -> None:
    assert split_quotes(">> > a") == TextLine(3, "a")
    assert split_quotes(">> > a", is_flowed=True) == TextLine(2, "> a")
    assert split_quotes(" x", is_flowed=True) == TextLine(0, "x")
    assert split_quotes(" > x") == TextLine(0, " > x")
    assert split_quotes(">" * 100) == TextLine(40, ">" * 60)
    assert text_lines("a\r\rb\n") == [TextLine(0, "a"), TextLine(0, ""), TextLine(0, "b")]


def test_flowed_lines_are_joined() -> None:
    """RFC 3676 4.1, 4.3, 4.5 and 4.6."""
    text = "one \r\ntwo\r\n> q1 \r\n> q2\r\n>> deep \r\nback \r\n-- \r\nsig\r\n  stuffed \r\n"

    assert unflow(text) == [
        TextLine(0, "one two"),
        TextLine(1, "q1 q2"),
        TextLine(2, "deep "),
        TextLine(0, "back "),
        TextLine(0, "-- "),
        TextLine(0, "sig"),
        TextLine(0, " stuffed "),
    ]
    assert unflow("a \nb", del_sp=True) == [TextLine(0, "ab")]
    assert body("a \nb", is_flowed=True) == "<p>a b</p>"


@given(st.text(max_size=200))
def test_what_is_written_can_be_read_and_time_is_linear(text: str) -> None:
    text_of_html(html_of_text(text))
    unflow(text)


def test_hostile_text() -> None:
    for piece in ("a@", "http://", "www.", "(", ">", "a.b", "x@y.z", ")"):
        html_of_text(piece * 10_000)
        html_of_text("http://x" + piece * 10_000)
