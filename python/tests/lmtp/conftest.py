"""An intake on a real spool and a real user database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.base.settings import Settings
from gromox.lmtp.core import LmtpCore
from gromox.lmtp.services import LmtpServices
from gromox.lmtp.settings import PROGRAM
from tests.support.drive import Connect, Dialogue, FailSync
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    yield house
    house.close()


@pytest.fixture
def connect(house: House) -> Connect:
    """Open a connection; keyword arguments are settings, and ``fail_sync`` of the driver."""

    def connect(*, tls: bool = True, fail_sync: FailSync = lambda: None, **settings: str) -> Dialogue:
        services = LmtpServices(
            spool=house.spool,
            resolver=house.resolver,
            settings=Settings.of(PROGRAM, settings),
            host="mail.example.test",
            tls=tls,
            clock=house.clock,
        )
        return Dialogue(LmtpCore(services), fail_sync=fail_sync)

    return connect
