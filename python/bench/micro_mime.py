"""Microseconds of one mail through the MIME scanner, and the ratio to the standard library's parser.

``python bench/micro_mime.py`` prints a table; its mails are those of ../shared/bench where that exists.
"""

from __future__ import annotations

import importlib
import random
import sys
import time
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox import mime  # noqa: E402
from gromox.mime import bodystructure_octets, envelope_octets, pack_parts, scan  # noqa: E402
from gromox.mime.header import select_fields  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAILS: Final = 200
_ROUNDS: Final = 5


def mails(size: int) -> list[bytes]:
    """Return mails of about this size, the same each time."""
    shared = HERE.parents[2] / "shared" / "bench"
    if (shared / "benchcommon.py").exists():
        sys.path.insert(0, str(shared))
        corpus = importlib.import_module("benchcommon").Corpus(1)
        return [corpus.message(size) for _ in range(_MAILS)]
    chance = random.Random(1)  # noqa: S311 - the same mails each time
    return [_mail(size, number, chance) for number in range(_MAILS)]


def _mail(size: int, number: int, chance: random.Random) -> bytes:
    lines = "".join("".join(chance.choices("abcdefg hij", k=70)) + "\r\n" for _ in range(size // 144))
    return (
        f"Received: from a.example (a.example [192.0.2.1])\r\n\tby b.example with ESMTP id {number}\r\n"
        f"Date: Mon, 1 Jun 2026 10:00:{number % 60:02d} +0200\r\nFrom: Joe Public <joe@example.org>\r\n"
        f'To: "A, B" <ab@example.org>, c@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= {number}\r\n'
        f"Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n'
        f'--=_b\r\nContent-Type: text/plain; charset="utf-8"\r\n\r\n{lines}\r\n'
        f'--=_b\r\nContent-Type: text/html; charset="utf-8"\r\n\r\n<p>{lines}\r\n--=_b--\r\n'
    ).encode()


def microseconds(function: Callable[[bytes], object], sample: Sequence[bytes]) -> float:
    """Return the best mean of some rounds."""
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for mail in sample:
            function(mail)
        best = min(best, time.perf_counter() - start)
    return best / len(sample) * 1e6


def structures(mail: bytes) -> None:
    """ENVELOPE and BODYSTRUCTURE."""
    message = scan(mail)
    envelope_octets(message)
    bodystructure_octets(message.root, extensible=True)


def everything(mail: bytes) -> None:
    """Whatever a store keeps of a delivered mail."""
    message = scan(mail)
    envelope_octets(message)
    mime.structures(message.root)
    pack_parts(message.root)
    _ = (message.search_text, message.has_attachment, message.date, message.preview(), message.message_id)


def standard_library(mail: bytes) -> None:
    """The same tree and addresses by the email package."""
    message = BytesParser(policy=policy.default).parsebytes(mail)
    _ = (message["From"], message["To"], message["Subject"], message["Date"])


def main() -> None:
    """Print the table."""
    sys.stdout.write(f"{'':44}{'2 kB':>10}{'10 kB':>10}  microseconds\n")
    samples = [mails(2048), mails(10240)]
    rows: list[tuple[str, Callable[[bytes], object]]] = [
        ("scan", scan),
        ("ENVELOPE and BODYSTRUCTURE", structures),
        ("all that a store keeps", everything),
        ("HEADER.FIELDS (DATE FROM SUBJECT)", select),
    ]
    for title, function in rows:
        first, second = (microseconds(function, sample) for sample in samples)
        sys.stdout.write(f"{title:44}{first:10.1f}{second:10.1f}\n")
    library = [microseconds(standard_library, sample[:40]) for sample in samples]
    sys.stdout.write(f"{'email package, policy.default':44}{library[0]:10.1f}{library[1]:10.1f}\n")
    ours = [microseconds(structures, sample) for sample in samples]
    ratios = [theirs / mine for theirs, mine in zip(library, ours, strict=True)]
    sys.stdout.write(f"{'ratio to ENVELOPE and BODYSTRUCTURE':44}{ratios[0]:9.0f}x{ratios[1]:9.0f}x\n")


def select(mail: bytes) -> bytes:
    """Take three fields out of the header."""
    return select_fields(mail[: mail.index(b"\r\n\r\n") + 4], (b"date", b"from", b"subject"))


if __name__ == "__main__":
    main()
