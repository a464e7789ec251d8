"""``grommunio-admin shell`` on a terminal: editing, completion, history."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gromox.admin.cli import main as cli
from gromox.admin.service.version import API_VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Installation

pytest.importorskip("readline")

PROMPT = b"grommunio-admin> "
PATIENCE = 60.0  #: seconds
# opening the terminal makes it the controlling one, so that Ctrl-C is a signal
PROGRAM = """\
import os
os.open(os.ttyname(0), os.O_RDWR)
from gromox.admin.cli.main import main
raise SystemExit(main())
"""


class Terminal:
    """A shell on a pseudo terminal."""

    def __init__(self, installation: Installation, home: Path, *options: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "shell", *options],
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join(sys.path),
                "HOME": str(home),
                "TERM": "dumb",
                "INPUTRC": "/dev/null",
                cli.ENVIRONMENT: str(installation.etc),
            },
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._shown = b""
        self.read_until(PROMPT)

    def read_until(self, text: bytes) -> None:
        """Wait until ``text`` is shown; what is shown after it is for the next call."""
        deadline = time.monotonic() + PATIENCE
        while text not in self._shown:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self._ours], [], [], left)[0]:
                self._process.kill()
                self._process.wait()
                pytest.fail(f"{text!r} was not shown, but {self._shown!r}")
            self._shown += os.read(self._ours, 4096)
        self._shown = self._shown.partition(text)[2]

    def type(self, keys: bytes, until: str) -> None:
        """Press keys and wait until something is shown, and the prompt after it."""
        os.write(self._ours, keys)
        self.read_until(until.encode())
        self.read_until(PROMPT)

    def interrupt(self, keys: bytes) -> None:
        """Type the beginning of a line, then press Ctrl-C."""
        os.write(self._ours, keys)
        self.read_until(keys)
        # Python's readline may see the signal only with the next key
        os.write(self._ours, b"\x03\n")
        self.read_until(PROMPT)

    def end(self) -> int:
        """Press Ctrl-D and return the exit code."""
        os.write(self._ours, b"\x04")
        code = self._process.wait(PATIENCE)
        os.close(self._ours)
        return code


def test_names_are_completed_and_lines_are_remembered(example: Installation, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    terminal = Terminal(example, home)

    terminal.type(b"versi\t-a\n", API_VERSION)
    terminal.type(b"domain show exa\t\n", "  domainname: example.test")
    terminal.type(b"domain show nix\n", "No such domain 'nix'")
    assert terminal.end() == 1

    history = home / ".grommunio-admin.history"
    assert history.read_text().splitlines()[0].startswith("version -a")
    assert history.stat().st_mode & 0o777 == 0o600
    again = Terminal(example, home)
    again.type(b"\x10\n", "No such domain 'nix'")  # Ctrl-P: the line before
    assert again.end() == 1


def test_ctrl_c_throws_a_line_away_and_history_can_be_left_out(
    installation: Installation, tmp_path: Path
) -> None:
    terminal = Terminal(installation, tmp_path, "--no-history")

    terminal.interrupt(b"user del")
    terminal.type(b"version -a\n", API_VERSION)
    assert terminal.end() == 0
    assert not (tmp_path / ".grommunio-admin.history").exists()
