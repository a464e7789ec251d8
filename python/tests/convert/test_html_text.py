from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.convert.html_text import text_of_html
from gromox.convert.html_token import HtmlToken, html_tokens
from tests.support.mutate import damaged


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("plain", "plain\n"),
        ("a  b\r\n c", "a b c\n"),
        ("<p>one<p>two", "one\n\ntwo\n"),
        ("<p> one </p>\n<p>two</p>", "one\n\ntwo\n"),
        ("a<br>b<br><br>c", "a\nb\n\nc\n"),
        ("<div>a</div><div>b</div>", "a\nb\n"),
        ("a &amp; b &lt;c&gt; &nbsp;&#8364;&bogus;", "a & b <c>  \u20ac&bogus;\n"),
        ("1 < 2 <3>", "1 < 2 <3>\n"),
        ("a<hr>b", "a\n" + "-" * 40 + "\nb\n"),
        ("<q>x</q>", "\u201cx\u201d\n"),
        ('<img alt="logo" src=x> y', "logo y\n"),
        ("a<!-- b -->c<!DOCTYPE x>d<?php e?>f</ >g", "acdfg\n"),
        ("<!-- open", ""),
        ("x<!open", "x\n"),
        ("x<a href=", "x\n"),
        ("<pre>  a\r\n\r\n   b\n</pre>c", "  a\n\n   b\n\nc\n"),
        ("<textarea><b>&amp;</textarea>", "<b>&\n"),
        ("<b>bold</b><wbr>er", "bolder\n"),
    ],
)
def test_text(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "<head><title>t</title><style>s</style></head>x",
        "<script>if (a<b) { '</p>' }</script>x",
        '<div style="color:red; DISPLAY : none">a<div>b</div>c</div>x',
        '<span style="mso-hide:all">a</span><p hidden>b<p>x',
        '<table hidden><tr><td>a</table><ul><li style="visibility:hidden">b<li>x</ul>',
        "<noframes>a</noframes><object>b</object><template>c</template>x",
        "<script>x",
    ],
)
def test_what_is_hidden_is_left_out(markup: str) -> None:
    assert text_of_html(markup).replace("\u2022 ", "") in ("x\n", "")


def test_quotations() -> None:
    markup = "<p>me</p><blockquote>you<br>said<blockquote><p>them</p></blockquote>end</blockquote>tail"

    assert text_of_html(markup) == ("me\n\n> you\n> said\n>\n> > them\n>\n> end\n\ntail\n")


def test_lists() -> None:
    markup = (
        "<p>x</p><ul><li>one<li>two<ol start=3><li>a</li><li value=9>b</li><li>c</li></ol></li>"
        "<li><p>three</p><p>more</p></li><li></li></ul><li>loose"
    )

    assert text_of_html(markup) == (
        "x\n\n\u2022 one\n\u2022 two\n  3. a\n  9. b\n  10. c\n\u2022 three\n\n  more\n\n\u2022\n\nloose\n"
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('<a href="http://x.org/y">here</a>!', "here <http://x.org/y>!\n"),
        ('<a href="http://x.org/">x.org</a>', "x.org\n"),
        ("<a href='mailto:a@b.org'>Ann</a>", "Ann <a@b.org>\n"),
        ("<a href=mailto:a@b.org>a@b.org</a>", "a@b.org\n"),
        ('<a href="#top">up</a><a href="javascript:x">j</a><a name=n>n</a>', "upjn\n"),
        (
            '<a href="http://x.org/?a=1&amp;b">one<a href="http://y.org">two</a>',
            "one <http://x.org/?a=1&b>two <http://y.org>\n",
        ),
        ('<a href="http://x.org"></a>z', "z\n"),
    ],
)
def test_links(markup: str, text: str) -> None:
    assert text_of_html(markup) == text


def test_tables() -> None:
    markup = "<table><tr><th>a</th><th>b</th></tr><tr><td>1<td><p>2</p><td></table><table><tr><td>x</table>"

    assert text_of_html(markup) == "a\tb\n1\t2\n\nx\n"
    assert text_of_html("<table><tr><td><p>a</p><p>b<td>c<td><div>d</table>") == "a\n\nb\tc\td\n"
    assert (
        text_of_html("<table><tr><td><p>a</p></table>b<table><td><table><td>c</table>d")
        == "a\n\nb\n\nc\n\nd\n"
    )


def test_attributes() -> None:
    (token,) = html_tokens("<A Href = 'x&amp;y' b=\"c>d\" e=f/ g HREF=no>")

    assert token.name == "a"
    assert [token.attribute(name) for name in ("href", "b", "e", "g", "h")] == ["x&y", "c>d", "f/", "", None]
    assert HtmlToken(name="a", attributes=" x" * 200 + " href=y").attribute("href") is None


def test_nesting_is_bounded_and_time_is_linear() -> None:
    assert text_of_html("<blockquote>" * 5000 + "x").startswith("> " * 40 + "x")
    assert len(text_of_html("<ul><li>" * 5000 + "x")) < 1_000_000
    for piece in (
        "<",
        "<a ",
        '<a href="',
        "<!--",
        "<script>",
        "</",
        "<p hidden>",
        "&",
        "<a title='",
        "<td>",
        "<b ",
    ):
        text_of_html(piece * 20_000)


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<ul>",
                "<ol>",
                "</ol>",
                "<li>",
                "</li>",
                "<blockquote>",
                "</blockquote>",
                "<pre>",
                "</pre>",
                "<td>",
                "<tr>",
                "<a_href=x>",
                "</a>",
                "text",
                "<br>",
                "<div_hidden>",
                "</div>",
                "<hr>",
                "&nbsp;",
                "<q>",
                "</q>",
                "<script>",
                "</script>",
                "<table>",
                "</table>",
            ]
        ),
        max_size=40,
    )
)
def test_any_order_of_tags_is_read(pieces: list[str]) -> None:
    text = text_of_html(" ".join(pieces).replace("_", " "))

    assert not text or text.endswith("\n")


def test_two_thousand_damaged_pages() -> None:
    good = b"<html><body><p class='x'>a<a href=\"http://x\">b</a><ul><li>c</ul><table><tr><td>d</table><pre>e</pre>"
    for pieces in damaged(good, [b"<!--", b"<script>", b"</", b"='"], seed=4, count=2000):
        text_of_html(b"".join(pieces).decode("latin-1"))
