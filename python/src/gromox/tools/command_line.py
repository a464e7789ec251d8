"""What the command lines of the tools have in common.

Spec: reference/system/cli.md: all accept ``-?``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError

if TYPE_CHECKING:
    from collections.abc import Callable

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2


def new_parser(program: str, description: str, *, epilog: str = "") -> argparse.ArgumentParser:
    """Return a parser that knows ``-?`` and ``--help``."""
    parser = argparse.ArgumentParser(
        prog=program, description=description, epilog=epilog or None, add_help=False, allow_abbrev=False
    )
    parser.add_argument("-?", "--help", action="help", help="show this text")
    return parser


def add_config(parser: argparse.ArgumentParser, *flags: str) -> None:
    """Add the option that names the configuration."""
    parser.add_argument(
        *(flags or ("-c", "--config")),
        dest="config",
        type=Path,
        metavar="PATH",
        help="mysql_adaptor.cfg to use, or a folder that has it (default: /etc/gromox)",
    )


def say(text: str) -> None:
    """Write a line of result."""
    sys.stdout.write(f"{text}\n")


def complain(program: str, text: str) -> None:
    """Write a line about what went wrong."""
    sys.stdout.flush()
    sys.stderr.write(f"{program}: {text}\n")


def guarded(program: str, run: Callable[[], int]) -> int:
    """Run a tool and turn refusals into a line and an exit code."""
    try:
        return run()
    except GromoxError as error:
        complain(program, str(error))
    except PermissionError as error:
        complain(program, f"{error.filename}: {error.strerror}; run it as root or as gromox")
    except OSError as error:
        complain(program, f"{error.filename or 'system'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return 130
    return REFUSED
