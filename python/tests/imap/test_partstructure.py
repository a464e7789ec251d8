"""Structures of parts, compared with those that are made of the parts themselves."""

from __future__ import annotations

import pytest

from gromox.imap.partstructure import part_structure
from gromox.mime import find_part
from gromox.mime.bodystructure import bodystructure_octets
from gromox.mime.scan import scan

MAIL = b"""\
Subject: x
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: text/plain; name="a \\"b) (c\\\\"
Content-Description: "(" {3}
Content-Disposition: attachment; filename=")"
Content-Transfer-Encoding: base64

eA==
--a
Content-Type: message/rfc822

Subject: inner (1)
From: "(" <a@example.test>
Content-Type: multipart/alternative; boundary=b

--b

one
--b
Content-Type: image/png
Content-Disposition: inline
Content-Transfer-Encoding: base64

AAAA
--b--
--a
Content-Type: message/rfc822

Subject: plain

text
--a
Content-Type: message/external-body; access-type=x

Content-Type: image/png
--a--
""".replace(b"\n", b"\r\n")
ROOT = scan(MAIL).root
WHOLE = bodystructure_octets(ROOT, extensible=True)


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("second", [None, 1, 2, 3])
@pytest.mark.parametrize("third", [None, 1, 2])
def test_a_part_is_cut_out(first: int, second: int | None, third: int | None) -> None:
    path = [number for number in (first, second, third) if number is not None]
    part = find_part(ROOT, path)
    expected = b"" if part is None else bodystructure_octets(part, extensible=True)
    assert part_structure(WHOLE, path) == expected


def test_the_whole_message() -> None:
    assert part_structure(WHOLE, ()) == WHOLE
    plain = bodystructure_octets(scan(b"Subject: x\r\n\r\ntext").root, extensible=True)
    assert part_structure(plain, (1,)) == plain
    assert part_structure(plain, (2,)) == b""


def test_what_is_decoded_has_no_encoding() -> None:
    assert b'"binary" 1 7 NIL ("attachment"' in part_structure(WHOLE, (1,), (1, 7))
    assert part_structure(WHOLE, (2, 2), (3, 0)) == (
        b'("image" "png" NIL NIL NIL "binary" 3 NIL ("inline" NIL) NIL NIL)'
    )
    # What has parts has no encoding that could go away.
    assert part_structure(WHOLE, (2,), (1, 1)) == part_structure(WHOLE, (2,))


def test_a_literal_is_passed_over() -> None:
    structure = b'(("text" {7}\r\n)(") "\\ NIL NIL NIL "7bit" 1 1)("a" "b" NIL NIL NIL "7bit" 2) "mixed")'
    assert part_structure(structure, (2,)) == b'("a" "b" NIL NIL NIL "7bit" 2)'


def test_depth_is_no_danger() -> None:
    depth = 20_000
    assert part_structure(b"(" * depth + b")" * depth, (1,)).startswith(b"((")
