"""``grommunio-admin completion``: what a shell needs to complete our command lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argcomplete.shell_integration import shellcode

from gromox.admin.cli.command import add
from gromox.admin.cli.console import DONE

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    parser = add(
        commands,
        "completion",
        completion,
        summary,
        details='For one session: eval "$(grommunio-admin completion bash)". For all users: write it to '
        "/usr/share/bash-completion/completions/grommunio-admin.",
    )
    parser.add_argument(
        "shell", nargs="?", choices=("bash", "zsh", "fish", "tcsh"), default="bash", help="default: bash"
    )


def completion(args: argparse.Namespace, console: Console) -> int:
    """Print it."""
    console.say(shellcode(["grommunio-admin"], shell=args.shell).strip())
    return DONE
