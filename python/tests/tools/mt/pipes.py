"""Programs of a pipe, run as an operator runs them but in this process: octets in, octets out."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.codec.packed import Reader
from gromox.convert.mt import NameFrame, read_frame, read_prologue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from gromox.convert.mt import Frame, Prologue


@dataclass(frozen=True, slots=True)
class Piped:
    """What a program of a pipe gave."""

    code: int
    out: bytes
    err: str


class Pipes:
    """Standard input and output that hold octets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(
        self,
        main: Callable[[Sequence[str] | None], int],
        *argv: object,
        stdin: bytes = b"",
        terminal: bool = False,
    ) -> Piped:
        """Run a program."""
        out, err = io.BytesIO(), io.StringIO()
        if terminal:
            out.isatty = lambda: True  # type: ignore[method-assign]  # a terminal is all that it says
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", io.TextIOWrapper(out, write_through=True))
            patch.setattr(sys, "stderr", err)
            code = main([str(word) for word in argv])
            sys.stdout.flush()
            octets = out.getvalue()
        return Piped(code, octets, err.getvalue())


def parsed(octets: bytes) -> tuple[Prologue, list[Frame]]:
    """Return what a stream says."""
    r = Reader(octets)
    prologue = read_prologue(r)
    names = dict(prologue.names)
    frames: list[Frame] = []
    while r.remaining:
        frame = read_frame(r.take(r.u64()), names)
        if isinstance(frame, NameFrame):
            names[frame.identifier] = frame.name
        else:
            frames.append(frame)
    return prologue, frames
