"""Who stands behind a trusted client. The peer of the driver is 192.0.2.7."""

from __future__ import annotations

import pytest

from gromox.base.log import captured
from gromox.base.settings import Settings, SettingsError
from gromox.imap.settings import PROGRAM
from tests.imap.driver import Server

ID = 'id ("x-originating-ip" "198.51.100.3" "X-Originating-Port" "4711")'


def rejected(server: Server, told: str, **settings: str) -> str:
    """Return the log line of a failed login after an ID."""
    server.configure(enable_rfc2971_commands="yes", **settings)
    client = server.connect()
    client.ok(told)
    with captured() as lines:
        client.no("login alice@example.test wrong")
    return next(line for line in lines if "rejected" in line)


def test_a_trusted_client_names_its_own(server: Server) -> None:
    assert "rhost=[198.51.100.3] " in rejected(server, ID, imap_trusted_hosts="::1 192.0.2.0/24")


def test_others_are_not_believed(server: Server) -> None:
    assert "rhost=[192.0.2.7] " in rejected(server, ID)
    assert "rhost=[192.0.2.7] " in rejected(server, ID, imap_trusted_hosts="192.0.2.8")


@pytest.mark.parametrize(
    "told", ["id nil", 'id ("x-originating-ip" "nobody")', 'id ("x-originating-ip" nil)']
)
def test_what_is_no_address_changes_nothing(server: Server, told: str) -> None:
    assert "rhost=[192.0.2.7] " in rejected(server, told, imap_trusted_hosts="192.0.2.7")


def test_the_list_is_of_addresses() -> None:
    with pytest.raises(SettingsError):
        Settings.of(PROGRAM, {"imap_trusted_hosts": "webmail.example.test"})
