"""What the modules of ``commands`` share: how a command gets its parser and how it is carried out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Protocol, TypeAlias

from gromox.admin.cli.table import FORMAT_HELP, FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.admin.cli.console import Console

    Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name


class Run(Protocol):
    """A command carried out; returns the exit code."""

    def __call__(self, args: argparse.Namespace, console: Console, /) -> int:
        """Do it."""
        ...


def add(
    commands: Commands, name: str, run: Run, summary: str, *, details: str = ""
) -> argparse.ArgumentParser:
    """Add a command (or sub command) that ``run`` carries out, and return its parser."""
    parser = commands.add_parser(
        name,
        help=summary[:1].lower() + summary[1:].removesuffix("."),
        description=f"{summary} {details}".strip(),
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def group(commands: Commands, name: str, summary: str) -> Commands:
    """Add a command that only has sub commands, and return where they are added."""
    parser = commands.add_parser(
        name,
        help=summary[:1].lower() + summary[1:].removesuffix("."),
        description=summary,
        allow_abbrev=False,
    )
    return parser.add_subparsers(dest=f"{name}_command", metavar="COMMAND", required=True, title="commands")


def add_query_arguments(
    parser: argparse.ArgumentParser, attributes: Sequence[str], default: Sequence[str]
) -> None:
    """Add what all queries have: format, separator, filter, order and the attributes wanted."""
    parser.add_argument("--format", choices=FORMATS, default="pretty", help=FORMAT_HELP)
    parser.add_argument("--separator", help="between columns: csv (default comma) and pretty (two blanks)")
    parser.add_argument(
        *("-f", "--filter"),
        action="append",
        default=[],
        metavar="ATTR=VALUE",
        help="only rows whose attribute has that value; several values with commas, ranges with ..; "
        "may be repeated",
    )
    parser.add_argument(
        *("-s", "--sort"),
        action="append",
        default=[],
        metavar="ATTR[,desc]",
        help="order by an attribute; may be repeated",
    )
    wanted = parser.add_argument(
        "attributes",
        nargs="*",
        metavar="ATTRIBUTE",
        help=f"what to show: {' '.join(attributes)} (default: {' '.join(default)})",
    )
    complete(wanted, lambda **_: attributes)


class Completer(Protocol):
    """What argcomplete calls for the words that fit an argument."""

    def __call__(
        self, *, prefix: str, parsed_args: argparse.Namespace | None, **context: object
    ) -> Sequence[str]:
        """Return them."""
        ...


def complete(action: argparse.Action, completer: Completer) -> None:
    """Let ``completer`` say what fits an argument."""
    action.completer = completer  # type: ignore[attr-defined]  # argcomplete looks for this


def yes_or_no(text: str) -> bool:
    """Read a boolean argument.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    word = text.strip().lower()
    if word in {"1", "yes", "true", "on", "y"}:
        return True
    if word in {"0", "no", "false", "off", "n"}:
        return False
    raise argparse.ArgumentTypeError(f"expected yes or no, not '{text}'")


def pair(text: str) -> tuple[str, str]:
    """Read ``name=value``.

    Raises:
        argparse.ArgumentTypeError: there is no name or no ``=``.
    """
    name, equals, value = text.partition("=")
    if not name.strip() or not equals:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, not '{text}'")
    return name.strip(), value
