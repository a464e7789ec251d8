"""``grommunio-admin declare``: for programs (the Ansible collection) that say what is to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gromox.admin.cli.command import add
from gromox.admin.cli.console import DONE

if TYPE_CHECKING:
    import argparse

    from gromox.admin.cli.command import Commands
    from gromox.admin.cli.console import Console


def register(commands: Commands, summary: str) -> None:
    """Add the command."""
    add(
        commands,
        "declare",
        declare,
        summary,
        details="Reads a JSON object from standard input and answers with another one on standard output.",
    )


def declare(_: argparse.Namespace, console: Console) -> int:
    """Carry out one request; what is refused is said on standard error."""
    from gromox.admin.service.declare.request import LARGEST, carry_out

    answer = carry_out(console.site, console.source.read(LARGEST + 1))
    console.say(json.dumps(answer, ensure_ascii=False))
    return DONE
