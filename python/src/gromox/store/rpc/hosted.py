"""A session that a connection has open: it lives on the thread of its mailbox."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gromox.base import metrics
from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.store.errors import IncompatibleError, SessionLostError, StoreError
from gromox.store.rpc.crew import Job
from gromox.store.session.session import StoreSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gromox.store.mailbox import Mailbox
    from gromox.store.pool import MailboxPool
    from gromox.store.rpc.crew import Executor
    from gromox.store.rpc.operations import Signature
    from gromox.store.session.actor import Actor
    from gromox.store.submission.post import PostOffice

_log = get_logger(__name__)


class Hosted:
    """A session on a mailbox, used through jobs only."""

    def __init__(
        self, executor: Executor, path: Path, actor: Actor, key: str, post: PostOffice | None
    ) -> None:
        """Prepare; :meth:`open` begins.

        Args:
            executor: carries out what is to be done.
            path: the mailbox.
            actor: for whom.
            key: that of the user who is logged on, if there is one.
            post: by what the session sends; None: it does not.
        """
        self.path, self.actor, self.key, self._post = path, actor, key, post
        self._executor = executor
        self._mailbox: Mailbox | None = None
        self._session: StoreSession | None = None

    def open(self, done: Callable[[StoreError | None], None]) -> None:
        """Open the mailbox; ``done`` is called on its thread."""

        def run(pool: MailboxPool) -> tuple[Mailbox | None, Callable[[], None]]:
            error: StoreError | None = None
            try:
                self._mailbox = pool.hold(self.path)
                self._session = StoreSession.of(self._mailbox, self.actor, self._post)
            except StoreError as refusal:
                error = refusal
            return None, lambda: done(error)

        self._executor.submit(self.path, Job(run, done))

    def call(self, signature: Signature, octets: bytes, done: Callable[[bytes | StoreError], None]) -> None:
        """Carry out an operation; ``done`` takes its packed result, durable, or the refusal."""

        def run(_pool: MailboxPool) -> tuple[Mailbox | None, Callable[[], None]]:
            begun = monotonic()
            result = self._result(signature, octets)
            fate = "refused" if isinstance(result, StoreError) else "ok"
            metrics.CALLS.observe(monotonic() - begun, signature.operation.name, fate)
            return self._mailbox, lambda: done(result)

        self._executor.submit(self.path, Job(run, done))

    def look(self, done: Callable[[bool | StoreError], None]) -> None:
        """Tell ``done`` whether the session has something to tell."""

        def run(_pool: MailboxPool) -> tuple[Mailbox | None, Callable[[], None]]:
            found: bool | StoreError
            try:
                found = self._alive().has_events()
            except StoreError as error:
                found = error
            return None, lambda: done(found)

        self._executor.submit(self.path, Job(run, done))

    def close(self) -> None:
        """Close the session; later calls are refused."""

        def run(pool: MailboxPool) -> tuple[Mailbox | None, Callable[[], None]]:
            mailbox, self._mailbox = self._mailbox, None
            session, self._session = self._session, None
            if session is not None:
                session.close()
            if mailbox is not None:
                pool.release(self.path)
            return None, _nothing

        self._executor.submit(self.path, Job(run, _ignore))

    def _alive(self) -> StoreSession:
        if self._session is None or self._mailbox is None:
            raise SessionLostError("the session is closed")
        if self._mailbox.is_poisoned:
            raise SessionLostError("the mailbox has to be opened anew: a write to disk failed")
        return self._session

    def _result(self, signature: Signature, octets: bytes) -> bytes | StoreError:
        try:
            session = self._alive()
            given = signature.unpack_arguments(octets)
            value = signature.operation.function(session, **given)
            return bytes(signature.pack_result(value))
        except StoreError as error:
            return error
        except ParseError as error:
            return IncompatibleError(f"the arguments of {signature.operation.name} do not fit: {error}")
        except Exception as error:  # noqa: BLE001 - an operation's own mistake must not end the thread
            _log.exception("operation failed", error, operation=signature.operation.name)
            return StoreError("the store met an error of its own; it is logged")


def _nothing() -> None:
    """Hand nothing over."""


def _ignore(_error: StoreError) -> None:
    """Nobody waits for the answer."""
