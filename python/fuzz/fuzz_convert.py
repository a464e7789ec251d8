"""Fuzz the conversions: whatever the octets are, readers raise ParseError or give what can be written again.

``python fuzz/fuzz_convert.py --seconds 10 --seed 1`` mutates samples that the writers make. With atheris
installed, ``python fuzz/fuzz_convert.py --atheris`` takes its options (CPython 3.12 and newer have wheels).
What fails is written to the folder given by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import frame  # noqa: E402 - the tree is found only now

from gromox.base.errors import ParseError  # noqa: E402
from gromox.convert import rtfcp  # noqa: E402
from gromox.convert.bodies import bodies_of, from_html, from_text, set_bodies  # noqa: E402
from gromox.convert.cfb import read_cfb  # noqa: E402
from gromox.convert.html_sanitize import sanitize  # noqa: E402
from gromox.convert.html_token import html_tokens  # noqa: E402
from gromox.convert.msg import read_msg, write_msg  # noqa: E402
from gromox.convert.richtext import (  # noqa: E402
    encapsulate_html,
    encapsulate_text,
    html_of,
    open_capsule,
    read_document,
    text_of,
)
from gromox.convert.text_html import html_of_text  # noqa: E402
from gromox.convert.tnef import read_tnef, write_tnef  # noqa: E402
from gromox.mapi import tags  # noqa: E402
from gromox.mapi.message import Attachment, InMemory, Message, PropertyBag, Recipient  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST: Final = 1 << 15
_FRAGMENTS: Final = (
    b"\0",
    b"\xff\xff\xff\xff",
    b"\xfe\xff\xff\xff",
    b"\1\0\0\0",
    b"\x1f\0",
    b"\x1e\x10",
    b"{",
    b"}",
    b"{\\*\\",
    b"\\u-10179?",
    b"\\'83",
    b"\\bin9 ",
    b"\\htmlrtf ",
    b"{\\*\\htmltag ",
    b"\\cell ",
    b"\\nestrow ",
    b"\\itap9\\intbl ",
    b"{\\pict\\pngblip ",
    b"{\\fonttbl{\\f1\\fcharset128 x;}}",
    b"<!--",
    b"<script>",
    b"<blockquote>",
    b"<li>",
    b"<td>",
    b"&#x110000;",
    b"='",
    b"> ",
    b"http://",
    b"\r\n",
)


class BrokenPromiseError(AssertionError):
    """What a conversion promises does not hold."""


def promise(*, holds: bool, text: str) -> None:
    """Raise unless something holds (an assert would vanish under -O)."""
    if not holds:
        raise BrokenPromiseError(text)


def exercise(octets: bytes) -> None:
    """Give the octets to every reader, and what they read to the writers."""
    _streams(octets)
    _rich_text(octets)
    _markup(octets.decode("utf-8", "replace"))
    _messages(octets)


def _streams(octets: bytes) -> None:
    for verify in (True, False):
        try:
            rtfcp.decompress(octets, verify=verify)
        except ParseError:
            continue
    promise(holds=rtfcp.decompress(rtfcp.compress(octets)) == octets, text="compressed RTF comes back")


def _rich_text(octets: bytes) -> None:
    for rtf in (octets, b"{\\rtf1\\ansi\\fromhtml1 " + octets):
        try:
            capsule = open_capsule(rtf)
            document = read_document(rtf)
        except ParseError:
            continue
        capsule.content.encode("utf-8")
        html_of(document).encode("utf-8")
        text_of(document).encode("utf-8")


def _markup(text: str) -> None:
    promise(holds=open_capsule(encapsulate_html(text)).content == text, text="a page comes back")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    promise(holds=open_capsule(encapsulate_text(text)).content == lines, text="a text comes back")
    safe = list(html_tokens(sanitize(text)))
    promise(holds=not any(token.name == "script" for token in safe), text="nothing runs")
    promise(holds=not any(token.attribute("onload") for token in safe), text="nothing is loaded and runs")
    for bodies in (from_html(text), from_text(text)):
        bag = PropertyBag()
        set_bodies(bag, bodies)
        promise(holds=bodies_of(bag).native is bodies.native or not text, text="the native body stays")
    html_of_text(text, is_flowed=True, del_sp=True)


def _messages(octets: bytes) -> None:
    for read in (read_tnef, read_msg):
        try:
            message = read(octets)
        except ParseError:
            continue
        again = read_tnef(write_tnef(message), strict=True)
        promise(holds=read_tnef(write_tnef(again), strict=True) == again, text="TNEF is a fixed point")
        filed = write_msg(again)
        promise(holds=write_msg(read_msg(filed)) == filed, text="a file is a fixed point")
        read_cfb(filed)


def samples() -> list[bytes]:
    """Return what the writers make: something of each format."""
    page = "<html><body><p>a &amp; <b>b</b><blockquote>c</blockquote><ul><li>d</ul><table><tr><td>e</table>"
    bag = PropertyBag({tags.PidTagMessageClass: "IPM.Note", tags.PidTagSubject: "s", 0x6600101F: ("a", "b")})
    set_bodies(bag, from_html(page))
    inner = Message(PropertyBag({tags.PidTagSubject: "inner"}))
    message = Message(
        bag,
        [Recipient(PropertyBag({tags.PidTagDisplayName: "a"}))],
        [Attachment(PropertyBag(), InMemory(b"x" * 100)), Attachment(PropertyBag(), embedded=inner)],
    )
    rtf = (
        rb"{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fcharset128 x;}}{\colortbl;\red1;}\b a\'93\'fa\par"
        rb"\trowd\intbl b\cell\row\pard{\field{\*\fldinst HYPERLINK x.org}{\fldrslt y}}{\pict\pngblip 00}"
        rb"{\listtext 1}\ls1 c\par}"
    )
    return [
        write_tnef(message),
        write_msg(message),
        rtf,
        encapsulate_html(page),
        rtfcp.compress(rtf),
        page.encode(),
        b"text \r\n> quoted http://x.org\r\n-- \r\nsig",
    ]


def mutated(octets: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a damaged copy."""
    return frame.mutated(octets, others, chance, fragments=_FRAGMENTS, longest=_LONGEST)


if __name__ == "__main__":
    sys.exit(frame.main("Fuzz the conversions.", exercise, samples, mutated))
