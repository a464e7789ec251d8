"""``grommunio-admin config``: check, look up and trace the administration's own configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.admin.cli.command import add, group
from gromox.admin.cli.console import DONE, REFUSED
from gromox.admin.service.configuration import (
    DIRECTORY,
    administration_directory,
    leaves,
    to_yaml,
    without_secrets,
)
from gromox.admin.service.configuration_keys import KEYS, SECRET_KEYS

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console
    from gromox.admin.service.configuration import Configuration, Value


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    below = group(commands, "config", summary)
    add(below, "check", check, f"Check the files of {DIRECTORY}.")
    for name, run, text in (
        ("get", get, "Show the value of a key, or everything, as it is in effect."),
        ("dump", dump, "Show the configuration in effect as YAML, passwords hidden."),
    ):
        parser = add(below, name, run, text)
        _add_key(parser)
    parser = add(below, "trace", trace, "Show where the configuration comes from.")
    parser.add_argument(
        "what", choices=("files", "values"), help="what each file sets, or who sets each value"
    )
    parser.add_argument(
        "-s", "--skip-defaults", action="store_true", help="leave out values that no file sets"
    )
    _add_key(parser)


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "key", nargs="?", default="", metavar="KEY", help="dotted, such as options.userPrefix"
    ).completer = (  # type: ignore[attr-defined]  # argcomplete looks for this
        lambda **_: [key.name for key in KEYS]
    )


def check(args: argparse.Namespace, console: Console) -> int:
    """Say what is wrong with the files."""
    configuration = _configuration(args)
    problems = configuration.problems()
    for problem in problems:
        console.complain(problem)
    if problems:
        return REFUSED
    console.say(f"Configuration is valid ({len(configuration.sources)} files)")
    return DONE


def get(args: argparse.Namespace, console: Console) -> int:
    """Show a value; a password only when it is asked for by its own name."""
    value = _configuration(args).get(args.key)
    console.say(to_yaml(_safe(value, args.key)))
    return DONE


def dump(args: argparse.Namespace, console: Console) -> int:
    """Show a part of the configuration as YAML that could be read back."""
    value = _safe(_configuration(args).get(args.key), args.key)
    tree: Value = value
    for part in reversed(args.key.split(".") if args.key else ()):
        tree = {part: tree}
    console.say(to_yaml(tree))
    return DONE


def trace(args: argparse.Namespace, console: Console) -> int:
    """Show who sets what; of several files that set a value the last one counts."""
    configuration = _configuration(args)
    if args.what == "files":
        for source in configuration.sources:
            shown = [line for line in _lines(source.values) if line.startswith(args.key)]
            if shown:
                console.say(console.heading(str(source.path)))
                for line in shown:
                    console.say(f"  {line}")
        return DONE
    for key, value in leaves(without_secrets(configuration.effective())):
        origins = configuration.origins(key)
        if key.startswith(args.key) and (origins or not args.skip_defaults):
            where = ", ".join(map(str, origins)) or "default"
            console.say(f"{key}: {_inline(value)} ({where})")
    return DONE


def _configuration(args: argparse.Namespace) -> Configuration:
    from gromox.admin.service.configuration import read

    return read(administration_directory(args.config))


def _safe(value: Value, key: str) -> Value:
    if isinstance(value, dict):
        return without_secrets(value, f"{key}." if key else "")
    return value


def _lines(values: dict[str, Value]) -> list[str]:
    return [f"{key}: {'***' if key in SECRET_KEYS else _inline(value)}" for key, value in leaves(values)]


def _inline(value: Value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
    return to_yaml(value)
