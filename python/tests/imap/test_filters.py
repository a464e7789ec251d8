"""Bounds of filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.imap.filters import MAX_FILTERS, MAX_PASSES

if TYPE_CHECKING:
    from tests.imap.driver import Client, Server


def keep(client: Client, name: str, value: str) -> None:
    client.ok(f'setmetadata "" (/private/filters/values/{name} "{value}")')


def test_filters_in_filters_have_a_bound(server: Server) -> None:
    client = server.login()
    keep(client, "f0", "all")
    for number in range(1, MAX_PASSES + 1):
        keep(client, f"f{number}", f"filter f{number - 1}")
    client.ok(f"search filter f{MAX_PASSES - 1}")
    assert b"[UNDEFINED-FILTER f0]" in client.no(f"search filter f{MAX_PASSES}")


def test_the_number_of_filters_has_a_bound(server: Server) -> None:
    client = server.login()
    keep(client, "one", "all")
    client.ok("search" + " filter one" * MAX_FILTERS)
    assert b"[LIMIT]" in client.no("search" + " filter one" * (MAX_FILTERS + 1))
    # Nor do they grow in each other.
    for number in range(1, 8):
        keep(client, f"f{number}", " ".join([f"filter f{number - 1}"] * 50))
    keep(client, "f0", "all")
    assert b"[LIMIT]" in client.no("search filter f7")


def test_who_sees_only_folders_has_no_filters(server: Server) -> None:
    client = server.login()
    keep(client, "one", "all")
    client.ok("setacl inbox bob lr")
    guest = server.connect()
    guest.ok("login bob@example.test!alice@example.test s3cret")
    guest.ok("select inbox")
    assert b"[UNDEFINED-FILTER one]" in guest.no("search filter one")
