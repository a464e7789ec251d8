"""RTF as a reader sees it: HTML and text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gromox.base.errors import ParseError
from gromox.convert.richtext import html_of, read_document, text_of
from gromox.convert.richtext.field import link_of, safe_link
from gromox.convert.richtext.model import Paragraph, Table
from tests.support.mutate import damaged

HEADER = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset128 MS Gothic;}"
    rb"{\f2\fnil\fcharset2 Wingdings;}{\f3\fcharset204{\*\falt x;}Arial Cyr;}{\f4\fcharset177 David;}"
    rb"{\f5\cpg950 Ming;}{\f6\fcharset134 \'cb\'ce\'cc\'e5;}}"
    rb"{\colortbl;\red255\green0\blue0;\red0\green0\blue255;}{\stylesheet{\s0 Normal;}}{\info{\title foo}}"
    rb"{\*\listtable{\list{\listlevel\levelnfc23}{\listlevel\levelnfc0}\listid7}{\list{\listlevel\levelnfc0}"
    rb"{\listlevel\levelnfc255}\listid8}}{\*\listoverridetable{\listoverride\listid7\ls1}"
    rb"{\listoverride\listid8\ls2}}\plain "
)


def body(rtf: bytes) -> str:
    page = html_of(HEADER + rtf + b"}")
    return re.sub(r"</?span[^>]*>|\r\n", "", page.partition("<body>")[2].partition("</body>")[0])


def styled(rtf: bytes) -> str:
    page = html_of(HEADER + rtf + b"}")
    return page.partition("<body>\r\n")[2].partition("</body>")[0].replace("font-family:'Arial'", "F")


def plain(rtf: bytes) -> str:
    return text_of(HEADER + rtf + b"}")


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"\'e4\'80", "\u00e4\u20ac"),
        (rb"\f1\'93\'fa\'96\'7b", "\u65e5\u672c"),
        (rb"\f1\'8f\\", "\u5341"),  # a second octet that is a backslash
        (rb"\f1\'83A", "\u30a2"),
        (rb"\f3\'cf\'f0", "\u041f\u0440"),
        (rb"\f4\'f9\'ec", "\u05e9\u05dc"),
        (rb"\f5\'a4\'a4", "\u4e2d"),
        (rb"\f2\'b7\'fc", "\u2022\u2713"),
        (rb"\f99\'e4", "\u00e4"),
        (rb"\u26085?\u-10179?\u-8704?", "\u65e5\U0001f600"),
        (rb"{\uc2\u26085abc}d", "\u65e5cd"),
        (rb"{\uc0\u26085 abc}\u8217\'92x", "\u65e5abc\u2019x"),
        (rb"\u26085\'93\'fax", "\u65e5\u00fax"),
        (rb"\u8217\rquote x", "\u2019x"),
        (rb"\u8217\~x", "\u2019x"),
        (rb"\u8217{?}x", "\u2019?x"),
        (rb"\u55357 x", "\ufffd"),
        (rb"\u128512 ?", "\U0001f600"),
        (rb"\u-3913?", "\u2022"),
        (
            rb"\lquote a\rdblquote\emdash\bullet\~\_\-\zwj",
            "\u2018a\u201d\u2014\u2022\u00a0\u2011\u00ad\u200d",
        ),
        (rb"a{\v secret}b{\deleted gone}", "ab"),
        (rb"a{\*\unknown x{y}}b{\header h}{\object{\*\objdata 00}{\result r}}", "abr"),
        (rb"a\par b\line c\tab d", "a\nb\nc\td"),
        (rb"}x", ""),
        (rb"\mac\'8a", "\u00e4"),
        (rb"{\pc\'84}", "\u201e"),
        (rb"\ansicpg1251\'cf", "\u041f"),
        (rb"\uc999\uc-1 x", "x"),
    ],
)
def test_text(rtf: bytes, text: str) -> None:
    assert plain(rtf).removesuffix("\n") == text


def test_looks() -> None:
    assert body(rb"a{\b b\i c}\ul d\ulnone{\strike e}{\super f}{\sub g\nosupersub h}\b\b0 i") == (
        '<p style="margin:0">a<b>b</b><b><i>c</i></b><u>d</u><s>e</s><sup>f</sup><sub>g</sub>hi</p>'
    )
    assert styled(rb"\f3\fs28\cf1\highlight2 x\cf99\cb0\plain y") == (
        '<p style="margin:0"><span style="font-family:\'Arial Cyr\';font-size:14pt;color:#ff0000;'
        'background-color:#0000ff">x</span><span style="F">y</span></p>\r\n'
    )
    assert "font-family:'\u5b8b\u4f53'" in styled(rb"\f6 x")


def test_paragraphs() -> None:
    assert body(
        rb"\qc\li720\fi-360 a\par\pard\rtlpar\qr\li200 b\par\pard\ltrpar\ql\par c < & > \line  d"
    ) == (
        '<p style="margin:0;text-align:center;margin-left:36pt;text-indent:-18pt">a</p>'
        '<p dir="rtl" style="margin:0;text-align:right;margin-right:10pt">b</p>'
        '<p style="margin:0;text-align:left">&nbsp;</p>'
        '<p style="margin:0">c &lt; &amp; &gt; <br> d</p>'
    )
    assert "&nbsp; " in body(rb"a  b")
    assert body(rb"a\tab b").count("&nbsp;") == 3


def test_lists() -> None:
    rtf = (
        rb"{\listtext\'b7\tab}\ls1 one\par{\listtext 1.\tab}\ilvl1 sub\par\ilvl0 two\par\pard"
        rb"{\listtext 1.}\ls2 num\par"
        rb"\ilvl1 none\par\pard{\pntext 3)}{\*\pn\pnlvlbody\pndec}old\par\pard"
        rb"{\*\pn\pnlvlblt}dot\par\pard\ls9 x\par\pard end"
    )

    assert re.sub(r' style="margin:0"', "", body(rtf)) == (
        "<ul><li>one</li><ol><li>sub</li></ol><li>two</li></ul><ol><li>num</li></ol><p>none</p>"
        "<ol><li>old</li></ol><ul><li>dot</li><li>x</li></ul><p>end</p>"
    )
    assert plain(rtf) == (
        "\u2022 one\n  1. sub\n\u2022 two\n1. num\nnone\n3) old\n\u2022 dot\n\u2022 x\nend\n"
    )


def test_tables() -> None:
    rtf = (
        rb"\trowd\intbl a\cell b\par c\cell\row\intbl d\cell\itap2 n1\nestcell n2\nestcell"
        rb"{\*\nesttableprops\trowd\nestrow}\nestrow\itap1 e\cell\row\pard after\par"
        rb"\trowd x\cell\pard\qc y\cell\row"
    )
    document = read_document(HEADER + rtf + b"}")

    assert [type(block) for block in document.blocks] == [Table, Paragraph, Table]
    assert re.sub(r' style="[^"]*"| border="1"', "", body(rtf)) == (
        "<table><tr><td>a</td><td><p>b</p><p>c</p></td></tr>"
        "<tr><td>d</td><td><table><tr><td>n1</td><td>n2</td></tr></table><p>e</p></td></tr></table>"
        "<p>after</p><table><tr><td>x</td><td><p>y</p></td></tr></table>"
    )
    assert plain(rtf) == "a\tb c\nd\tn1\tn2 e\nafter\nx\ty\n"


def test_rows_without_ends_and_cells_without_text() -> None:
    assert plain(rb"\intbl a\cell\cell\row\intbl b") == "a\t\nb\n"
    assert plain(rb"\intbl a\cell b\row x") == "a\tb\nx\n"
    assert plain(rb"\itap3\intbl deep\nestcell\nestrow\pard x") == "deep\nx\n"


def test_links() -> None:
    rtf = (
        rb'{\field{\*\fldinst{HYPERLINK "http://example.org/?a=1&b=2" \\o "tip"}}{\fldrslt{\ul here}} }and '
        rb'{\field{\*\fldinst HYPERLINK "mailto:a@b.org"}{\fldrslt a@b.org}}'
        rb'{\field{\*\fldinst HYPERLINK "javascript:x"}{\fldrslt bad}}{\field{\*\fldinst PAGE}{\fldrslt 1}}'
    )

    assert body(rtf) == (
        '<p style="margin:0"><a href="http://example.org/?a=1&amp;b=2">here</a> and '
        '<a href="mailto:a@b.org">a@b.org</a>bad1</p>'
    )
    assert plain(rtf) == "here <http://example.org/?a=1&b=2> and a@b.orgbad1\n"


@pytest.mark.parametrize(
    ("instruction", "link"),
    [
        ('HYPERLINK "http://x.org/a" \\l "b"', "http://x.org/a#b"),
        ("HYPERLINK \\l top", "#top"),
        ("hyperlink www.x.org", "www.x.org"),
        ('HYPERLINK \\t "_blank" "https://x"', "https://x"),
        ('HYPERLINK "file:///c:/x"', ""),
        ('HYPERLINK "java\nscript:x"', ""),
        ("REF x", ""),
        ("", ""),
        ("HYPERLINK", ""),
    ],
)
def test_instructions(instruction: str, link: str) -> None:
    assert link_of(instruction) == link


def test_links_that_are_none() -> None:
    assert safe_link("relative") == ""
    assert safe_link(" HTTP://x ") == "HTTP://x"


def test_pictures() -> None:
    rtf = (
        rb"{\*\shppict{\pict{\*\picprop x}\pngblip\picwgoal150\pichgoal300{\*\blipuid 00} 8950"
        b"\r\n"
        rb"4e47}}"
        rb"{\nonshppict{\pict\wmetafile8 00}}{\pict\jpegblip\bin3 }{\x}{\pict\pngblip}{\pict 00}"
        rb"{\v{\pict\emfblip 0g0}}"
    )  # fmt: skip
    document = read_document(HEADER + rtf + b"}", picture_domain="example.org")

    assert [(picture.content_type, picture.octets) for picture in document.pictures] == [
        ("image/png", b"\x89PNG"),
        ("image/jpeg", b"}{\\"),
        ("image/x-emf", b"\0"),
    ]
    assert document.pictures[0].content_id == "picture1@example.org"
    assert body(rtf).startswith(
        '<p style="margin:0"><img src="cid:picture1@rtf" width="10" height="20" alt="">'
    )


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParseError, match="groups in groups"):
        read_document(b"{\\rtf1" + b"{" * 1001)
    assert plain(rb"\itap99 x\nestcell\nestrow") == "x\n"
    monkeypatch.setattr("gromox.convert.richtext.document.MAX_PICTURES", 1)
    assert len(read_document(HEADER + rb"{\pict\pngblip 00}{\pict\pngblip 01}}").pictures) == 1
    assert text_of(b"{\\rtf1}") == ""


WORDS = st.sampled_from(
    [
        rb"\par ",
        rb"\cell ",
        rb"\row ",
        rb"\nestcell ",
        rb"\nestrow ",
        rb"\intbl ",
        rb"\itap2 ",
        rb"\pard ",
        rb"\b ",
        rb"\ls1 ",
        rb"\ilvl8 ",
        rb"{\pict\pngblip ",
        rb"{\field{\*\fldinst HYPERLINK x.y}",
        rb"{\fldrslt ",
        rb"\u-1 ",
        rb"\'93",
        rb"\f1 ",
        b"{",
        b"}",
        b"text",
        rb"{\*\pn\pnlvlblt}",
        rb"{\listtext x}",
        rb"{\fonttbl{\f1 x;}}",
        rb"{\colortbl;\red9;}",
        rb"\cf1 ",
        rb"\trowd ",
        rb"\bin2 ",
        rb"\upr ",
        rb"{\*\listtable{\list\levelnfc0\listid1}}",
    ]
)


@settings(max_examples=200)
@given(st.lists(WORDS, max_size=40).map(b"".join))
def test_any_order_of_words_is_read(rtf: bytes) -> None:
    document = read_document(HEADER + rtf)

    html_of(document).encode("utf-8")
    text_of(document).encode("utf-8")


def test_two_thousand_damaged_documents_and_every_truncation() -> None:
    good = HEADER + (
        rb"\b x\par\trowd\intbl a\cell\row\pard{\field{\*\fldinst HYPERLINK http://x}{\fldrslt y}}\f1\'93\'fa"
        rb"{\pict\pngblip 00}{\listtext 1}\ls1\ilvl1 i\par\u-10179?\u-8704?}"
    )
    for pieces in damaged(
        good, [b"\\cell ", b"{\\*\\", b"\\u-1?", b"\\bin9 ", b"\\itap3 "], seed=3, count=2000
    ):
        try:
            html_of(b"".join(pieces)).encode("utf-8")
        except ParseError:
            continue
    for size in range(6, len(good)):
        text_of(good[:size])
