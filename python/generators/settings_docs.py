"""``python -m generators.settings_docs``: sample files and manual pages of every declared program.

A program is a :class:`gromox.base.settings.Program` in a module ``gromox.<package>.settings``; nothing needs
to be listed here. The output stands in ``docs/reference/config``; ``--check`` tells whether it is up to date.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import pkgutil
import sys
from typing import Final

import gromox
from generators.tables import HERE, compare, write
from gromox.base.settings import Program, render_manual, render_sample

OUTPUT: Final = HERE.parent.parent / "docs" / "reference" / "config"


def programs() -> list[Program]:
    """Return all declared programs, by name."""
    found: dict[str, Program] = {}
    for package in pkgutil.iter_modules(gromox.__path__, "gromox."):
        name = f"{package.name}.settings"
        if package.ispkg and package.name != "gromox.base" and importlib.util.find_spec(name):
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, Program) and found.setdefault(value.name, value) is not value:
                    raise ValueError(f"two programs are called {value.name}")
    return [found[name] for name in sorted(found)]


def generate() -> dict[str, str]:
    """Return the documents by file name."""
    out = {}
    for program in programs():
        out[f"{program.name}.sample.cfg"] = render_sample(program)
        out[f"{program.name}.5"] = render_manual(program)
    return out


def main() -> int:
    """Write or check the documents."""
    parser = argparse.ArgumentParser(prog="python -m generators.settings_docs")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    options = parser.parse_args()
    documents = generate()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    stale = [
        file for file in OUTPUT.iterdir() if file.suffix in {".5", ".cfg"} and file.name not in documents
    ]
    if not options.check:
        for file in stale:
            file.unlink()
        for name, text in documents.items():
            write(OUTPUT / name, text)
        return 0
    differences = sum(compare(OUTPUT / name, text) for name, text in documents.items())
    for file in stale:
        print(f"{file.name}: no program has these settings any more", file=sys.stderr)
    if differences or stale:
        print("run: make generate", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
