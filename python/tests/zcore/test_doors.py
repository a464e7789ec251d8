"""Which mailboxes gromox-zcore opens, and what the directory knows of who sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from gromox.base.clock import ManualClock
from gromox.base.ids import SeededIds
from gromox.daemons.post_office import DirectoryBook
from gromox.directory import domain, user
from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.model import Server
from gromox.directory.token import TokenReader
from gromox.store import delegates
from gromox.store.delegates import DelegateList
from gromox.store.errors import NotFoundError
from gromox.store.rpc.gate import Admitted, Place
from gromox.store.rpc.request import LogOn, OpenStore
from gromox.store.rpc.users import UserGate
from gromox.zcore.doors import DirectoryDoors
from tests.support.house import PASSWORD, House

ALICE, BOB = "alice@example.test", "bob@example.test"
HOST = "mail1.example.test"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    yield house
    house.close()


def doors(house: House, host: str = HOST) -> DirectoryDoors:
    return DirectoryDoors(
        house.directory,
        Authenticator(house.directory, policy=AuthPolicy()),
        house.resolver,
        TokenReader.of_file(None),
        lambda _seconds: None,
        host=host,
    )


def add_server(house: House, number: int, hostname: str, extname: str = "") -> None:
    with house.directory.writing() as session:
        session.execute(insert(Server).values(id=number, hostname=hostname, extname=extname))


@pytest.mark.parametrize(
    ("hostname", "extname", "is_here"),
    [
        ("mail1.example.test", "", True),
        ("MAIL1", "", True),
        ("10.0.0.1", "mail1.example.test.", True),
        ("mail2.example.test", "mail2", False),
        ("mail1.elsewhere.test", "", False),
    ],
)
def test_a_mailbox_is_opened_at_home_only(house: House, hostname: str, extname: str, is_here: bool) -> None:
    assert doors(house).store_of(ALICE) == house.root / "alice", "0 is any node"
    add_server(house, 1, hostname, extname)
    user.modify(house.directory, ALICE, {"homeserver": 1})
    domain.modify(house.directory, "example.test", {"homeserver": 1})
    house.resolver.forget_all()
    person = DirectoryBook(house.resolver, HOST).person(ALICE)
    assert person is not None
    if is_here:
        assert doors(house).store_of(ALICE) == house.root / "alice"
        assert doors(house).store_of("@example.test")
        assert person.mailbox == house.root / "alice"
        return
    for address in (ALICE, "@example.test"):
        with pytest.raises(NotFoundError, match=hostname):
            doors(house).store_of(address)
    assert person.mailbox is None


def test_who_may_send_for_the_owner_is_told_with_the_session(house: House) -> None:
    gate = UserGate(doors(house), ManualClock(), SeededIds(), max_users=10, idle=60.0)
    admitted = gate.decide(LogOn(BOB, PASSWORD, ""))
    assert isinstance(admitted, Admitted)

    def sends() -> bool:
        place = gate.decide(OpenStore(admitted.key, ALICE))
        assert isinstance(place, Place)
        return place.actor.is_delegate_sender

    assert not sends()
    for which in DelegateList:
        delegates.write(house.root / "alice", which, ["team@example.test"], house.ids)
        assert sends(), "by a list"
        delegates.write(house.root / "alice", which, ["Bob@Example.test"], house.ids)
        assert sends()
        delegates.write(house.root / "alice", which, [], house.ids)
        assert not sends()
