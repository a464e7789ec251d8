from __future__ import annotations

import pytest

from gromox.base.errors import ParseError
from gromox.codec.haproxy import HEAD, LONGEST, SIGNATURE, Source, length_of, source_of

# "The PROXY protocol", section 2.2: version 2 and PROXY (0x21), TCP over IPv4 (0x11), its addresses.
V4 = SIGNATURE + bytes.fromhex("21 11 000c  c0000209 c0000201  9c40 008f")
V6 = SIGNATURE + bytes.fromhex(f"21 21 0024  20010db8{'00' * 11}09 {'00' * 15}01  9c40 03e1")
LOCAL = SIGNATURE + bytes.fromhex("20 00 0000")


def read(octets: bytes) -> Source | None:
    head = octets[:HEAD]
    return source_of(head, octets[HEAD : HEAD + length_of(head)])


def test_who_connected_to_the_proxy() -> None:
    assert read(V4) == Source("192.0.2.9", 40000)
    assert read(V6) == Source("2001:db8::9", 40000)
    mapped = SIGNATURE + bytes.fromhex(f"21 21 0024  {'00' * 10}ffffc0000209 {'00' * 16}  9c40 03e1")
    assert read(mapped) == Source("192.0.2.9", 40000)


def test_what_follows_the_addresses_is_skipped() -> None:
    assert read(SIGNATURE + bytes.fromhex("2111 0010 c0000209 c0000201 9c40 008f 04 0001 00")) == Source(
        "192.0.2.9", 40000
    )


def test_the_proxy_itself() -> None:
    assert read(LOCAL) is None
    assert read(SIGNATURE + bytes.fromhex("21 00 0000")) is None  # it does not know


@pytest.mark.parametrize("size", range(HEAD, len(V4)))
def test_every_cut(size: int) -> None:
    with pytest.raises(ParseError):
        source_of(V4[:HEAD], V4[HEAD:size])


@pytest.mark.parametrize(
    "head",
    [
        b"PROXY TCP4 192.0",
        SIGNATURE + bytes.fromhex("11 11 000c"),
        SIGNATURE + bytes.fromhex("22 11 000c"),
        SIGNATURE + b"\x21\x11" + (LONGEST + 1).to_bytes(2, "big"),
        b"\0" * HEAD,
    ],
)
def test_other_heads_are_refused(head: bytes) -> None:
    with pytest.raises(ParseError):
        length_of(head)


@pytest.mark.parametrize("kind", [0x12, 0x22, 0x31, 0x32, 0x41])
def test_other_families_are_refused(kind: int) -> None:
    with pytest.raises(ParseError):
        source_of(SIGNATURE + bytes([0x21, kind, 0, 216]), bytes(216))
