"""The user database as one object that threads share."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import exc
from sqlalchemy.orm import Session, sessionmaker

from gromox.base.clock import SYSTEM_CLOCK
from gromox.directory.engine import WRITES, Limits, Tls, open_engine, translated
from gromox.directory.paths import StorePaths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Engine

    from gromox.base.clock import Clock
    from gromox.base.settings import Settings


#: Connections that each of several processes has at least: one slow query does not stop the others.
_FEWEST: Final = 2


class Directory:
    """The user database; holds a bounded pool of connections and nothing that could be stale.

    Safe to use from threads. The functions that work on it are in the modules ``domain``, ``user``, ``alias``
    and so on. Caches subscribe with :meth:`on_change` to what this process changes; changes of other
    processes reach them when their entries expire.
    """

    def __init__(
        self, engine: Engine, *, clock: Clock = SYSTEM_CLOCK, paths: StorePaths | None = None
    ) -> None:
        """Work on ``engine``; ``paths`` says where new mailboxes lie."""
        self.engine, self.clock = engine, clock
        self.paths = paths or StorePaths()
        self._session = sessionmaker(engine, expire_on_commit=False)
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def connect(
        cls,
        url: URL | str,
        *,
        clock: Clock = SYSTEM_CLOCK,
        paths: StorePaths | None = None,
        limits: Limits | None = None,
        tls: Tls | None = None,
    ) -> Self:
        """Work on the database at an SQLAlchemy URL (MariaDB or an SQLite file); connects when used."""
        engine = open_engine(url, limits=limits or Limits(), tls=tls or Tls(), clock=clock)
        return cls(engine, clock=clock, paths=paths)

    @classmethod
    def open(
        cls, settings: Settings, *, clock: Clock = SYSTEM_CLOCK, patience: float = 0.0, share: int = 1
    ) -> Self:
        """Work on the database that the options of mysql_adaptor.cfg name.

        ``patience`` is a longer time (seconds) that one statement may take, for changes of tables; ``share``
        is the number of processes that divide the connections between them.
        """
        from gromox.directory import settings as declared  # noqa: PLC0415 - it needs this class's neighbours

        bounds = declared.limits(settings)
        return cls.connect(
            declared.database_url(settings),
            clock=clock,
            paths=declared.store_paths(settings),
            limits=dataclasses.replace(
                bounds,
                io_timeout=max(bounds.io_timeout, patience),
                connections=max(-(-bounds.connections // share), min(_FEWEST, bounds.connections)),
            ),
            tls=declared.tls(settings),
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Lend a session for queries; what it loaded stays usable afterwards.

        Raises:
            UnavailableError: the database does not answer.
        """
        with self._lend(writes=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Lend a session for one transaction, committed at the end of the block, undone if the block raises.

        Raises:
            UnavailableError: the database does not answer; whether the commit happened is then unknown.
            ExistsError: a name was taken by somebody else meanwhile.
        """
        with self._lend(writes=True) as session:
            yield session
            session.commit()
        for listener in tuple(self._listeners):
            listener()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each change made through this object."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Close all connections; the object may still be used and connects again."""
        self.engine.dispose()

    @contextmanager
    def _lend(self, *, writes: bool) -> Iterator[Session]:
        session = self._session()
        try:
            session.connection(execution_options={WRITES: writes})
            yield session
        except exc.SQLAlchemyError as error:
            meaning = translated(error)
            if meaning is None:
                raise
            raise meaning from error
        finally:
            _close(session)


def _close(session: Session) -> None:
    """Give the connection back; one that died meanwhile is the pool's affair."""
    try:
        session.close()
    except exc.DBAPIError:
        session.invalidate()
