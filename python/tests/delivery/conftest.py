"""A delivery on a real spool, real mailboxes and a real user database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.settings import Settings
from gromox.delivery.services import DeliveryServices
from gromox.delivery.settings import PROGRAM
from gromox.delivery.worker import DeliveryWorker
from gromox.store.pool import MailboxPool
from tests.support.house import House
from tests.support.outside import NewWorker, OtherSystem


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    yield house
    house.close()


@pytest.fixture
def outside() -> OtherSystem:
    return OtherSystem()


@pytest.fixture
def new_worker(house: House, outside: OtherSystem) -> Iterator[NewWorker]:
    """Make a worker; keyword arguments are settings."""
    workers = []

    def new_worker(**settings: str) -> DeliveryWorker:
        services = DeliveryServices(
            spool=house.spool,
            resolver=house.resolver,
            mailboxes=lambda: MailboxPool(house.clock, house.ids),
            settings=Settings.of(PROGRAM, settings),
            host="mail.example.test",
            relay=outside,
            clock=house.clock,
            ids=house.ids,
        )
        workers.append(DeliveryWorker(services))
        return workers[-1]

    yield new_worker
    for worker in workers:
        worker.close()
