"""What the tests of mime share: the corpus, a strict reader of IMAP text, and checks of a scanned tree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from gromox.base.errors import ParseError
from gromox.mime import (
    Message,
    Part,
    bodystructure_octets,
    envelope_octets,
    pack_parts,
    scan,
    unpack_parts,
)

Value: TypeAlias = "int | bytes | list[Value] | None"
CORPUS: Final = sorted((Path(__file__).parent / "corpus").glob("*.eml"))


class StrictReader:
    """Exactly the grammar of RFC 9051 9: nstring, number, list; single spaces; nothing else."""

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def read(self) -> Value:
        value = self._value()
        if self._at != len(self._octets):
            raise ParseError("the end", self._at)
        return value

    def _value(self) -> Value:
        first = self._octets[self._at : self._at + 1]
        if first == b"(":
            return self._list()
        if first == b'"':
            return self._quoted()
        if first == b"{":
            return self._literal()
        if first.isdigit():
            start = self._at
            while self._octets[self._at : self._at + 1].isdigit():
                self._at += 1
            return int(self._octets[start : self._at])
        if self._octets.startswith(b"NIL", self._at):
            self._at += 3
            return None
        raise ParseError("a value", self._at)

    def _list(self) -> list[Value]:
        self._at += 1
        values: list[Value] = []
        while True:
            values.append(self._value())
            mark = self._octets[self._at : self._at + 1]
            if mark == b")":
                self._at += 1
                return values
            # Lists stand side by side in address lists and multipart bodies.
            if mark == b" ":
                self._at += 1
            elif mark != b"(" or not isinstance(values[-1], list):
                raise ParseError("a space or the end of a list", self._at)

    def _quoted(self) -> bytes:
        self._at += 1
        out = bytearray()
        while True:
            octet = self._octets[self._at]
            self._at += 1
            if octet == ord('"'):
                return bytes(out)
            if octet == ord("\\"):
                octet = self._octets[self._at]
                self._at += 1
                if octet not in b'"\\':
                    raise ParseError("a quoted special", self._at)
            if octet in b"\x00\r\n" or octet > 0x7F:
                raise ParseError("a character of 7 bits", self._at)
            out.append(octet)

    def _literal(self) -> bytes:
        end = self._octets.index(b"}\r\n", self._at)
        size = int(self._octets[self._at + 1 : end])
        start = end + 3
        self._at = start + size
        value = self._octets[start : self._at]
        if len(value) != size or b"\x00" in value:
            raise ParseError("a whole literal without NUL", start)
        value.decode("utf-8")
        return value


def nested_list(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def check_envelope(value: Value) -> None:
    """See that a value is an envelope, field by field."""
    members = nested_list(value)
    assert len(members) == 10
    for index in (0, 1, 8, 9):
        assert members[index] is None or isinstance(members[index], bytes)
    for index in range(2, 8):
        if members[index] is None:
            continue
        for address in nested_list(members[index]):
            assert len(nested_list(address)) == 4
            assert all(each is None or isinstance(each, bytes) for each in nested_list(address))


def check_structure(value: Value) -> None:
    """See that a value is a body of RFC 9051 9 with its extension data; bounded by the depth of a scan."""
    todo: list[Value] = [value]
    while todo:
        members = nested_list(todo.pop())
        if isinstance(members[0], list):
            children = members[: next(i for i, each in enumerate(members) if isinstance(each, bytes))]
            todo.extend(children)
            extension = members[len(children) + 1 :]
            assert len(extension) == 4
            check_parameters(extension[0])
        else:
            kind, subtype = members[0], members[1]
            assert isinstance(kind, bytes)
            assert isinstance(subtype, bytes)
            check_parameters(members[2])
            assert all(each is None or isinstance(each, bytes) for each in members[3:5])
            assert isinstance(members[5], bytes)
            assert isinstance(members[6], int)
            rest = members[7:]
            if kind == b"text":
                assert isinstance(rest.pop(0), int)
            elif kind == b"message" and subtype in (b"rfc822", b"global"):
                check_envelope(rest.pop(0))
                todo.append(rest.pop(0))
                assert isinstance(rest.pop(0), int)
            extension = rest
            assert len(extension) == 4
            assert extension[0] is None or isinstance(extension[0], bytes)
        if extension[1] is not None:
            disposition = nested_list(extension[1])
            assert isinstance(disposition[0], bytes)
            check_parameters(disposition[1])
        languages = extension[2] if isinstance(extension[2], list) else [extension[2] or b""]
        assert all(isinstance(each, bytes) for each in languages)
        assert extension[3] is None or isinstance(extension[3], bytes)


def check_parameters(value: Value) -> None:
    if value is not None:
        members = nested_list(value)
        assert members
        assert len(members) % 2 == 0
        assert all(isinstance(each, bytes) for each in members)


def offsets(root: Part) -> list[tuple[int, int, int, int, str]]:
    return [
        (part.header_start, part.body_start, part.body_end, part.lines, part.encoding) for part in root.walk()
    ]


def check_tree(message: Message) -> None:
    """See that the parts lie within and after each other, and count their lines rightly."""
    octets, root = message.octets, message.root
    assert (root.header_start, root.body_end) == (0, len(octets))
    for part in root.walk():
        assert 0 <= part.header_start <= part.body_start <= part.body_end <= len(octets)
        assert part.lines == octets.count(b"\n", part.body_start, part.body_end)
        place = part.body_start
        for child in part.children:
            assert child.header_start >= place
            place = child.body_end
        assert place <= part.body_end
        if part.message is not None:
            assert (part.message.header_start, part.message.body_end) == (part.body_start, part.body_end)


def check_message(octets: bytes) -> Message:
    """Scan octets and see that everything holds that must hold for any octets."""
    message = scan(octets)
    check_tree(message)
    check_envelope(StrictReader(envelope_octets(message)).read())
    check_structure(StrictReader(bodystructure_octets(message.root, extensible=True)).read())
    StrictReader(bodystructure_octets(message.root, extensible=False)).read()
    known = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "x-unknown")
    packed = offsets(unpack_parts(pack_parts(message.root)))
    assert [each[:4] for each in packed] == [each[:4] for each in offsets(message.root)]
    assert all(each[4] in known for each in packed)
    assert len(message.preview()) <= 200
    assert "\n" not in "".join(message.search_text)
    assert message.has_attachment in (True, False)
    assert message.date is None or len(message.date) == 2
    assert len(message.message_id) <= len(octets)
    return message


@pytest.fixture(scope="session")
def corpus() -> dict[str, bytes]:
    """The messages of the corpus by name."""
    return {path.stem: path.read_bytes() for path in CORPUS}


@pytest.fixture(scope="session")
def checked() -> Callable[[bytes], Message]:
    """Return a function that scans octets and checks all that must hold for any octets."""
    return check_message


@pytest.fixture(scope="session")
def read_imap() -> Callable[[bytes], Value]:
    """Return a function that reads IMAP text strictly."""
    return lambda octets: StrictReader(octets).read()
