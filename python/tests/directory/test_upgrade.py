"""What is in an old database survives its upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text as sql

from gromox.base.secret import Secret
from gromox.directory import Directory, domain, mlist, schema, user, user_property
from gromox.directory.auth import Authenticator
from gromox.directory.errors import SchemaError
from gromox.directory.login import look_up
from gromox.directory.migrations import ladder
from gromox.directory.resolve import Mailbox, MailList, Resolver
from gromox.directory.status import DisplayType, Privilege

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.directory.migrations.alteration import Alteration

MD5_OF_SECRET = "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"


def execute(directory: Directory, *statements: str) -> None:
    with directory.engine.begin() as connection:
        for statement in statements:
            connection.execute(sql(statement))


def rows(directory: Directory, statement: str) -> Sequence[tuple[object, ...]]:
    with directory.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sql(statement))]


def old_user(name: str, *, kind: int = 0, sub: int = 0, more: str = "") -> str:
    return (
        "INSERT INTO users SET domain_id=1, group_id=0, max_size=0, max_file=0, create_day='2020-01-01', "
        f"privilege_bits=7, username='{name}', maildir='/m/{name}', address_type={kind}, sub_type={sub}{more}"
    )


@pytest.fixture
def old(on_mariadb: Directory) -> Directory:
    """A database of schema number 0 as an operator may have it."""
    schema.create_old(on_mariadb)
    place = (
        "INSERT INTO domains SET max_size=0, max_user=9, create_day='2020-01-01', end_day='3333-03-03', "
        "privilege_bits=0"
    )
    execute(
        on_mariadb,
        f"{place}, domainname='example.test'",
        f"{place}, domainname='alias.test', domain_type=1",
        "INSERT INTO orgs SET memo='The company'",
        old_user(
            "alice@example.test",
            more=f", password='{MD5_OF_SECRET}', real_name='Alice', tel='123', memo='note', lang='no'",
        ),
        old_user("room@example.test", sub=1),
        old_user("beamer@example.test", sub=2),
        old_user("all@example.test", kind=2),
        old_user("al@example.test", kind=1),
        "INSERT INTO aliases SET aliasname='al@example.test', mainname='alice@example.test'",
        "INSERT INTO aliases SET aliasname='alias.test', mainname='example.test'",
        "INSERT INTO mlists SET listname='all@example.test', domain_id=1, list_type=0",
        "INSERT INTO associations SET username='alice@example.test', list_id=1",
        "INSERT INTO classes SET classname='c', listname='all@example.test', domain_id=1, group_id=0",
        "INSERT INTO classes SET classname='lost', domain_id=1, group_id=0",
    )
    return on_mariadb


def test_everybody_is_still_there(old: Directory) -> None:
    schema.upgrade(old)

    alice = user.get(old, "alice@example.test")
    assert alice.display_name == "Alice"
    assert alice.lang == "nb"
    assert alice.aliases == ("al@example.test",)
    assert alice.properties[user_property.COMMENT] == "note"
    assert alice.properties[0x3A08001F] == alice.properties[0x3A1A001F] == "123"
    assert user.get(old, "room@example.test").display_type is DisplayType.ROOM
    assert user.get(old, "beamer@example.test").display_type is DisplayType.EQUIPMENT
    assert mlist.get(old, "all@example.test").members == ("alice@example.test",)
    assert [one.name for one in domain.list_all(old)] == ["example.test"]
    assert rows(old, "SELECT name, description FROM orgs") == [("The company", "The company")]
    assert rows(old, "SELECT classname, domain_id FROM classes") == [("c", 1)]
    resolver = Resolver(old)
    assert isinstance(resolver.recipient("al@example.test"), Mailbox)
    assert isinstance(resolver.recipient("all@example.test"), MailList)
    assert (
        Authenticator(old).authenticate("al@example.test", Secret("secret"), Privilege.IMAP_POP3).username
        == alice.username
    )


def test_an_upgrade_that_breaks_off_everywhere_comes_to_its_end(
    old: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is run and its number not stored, so each is run a second time."""
    failed: set[int] = set()

    def fragile(step: ladder.Step) -> ladder.Step:
        def run(change: Alteration) -> None:
            step.run(change)
            if step.number not in failed:
                failed.add(step.number)
                raise SchemaError("power failure")

        return ladder.Step(step.number, run)

    monkeypatch.setattr(schema, "LADDER", [fragile(step) for step in ladder.LADDER])
    for _ in ladder.LADDER:
        with pytest.raises(SchemaError, match="power failure"):
            schema.upgrade(old)
    schema.upgrade(old)

    assert schema.version(old) == 133
    assert user.get(old, "alice@example.test").aliases == ("al@example.test",)
    found = look_up(old, "alice@example.test")
    assert found is not None
    assert found.display_type == DisplayType.USER


def test_altnames_move_to_their_table(old: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "LADDER", [step for step in ladder.LADDER if step.number <= 112])
    schema.upgrade(old)
    monkeypatch.undo()
    assert schema.version(old) == 112
    with pytest.raises(SchemaError, match="gromox-dbop -U"):
        schema.require_current(old)
    execute(old, "UPDATE users SET altname = 'ali' WHERE username = 'alice@example.test'")

    reached: list[int] = []
    assert schema.upgrade(old, reached.append) == 112

    assert reached == [122, 128, 131, 132, 133]
    assert user.get(old, "alice@example.test").altnames == ("ali",)


def test_dangling_rows_stop_the_upgrade_with_advice(old: Directory) -> None:
    execute(old, "INSERT INTO aliases SET aliasname='x@example.test', mainname='gone@example.test'")

    with pytest.raises(SchemaError, match="1 rows of table aliases name a mainname"):
        schema.upgrade(old)

    assert schema.version(old) == 17
    execute(old, "DELETE FROM aliases WHERE aliasname = 'x@example.test'")
    schema.upgrade(old)
    assert schema.version(old) == 133


def test_only_one_machine_upgrades(on_mariadb: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.create(on_mariadb)
    monkeypatch.setattr(schema, "_LOCK_SECONDS", 0)
    with on_mariadb.engine.connect() as other:
        other.execute(sql("SELECT GET_LOCK(CONCAT('gromox-schema-', DATABASE()), 0)"))

        with pytest.raises(SchemaError, match="another process"):
            schema.upgrade(on_mariadb)
