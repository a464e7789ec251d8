from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect
from sqlalchemy import text as sql

from gromox.directory import schema
from gromox.directory.errors import SchemaError
from gromox.directory.model import Base

if TYPE_CHECKING:
    from gromox.directory import Directory

# The order of the manual, without the two tables that no longer exist, and with the four that came later.
SHOWN = [
    *("admin_roles", "associations", "configs", "domains", "forwards", "groups", "mlists", "options", "orgs"),
    *("specifieds", "users", "aliases", "user_properties", "admin_role_permission_relation"),
    *("admin_user_role_relation", "classes", "fetchmail", "secondary_store_hints", "user_devices"),
    *("user_device_history", "task_queue", "servers", "orgparam", "altnames", "disabled_plugins"),
]


def structure(directory: Directory) -> dict[str, object]:
    """What information_schema says of all tables, without the names of keys."""
    found: dict[str, object] = {}
    with directory.engine.connect() as connection:
        tables = inspect(connection)
        for table in sorted(set(tables.get_table_names()) - {"alembic_version"}):
            columns = connection.execute(
                sql(
                    "SELECT column_name, column_type, is_nullable, column_default, extra, character_set_name"
                    " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = :table"
                ),
                {"table": table},
            ).all()
            unique = {tuple(one["column_names"]) for one in tables.get_indexes(table) if one["unique"]}
            plain = {tuple(one["column_names"]) for one in tables.get_indexes(table) if not one["unique"]}
            foreign = {
                (
                    tuple(one["constrained_columns"]),
                    one["referred_table"],
                    str(sorted(one["options"].items())),
                )
                for one in tables.get_foreign_keys(table)
            }
            found[table] = {
                "columns": {row[0]: tuple(row[1:]) for row in columns},
                "primary": tuple(tables.get_pk_constraint(table)["constrained_columns"]),
                "unique": unique,
                "plain": plain,
                "foreign": foreign,
            }
    return found


def test_creation_says_what_the_manual_shows(empty: Directory) -> None:
    told: list[str] = []

    schema.create(empty, told.append)

    assert told == SHOWN
    assert schema.version(empty) == 133
    schema.require_current(empty)
    assert schema.is_current(empty)


def test_every_table_of_the_models_is_created() -> None:
    assert sorted(name for name, _ in schema.CREATION) == sorted(Base.metadata.tables)


def test_creation_refuses_a_database_with_tables(directory: Directory) -> None:
    with pytest.raises(SchemaError, match="gromox-dbop -U"):
        schema.create(directory)


def test_upgrade_of_the_newest_changes_nothing(directory: Directory) -> None:
    told: list[int] = []

    assert schema.upgrade(directory, told.append) == 133
    assert told == []
    assert schema.is_current(directory)


def test_upgrade_without_tables_says_what_to_do(empty: Directory) -> None:
    with pytest.raises(SchemaError, match="gromox-dbop -C"):
        schema.upgrade(empty)
    with pytest.raises(SchemaError, match="gromox-dbop -C"):
        schema.require_current(empty)


def test_a_newer_database_is_left_alone(directory: Directory) -> None:
    with directory.writing() as session:
        session.execute(sql("UPDATE options SET value = '134' WHERE `key` = 'schemaversion'"))

    assert not schema.is_current(directory)
    for refuse in (schema.upgrade, schema.require_current):
        with pytest.raises(SchemaError, match="134"):
            refuse(directory)


def test_mariadb_has_what_the_fact_sheet_says(on_mariadb: Directory) -> None:
    schema.create(on_mariadb)
    with on_mariadb.engine.connect() as connection:
        rows = connection.execute(
            sql(
                "SELECT table_name, column_name, column_type, is_nullable, character_set_name, column_default"
                " FROM information_schema.columns WHERE table_schema = DATABASE()"
            )
        ).all()
    columns = {(row[0], row[1]): tuple(row[2:]) for row in rows}

    for place, fact in {
        ("options", "key"): ("varchar(32)", "NO", "ascii", None),
        ("orgparam", "key"): ("varchar(32)", "NO", "ascii", None),
        ("domains", "id"): ("int(10) unsigned", "NO", None, None),
        ("domains", "domainname"): ("varchar(255)", "NO", "ascii", None),
        ("domains", "homeserver"): ("tinyint(5)", "NO", None, "0"),
        ("domains", "end_day"): ("date", "NO", None, None),
        ("domains", "sync_policy"): ("text", "YES", "ascii", "NULL"),
        ("domains", "title"): ("varchar(128)", "NO", "utf8mb4", "''"),
        ("users", "username"): ("varchar(320)", "NO", "ascii", None),
        ("users", "password"): ("varchar(136)", "NO", "ascii", "''"),
        ("users", "altname"): ("varchar(64)", "YES", "utf8mb4", "NULL"),
        ("users", "homeserver"): ("tinyint(5) unsigned", "NO", None, "0"),
        ("users", "address_status"): ("tinyint(4)", "NO", None, "0"),
        ("users", "externid"): ("varbinary(64)", "YES", None, "NULL"),
        ("user_properties", "order_id"): ("int(10) unsigned", "NO", None, "1"),
        ("user_properties", "propval_bin"): ("varbinary(4096)", "YES", None, "NULL"),
        ("user_properties", "propval_str"): ("varchar(4096)", "YES", "utf8mb4", "NULL"),
        ("altnames", "altname"): ("varchar(320)", "NO", "utf8mb4", None),
        ("associations", "list_id"): ("int(10)", "NO", None, None),
        ("mlists", "list_privilege"): ("tinyint(4)", "NO", None, "0"),
        ("configs", "value"): ("varchar(255)", "NO", "utf8mb4", "''"),
        ("servers", "id"): ("tinyint(5) unsigned", "NO", None, None),
        ("tasq", "state"): ("tinyint(3) unsigned", "NO", None, "0"),
        ("tasq", "created"): ("timestamp", "NO", None, "current_timestamp()"),
        ("fetchmail", "id"): ("int(11) unsigned", "NO", None, None),
        ("fetchmail", "sslfingerprint"): ("varchar(255)", "YES", "latin1", "NULL"),
        ("fetchmail", "active"): ("tinyint(1) unsigned", "NO", None, "1"),
        ("disabled_plugins", "plugin"): ("varchar(128)", "NO", "utf8mb4", None),
    }.items():
        assert (place, columns[place]) == (place, fact)


def test_a_database_of_number_0_becomes_like_a_new_one(on_mariadb: Directory, mariadb_server: object) -> None:
    told: list[str] = []
    schema.create_old(on_mariadb, told.append)
    assert told[:2] == ["aliases", "associations"]
    assert schema.version(on_mariadb) == 0
    reached: list[int] = []

    assert schema.upgrade(on_mariadb, reached.append) == 0
    upgraded = structure(on_mariadb)

    assert reached[-1] == 133
    with on_mariadb.engine.begin() as connection:
        connection.execute(sql("SET foreign_key_checks = 0"))
        for table in inspect(connection).get_table_names():
            connection.execute(sql(f"DROP TABLE `{table}`"))
        connection.execute(sql("SET foreign_key_checks = 1"))
    schema.create(on_mariadb)
    new = structure(on_mariadb)
    assert sorted(upgraded) == sorted(new)
    for table in new:
        assert (table, upgraded[table]) == (table, new[table])
