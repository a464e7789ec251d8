"""The command table: verb, states, what a handler may return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.lmtp import replies
from gromox.lmtp.replies import Reply
from gromox.lmtp.session import Session, State

if TYPE_CHECKING:
    from gromox.base.wire import Outcome


class Then(Enum):
    """What follows the answer."""

    CLOSE = auto()
    TLS = auto()
    DATA = auto()  #: the content of the mail, to its dot


@dataclass(frozen=True, slots=True)
class Follow:
    """An answer after which the connection changes."""

    reply: Reply
    then: Then


@dataclass(frozen=True, slots=True)
class Ask:
    """Work for a thread, and the answer made of its outcome."""

    run: Callable[[], object]
    answer: Callable[[Outcome], Reply]


@dataclass(frozen=True, slots=True)
class Take:
    """So many octets of content follow the command line (BDAT)."""

    size: int
    last: bool


Result: TypeAlias = Reply | Follow | Ask | Take
Handler: TypeAlias = Callable[[Session, str], Result]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    run: Handler
    states: frozenset[State]
    refusal: Reply  #: in other states
    without_tls: bool  #: even where TLS is required


COMMANDS: Final[dict[str, Command]] = {}
ANY: Final = frozenset(State)


def command(
    *verbs: str,
    states: frozenset[State] = ANY,
    refusal: Reply = replies.HELLO_FIRST,
    without_tls: bool = False,
) -> Callable[[Handler], Handler]:
    """Enter a handler in :data:`COMMANDS`."""

    def enter(run: Handler) -> Handler:
        for verb in verbs:
            if verb in COMMANDS:
                raise TypeError(f"two handlers for {verb}")
            COMMANDS[verb] = Command(run, states, refusal, without_tls)
        return run

    return enter
