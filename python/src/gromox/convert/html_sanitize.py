"""HTML of others made safe to show, by nh3 (ammonia); the only module that knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import nh3

if TYPE_CHECKING:
    from collections.abc import Callable

_TAGS: Final = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "dir",
        "div",
        "dl",
        "dt",
        "em",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "main",
        "mark",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
#: Elements that go with all that is in them.
_GONE: Final = frozenset(
    [
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "iframe",
        "object",
        "applet",
        "svg",
        "math",
        "textarea",
    ]
)
_COMMON: Final = frozenset(
    ["align", "bgcolor", "color", "dir", "height", "lang", "style", "title", "valign", "width"]
)
_ATTRIBUTES: Final[dict[str, frozenset[str]]] = {
    "*": _COMMON,
    "a": frozenset(["href", "name"]),
    "blockquote": frozenset(["type", "cite"]),
    "col": frozenset(["span"]),
    "colgroup": frozenset(["span"]),
    "font": frozenset(["face", "size"]),
    "hr": frozenset(["size", "noshade"]),
    "img": frozenset(["src", "alt", "border", "hspace", "vspace"]),
    "li": frozenset(["value", "type"]),
    "ol": frozenset(["start", "type"]),
    "table": frozenset(["border", "cellpadding", "cellspacing", "summary"]),
    "td": frozenset(["colspan", "rowspan", "nowrap", "abbr"]),
    "th": frozenset(["colspan", "rowspan", "nowrap", "abbr", "scope"]),
    "ul": frozenset(["type"]),
}
#: Nothing that loads (background, list-style-image, content), covers (position, z-index) or moves.
_STYLES: Final = frozenset(
    [
        "background-color",
        "border",
        "border-bottom",
        "border-bottom-color",
        "border-bottom-style",
        "border-bottom-width",
        "border-collapse",
        "border-color",
        "border-left",
        "border-left-color",
        "border-left-style",
        "border-left-width",
        "border-radius",
        "border-right",
        "border-right-color",
        "border-right-style",
        "border-right-width",
        "border-spacing",
        "border-style",
        "border-top",
        "border-top-color",
        "border-top-style",
        "border-top-width",
        "border-width",
        "clear",
        "color",
        "direction",
        "display",
        "float",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-height",
        "max-width",
        "min-height",
        "min-width",
        "overflow-wrap",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "table-layout",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "unicode-bidi",
        "vertical-align",
        "visibility",
        "white-space",
        "width",
        "word-break",
        "word-spacing",
        "word-wrap",
    ]
)
_SCHEMES: Final = frozenset(["http", "https", "mailto", "tel", "ftp", "cid", "data"])
_PICTURES: Final = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")
_LONGEST: Final = 16 << 20


def sanitize(
    markup: str,
    *,
    allow_remote: bool = False,
    picture_link: Callable[[str], str | None] | None = None,
) -> str:
    """Return a fragment of HTML that runs nothing and loads nothing the reader did not ask for.

    Args:
        markup: a page or part of one; of more than 16 Mi characters the rest is left out.
        allow_remote: whether pictures may be loaded from other hosts (which tells their senders).
        picture_link: turns the Content-ID of an inline picture into a link; None leaves ``cid:`` links.

    Returns:
        Well-formed markup of the elements of a body; links open without a referrer.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name not in ("src", "href"):
            return value
        link = value.strip()
        scheme = link.partition(":")[0].lower()
        if tag != "img":
            return None if scheme in ("data", "cid") else value
        if scheme == "cid":
            return link if picture_link is None else picture_link(link[4:])
        if scheme == "data":
            return link if link.lower().startswith(_PICTURES) else None
        return link if allow_remote and scheme in ("http", "https") else None

    return nh3.clean(
        markup[:_LONGEST],
        tags=set(_TAGS),
        clean_content_tags=set(_GONE),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute,
        filter_style_properties=set(_STYLES),
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
