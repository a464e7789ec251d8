from __future__ import annotations

import pytest

from gromox.convert import rtfcp
from gromox.convert.bodies import (
    Bodies,
    BodyFormat,
    bodies_of,
    from_html,
    from_text,
    html_property,
    native_format,
    rtf_property,
    set_bodies,
)
from gromox.convert.richtext import encapsulate_html, encapsulate_text
from gromox.mapi import tags
from gromox.mapi.message import PropertyBag

TEXT, HTML, RTF, NONE = BodyFormat.TEXT, BodyFormat.HTML, BodyFormat.RTF, BodyFormat.UNDEFINED


def bag_of(has: str, *, in_sync: bool = False, native: int | None = None) -> PropertyBag:
    bag = PropertyBag()
    if "t" in has:
        bag[tags.PidTagBody] = "text\r\n"
    if "h" in has:
        bag[tags.PidTagHtml] = b"<p>page</p>"
    if "b" in has:
        bag[tags.PidTagBodyHtml] = "<p>page</p>"
    if "r" in has:
        bag[tags.PidTagRtfCompressed] = rtfcp.compress(b"{\\rtf1 rich}")
    if in_sync:
        bag[tags.PidTagRtfInSync] = True
    if native is not None:
        bag[tags.PidTagNativeBody] = native
    return bag


@pytest.mark.parametrize(
    ("has", "in_sync", "native", "expected"),
    [
        ("", False, None, NONE),
        ("t", False, None, TEXT),
        ("t", True, None, TEXT),
        ("h", False, None, HTML),
        ("b", False, None, HTML),
        ("r", False, None, RTF),
        ("tr", True, None, RTF),
        ("tr", False, None, TEXT),
        ("rh", True, None, RTF),
        ("rh", False, None, HTML),
        ("trh", True, None, RTF),
        ("trh", False, None, HTML),
        ("th", False, None, HTML),
        ("trh", True, 1, TEXT),
        ("trh", False, 2, RTF),
        ("trh", True, 3, HTML),
        ("tr", True, 3, RTF),  # says HTML and has none
        ("trh", True, 4, RTF),  # clear-signed
        ("th", False, 99, HTML),
    ],
)
def test_the_best_body(has: str, *, in_sync: bool, native: int | None, expected: BodyFormat) -> None:
    """[MS-OXBBODY] 2.1.3.1."""
    assert native_format(bag_of(has, in_sync=in_sync, native=native)) is expected


@pytest.mark.parametrize("source", [from_text("Größe\r\n\r\n> quoted\n"), from_html("<p>Größe</p>\r\n")])
def test_all_forms_say_the_same(source: Bodies) -> None:
    bag = PropertyBag({tags.PidTagBody: "old", tags.PidTagSubject: "stays"})
    set_bodies(bag, source)

    assert bodies_of(bag) == source
    assert "Größe" in bag.text(tags.PidTagBody)
    assert "\r\n" in bag.text(tags.PidTagBody)
    assert "Größe" in html_property(bag)
    assert bag.text(tags.PidTagSubject) == "stays"
    # And RTF alone gives it back, too.
    alone = PropertyBag({tags.PidTagRtfCompressed: bag[tags.PidTagRtfCompressed]})
    assert bodies_of(alone).native is source.native
    assert bodies_of(alone).html == source.html


def test_native_rtf_has_its_pictures() -> None:
    rtf = rb"{\rtf1 x{\pict\pngblip 00}}"
    bodies = bodies_of(PropertyBag({tags.PidTagRtfCompressed: rtfcp.compress(rtf)}))

    assert bodies.native is RTF
    assert bodies.text == "x\n"
    assert 'src="cid:picture1@rtf"' in bodies.html
    assert [picture.octets for picture in bodies.pictures] == [b"\0"]


@pytest.mark.parametrize(
    "rtf", [b"", b"junk", rtfcp.compress(b"no rtf"), rtfcp.compress(b"{\\rtf" + b"{" * 2000)]
)
def test_rtf_that_cannot_be_read_gives_way(rtf: bytes) -> None:
    bag = bag_of("t", in_sync=True, native=2)
    bag[tags.PidTagRtfCompressed] = rtf

    assert bodies_of(bag).text == "text\n"
    del bag[tags.PidTagBody]
    assert bodies_of(bag) == Bodies(NONE)
    assert bag[tags.PidTagRtfCompressed] == rtf


@pytest.mark.parametrize(
    ("octets", "page", "text"),
    [
        (b"\xe4", 1252, "ä"),
        (b"\x93\xfa", 932, "\u65e5"),
        ("ä".encode(), 65001, "ä"),
        ("ä".encode(), 0, "ä"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">\xb1', 0, "\u0105"),
        (b"<meta charset='koi8-r'>\xc1", 0, "\u0430"),
        (b"", 0, ""),
    ],
)
def test_pages_are_decoded(octets: bytes, page: int, text: str) -> None:
    bag = PropertyBag({tags.PidTagHtml: octets, tags.PidTagInternetCodepage: page})

    assert html_property(bag).endswith(text)


def test_capsules_are_opened() -> None:
    for rtf, native in ((encapsulate_html("<b>x</b>"), HTML), (encapsulate_text("x"), TEXT)):
        bag = PropertyBag({tags.PidTagRtfCompressed: rtfcp.store(rtf)})
        assert rtf_property(bag) == rtf
        assert bodies_of(bag).native is native
        assert bodies_of(bag).rtf == rtf


def test_an_empty_body_stays_empty() -> None:
    bag = PropertyBag()
    set_bodies(bag, Bodies(NONE))

    assert dict(bag) == {tags.PidTagNativeBody: 0}
    assert rtf_property(bag) == b""
