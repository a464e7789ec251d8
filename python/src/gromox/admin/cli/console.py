"""What a command sees of the world: where to write, whom to ask, and the site it works on."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TextIO

from gromox.admin.service.errors import AdminError
from gromox.base.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.admin.service.site import Site

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3

_BOLD: Final = "\033[1m"
_PLAIN: Final = "\033[0m"


@dataclass(slots=True)
class Console:
    """One invocation, or one interactive shell; the site is opened when first needed."""

    open_site: Callable[[], Site]
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    source: TextIO = field(default_factory=lambda: sys.stdin)
    _site: Site | None = None

    @property
    def site(self) -> Site:
        """What the service functions work on.

        Raises:
            SettingsError: a configuration file is wrong.
            ConfigurationError: a file of the administration's own configuration is wrong.
        """
        if self._site is None:
            self._site = self.open_site()
        return self._site

    def close(self) -> None:
        """Close what was opened."""
        if self._site is not None:
            self._site.close()
            self._site = None

    def say(self, text: str = "") -> None:
        """Write one line of result."""
        self.out.write(f"{text}\n")

    def complain(self, text: str) -> None:
        """Write one line about what went wrong."""
        self.err.write(f"{text}\n")

    def heading(self, text: str) -> str:
        """Return the text as a heading: bold where that can be seen."""
        coloured = self.out.isatty() and "NO_COLOR" not in os.environ
        return f"{_BOLD}{text}{_PLAIN}" if coloured else text

    def confirm(self, question: str) -> bool:
        """Ask; anything but yes is no, and so is the end of input."""
        self.out.write(f"{question} [y/N]: ")
        self.out.flush()
        return self.source.readline().strip().lower() in {"y", "yes"}

    def ask_password(self, prompt: str = "Password: ") -> Secret:
        """Ask once, without echo on a terminal; from a pipe one line is read.

        Raises:
            AdminError: nothing was entered.
        """
        on_terminal = self.source.isatty()
        entered = getpass.getpass(prompt) if on_terminal else self.source.readline().rstrip("\r\n")
        if not entered:
            raise AdminError("no password entered; nothing was changed")
        return Secret(entered)

    def ask_new_password(self) -> Secret:
        """Ask for a new password, on a terminal twice.

        Raises:
            AdminError: nothing was entered, or two different passwords.
        """
        password = self.ask_password("New password: ")
        if self.source.isatty() and self.ask_password("Retype new password: ") != password:
            raise AdminError("the passwords do not match; nothing was changed")
        return password
