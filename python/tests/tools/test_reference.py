"""The page about the command lines is what the parsers say."""

from __future__ import annotations

from pathlib import Path

from gromox.tools.mbop.registry import COMMANDS
from gromox.tools.reference import main, render

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "cli.md"


def test_the_page_is_up_to_date() -> None:
    assert main(["--check", str(PAGE)]) == 0, "run: python -m gromox.tools.reference ../docs/reference/cli.md"


def test_it_names_every_command() -> None:
    text = render()

    for command in ("domain create", "user modify", "user delegate add", "passwd", "taginfo", "completion"):
        assert f"# grommunio-admin {command}\n" in text
    for name in COMMANDS:
        assert f"### gromox-mbop {name}\n" in text
