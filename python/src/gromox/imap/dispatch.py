"""The command table: verb, states, parser, handler and what the command touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.machine import State
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.session import Session


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table.

    ``writes``: changes the selected mailbox, so it is refused after EXAMINE. ``durable``: the answer waits
    until what the store wrote is on the disk. ``sequence_numbers``: no EXPUNGE may be sent while it runs (RFC
    3501 section 7.4.1). ``numbered``: sequence numbers stand in it or in its answer, as in all of those; a
    client may have given them up (RFC 9586 section 3). ``secret``: its text holds a password, or what is as
    good as one, and is neither remembered nor logged.
    """

    verb: bytes
    title: str  #: the verb, for figures
    states: frozenset[State]
    parse: Callable[[Parser], Any]
    run: Callable[[Session, Any], Result]
    writes: bool = False
    durable: bool = False
    sequence_numbers: bool = False
    numbered: bool = False
    secret: bool = False


COMMANDS: Final[dict[bytes, Command]] = {}
F = TypeVar("F", bound="Callable[..., Any]")


def command(
    verb: str,
    states: frozenset[State],
    parse: Callable[[Parser], Any],
    *,
    writes: bool = False,
    durable: bool = False,
    sequence_numbers: bool = False,
    numbered: bool = False,
    secret: bool = False,
) -> Callable[[F], F]:
    """Enter a handler in :data:`COMMANDS`."""
    key = verb.encode("ascii")

    def enter(run: F) -> F:
        if key in COMMANDS:
            raise TypeError(f"two handlers for {verb}")
        COMMANDS[key] = Command(
            key,
            verb,
            states,
            parse,
            run,
            writes=writes,
            durable=durable,
            sequence_numbers=sequence_numbers,
            numbered=numbered or sequence_numbers,
            secret=secret,
        )
        return run

    return enter


def no_arguments(p: Parser) -> None:
    """Read the arguments of a command that has none."""
    p.end()
