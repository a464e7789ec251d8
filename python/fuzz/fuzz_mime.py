"""Fuzz the MIME scanner: whatever the octets are, nothing raises and what is said of them holds.

``python fuzz/fuzz_mime.py --seconds 10 --seed 1`` mutates the corpus of the tests by itself. With atheris
installed, ``python fuzz/fuzz_mime.py --atheris`` takes its options (CPython 3.12 and newer have wheels). What
fails is written to the folder given by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import contextlib
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import frame  # noqa: E402 - the tree is found only now

from gromox.base.errors import ParseError  # noqa: E402
from gromox.mime import (  # noqa: E402
    Specifier,
    bodystructure_octets,
    envelope_octets,
    pack_parts,
    scan,
    section,
    unpack_parts,
)
from gromox.mime.body import text_of  # noqa: E402
from gromox.mime.build import Action, Recipient, Report, build_dsn  # noqa: E402
from gromox.mime.header import iter_fields, select_fields  # noqa: E402
from gromox.mime.subject import base_subject  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST: Final = 1 << 16
_TEXT_LIMIT: Final = 1 << 14
_FRAGMENTS: Final = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"--",
    b"\r\n--b\r\n",
    b"\r\n--b--\r\n",
    b"\r\n\r\n",
    b'Content-Type: multipart/mixed; boundary="b"\r\n',
    b"Content-Type: multipart/digest; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html; charset=gb2312\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%E4; filename*1=x\r\n",
    b"=?utf-8?b?w7=?= =?iso-2022-jp?q?=1B$B?=",
    b'"',
    b"\\",
    b"(",
    b"<@a,@b:c@d>",
    b": ;",
    b",",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"<script>",
    b"<!--",
    b"&#x110000;",
)


class BrokenPromiseError(AssertionError):
    """What the scanner said of a message does not hold."""


def promise(*, holds: bool, text: str) -> None:
    """Raise unless something holds (an assert would vanish under -O)."""
    if not holds:
        raise BrokenPromiseError(text)


def exercise(octets: bytes) -> None:
    """Use all of the package on one message and see that its promises hold."""
    message = scan(octets)
    root = message.root
    promise(
        holds=(root.header_start, root.body_end) == (0, len(octets)), text="the root is the whole message"
    )
    for part in root.walk():
        promise(holds=part.header_start <= part.body_start <= part.body_end, text="offsets ascend")
        promise(
            holds=part.lines == octets.count(b"\n", part.body_start, part.body_end), text="lines are counted"
        )
        place = part.body_start
        for child in part.children:
            promise(holds=place <= child.header_start, text="children follow each other")
            place = child.body_end
        promise(holds=place <= part.body_end, text="children lie within")
        if part.media.type == "text":
            text_of(part, octets, limit=_TEXT_LIMIT).encode("utf-8")
        part.parameters, part.filename, part.description, part.languages  # noqa: B018 - must not raise
    for text in (
        envelope_octets(message),
        bodystructure_octets(root, extensible=True),
        bodystructure_octets(root, extensible=False),
    ):
        promise(holds=b"\x00" not in text, text="no NUL for a client")
        promise(holds=text.startswith(b"(") and text.endswith(b")"), text="a list for a client")
        text.decode("utf-8")
    packed = unpack_parts(pack_parts(root))
    for path in ((), (1,), (1, 1), (2,), (2, 1, 1)):
        for specifier in Specifier:
            promise(
                holds=section(packed, path, specifier) == section(root, path, specifier),
                text="the packed tree answers alike",
            )
    with contextlib.suppress(ParseError):
        unpack_parts(octets)
    block = message.header
    promise(holds=select_fields(block, (), invert=True) == block, text="all fields are the block")
    promise(holds=sum(1 for _ in iter_fields(block)) <= block.count(b":"), text="a field has a colon")
    base_subject(message.subject)
    _ = (message.search_text, message.preview(), message.has_attachment, message.date, message.references)
    promise(holds=len(scan(_report(octets)).root.children) == 3, text="a report has three parts")


def _report(original: bytes) -> bytes:
    told = original[:40].decode("utf-8", "replace")
    recipient = Recipient("a@example.org", Action.FAILED, "5.0.0", diagnostic=told)
    return build_dsn(
        Report("mx.example.org", 0.0, [recipient]),
        original,
        to="b@example.org",
        message_id="<1@mx.example.org>",
        date=0.0,
        boundary="=_never_in_a_header_",
        postmaster="postmaster@example.org",
    )


def mutated(octets: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return a damaged copy."""
    return frame.mutated(octets, others, chance, fragments=_FRAGMENTS, longest=_LONGEST)


def samples() -> list[bytes]:
    """Return the corpus of the tests."""
    return [path.read_bytes() for path in sorted((HERE.parent / "tests/mime/corpus").glob("*.eml"))]


if __name__ == "__main__":
    sys.exit(frame.main("Fuzz the MIME scanner.", exercise, samples, mutated))
