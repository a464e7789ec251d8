"""The command line of gromox-mbop.

Spec: reference/system/cli.md, "gromox-mbop":
``[-c] [-v] {-d maildir | -u user@dom | -u @dom} command [args]``.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.site import open_site
from gromox.base.clock import SYSTEM_CLOCK
from gromox.base.errors import GromoxError
from gromox.tools.command_line import DONE, REFUSED, USAGE, add_config, complain, guarded, new_parser, say
from gromox.tools.mbop import target as targets
from gromox.tools.mbop.chain import UsageError, split
from gromox.tools.mbop.command import Job
from gromox.tools.mbop.registry import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.tools.mbop.command import Command
    from gromox.tools.mbop.target import Target

PROGRAM: Final = "gromox-mbop"
MOST_JOBS: Final = 64


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the line with its arguments read."""

    command: Command
    args: argparse.Namespace


@dataclass(frozen=True, slots=True)
class Report:
    """What the steps said about one mailbox; ``errors`` are already told apart from results."""

    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    args = build_parser().parse_args(argv)

    def run() -> int:
        try:
            return _run(args)
        except UsageError as error:
            complain(PROGRAM, str(error))
            return USAGE

    return guarded(PROGRAM, run)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of everything up to the command."""
    lines = [f"  {name:<18} {command.summary}" for name, command in COMMANDS.items()]
    parser = new_parser(
        PROGRAM,
        "Maintenance of mailboxes.",
        epilog="commands (each with -? for its own arguments):\n"
        + "\n".join(lines)
        + "\n\nSeveral commands: ( command args ) ( command args ). "
        "Many mailboxes: foreach.FILTER[.FILTER...] [-j JOBS]\ncommand; filters: "
        + " ".join((*targets.KINDS, *targets.STATES, *targets.PLACES))
        + ".",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("-c", dest="continue_", action="store_true", help="go on after an error")
    parser.add_argument("-v", dest="verbose", action="store_true", help="say what was done")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("-d", dest="maildir", type=Path, metavar="MAILDIR", help="the mailbox there")
    chosen.add_argument(
        "-u", dest="user", metavar="NAME", help="the mailbox of user@domain, or the public store of @domain"
    )
    add_config(parser, "--config")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="command [args]", help="what to do")
    return parser


def _run(args: argparse.Namespace) -> int:
    words: list[str] = args.words
    filters: list[str] | None = None
    jobs = 1
    if words and words[0].split(".")[0] == targets.FOREACH:
        filters = words[0].split(".")[1:]
        jobs, words = _jobs(words[1:])
    # the whole line is judged before anything is done
    steps = [_step(command) for command in split(words)]
    chosen = _targets(args, filters)
    return _carry_out(chosen, steps, args, jobs=jobs)


def _jobs(words: list[str]) -> tuple[int, list[str]]:
    """Take ``-j N`` off the front."""
    if not words or not words[0].startswith("-j"):
        return 1, words
    text, rest = (words[0][2:], words[1:]) if len(words[0]) > 2 else ("".join(words[1:2]), words[2:])  # noqa: PLR2004 - -jN
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_JOBS:
        raise UsageError(f"-j {text}: expected a number from 1 to {MOST_JOBS}")
    return int(text), rest


def _step(words: Sequence[str]) -> Step:
    name, *rest = words
    command = COMMANDS.get(name)
    if command is not None:
        return Step(command, command.parser().parse_args(rest))
    if name.split(".")[0] == targets.FOREACH:
        raise UsageError(f"{name}: foreach comes first and only once")
    raise UsageError(f"no command '{name}'; there are: {' '.join(COMMANDS)}")


def _targets(args: argparse.Namespace, filters: Sequence[str] | None) -> list[Target]:
    named = args.maildir is not None or args.user is not None
    if named == (filters is not None):
        raise UsageError(
            "expected one of -d MAILDIR, -u user@domain, -u @domain and foreach.FILTER; see gromox-mbop -?"
        )
    if args.maildir is not None:
        return [targets.of_directory(args.maildir)]
    site = open_site(args.config)
    try:
        return [targets.of_name(site, args.user)] if filters is None else targets.matching(site, filters)
    finally:
        site.close()


def _carry_out(
    chosen: Sequence[Target], steps: Sequence[Step], args: argparse.Namespace, *, jobs: int
) -> int:
    """Go through the mailboxes; without ``-c`` the first error ends it."""
    code = DONE

    def one(target: Target) -> Report:
        return _on_mailbox(target, steps, verbose=args.verbose, go_on=args.continue_, config=args.config)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        # a few ahead are enough to keep all busy, and an error stops the rest
        pending = [pool.submit(one, target) for target in chosen[:jobs]]
        following = iter(chosen[jobs:])
        while pending:
            report = pending.pop(0).result()
            for line in report.lines:
                say(line)
            for line in report.errors:
                complain(PROGRAM, line)
            if report.errors:
                code = REFUSED
            if code == REFUSED and not args.continue_:
                following = iter(())
            target = next(following, None)
            if target is not None:
                pending.append(pool.submit(one, target))
    return code


def _on_mailbox(
    target: Target, steps: Sequence[Step], *, verbose: bool, go_on: bool, config: Path | None
) -> Report:
    report = Report()
    note = report.lines.append if verbose else lambda _line: None
    for step in steps:
        try:
            step.command.run(Job(target, step.args, SYSTEM_CLOCK, report.lines.append, note, config))
        except (GromoxError, OSError) as error:
            report.errors.append(f"{target.name}: {step.command.name}: {error}")
            if not go_on:
                break
    return report
