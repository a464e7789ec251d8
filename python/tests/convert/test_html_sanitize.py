from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gromox.convert.html_sanitize import sanitize
from gromox.convert.html_token import html_tokens


@pytest.mark.parametrize(
    ("markup", "safe"),
    [
        ("<p>a<b>b</p>", "<p>a<b>b</b></p>"),
        ('<p onclick="x" id="y" class="z" align=center>a</p>', '<p align="center">a</p>'),
        ("<script>x</script><style>y</style><svg><text>z</svg>a", "a"),
        ("<form action=x><input><button>b</button></form>", "b"),
        ('<a href="javascript:x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href="http://x">a</a>', '<a href="http://x" rel="noopener noreferrer nofollow">a</a>'),
        ('<img src="http://x/y.png" alt="a">', '<img alt="a">'),
        ('<img src="cid:1@x">', '<img src="cid:1@x">'),
        ('<img src="data:image/png;base64,AA==">', '<img src="data:image/png;base64,AA==">'),
        ('<img src="data:image/svg+xml,x">', "<img>"),
        (
            '<p style="color:red;position:fixed;background-image:url(http://x);width:1px">a</p>',
            '<p style="color:red;width:1px">a</p>',
        ),
        ("<!--[if mso]><p>x</p><![endif]-->a", "a"),
        ("<math><mi xlink:href='x'>a</math><iframe src=x></iframe>b", "b"),
    ],
)
def test_only_what_is_safe_stays(markup: str, safe: str) -> None:
    assert sanitize(markup) == safe


def test_pictures_of_other_hosts_can_be_asked_for() -> None:
    assert sanitize('<img src="https://x/y">', allow_remote=True) == '<img src="https://x/y">'
    assert sanitize('<img src="ftp://x/y">', allow_remote=True) == "<img>"


def test_inline_pictures_get_links() -> None:
    links = {"1@x": "https://mail.example.org/part/2"}

    assert sanitize('<img src="cid:1@x"><img src="cid:2@x">', picture_link=links.get) == (
        '<img src="https://mail.example.org/part/2"><img>'
    )


@given(
    st.lists(st.sampled_from(["<script>", "<p ", "onload=x", ">", "<!--", "</", "'", '"', "<svg>", "&lt;"]))
)
def test_nothing_runs(pieces: list[str]) -> None:
    safe = sanitize("".join(pieces))

    assert not {token.name for token in html_tokens(safe)} & {"script", "svg"}
    assert all(token.attribute("onload") is None for token in html_tokens(safe))
