"""Messages that are no operations: greeting, opening sessions, logging on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.store.rpc.schema import form_of
from gromox.store.rpc.value import ValueReader

if TYPE_CHECKING:
    from gromox.store.session.actor import Actor

#: The version of the protocol; a peer must speak at least one that we speak.
VERSION: Final = 1
OLDEST_VERSION: Final = 1
MAGIC: Final = b"GMXS"


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a client."""

    magic: bytes
    oldest: int
    newest: int
    name: str
    """Who it is, for the log of the server."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer: what is spoken here."""

    version: int
    name: str
    operations: tuple[tuple[str, bytes], ...]
    """Names and fingerprints; the place of one is its number."""


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """Open a session of any user on a mailbox: for nodes that trust each other."""

    path: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class LogOn:
    """Begin the session of a user with a password."""

    user: str
    password: str
    remote_host: str


@dataclass(frozen=True, slots=True)
class LogOnWithToken:
    """Begin the session of a user with a signed token (RFC 7519)."""

    token: str
    remote_host: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Ask who is logged on by a key, perhaps on another connection, and keep the session alive."""

    key: str


@dataclass(frozen=True, slots=True)
class LogOff:
    """End the session of a user wherever it is used."""

    key: str


@dataclass(frozen=True, slots=True)
class OpenStore:
    """Open a session on the store of an address for a user who is logged on; empty: the user's own."""

    key: str
    address: str


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Close a session that was opened by this connection."""

    session: int


Request: TypeAlias = OpenMailbox | LogOn | LogOnWithToken | Resume | LogOff | OpenStore | CloseSession


@dataclass(frozen=True, slots=True)
class Opened:
    """A session was opened."""

    session: int


@dataclass(frozen=True, slots=True)
class LoggedOn:
    """A user is logged on; ``key`` resumes it."""

    key: str
    user: str


Reply: TypeAlias = Opened | LoggedOn | None


def packed(hint: object, value: object) -> bytearray:
    """Return the octets of a value of a declared type."""
    out = bytearray()
    form_of(hint).write(out, value)
    return out


def unpacked(hint: object, octets: bytes) -> object:
    """Return the value; raises ParseError."""
    r = ValueReader(octets)
    value = form_of(hint).read(r)
    r.end()
    return value
