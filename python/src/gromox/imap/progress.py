"""Signs of life from a command that takes long. RFC 9585."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.serialize import string

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.clock import Clock
    from gromox.base.wire import Piece

#: Seconds between two of them; RFC 9585 section 4 asks for 10 to 15.
INTERVAL: Final = 10.0


def with_progress(clock: Clock, tag: bytes, steps: Iterator[Sequence[Piece]]) -> Iterator[Sequence[Piece]]:
    """Go through steps that say nothing of their own, and say now and then that they go on.

    Spec:
        RFC 9585 4: the tag, how far it is, and how far it has to go; neither is known here, which is NIL. A
        tag that would end the response code is NIL too.
    """
    shown = b"NIL" if b"]" in tag else string(tag)
    said = clock.monotonic()
    for pieces in steps:
        now = clock.monotonic()
        if now - said < INTERVAL:
            yield pieces
            continue
        said = now
        yield [b"* OK [INPROGRESS (%b NIL NIL)] still at work\r\n" % shown, *pieces]
