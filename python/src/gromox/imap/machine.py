"""The states of a connection and what moves it between them. RFC 3501 section 3."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class State(Enum):
    """Connection states, RFC 3501 sections 3.1 to 3.4."""

    # Members are looked up with each command; the hash of enumerations is made in Python.
    __hash__ = object.__hash__

    NOT_AUTHENTICATED = auto()
    AUTHENTICATED = auto()
    SELECTED = auto()
    LOGOUT = auto()


class Event(Enum):
    """What a command can do to the state; the numbers are those of the figure in RFC 3501 section 3."""

    __hash__ = object.__hash__

    LOGGED_IN = auto()  #: (4) successful LOGIN or AUTHENTICATE
    SELECTED = auto()  #: (5) successful SELECT or EXAMINE
    DESELECTED = auto()  #: (6) CLOSE, UNSELECT, failed SELECT or EXAMINE
    LOGGED_OUT = auto()  #: (7) LOGOUT, server shutdown, closed connection
    UNAUTHENTICATED = auto()  #: UNAUTHENTICATE, transition (7) of RFC 8437 section 5


ANY: Final = frozenset({State.NOT_AUTHENTICATED, State.AUTHENTICATED, State.SELECTED})
NOT_AUTHENTICATED: Final = frozenset({State.NOT_AUTHENTICATED})
AUTHENTICATED: Final = frozenset({State.AUTHENTICATED, State.SELECTED})
SELECTED: Final = frozenset({State.SELECTED})

#: What is not here cannot happen.
TRANSITIONS: Final[dict[tuple[State, Event], State]] = {
    (State.NOT_AUTHENTICATED, Event.LOGGED_IN): State.AUTHENTICATED,
    (State.AUTHENTICATED, Event.SELECTED): State.SELECTED,
    (State.SELECTED, Event.SELECTED): State.SELECTED,
    (State.SELECTED, Event.DESELECTED): State.AUTHENTICATED,
    (State.AUTHENTICATED, Event.DESELECTED): State.AUTHENTICATED,
    (State.AUTHENTICATED, Event.UNAUTHENTICATED): State.NOT_AUTHENTICATED,
    (State.SELECTED, Event.UNAUTHENTICATED): State.NOT_AUTHENTICATED,
    **{(state, Event.LOGGED_OUT): State.LOGOUT for state in State},
}

#: Why a command cannot be given now.
REFUSALS: Final[dict[State, str]] = {
    State.NOT_AUTHENTICATED: "log in first",
    State.AUTHENTICATED: "select a mailbox first",
    State.SELECTED: "not while a mailbox is selected",
    State.LOGOUT: "the connection is closing",
}


def refusal(state: State, allowed: frozenset[State]) -> str:
    """Return what to tell a client whose command is not allowed in ``state``."""
    if allowed is NOT_AUTHENTICATED:
        return "already logged in"
    return REFUSALS[state]
