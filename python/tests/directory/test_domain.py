from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql

from gromox.base.secret import Secret
from gromox.directory import alias, domain, forward, mlist, user
from gromox.directory.errors import ExistsError, InvalidError, NotFoundError
from gromox.directory.model import Alias, Forward, Server
from gromox.directory.paths import StorePaths
from gromox.directory.status import AddressStatus, DomainStatus, ForwardType

if TYPE_CHECKING:
    from gromox.directory import Directory


def test_a_domain_is_found_in_every_spelling(directory: Directory) -> None:
    made = domain.create(directory, "Bücher.example", max_user=3, title="Books")

    assert made.name == "xn--bcher-kva.example"
    assert made.display_name == "bücher.example"
    assert made.homedir == "/stores/domain/xn--bcher-kva.example"
    assert made.end_day == date(3333, 3, 3)
    for spelling in ("bücher.example", "BÜCHER.example.", "xn--bcher-kva.example"):
        assert domain.get(directory, spelling) == made
    assert domain.get_by_id(directory, made.domain_id) == made


def test_a_domain_exists_once(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=3)

    with pytest.raises(ExistsError):
        domain.create(directory, "EXAMPLE.test", max_user=3)


def test_an_unknown_domain(directory: Directory) -> None:
    with pytest.raises(NotFoundError):
        domain.get(directory, "nowhere.test")
    with pytest.raises(NotFoundError):
        domain.get_by_id(directory, 10**6)


def test_columns_are_changed_and_checked(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=3)

    changed = domain.modify(
        directory, "example.test", {"title": "New", "max_user": 9, "end_day": date(2030, 1, 2)}
    )

    assert (changed.title, changed.max_user, changed.end_day) == ("New", 9, date(2030, 1, 2))
    for bad in (
        {"title": "x" * 129},
        {"max_user": -1},
        {"domainname": "x"},
        {"end_day": "never"},
        {"admin_name": "a\0"},
    ):
        with pytest.raises(InvalidError):
            domain.modify(directory, "example.test", bad)
    for missing in ({"org_id": 7}, {"homeserver": 99}):
        with pytest.raises(NotFoundError):
            domain.modify(directory, "example.test", missing)


def test_the_status_of_a_domain_is_repeated_in_its_users(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=3)
    user.create(directory, "alice@example.test")
    user.create(directory, "team@example.test", status=AddressStatus.SHARED)

    domain.delete_softly(directory, "example.test")

    for name, status in (
        ("alice@example.test", AddressStatus.NORMAL),
        ("team@example.test", AddressStatus.SHARED),
    ):
        found = user.get(directory, name)
        assert (found.status, found.domain_status) == (status, DomainStatus.DELETED)
    assert domain.get(directory, "example.test").inactive_users == 2
    domain.recover(directory, "example.test")
    assert user.get(directory, "team@example.test").domain_status == 0


def test_purging_needs_deletion_first_and_leaves_nothing(directory: Directory) -> None:
    domain.create(directory, "example.test", max_user=3)
    domain.create(directory, "other.test", max_user=3)
    user.create(directory, "alice@example.test", password=Secret("x"), display_name="Alice")
    user.create(directory, "bob@other.test")
    alias.add(directory, "alice@example.test", "al@example.test")
    forward.put(directory, "alice@example.test", "x@elsewhere.test", ForwardType.COPY)
    mlist.create(directory, "all@example.test", members=["alice@example.test"])
    mlist.create(directory, "mixed@other.test", members=["alice@example.test", "bob@other.test"])
    with pytest.raises(InvalidError):
        domain.purge(directory, "example.test")

    domain.delete_softly(directory, "example.test")
    paths = domain.purge(directory, "example.test")

    assert sorted(paths) == ["/stores/domain/example.test", "/stores/user/example.test/alice"]
    assert mlist.get(directory, "mixed@other.test").members == ("bob@other.test",)
    with directory.reading() as session:
        for table in (Alias, Forward):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.scalar(sql("SELECT COUNT(*) FROM users WHERE username LIKE '%@example.test'")) == 0
        assert session.scalar(sql("SELECT COUNT(*) FROM user_properties WHERE propval_str = 'Alice'")) == 0


def test_numbers_are_not_given_twice(directory: Directory) -> None:
    first = domain.create(directory, "example.test", max_user=3).domain_id
    domain.delete_softly(directory, "example.test")
    domain.purge(directory, "example.test")

    assert domain.create(directory, "example.test", max_user=3).domain_id > first


def test_a_home_server_has_to_exist(directory: Directory) -> None:
    with directory.writing() as session:
        server = Server(hostname="mail1.internal", extname="mail1.example.test")
        session.add(server)

    assert domain.create(directory, "example.test", max_user=3, homeserver=server.id).homeserver == server.id
    assert user.create(directory, "alice@example.test").homeserver == server.id
    with pytest.raises(NotFoundError):
        user.modify(directory, "alice@example.test", {"homeserver": 99})


def test_a_folder_that_exists_is_not_reused(directory: Directory, tmp_path: Path) -> None:
    directory.paths = StorePaths.below(tmp_path)
    (tmp_path / "domain" / "example.test").mkdir(parents=True)

    assert domain.create(directory, "example.test", max_user=3).homedir == f"{tmp_path}/domain/example.test~1"


def test_all_domains_are_listed(directory: Directory) -> None:
    for name in ("b.test", "a.test"):
        domain.create(directory, name, max_user=3)
    user.create(directory, "x@a.test")

    assert [(one.name, one.active_users) for one in domain.list_all(directory)] == [
        ("b.test", 0),
        ("a.test", 1),
    ]
