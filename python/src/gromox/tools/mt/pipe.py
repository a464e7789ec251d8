"""The stream on files and pipes: frames one by one, however large."""

from __future__ import annotations

import mmap
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader
from gromox.convert.mt import (
    MAGIC,
    FolderFrame,
    FrameSource,
    MessageFrame,
    MtWriter,
    NameFrame,
    Prologue,
    read_frame,
    read_prologue,
)
from gromox.convert.mt.reader import PROLOGUE_START, SIZE, frame_size, map_size
from gromox.tools.command_line import REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gromox.convert.mt import Frame
    from gromox.tools.mt.report import Report

#: A larger frame of a pipe waits in a temporary file that is mapped into memory.
_IN_MEMORY: Final = 8 << 20
_CHUNK: Final = 1 << 20
_NO_STREAM: Final = f"a stream: it begins with {MAGIC.decode('ascii')}"


class FrameInput:
    """Reads one stream."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read what stands before the frames.

        Raises:
            ParseError: this is no such stream.
        """
        self._file = file
        self.number = 0  #: of the frame read last, names not counted
        self.prologue = self._read_prologue()
        self._names = dict(self.prologue.names)

    def _read_prologue(self) -> Prologue:
        start = self._exactly(PROLOGUE_START)
        if not start.startswith(MAGIC):
            raise ParseError(_NO_STREAM)
        folders = self._exactly(map_size(start) + SIZE)
        names = self._exactly(map_size(folders))
        return read_prologue(Reader(start + folders + names))

    def _exactly(self, size: int) -> bytes:
        octets = self._file.read(size)
        if len(octets) != size:
            raise ParseError(_NO_STREAM)
        return octets

    def frames(self, take: Callable[[Frame], None], report: Report, *, skip: int = 0) -> None:
        """Hand out the folders and messages; contents of a message are there only during the call.

        Args:
            take: what is done with each.
            report: told what could not be read.
            skip: how many were done by an earlier run.

        Raises:
            ParseError: the stream ends within a frame, or a size is beyond all bounds.
        """
        while True:
            head = self._file.read(SIZE)
            if not head:
                return
            if len(head) != SIZE:
                raise ParseError("a stream that ends behind a frame")
            with self._frame(frame_size(head)) as source:
                try:
                    frame = read_frame(source, self._names)
                except ParseError as error:
                    self.number += 1
                    report.skip(f"object {self.number} of the stream", error)
                    continue
                if isinstance(frame, NameFrame):
                    self._names[frame.identifier] = frame.name
                    continue
                self.number += 1
                if self.number > skip:
                    take(frame)
                del frame

    @contextmanager
    def _frame(self, size: int) -> Iterator[FrameSource]:
        if size <= _IN_MEMORY:
            octets = self._file.read(size)
            if len(octets) != size:
                raise ParseError("a stream that ends behind a frame")
            yield octets
            return
        with tempfile.TemporaryFile() as file:
            left = size
            while left:
                chunk = self._file.read(min(left, _CHUNK))
                if not chunk:
                    raise ParseError("a stream that ends behind a frame")
                file.write(chunk)
                left -= len(chunk)
            file.flush()
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            try:
                yield mapped
            finally:
                mapped.close()


class FrameOutput:
    """Writes one stream."""

    def __init__(self, file: IO[bytes], prologue: Prologue | None = None) -> None:
        """Write what stands before the frames."""
        self._file = file
        self._writer = MtWriter(prologue)
        self._file.write(self._writer.prologue())

    def write(self, frame: Frame, where: str, report: Report) -> None:
        """Write a folder or a message; one that does not fit the format is skipped."""
        if isinstance(frame, NameFrame):
            return
        pieces = self._writer.folder(frame) if isinstance(frame, FolderFrame) else self._writer.message(frame)
        size = 0
        try:
            for piece in pieces:
                self._file.write(piece)
                size += len(piece)
        except ValueError as error:
            # It says so before the first piece.
            report.skip(where, error)
            return
        if isinstance(frame, MessageFrame):
            report.message(size)
        else:
            report.folder()


def refuse_terminal(file: IO[bytes], program: str, report: Report) -> int | None:
    """Return an exit code if the stream would go to a terminal, which it would ruin."""
    if not file.isatty():
        return None
    report.note(
        f"the stream goes to standard output: {program} ... | gromox-import -u user@domain, or > file"
    )
    return REFUSED
