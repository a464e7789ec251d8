"""Logins against a real user database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gromox.directory.auth import Authenticator, AuthPolicy
from gromox.directory.doorkeeper import Doorkeeper
from gromox.directory.limiter import LimiterBounds
from gromox.sasl.verdict import PRIVILEGES, SaslServices
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House.build(tmp_path)
    yield house
    house.close()


@pytest.fixture
def services(house: House) -> SaslServices:
    policy = AuthPolicy(cache_lifetime=60.0, limits=LimiterBounds(max_tries=3))
    authenticator = Authenticator(house.directory, house.clock, policy=policy)
    first = Doorkeeper(authenticator, house.resolver, PRIVILEGES["smtp"], house.clock.advance)
    return SaslServices(
        doorkeepers={
            privilege: replace(first, privilege=privilege) for privilege in set(PRIVILEGES.values())
        },
        process_id=4711,
        cookie=lambda: "0123456789abcdef" * 2,
    )
