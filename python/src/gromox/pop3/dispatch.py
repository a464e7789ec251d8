"""The command table: verb, state, what a handler may return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.pop3.session import Session, State

if TYPE_CHECKING:
    from gromox.base.wire import Outcome
    from gromox.pop3.replies import Reply


class Then(Enum):
    """What follows the answer."""

    CLOSE = auto()
    TLS = auto()


@dataclass(frozen=True, slots=True)
class Follow:
    """An answer after which the connection changes."""

    reply: Reply
    then: Then


@dataclass(frozen=True, slots=True)
class Lines:
    """A multi-line answer that is at hand, its end included."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Steps:
    """A multi-line answer that is made while it is sent, or long work; ``then`` gives the answer to that."""

    steps: Iterator[Sequence[bytes]]
    then: Callable[[], Result] | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A challenge; the next line of the client is its answer."""

    challenge: bytes
    then: Callable[[bytes], Result]


@dataclass(frozen=True, slots=True)
class Ask:
    """Work for a thread, and the answer made of its outcome."""

    run: Callable[[], object]
    answer: Callable[[Outcome], Result]


Result: TypeAlias = "Reply | Follow | Lines | Steps | Prompt | Ask"
Handler: TypeAlias = Callable[[Session, str], Result]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    run: Handler
    states: frozenset[State]


COMMANDS: Final[dict[str, Command]] = {}


def command(verb: str, *states: State) -> Callable[[Handler], Handler]:
    """Enter a handler in :data:`COMMANDS`."""

    def enter(run: Handler) -> Handler:
        if verb in COMMANDS:
            raise TypeError(f"two handlers for {verb}")
        COMMANDS[verb] = Command(run, frozenset(states))
        return run

    return enter
