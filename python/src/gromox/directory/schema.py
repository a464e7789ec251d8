"""Creating and upgrading the tables.

Spec:
    Fact sheet db-schema.md (schema number in ``options.schemaversion``; a missing table means 0); manual,
    "Gromox user database" (``gromox-dbop -C`` and ``-U``).
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import exc, inspect
from sqlalchemy import text as sql

from gromox.directory import migrations
from gromox.directory.engine import WRITES, translated
from gromox.directory.errors import SchemaError
from gromox.directory.migrations import birth
from gromox.directory.migrations.alteration import Alteration
from gromox.directory.migrations.ladder import LADDER
from gromox.directory.model import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, MetaData

    from gromox.directory.directory import Directory

#: The newest schema number this program knows.
NEWEST: Final = 133
#: The Alembic revision that stands for it.
_REVISION: Final = "gx133"
_LOCK_SECONDS: Final = 10
_NAMED: Final = 5  #: tables that an error names

#: What is created, in which order and under which title. The titles and their order are those of the manual.
#: Two tables it shows, hierarchy and members, no longer exist (schema numbers 113 to 122) and are not claimed
#: to be made; the four at the end came later. The queue of tasks goes by the name it has there, its table is
#: tasq. mlists stands before users although it refers to it: foreign keys are not checked meanwhile.
CREATION: Final = (
    *((name, name) for name in ("admin_roles", "associations", "configs", "domains", "forwards", "groups")),
    *(
        (name, name)
        for name in ("mlists", "options", "orgs", "specifieds", "users", "aliases", "user_properties")
    ),
    *((name, name) for name in ("admin_role_permission_relation", "admin_user_role_relation", "classes")),
    *((name, name) for name in ("fetchmail", "secondary_store_hints", "user_devices", "user_device_history")),
    ("tasq", "task_queue"),
    *((name, name) for name in ("servers", "orgparam", "altnames", "disabled_plugins")),
)

_DENIED: Final = frozenset({1044, 1142, 1227})
_WRONG_PASSWORD: Final = 1045
_UNKNOWN_DATABASE: Final = 1049


def version(directory: Directory) -> int | None:
    """Return the schema number of a database; None: it has no tables of ours.

    Raises:
        UnavailableError: the database does not answer.
    """
    with _connected(directory, writes=False) as connection:
        return _version(connection)


def create(directory: Directory, tell: Callable[[str], None] = lambda _title: None) -> None:
    """Create the newest schema; ``tell`` hears the title of each table before it is made.

    Raises:
        SchemaError: there are tables already, or the account may not create them. Nothing is left behind.
    """
    with _connected(directory, writes=True) as connection, _alone(connection):
        _refuse_existing(connection, Base.metadata)
        made: list[str] = []
        try:
            _foreign_key_checks(connection, on=False)
            for name, title in CREATION:
                tell(title)
                Base.metadata.tables[name].create(connection)
                made.append(name)
            connection.execute(
                sql("INSERT INTO options (`key`, value) VALUES ('schemaversion', :number)"),
                {"number": str(NEWEST)},
            )
            _alembic(connection, lambda config: command.stamp(config, _REVISION))
            connection.commit()
        except exc.SQLAlchemyError:
            connection.rollback()
            for name in reversed(made):
                Base.metadata.tables[name].drop(connection, checkfirst=True)
            connection.commit()
            raise
        finally:
            _foreign_key_checks(connection, on=True)


def create_old(directory: Directory, tell: Callable[[str], None] = lambda _title: None) -> None:
    """Create the tables of schema number 0, to try an upgrade on.

    Raises:
        SchemaError: there are tables already, or the database is not MariaDB.
    """
    with _connected(directory, writes=True) as connection:
        if connection.dialect.name == "sqlite":
            raise SchemaError("schema number 0 exists on MariaDB only")
        _refuse_existing(connection, birth.METADATA)
        for name in birth.TABLES:
            tell(name)
            birth.METADATA.tables[name].create(connection)
        connection.commit()


def upgrade(directory: Directory, tell: Callable[[int], None] = lambda _number: None) -> int:
    """Bring a database to the newest schema and return its former number; ``tell`` hears each one reached.

    The number is stored after each step, so an upgrade that broke off goes on where it was.

    Raises:
        SchemaError: there are no tables, they are newer than this program, or data stands in the way.
    """
    with _connected(directory, writes=True) as connection, _alone(connection):
        former = _version(connection)
        if former is None:
            raise SchemaError("the database has no tables; create them with gromox-dbop -C")
        _refuse_newer(former)
        if former < NEWEST and connection.dialect.name == "sqlite":
            raise SchemaError(
                f"an SQLite database cannot have schema number {former}; it was made by something else"
            )
        change = Alteration(connection)
        for step in LADDER:
            if step.number > former:
                step.run(change)
                _store_version(connection, step.number)
                connection.commit()
                tell(step.number)
        if not inspect(connection).has_table("alembic_version"):
            _alembic(connection, lambda config: command.stamp(config, _REVISION))
        _alembic(connection, lambda config: command.upgrade(config, "head"))
        connection.commit()
    return former


def is_current(directory: Directory) -> bool:
    """Tell whether an upgrade would find nothing to do; much cheaper than to try one.

    Raises:
        UnavailableError: the database does not answer.
    """
    with _connected(directory, writes=False) as connection:
        if _version(connection) != NEWEST or not inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalars(sql("SELECT version_num FROM alembic_version")).all() == [_REVISION]


def require_current(directory: Directory) -> None:
    """Check that this program suits the database; for daemons, when they start.

    Raises:
        SchemaError: it does not; the text says what to do.
    """
    number = version(directory)
    if number is None:
        raise SchemaError("the user database has no tables; create them with gromox-dbop -C")
    _refuse_newer(number)
    if number < NEWEST:
        raise SchemaError(f"the user database has schema number {number}, not {NEWEST}; run gromox-dbop -U")


def _version(connection: Connection) -> int | None:
    tables = inspect(connection)
    if not tables.has_table("options"):
        return 0 if tables.has_table("users") else None
    value = connection.scalar(sql("SELECT value FROM options WHERE `key` = 'schemaversion'"))
    if value is None:
        return 0 if tables.has_table("users") else None
    if not str(value).isdigit():
        raise SchemaError(f"options.schemaversion is {value!r}, which is no number; restore it from a backup")
    return int(value)


def _store_version(connection: Connection, number: int) -> None:
    connection.execute(
        sql("REPLACE INTO options (`key`, value) VALUES ('schemaversion', :number)"), {"number": str(number)}
    )


def _refuse_newer(number: int) -> None:
    if number > NEWEST:
        raise SchemaError(
            f"the user database has schema number {number}, this program knows {NEWEST}; "
            "nothing was changed. Install the release that upgraded it, or a newer one"
        )


def _refuse_existing(connection: Connection, metadata: MetaData) -> None:
    present = sorted(
        set(inspect(connection).get_table_names()) & (set(metadata.tables) | {"alembic_version"})
    )
    if present:
        named = ", ".join(present[:_NAMED]) + (", …" if len(present) > _NAMED else "")
        raise SchemaError(
            f"the database has tables already ({named}); "
            "upgrade them with gromox-dbop -U, or name an empty database"
        )


def _foreign_key_checks(connection: Connection, *, on: bool) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(sql(f"SET SESSION foreign_key_checks = {int(on)}"))


def _alembic(connection: Connection, run: Callable[[Config], None]) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    run(config)


@contextmanager
def _connected(directory: Directory, *, writes: bool) -> Iterator[Connection]:
    try:
        with directory.engine.connect().execution_options(**{WRITES: writes}) as connection:
            yield connection
    except exc.DBAPIError as error:
        raise _explained(error) from error


def _explained(error: exc.DBAPIError) -> Exception:
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if number == _WRONG_PASSWORD:
        return SchemaError(
            f"the database refused the login: {error.orig}; look at mysql_username and mysql_password"
        )
    if number in _DENIED:
        return SchemaError(
            f"the database account lacks rights: {error.orig}. Grant it all on the database: "
            "GRANT ALL ON `<database>`.* TO '<user>'@'<host>'"
        )
    if number == _UNKNOWN_DATABASE:
        return SchemaError(
            f"the database does not exist: {error.orig}. Create it: CREATE DATABASE `<database>`"
        )
    return translated(error) or SchemaError(f"the database refused a change of its tables: {error.orig}")


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep two machines from changing the tables at once; SQLite's write lock does that by itself."""
    if connection.dialect.name == "sqlite":
        yield
        return
    name = "CONCAT('gromox-schema-', DATABASE())"
    if connection.scalar(sql(f"SELECT GET_LOCK({name}, {_LOCK_SECONDS})")) != 1:
        raise SchemaError("another process is changing the tables; wait until it is done")
    try:
        yield
    finally:
        connection.execute(sql(f"SELECT RELEASE_LOCK({name})"))
