"""Cuts a stream into buffers, where it may be cut.

Spec: [MS-OXCFXICS] 2.2.4.1: between two atoms, or anywhere within a value of varying size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.fasttransfer.writer import Piece

SMALLEST: Final = 1024
"""Octets that hold any atom: the longest is the definition of a property whose name is a text."""


class Buffers:
    """The buffers of one stream; what was not taken yet is made when it is asked for."""

    __slots__ = ("_held", "_pieces", "is_done", "sent")

    def __init__(self, pieces: Iterator[Piece]) -> None:
        """Cut a stream."""
        self._pieces = pieces
        self._held: Piece | None = None
        self.is_done = False
        """Whether all of it was taken."""
        self.sent = 0
        """Octets that were taken."""

    def take(self, size: int) -> bytes:
        """Return the next buffer, of at most ``size`` octets; empty: that was all.

        Raises:
            ValueError: an atom does not fit in it.
            whatever making the stream does.
        """
        out = bytearray()
        while True:
            piece = self._held if self._held is not None else next(self._pieces, None)
            self._held = None
            if piece is None:
                self.is_done = True
                break
            room = size - len(out)
            if len(piece.octets) <= room:
                out += piece.octets
                continue
            self._held = piece
            if piece.is_divisible and room:
                out += piece.octets[:room]
                self._held = piece._replace(octets=piece.octets[room:])
            elif not out:
                raise ValueError(f"an atom of {len(piece.octets)} octets does not fit in {size}")
            break
        self.sent += len(out)
        return bytes(out)
