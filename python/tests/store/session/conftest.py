"""Sessions over all three transports: tests that take ``session`` or ``open_session`` run over each.

``mailbox`` is the same mailbox, open in the test itself. Over ``zcore`` the system actor cannot log on; the
owner takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.session import Actor, StoreSession
from tests.support.storerpc import PASSWORD, Doors, StoreServer

OWNER = Actor("alice@example.test")
OpenSession: TypeAlias = Callable[[Actor], StoreSession]


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    """Serve whatever mailboxes the tests register with ``doors``."""
    server = StoreServer(tmp_path_factory.mktemp("rpc"), Doors({}), max_users=10_000)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alice"


@pytest.fixture
def mailbox(path: Path) -> Iterator[Mailbox]:
    with create_private(path, owner=OWNER.username, user_id=7) as box:
        yield box
        assert box.check() == []


@pytest.fixture(params=["local", "exmdb", "zcore"])
def open_session(
    request: pytest.FixtureRequest, mailbox: Mailbox, path: Path, store_server: StoreServer
) -> Iterator[OpenSession]:
    """Return what opens a session of an actor on ``mailbox``."""
    opened: list[StoreSession] = []
    doors = store_server.doors
    client = {"exmdb": store_server.node, "zcore": store_server.web}.get(request.param, store_server.web)()

    def open_one(actor: Actor) -> StoreSession:
        if request.param == "local":
            session = StoreSession.of(mailbox, actor)
        elif request.param == "exmdb":
            doors.stores[str(path)] = path
            session = client.open(path, actor)
        else:
            name = OWNER.username if actor.is_system else actor.username
            doors.stores[OWNER.username] = path
            doors.stores.setdefault(name, path)
            doors.groups[name] = actor.groups
            session = client.open_store(client.log_on(name, PASSWORD), OWNER.username)
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()
    client.close()
    doors.stores.clear()


@pytest.fixture
def session(open_session: OpenSession) -> StoreSession:
    """Return a session of the owner."""
    return open_session(OWNER)
