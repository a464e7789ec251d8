"""What gromox-mkprivate and gromox-mkpublic have in common: make, upgrade or examine the database of a store.

Spec: reference/system/cli.md, "gromox-mkprivate / gromox-mkpublic"; store.md section 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError
from gromox.admin.service.site import open_site
from gromox.store.errors import ExistsError, NotFoundError
from gromox.store.mailbox import Mailbox
from gromox.tools.command_line import DONE, REFUSED, USAGE, add_config, complain, guarded, new_parser, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from gromox.admin.service.site import Site

DATABASE: Final = Path("exmdb") / "exchange.sqlite3"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose store: a name, its directory, and how to make it (data directory, force)."""

    name: str
    path: str
    make: Callable[[Path | None, bool], None]


@dataclass(frozen=True, slots=True)
class Maker:
    """One of the two programs."""

    program: str
    description: str
    metavar: str
    subject: Callable[[Site, str], Subject]


def run(maker: Maker, argv: Sequence[str] | None) -> int:
    """Carry out one of the two programs."""
    args = build_parser(maker).parse_args(argv)
    if args.create_old:
        complain(
            maker.program,
            "--create-old: stores of an older schema cannot be made; this release knows its own schema only",
        )
        return USAGE
    return guarded(maker.program, lambda: _run(maker, args))


def build_parser(maker: Maker) -> argparse.ArgumentParser:
    """Return the parser of one of the two programs."""
    parser = new_parser(maker.program, maker.description)
    parser.add_argument("name", metavar=maker.metavar, help="whose store; has to be in the user database")
    parser.add_argument("-U", "--upgrade", action="store_true", help="upgrade the schema instead of creating")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what is done")
    parser.add_argument(
        *("-T", "--data"),
        type=Path,
        metavar="DIR",
        help="folder with folder_names.txt and propnames.txt (default: /usr/share/gromox)",
    )
    parser.add_argument(
        "-f", "--force", action="store_true", help="replace a database, with all that is in it"
    )
    parser.add_argument(
        "--integrity", action="store_true", help="examine the database instead of creating it"
    )
    parser.add_argument("--create-old", action="store_true", help="not in this release: explains why")
    add_config(parser)
    return parser


def _run(maker: Maker, args: argparse.Namespace) -> int:
    site = open_site(args.config)
    try:
        subject = maker.subject(site, args.name)
        if not subject.path:
            raise AdminError(f"{subject.name} has no store: its directory is not set in the user database")
        path = Path(subject.path)
        if args.verbose:
            say(f"Store of {subject.name}: {path}")
        if args.integrity:
            return _examine(maker, path)
        if args.upgrade:
            return _upgrade(path, verbose=args.verbose)
        try:
            subject.make(args.data, args.force)
        except ExistsError:
            raise AdminError(f"{path / DATABASE} exists already; -U upgrades it, -f replaces it") from None
        if args.verbose:
            with Mailbox.open(path) as mailbox:
                say(f"Created {path / DATABASE} with {len(mailbox.folders())} folders")
        return DONE
    finally:
        site.close()


def _upgrade(path: Path, *, verbose: bool) -> int:
    """Opening migrates."""
    _check_there(path)
    with Mailbox.open(path):
        pass
    if verbose:
        say(f"{path / DATABASE} has the newest schema")
    return DONE


def _examine(maker: Maker, path: Path) -> int:
    _check_there(path)
    with Mailbox.open(path) as mailbox:
        problems = mailbox.check()
    for problem in problems:
        complain(maker.program, f"{problem.kind}: {problem.detail}")
    if problems:
        return REFUSED
    say(f"{path / DATABASE}: no problems")
    return DONE


def _check_there(path: Path) -> None:
    if not (path / DATABASE).is_file():
        raise NotFoundError(f"{path / DATABASE} does not exist; run without -U to create it")
