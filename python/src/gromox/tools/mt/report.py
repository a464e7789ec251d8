"""What a run did, for people: progress on a terminal, what was skipped and why, a summary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Self, TextIO

from gromox.base.clock import SYSTEM_CLOCK
from gromox.tools.command_line import DONE, REFUSED

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from gromox.base.clock import Clock

#: Seconds between two lines of progress.
_EVERY: Final = 0.5
_LONGEST: Final = 300
_MIB: Final = 1 << 20


class Report:
    """Counts objects and keeps what was skipped."""

    def __init__(
        self,
        program: str,
        *,
        path: Path | None = None,
        err: TextIO | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Begin.

        Args:
            program: whose report it is.
            path: a file for what was skipped: where, a tab, why. Standard error has it in any case.
            err: where people read; standard error by default.
            clock: for progress.
        """
        self._program, self._clock = program, clock
        self._err = err if err is not None else sys.stderr
        self._file = path.open("a", encoding="utf-8") if path is not None else None
        self._is_terminal = self._err.isatty()
        self._shown = self._began = clock.now()
        self._width = 0
        self.done = self.folders = self.skipped = self.octets = 0

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal and the file in order."""
        self._clear()
        if self._file is not None:
            self._file.close()

    def message(self, octets: int = 0) -> None:
        """Count a message that went through."""
        self.done += 1
        self.octets += octets
        self._progress()

    def folder(self) -> None:
        """Count a folder that went through."""
        self.folders += 1
        self._progress()

    def skip(self, where: str, why: object) -> None:
        """Tell what was left out, and why."""
        self.skipped += 1
        where, reason = printable(where), printable(str(why))
        self._clear()
        self._err.write(f"{self._program}: skipped {where}: {reason}\n")
        if self._file is not None:
            self._file.write(f"{where}\t{reason}\n")
            self._file.flush()

    def note(self, text: str) -> None:
        """Tell something that is no failure."""
        self._clear()
        self._err.write(f"{self._program}: {printable(text)}\n")

    def finish(self, *, strict: bool = False) -> int:
        """Write the summary and return the exit code: a run that skipped something is not clean.

        Args:
            strict: whether it counts as failed even if something went through.
        """
        self._clear()
        if self._is_terminal or self.skipped:
            self._err.write(f"{self._program}: {self._summary()}\n")
        return REFUSED if self.skipped and (strict or not self.done) else DONE

    def _summary(self) -> str:
        parts = [f"{self.done} message{'s' if self.done != 1 else ''}"]
        if self.folders:
            parts.append(f"{self.folders} folder{'s' if self.folders != 1 else ''}")
        if self.octets:
            parts.append(f"{self.octets / _MIB:.1f} MiB")
        return ", ".join([*parts, f"{self.skipped} skipped"])

    def _progress(self) -> None:
        if not self._is_terminal:
            return
        now = self._clock.now()
        if now - self._shown < _EVERY:
            return
        self._shown = now
        rate = self.done / max(now - self._began, 0.001)
        line = f"{self._summary()}, {rate:.0f}/s"
        self._err.write(f"\r{line:<{self._width}}")
        self._err.flush()
        self._width = len(line)

    def _clear(self) -> None:
        if self._width:
            self._err.write(f"\r{'':<{self._width}}\r")
            self._width = 0


def printable(text: str) -> str:
    """Return a text as one line without what could move a cursor: names come from strangers."""
    clean = "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])
    return clean + ("…" if len(text) > _LONGEST else "")
