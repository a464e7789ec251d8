"""Configuration that is kept in the database: service, file, key and value.

Spec:
    Fact sheet db-schema.md, "configs": names of at most 200 characters, values of at most 255.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete as sql_delete
from sqlalchemy import select

from gromox.directory import names
from gromox.directory.errors import InvalidError
from gromox.directory.model import Config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.directory.directory import Directory

NAME_WIDTH: Final = 200
VALUE_WIDTH: Final = 255
MOST_KEYS: Final = 10_000  #: of one change


def services(directory: Directory) -> Sequence[str]:
    """Return the services that have files, sorted."""
    with directory.reading() as session:
        return session.scalars(select(Config.service).distinct().order_by(Config.service)).all()


def files(directory: Directory, service: str) -> Sequence[str]:
    """Return the files of a service, sorted."""
    query = select(Config.file).where(Config.service == service).distinct().order_by(Config.file)
    with directory.reading() as session:
        return session.scalars(query).all()


def read(directory: Directory, service: str, file: str) -> dict[str, str]:
    """Return keys and values of a file, by key; empty if there is none."""
    query = select(Config.key, Config.value).where(Config.service == service, Config.file == file)
    with directory.reading() as session:
        return {key: value for key, value in session.execute(query.order_by(Config.key))}  # noqa: C416 - rows


def change(directory: Directory, service: str, file: str, values: Mapping[str, str | None]) -> None:
    """Set keys of a file, or remove those whose value is None, in one transaction.

    Raises:
        InvalidError: a name is empty, or a name or value is too long.
    """
    if len(values) > MOST_KEYS:
        raise InvalidError(f"at most {MOST_KEYS} keys can be changed at once")
    for name in (service, file, *values):
        _check_name(name)
    with directory.writing() as session:
        query = select(Config).where(Config.service == service, Config.file == file)
        present = {row.key: row for row in session.scalars(query)}
        for key, value in values.items():
            row = present.get(key)
            if value is None:
                if row is not None:
                    session.delete(row)
                continue
            fitted = names.fitted(value, VALUE_WIDTH, f"value of {key}")
            if row is None:
                session.add(Config(service=service, file=file, key=key, value=fitted))
            else:
                row.value = fitted


def delete(directory: Directory, service: str, file: str | None = None) -> int:
    """Remove a file, or all of a service, and return how many keys that were."""
    found = 0
    for each in [file] if file is not None else files(directory, service):
        found += len(read(directory, service, each))
        statement = sql_delete(Config).where(Config.service == service, Config.file == each)
        with directory.writing() as session:
            session.execute(statement.execution_options(synchronize_session=False))
    return found


def _check_name(name: str) -> None:
    if not name or len(name) > NAME_WIDTH or not name.isprintable():
        raise InvalidError(f"'{name[:50]}': names have 1 to {NAME_WIDTH} printable characters")
