"""Fuzz address books, streams of migrations, mbox files and members of lists.

``python fuzz/fuzz_contact.py --seconds 10 --seed 1`` mutates samples that the writers make. What fails is
written to the folder given by ``--crashes`` and can be played again as an argument.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

import frame  # noqa: E402 - the tree is found only now
from fuzz_convert import mutated, promise  # noqa: E402

from gromox.base.errors import ParseError  # noqa: E402
from gromox.codec.packed import Reader  # noqa: E402
from gromox.convert.contact import messages_from_vcards, vcard_from_message  # noqa: E402
from gromox.convert.contact.memberlist import unwrap, wrap  # noqa: E402
from gromox.convert.mt import MessageFrame, MtWriter, Parent, read_frame, read_prologue  # noqa: E402
from gromox.convert.note import note_from_text, note_from_vnote, vnote_from_message  # noqa: E402
from gromox.ical import read  # noqa: E402
from gromox.mapi.message import InMemory, Message  # noqa: E402
from gromox.tools.mt.mbox import mbox_chunks, read_mbox  # noqa: E402

if TYPE_CHECKING:
    pass

_VERSIONS: Final = ("2.1", "3.0", "4.0")


def exercise(octets: bytes) -> None:
    """Give the octets to every reader, and what they read to the writers."""
    for step in (_cards, _frames, _members, _notes, _mails):
        try:
            step(octets)
        except ParseError:
            continue


def _cards(octets: bytes) -> None:
    for message in messages_from_vcards(octets):
        for version in _VERSIONS:
            once = vcard_from_message(message, version=version)
            again = list(messages_from_vcards(once))
            promise(holds=len(again) == 1, text="a card is a card")
            promise(
                holds=vcard_from_message(again[0], version=version) == once, text="cards are fixed points"
            )


def _frames(octets: bytes) -> None:
    with contextlib.suppress(ParseError):
        read_prologue(Reader(octets))
    frame = read_frame(octets, {})
    if isinstance(frame, MessageFrame):
        b"".join(MtWriter().message(frame))


def _members(octets: bytes) -> None:
    member = unwrap(octets)
    promise(holds=unwrap(wrap(member)) == member, text="members come back")


def _notes(octets: bytes) -> None:
    note_from_text(octets.decode("utf-8", "replace"))
    for component in read(octets):
        made = vnote_from_message(note_from_vnote(component))
        promise(holds=vnote_from_message(note_from_vnote(made)) == made, text="notes are fixed points")


def _mails(octets: bytes) -> None:
    if not octets.endswith(b"\n") or b"\r" in octets:
        octets = octets.replace(b"\r", b"") + b"\n"
    file = b"".join(mbox_chunks([octets], "a@x.org", 1e9))
    found = [mail.octets for mail in read_mbox(io.BytesIO(file))]
    promise(holds=found == [octets], text="a mail comes back from an mbox file")


def samples() -> list[bytes]:
    """Return something of each format."""
    card = (
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:A\r\nN:B;A;;;\r\nTEL;TYPE=work:1\r\nEMAIL;PREF=1:a@x.org\r\n"
        b"ADR;TYPE=home:;;s;l;;1;c\r\nBDAY:--0229\r\nitem1.URL:u\r\nitem1.X-ABLABEL:l\r\nKIND:group\r\n"
        b"MEMBER:mailto:a@x.org\r\nRELATED;TYPE=spouse;VALUE=text:c\r\nEND:VCARD\r\n"
    )
    (message,) = messages_from_vcards(card)
    frame = b"".join(MtWriter().message(MessageFrame(1, Parent(), message, InMemory(b"a: b\r\n\r\nc"))))
    return [
        card,
        card.replace(b"4.0", b"2.1").replace(b"KIND:group\r\n", b""),
        card.replace(b"4.0", b"3.0").replace(b"KIND", b"X-ADDRESSBOOKSERVER-KIND"),
        frame[8:],
        MtWriter().prologue() + frame,
        bytes.fromhex("00000000c091add3519dcf11a4a900aa0047faa4c3") + b"entry",
        b"BEGIN:VNOTE\r\nVERSION:1.1\r\nBODY:a\r\nDCREATED:20260101T000000Z\r\nEND:VNOTE\r\n",
        b"Subject: a\n\nFrom b\n>From c\n\nFrom d@x.org Thu Jan  1 10:00:00 2026\n",
        b"".join(MtWriter().message(MessageFrame(1, Parent(), Message())))[8:],
    ]


if __name__ == "__main__":
    sys.exit(frame.main("Fuzz address books and migration streams.", exercise, samples, mutated))
