"""How a sans-IO protocol core talks to whatever drives it: a socket, a test or a fuzzer.

A core gets octets and events and returns actions; the driver (``gromox.serve.connection``) carries them out
in order. After a suspending action (:class:`Produce`, :class:`Call`, :class:`Gather`, :class:`StartTls`,
:class:`Compress`) the core returns nothing more until the driver calls :meth:`Core.proceed` or
:meth:`Core.completed`; input that arrives meanwhile is not read.

Nothing of a round (the actions that one event led to) reaches the peer before everything in
:meth:`Core.unsynced` is durable: an acknowledgement is a promise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from gromox.base.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


@value
class FilePiece:
    """A stretch of an open file, sent without passing through the process."""

    fd: int
    offset: int
    length: int
    close: Callable[[], None]


Piece: TypeAlias = bytes | FilePiece


@value
class Send:
    """Octets for the peer."""

    pieces: Sequence[Piece]


@value
class Produce:
    """Octets that are made while they are sent; each step is a few milliseconds of work. Suspends."""

    steps: Iterator[Sequence[Piece]]


@value
class Call:
    """Work that waits for another machine or a slow device; runs in a thread. Suspends."""

    run: Callable[[], object]


@value
class Gather:
    """Work that many connections may have at the same time and that is cheaper done together. Suspends.

    ``run`` gets ``key`` and the ``work`` of all that wait for the same ``key`` and ``run``, and returns an
    outcome for each. It runs on the loop, at the end of the turn or as soon as enough wait, or when the sync
    of ``key`` that is under way has ended.
    """

    key: Durable
    run: Callable[[Durable, Sequence[object]], Sequence[Outcome]]
    work: object


@value
class Watch:
    """Ring this connection when the mailbox changes, or one of ``others``; None ends the watch."""

    mailbox: Path | None
    others: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class StartTls:
    """What was returned so far goes out in clear, then TLS is negotiated. Suspends."""


@dataclass(frozen=True, slots=True)
class Compress:
    """What was returned so far goes out as it is, from then on both directions are raw DEFLATE. Suspends."""


@dataclass(frozen=True, slots=True)
class Close:
    """Send what is left and close; nothing follows."""


Action: TypeAlias = Send | Produce | Call | Gather | Watch | StartTls | Compress | Close


@value
class Outcome:
    """What a :class:`Call` came to: a value or an error."""

    value: object = None
    error: Exception | None = None


@dataclass(slots=True)
class Channel:
    """What TLS says of itself once it is negotiated: channel bindings by name. RFC 5929."""

    bindings: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end."""

    address: str
    port: int
    tls: bool
    local_port: int
    connection_id: str
    channel: Channel = field(default_factory=Channel, compare=False, repr=False)


class Durable(Protocol):
    """Something whose last changes may still be in the page cache only."""

    @property
    def needs_sync(self) -> bool:
        """Tell whether an acknowledgement has to wait for :meth:`sync`."""
        ...

    def sync(self) -> Callable[[], None] | None:
        """Make everything durable; blocks, may run in any thread.

        Returns:
            What is left to do in any thread, but need not be waited for; it raises nothing. None: nothing.

        Raises:
            OSError: it could not be made durable.
        """
        ...


class Core(Protocol):
    """The protocol machine of one connection; does no I/O of its own but short store calls."""

    @property
    def timeout(self) -> float:
        """Seconds of silence after which :meth:`timed_out` is due."""
        ...

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet."""
        ...

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Take input; whole commands are carried out up to the first suspending action."""
        ...

    def proceed(self) -> Iterable[Action]:
        """Go on with buffered input: the suspending Produce, StartTls or Compress is done."""
        ...

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Take the outcome of the last Call or Gather, then go on with buffered input."""
        ...

    def rung(self) -> Iterable[Action]:
        """Look at the watched mailbox: it changed."""
        ...

    def timed_out(self) -> Iterable[Action]:
        """Say goodbye: the peer was silent for :attr:`timeout` seconds."""
        ...

    def tls_started(self) -> None:
        """Forget what was received in clear; :meth:`proceed` follows."""
        ...

    def lost(self) -> None:
        """Release everything: the peer is gone."""
        ...

    def unsynced(self) -> Sequence[Durable]:
        """Return what this round's answers depend on."""
        ...

    def sync_failed(self, error: Exception) -> Iterable[Action]:
        """Answer instead of what this round returned, none of which was sent."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Return what an operator wants to know of the session: who, where, doing what."""
        ...


class SimpleCore:
    """What a core that never suspends, watches nothing and speaks no TLS need not say itself."""

    __slots__ = ()

    def proceed(self) -> Iterable[Action]:
        """Nothing suspends here."""
        return []

    def completed(self, outcome: Outcome) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is called here."""
        return []

    def rung(self) -> Iterable[Action]:
        """Nothing is watched here."""
        return []

    def tls_started(self) -> None:
        """TLS is not spoken here."""

    def lost(self) -> None:
        """Nothing is held."""

    def unsynced(self) -> Sequence[Durable]:
        """Nothing is durable here."""
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is durable here."""
        return [Close()]

    def describe(self) -> Mapping[str, object]:
        """There is nothing to tell."""
        return {}
