"""mbox files: mails one behind the other, told apart by lines that begin with "From ".

Spec: RFC 4155; quoting as mboxrd has it (">From " gets another ">"), which is reversible.
"""

from __future__ import annotations

import re
import time
from typing import IO, TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: A longer mail is skipped.
MAX_MAIL: Final = 1 << 30
_LINE: Final = 1 << 20
_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
_TO_QUOTE: Final = re.compile(rb"^(>*From )", re.MULTILINE)
#: A sender, a time of day, a year, perhaps a zone: a sentence that begins with "From" has no such thing.
_SEPARATOR: Final = re.compile(
    rb"From \S.* \d{1,2}:\d{2}(?::\d{2})?(?: (?:[A-Z]{1,5}|[+-]\d{4}))?"
    rb" \d{4}(?: (?:[A-Z]{1,5}|[+-]\d{4}))?\s*\Z"
)


class MboxMail(NamedTuple):
    """A mail of a file."""

    number: int
    octets: bytes
    is_whole: bool = True  #: false: it was too long; the octets are its beginning


def read_mbox(file: IO[bytes]) -> Iterator[MboxMail]:
    """Go through the mails of a file; what stands before the first separator is none."""
    number = 0
    lines: list[bytes] = []
    size = 0
    is_open, after_blank, is_continued = False, True, False
    while line := file.readline(_LINE):
        is_separator = not is_continued and after_blank and line.startswith(b"From ")
        if is_separator and _SEPARATOR.match(line):
            if is_open:
                yield _mail(number, lines, size)
            number += 1
            lines, size, is_open = [], 0, True
        elif is_open:
            size += len(line)
            if size <= MAX_MAIL:
                lines.append(line)
        after_blank = not is_continued and line in (b"\n", b"\r\n")
        is_continued = not line.endswith(b"\n")
    if is_open:
        yield _mail(number, lines, size)


def _mail(number: int, lines: list[bytes], size: int) -> MboxMail:
    # The line before the separator belongs to the separator.
    if lines and lines[-1] in (b"\n", b"\r\n"):
        lines = lines[:-1]
    octets = b"".join(lines)
    if b"From " in octets:
        octets = _QUOTED.sub(rb"\1", octets)
    return MboxMail(number, octets, size <= MAX_MAIL)


def mbox_chunks(chunks: Iterable[bytes], sender: str, moment: float) -> Iterator[bytes]:
    """Go through a mail as it stands in such a file; lines end with LF.

    Args:
        chunks: its octets.
        sender: the envelope's sender; empty if nobody knows.
        moment: Unix seconds of its arrival.
    """
    address = "".join(one for one in sender if one.isprintable() and not one.isspace()) or "MAILER-DAEMON"
    date = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(moment))
    yield f"From {address} {date}\n".encode()
    rest = b""
    last = b"\n"
    for chunk in chunks:
        data = rest + chunk
        # Whole lines only: a quote must not be torn.
        end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            yield _TO_QUOTE.sub(rb">\1", data[:end].replace(b"\r\n", b"\n"))
            last = b"\n"
    if rest:
        yield _TO_QUOTE.sub(rb">\1", rest)
        last = rest
    yield b"\n" if last.endswith(b"\n") else b"\n\n"
