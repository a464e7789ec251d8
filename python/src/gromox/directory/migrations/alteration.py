"""Changes to tables that look before they act: a step that broke off can be run again. MariaDB only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect
from sqlalchemy import text as sql
from sqlalchemy.schema import CreateColumn

from gromox.directory.errors import SchemaError
from gromox.directory.model import Base

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Connection, Table
    from sqlalchemy.engine.reflection import Inspector


class Alteration:
    """The tables of one database, to be brought nearer to the models."""

    def __init__(self, connection: Connection) -> None:
        """Work on ``connection``."""
        self._connection = connection

    def run(self, statement: str, **values: object) -> int:
        """Run a statement that may be repeated harmlessly; return the number of rows it touched."""
        return self._connection.execute(sql(statement), values).rowcount

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table."""
        return self._inspect().has_table(name)

    def has_column(self, table: str, column: str) -> bool:
        """Tell whether a table has a column."""
        return self.has_table(table) and any(
            found["name"] == column for found in self._inspect().get_columns(table)
        )

    def create(self, name: str) -> None:
        """Create a table as the models have it, unless it is there."""
        _table(name).create(self._connection, checkfirst=True)

    def drop_table(self, name: str) -> None:
        """Drop a table if it is there."""
        self.run(f"DROP TABLE IF EXISTS {_quoted(name)}")

    def add(self, table: str, column: str) -> None:
        """Add a column as the models have it, unless it is there."""
        if not self.has_column(table, column):
            self.run(f"ALTER TABLE {_quoted(table)} ADD COLUMN {self._definition(table, column)}")

    def shape(self, table: str, column: str) -> None:
        """Give a column the type and default of the models."""
        self.run(f"ALTER TABLE {_quoted(table)} MODIFY COLUMN {self._definition(table, column)}")

    def shape_as(self, table: str, column: str, definition: str) -> None:
        """Give a column that the models no longer have a type."""
        if self.has_column(table, column):
            self.run(f"ALTER TABLE {_quoted(table)} MODIFY COLUMN {_quoted(column)} {definition}")

    def drop(self, table: str, *columns: str) -> None:
        """Drop columns that are there."""
        for column in columns:
            if self.has_column(table, column):
                self.run(f"ALTER TABLE {_quoted(table)} DROP COLUMN {_quoted(column)}")

    def primary_key(self, table: str, *columns: str) -> None:
        """Make these the primary key."""
        present = self._inspect().get_pk_constraint(table)["constrained_columns"]
        if list(columns) == list(present):
            return
        dropping = "DROP PRIMARY KEY, " if present else ""
        self.run(f"ALTER TABLE {_quoted(table)} {dropping}ADD PRIMARY KEY ({_list(columns)})")

    def index(self, table: str, *columns: str, unique: bool = False) -> None:
        """Add an index over exactly these columns unless there is one."""
        for found in self._inspect().get_indexes(table):
            if found["column_names"] == list(columns) and bool(found["unique"]) == unique:
                return
        kind = "UNIQUE " if unique else ""
        name = "_".join((table, *columns))
        self.run(f"ALTER TABLE {_quoted(table)} ADD {kind}INDEX {_quoted(name)} ({_list(columns)})")

    def drop_index(self, table: str, *columns: str) -> None:
        """Drop every index over exactly these columns; the primary key stays."""
        for found in self._inspect().get_indexes(table):
            if found["column_names"] == list(columns) and found["name"]:
                self.run(f"ALTER TABLE {_quoted(table)} DROP INDEX {_quoted(found['name'])}")

    def foreign_keys(self, table: str) -> None:
        """Give a table the foreign keys of the models; others on the same columns go.

        Raises:
            SchemaError: rows refer to something that does not exist.
        """
        for constraint in sorted(_table(table).foreign_key_constraints, key=lambda one: str(one.name)):
            (column,), referred = constraint.column_keys, constraint.referred_table.name
            target = constraint.elements[0].column.name
            wanted = (referred, constraint.ondelete or "RESTRICT", constraint.onupdate or "RESTRICT")
            if self._has_foreign_key(table, column, wanted):
                continue
            self._refuse_orphans(table, column, referred, target)
            actions = "".join(
                f" ON {event} {action}"
                for event, action in (("DELETE", constraint.ondelete), ("UPDATE", constraint.onupdate))
                if action
            )
            self.run(
                f"ALTER TABLE {_quoted(table)} ADD CONSTRAINT {_quoted(str(constraint.name))} "
                f"FOREIGN KEY ({_quoted(column)}) REFERENCES {_quoted(referred)} ({_quoted(target)}){actions}"
            )

    def _has_foreign_key(self, table: str, column: str, wanted: tuple[str, str, str]) -> bool:
        for found in self._inspect().get_foreign_keys(table):
            if found["constrained_columns"] != [column]:
                continue
            options = found.get("options", {})
            actions = options.get("ondelete") or "RESTRICT", options.get("onupdate") or "RESTRICT"
            if (found["referred_table"], *actions) == wanted:
                return True
            self.run(f"ALTER TABLE {_quoted(table)} DROP FOREIGN KEY {_quoted(str(found['name']))}")
        return False

    def _refuse_orphans(self, table: str, column: str, referred: str, target: str) -> None:
        child, parent = f"c.{_quoted(column)}", f"p.{_quoted(target)}"
        condition = (
            f"FROM {_quoted(table)} c LEFT JOIN {_quoted(referred)} p ON {parent} = {child} "
            f"WHERE {parent} IS NULL AND {child} IS NOT NULL"
        )
        count = self._connection.scalar(sql(f"SELECT COUNT(*) {condition}")) or 0
        if count:
            raise SchemaError(
                f"{count} rows of table {table} name a {column} that table {referred} does not have; "
                f"look at them with SELECT c.* {condition}; mend or delete them and run the upgrade again"
            )

    def _definition(self, table: str, column: str) -> str:
        found: Column[object] = _table(table).columns[column]
        return str(CreateColumn(found).compile(dialect=self._connection.dialect)).replace(":", "\\:")

    def _inspect(self) -> Inspector:
        # Reflection remembers; each look has to be a fresh one.
        return inspect(self._connection)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _list(columns: Sequence[str]) -> str:
    return ", ".join(map(_quoted, columns))
