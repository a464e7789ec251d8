"""The corpus of nasty messages: what is shown of each, and that no mutation of any breaks a promise.

``corpus/NAME.expected`` holds, octets beyond printable ASCII escaped: ENVELOPE, BODYSTRUCTURE, BODY, then
for each part its header start, body start, body end and lines.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from imapclient.response_parser import parse_fetch_response

from gromox.mime import Message, bodystructure_octets, envelope_octets, scan

CORPUS = Path(__file__).parent / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.eml"))
Check = Callable[[bytes], Message]


def shown(octets: bytes) -> str:
    return octets.decode("latin-1").encode("unicode_escape").decode("ascii")


@pytest.mark.parametrize("name", NAMES)
def test_each_message_is_shown_as_expected(name: str, checked: Check) -> None:
    expected = (CORPUS / f"{name}.expected").read_text().splitlines()

    message = checked((CORPUS / f"{name}.eml").read_bytes())

    assert shown(envelope_octets(message)) == expected[0]
    assert shown(bodystructure_octets(message.root, extensible=True)) == expected[1]
    assert shown(bodystructure_octets(message.root, extensible=False)) == expected[2]
    assert [
        f"{part.header_start} {part.body_start} {part.body_end} {part.lines}" for part in message.root.walk()
    ] == expected[3:]


@pytest.mark.parametrize("name", NAMES)
def test_bare_line_feeds_give_the_same_tree(name: str, checked: Check) -> None:
    octets = (CORPUS / f"{name}.eml").read_bytes()
    if name in ("mixed-line-ends", "lf-only"):
        return
    one, other = checked(octets), checked(octets.replace(b"\r\n", b"\n"))

    bare = [
        (part.media.type, part.media.subtype, part.lines, octets[part.body_start : part.body_end])
        for part in one.root.walk()
    ]
    assert [
        (part.media.type, part.media.subtype, part.lines, other.octets[part.body_start : part.body_end])
        for part in other.root.walk()
    ] == [(kind, subtype, lines, body.replace(b"\r\n", b"\n")) for kind, subtype, lines, body in bare]


@pytest.mark.parametrize("name", NAMES)
def test_every_truncation_is_read(name: str, checked: Check) -> None:
    octets = (CORPUS / f"{name}.eml").read_bytes()
    for size in range(0, len(octets), max(1, len(octets) // 60)):
        checked(octets[:size])


@pytest.mark.parametrize("name", NAMES)
def test_imapclient_reads_it(name: str, read_imap: Callable[[bytes], object]) -> None:
    message = scan((CORPUS / f"{name}.eml").read_bytes())
    envelope = envelope_octets(message)
    structure = bodystructure_octets(message.root, extensible=True)
    response = b"1 (ENVELOPE " + envelope + b" BODYSTRUCTURE " + structure + b")"

    parsed = parse_fetch_response(lines_of(response))[1]

    read = read_imap(envelope)
    assert isinstance(read, list)
    assert parsed[b"ENVELOPE"].subject == read[1]
    from_ = parsed[b"ENVELOPE"].from_ or ()
    assert [(each.name, each.mailbox, each.host) for each in from_] == [
        (address[0], address[2], address[3]) for address in read[2] or ()
    ]
    assert parsed[b"BODYSTRUCTURE"].is_multipart == bool(message.root.children)


def lines_of(response: bytes) -> list[object]:
    """Cut a response as imaplib hands it on: text that ends in a literal's size, with the literal."""
    out: list[object] = []
    while (at := response.find(b"}\r\n")) >= 0:
        size = int(response[response.rindex(b"{", 0, at) + 1 : at])
        out.append((response[: at + 1], response[at + 3 : at + 3 + size]))
        response = response[at + 3 + size :]
    return [*out, response]


def test_the_example_of_rfc_9051_8() -> None:
    header = (
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n"
        b"From: Terry Gray <gray@cac.washington.edu>\r\n"
        b"Subject: IMAP4rev2 WG mtg summary and minutes\r\n"
        b"To: imap@cac.washington.edu\r\n"
        b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
        b"Message-Id: <B27397-0100000@cac.washington.edu>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n"
        b"\r\n"
    )
    # The document says 3028 octets and 92 lines of body.
    message = scan(header + b"x" * 30 + b"\r\n" + (b"x" * 30 + b"\r\n") * 90 + b"x" * 114 + b"\r\n")

    assert message.header_size == 342
    assert envelope_octets(message) == (
        b'("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'(("Terry Gray" NIL "gray" "cac.washington.edu")) '
        b'((NIL NIL "imap" "cac.washington.edu")) '
        b'((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
        b'"<B27397-0100000@cac.washington.edu>")'
    )
    assert bodystructure_octets(message.root, extensible=False).upper() == (
        b'("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)'
    )


FRAGMENTS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b"--",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n\r\n",
    b'Content-Type: multipart/mixed; boundary="b"\r\n',
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"=?utf-8?b?w7=?=",
    b'"',
    b"(",
    b"<@a,@b:",
    b";",
    b",",
    b"\xff\xfe",
    b"\xc3\xa9",
)


def mutated(octets: bytes, chance: random.Random) -> bytes:
    mail = bytearray(octets)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(mail) + 1)
        end = min(len(mail), start + chance.randrange(30))
        other = chance.randrange(len(mail) + 1)
        mail[start:end] = chance.choice(
            (b"", chance.choice(FRAGMENTS), bytes(mail[other : other + 60]), chance.randbytes(3))
        )
    return bytes(mail)


@pytest.mark.slow
def test_ten_thousand_mutated_mails_are_read(corpus: dict[str, bytes], checked: Check) -> None:
    chance = random.Random(20261122)  # noqa: S311 - the same mails every time
    originals = [octets for octets in corpus.values() if len(octets) < 2000]
    for _ in range(10_000):
        checked(mutated(chance.choice(originals), chance))
