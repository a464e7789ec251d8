"""What a command of gromox-mbop is."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from gromox.tools.mbop.chain import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.base.clock import Clock
    from gromox.tools.mbop.target import Target


@dataclass(frozen=True, slots=True)
class Job:
    """One command on one mailbox; ``say`` takes a line of result, ``note`` one for ``-v`` only."""

    target: Target
    args: argparse.Namespace
    clock: Clock
    say: Callable[[str], None]
    note: Callable[[str], None]
    config: Path | None = None
    """The folder with the configuration, or a file in it; None: that of the installation."""

    @property
    def path(self) -> Path:
        """The directory of the mailbox.

        Raises:
            UsageError: the object has none.
        """
        if self.target.path is None:
            raise UsageError(f"{self.target.name} has no mailbox; add the filter mb")
        return self.target.path


@dataclass(frozen=True, slots=True)
class Command:
    """A name, its arguments, and what it does."""

    name: str
    summary: str
    run: Callable[[Job], None]
    arguments: Callable[[argparse.ArgumentParser], None] = lambda _parser: None

    def parser(self) -> argparse.ArgumentParser:
        """Return the parser of the command's own arguments."""
        parser = _Parser(
            prog=f"gromox-mbop ... {self.name}", description=self.summary, add_help=False, allow_abbrev=False
        )
        parser.add_argument("-?", "--help", action="help", help="show this text")
        self.arguments(parser)
        return parser


class _Parser(argparse.ArgumentParser):
    """Complains by an error, so that the whole line is judged before anything is done."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog.rpartition(' ')[2]}: {message}")


def span(text: str) -> float:
    """Read an age such as ``30d`` in seconds.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    from gromox.base.settings import timespan

    try:
        return timespan(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
