"""gromox-dbop: create and upgrade the tables of the user database.

Spec:
    Manual, "Gromox user database"; fact sheet cli.md, "gromox-dbop".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.configtext import read_entries
from gromox.base.errors import GromoxError
from gromox.base.settings import CONFIG_ROOT, check, find, load, path_list
from gromox.directory import Directory, schema
from gromox.directory.settings import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.base.settings import Settings

_PATIENCE: Final = 3600.0  #: seconds that changing one table may take
_HTTP_SEARCH: Final = (CONFIG_ROOT / "http", CONFIG_ROOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    if options.check_config is not None:
        return _report(check(PROGRAM, options.check_config))
    try:
        directory = Directory.open(_settings(options.config), patience=_PATIENCE)
        try:
            options.run(directory)
        finally:
            directory.close()
    except GromoxError as error:
        sys.stdout.flush()
        sys.stderr.write(f"gromox-dbop: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gromox-dbop", description="Create or upgrade the tables of the user database.", add_help=False
    )
    actions = parser.add_mutually_exclusive_group(required=True)
    for flags, run, text in (
        (("-C",), _create, "create the newest tables in an empty database"),
        (("-U",), _upgrade, "upgrade the tables to the newest"),
        (("--state",), _state, "print none, old or current, and the schema number; change nothing"),
        (("--create-old",), _create_old, "create tables of schema number 0 (to try an upgrade)"),
    ):
        actions.add_argument(*flags, dest="run", action="store_const", const=run, help=text)
    actions.add_argument(
        "--check-config", metavar="FILE", type=Path, help="judge a mysql_adaptor.cfg without using it"
    )
    parser.add_argument(
        "-c",
        dest="config",
        metavar="FILE",
        type=Path,
        help="mysql_adaptor.cfg to use (default: the one that gromox-http uses)",
    )
    parser.add_argument("-?", "--help", action="help", help="show this text")
    return parser


def _settings(config: Path | None) -> Settings:
    if config is not None:
        return load(PROGRAM, config=config)
    search: Sequence[Path] = _HTTP_SEARCH
    http = find("http.cfg", search)
    if http is not None:
        for entry in read_entries(http):
            if entry.key == "config_file_path" and entry.value:
                search = path_list(entry.value)
    return load(PROGRAM, search=search)


def _create(directory: Directory) -> None:
    schema.create(directory, _say_creating)


def _create_old(directory: Directory) -> None:
    schema.create_old(directory, _say_creating)


def _upgrade(directory: Directory) -> None:
    current = schema.version(directory)
    if current is not None:
        _say(f"Current schema GX-{current}")
    schema.upgrade(directory, lambda number: _say(f"Upgraded schema to GX-{number}"))


def _state(directory: Directory) -> None:
    number = schema.version(directory)
    if number is None:
        _say("none")
    else:
        _say(f"{'current' if schema.is_current(directory) else 'old'} GX-{number}")


def _report(problems: Sequence[str]) -> int:
    """Print what is wrong with a file; return 1 if something is an error."""
    for problem in problems:
        _say(problem)
    return int(any(problem.startswith("error:") for problem in problems))


def _say_creating(title: str) -> None:
    _say(f"Creating {title}")


def _say(line: str) -> None:
    # Flushed line by line: who watches a long upgrade sees where it is.
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
