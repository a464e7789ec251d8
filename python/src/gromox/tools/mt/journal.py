"""What an import has done already, so that the next one goes on where it was broken off.

A file of lines ``folder object`` (numbers of the source). Lines are written only after the mailbox has made
durable what they say; what a crash leaves undone or half a line is imported again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gromox.convert.mt import FolderFrame, MessageFrame


class Journal:
    """The objects that are done."""

    def __init__(self, path: Path | None, *, read_only: bool = False) -> None:
        """Read the file, if there is one; None: nothing is remembered."""
        self._done: set[tuple[int, int]] = set()
        self._file = None
        if path is None:
            return
        if path.exists():
            for line in path.read_text(encoding="ascii", errors="replace").splitlines(keepends=True):
                words = line.split()
                if len(words) == 2 and line.endswith("\n") and all(map(str.isdigit, words)):  # noqa: PLR2004
                    self._done.add((int(words[0]), int(words[1])))
        if not read_only:
            self._file = path.open("a", encoding="ascii")

    def __len__(self) -> int:
        """Return how many are done."""
        return len(self._done)

    def knows(self, folder: int, number: int) -> bool:
        """Tell whether an object is done; one without a number never is."""
        return number != 0 and (folder, number) in self._done

    def add(self, frames: Sequence[FolderFrame | MessageFrame]) -> None:
        """Remember objects that are durable now."""
        if self._file is None:
            return
        for frame in frames:
            if not frame.source_id:
                continue
            key = (frame.parent.source_id, frame.source_id)
            if key not in self._done:
                self._done.add(key)
                self._file.write(f"{key[0]} {key[1]}\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
