"""``grommunio-admin version``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.admin.cli.command import add
from gromox.admin.cli.console import DONE
from gromox.admin.service.version import API_VERSION, backend_version

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    parser = add(commands, "version", version, summary)
    parser.add_argument("-a", "--api", action="store_true", help="only the version of the REST interface")
    parser.add_argument("-b", "--backend", action="store_true", help="only the version of the software")
    parser.add_argument(
        *("-c", "--combined"), action="store_true", help="both in one line, as support wants to hear it"
    )


def version(args: argparse.Namespace, console: Console) -> int:
    """Say what was asked for; without options both, each with its name."""
    if args.combined:
        console.say(f"{backend_version()} (API {API_VERSION})")
        return DONE
    chosen = [text for wanted, text in ((args.api, API_VERSION), (args.backend, backend_version())) if wanted]
    for line in chosen or [f"API: {API_VERSION}", f"Backend: {backend_version()}"]:
        console.say(line)
    return DONE
