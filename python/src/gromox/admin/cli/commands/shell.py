"""``grommunio-admin shell``: the same commands, typed one after the other, with completion and history."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from argcomplete.finders import CompletionFinder

from gromox.admin.cli.command import add
from gromox.admin.cli.console import DONE, USAGE

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console

HISTORY: Final = "~/.grommunio-admin.history"
HISTORY_LENGTH: Final = 1000  #: lines kept
PROMPT: Final = "grommunio-admin> "
_LEAVE: Final = frozenset({"exit", "quit"})


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    parser = add(
        commands,
        "shell",
        shell,
        summary,
        details="Ends with exit, quit or Ctrl-D; empty lines and lines that begin with # do nothing. "
        "Reads commands from standard input when that is no terminal.",
    )
    parser.add_argument("-d", "--debug", action="store_true", help="show where an unexpected error came from")
    parser.add_argument("-n", "--no-history", action="store_true", help=f"neither read nor write {HISTORY}")
    parser.add_argument(
        "-x", "--exit-on-error", action="store_true", help="end with the first command that fails"
    )


def shell(args: argparse.Namespace, console: Console) -> int:
    """Read and carry out lines until the end; returns what the last command returned."""
    from gromox.admin.cli.main import build_parser

    parser = build_parser()
    interactive = console.source.isatty()
    history = Path(os.path.expanduser(HISTORY)) if interactive and not args.no_history else None  # noqa: PTH111 - expanduser of pathlib fails without a home
    if interactive:
        _prepare_editing(parser, history)
    code = DONE
    try:
        while (line := _read_line(console, interactive=interactive)) is not None:
            words = _words(line, console)
            if words and words[0] in _LEAVE:
                break
            if words is None or words:
                code = USAGE if words is None else _carry_out(words, parser, args, console)
                if code and args.exit_on_error:
                    break
    finally:
        if history is not None:
            _save_history(history)
    return code


def _read_line(console: Console, *, interactive: bool) -> str | None:
    """Return the next line, None at the end of input."""
    if not interactive:
        return console.source.readline() or None
    try:
        return input(PROMPT)
    except EOFError:
        console.say()
        return None
    except KeyboardInterrupt:
        # Ctrl-C throws the line away, not the shell
        console.say("^C")
        return ""


def _words(line: str, console: Console) -> list[str] | None:
    """Split a line as a Unix shell does; None if its quotes do not match."""
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        console.complain(f"grommunio-admin: {error}".replace("No closing", "no closing"))
        return None


def _carry_out(
    words: list[str], parser: argparse.ArgumentParser, args: argparse.Namespace, console: Console
) -> int:
    from gromox.admin.cli.main import run

    try:
        parsed = parser.parse_args(words)
    except SystemExit as stop:
        # argparse has said what is wrong, or has given help
        return stop.code if isinstance(stop.code, int) else USAGE
    if parsed.run is shell:
        console.complain("grommunio-admin: you are in the shell already")
        return USAGE
    parsed.config = args.config
    try:
        return run(parsed, console)
    except KeyboardInterrupt:
        console.complain("interrupted")
        return 130
    except Exception as error:  # noqa: BLE001 - one failed command does not end the session
        if args.debug:
            traceback.print_exc(file=console.err)
        console.complain(f"grommunio-admin: unexpected {type(error).__name__}: {error} (shell -d says where)")
        return 1


def _prepare_editing(parser: argparse.ArgumentParser, history: Path | None) -> None:
    if "readline" not in sys.modules and not _has_readline():
        return
    import readline

    readline.set_completer_delims("")
    readline.set_completer(CompletionFinder(parser).rl_complete)
    readline.parse_and_bind("tab: complete")
    if history is not None and history.is_file():
        readline.read_history_file(history)


def _save_history(history: Path) -> None:
    if not _has_readline():
        return
    import readline

    readline.set_history_length(HISTORY_LENGTH)
    # command lines may hold passwords
    history.touch(mode=0o600)
    readline.write_history_file(history)


def _has_readline() -> bool:
    import importlib.util

    return importlib.util.find_spec("readline") is not None
