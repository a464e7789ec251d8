"""The tables of schema number 0, as the oldest databases in use have them (``gromox-dbop --create-old``).

They exist to prove that such a database can be upgraded. MariaDB only; SQLite databases begin with number
133.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Date, Index, MetaData, Table, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.mysql import INTEGER, TINYINT, VARCHAR

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem
_EMPTY: Final = sql("''")
_ZERO: Final = sql("0")

METADATA: Final = MetaData()


def _id() -> Column[int]:
    return Column("id", INTEGER(display_width=10, unsigned=True), primary_key=True, autoincrement=True)


def _number(name: str, *, default: bool = False, unsigned: bool = True) -> Column[int]:
    kind = INTEGER(display_width=10, unsigned=unsigned)
    return Column(name, kind, nullable=False, server_default=_ZERO if default else None)


def _code(name: str, *, default: bool = True) -> Column[int]:
    return Column(name, TINYINT(display_width=4), nullable=False, server_default=_ZERO if default else None)


def _text(name: str, width: int, *, default: bool = False, nullable: bool = False) -> Column[str]:
    return Column(name, VARCHAR(width), nullable=nullable, server_default=_EMPTY if default else None)


def _table(name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        METADATA,
        *items,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_general_ci",
    )


def _day(name: str) -> Column[object]:
    return Column(name, Date, nullable=False)


_table(
    "aliases",
    _id(),
    _text("aliasname", 128),
    _text("mainname", 128),
    UniqueConstraint("aliasname", name="aliasname"),
    Index("mainname", "mainname"),
)
_table(
    "associations",
    _id(),
    _text("username", 128),
    _number("list_id", unsigned=False),
    UniqueConstraint("list_id", "username", name="list_id_2"),
    Index("username", "username"),
    Index("list_id", "list_id"),
)
_table(
    "classes",
    _id(),
    _text("classname", 128),
    _text("listname", 128, nullable=True),
    _number("domain_id"),
    _number("group_id"),
    Index("listname", "listname"),
    Index("domain_id", "domain_id"),
    Index("group_id", "group_id"),
)
_table(
    "domains",
    _id(),
    _number("org_id", default=True),
    _text("domainname", 64),
    _text("password", 40, default=True),
    _text("homedir", 128, default=True),
    _text("media", 64, default=True),
    _number("max_size"),
    _number("max_user"),
    _text("title", 128, default=True),
    _text("address", 128, default=True),
    _text("admin_name", 32, default=True),
    _text("tel", 64, default=True),
    _day("create_day"),
    _day("end_day"),
    _number("privilege_bits"),
    _code("domain_status"),
    _code("domain_type"),
    UniqueConstraint("domainname", name="domainname"),
    Index("homedir", "homedir", "domain_type"),
    Index("org_id", "org_id"),
)
_table(
    "forwards",
    _id(),
    _text("username", 128),
    _code("forward_type"),
    _text("destination", 128),
    UniqueConstraint("username", name="username"),
)
_table(
    "groups",
    _id(),
    _text("groupname", 128),
    _text("password", 40, default=True),
    _number("domain_id"),
    _number("max_size"),
    _number("max_user"),
    _text("title", 128),
    _day("create_day"),
    _number("privilege_bits"),
    _code("group_status"),
    UniqueConstraint("groupname", name="groupname"),
    Index("domain_id", "domain_id"),
)
_table(
    "hierarchy",
    _id(),
    _number("class_id"),
    _number("child_id"),
    _number("domain_id"),
    _number("group_id"),
)
_table(
    "members",
    _id(),
    _text("username", 128),
    _number("class_id"),
    _number("domain_id"),
    _number("group_id"),
    UniqueConstraint("class_id", "username", name="class_id_2"),
)
_table("orgs", _id(), _text("memo", 128, default=True))
_table(
    "specifieds",
    _id(),
    _text("username", 128),
    _number("list_id", unsigned=False),
    Index("list_id", "list_id"),
)
_table(
    "users",
    _id(),
    _text("username", 128),
    _text("password", 40, default=True),
    _text("real_name", 32, default=True),
    _text("title", 128, default=True),
    _text("memo", 128, default=True),
    _number("domain_id"),
    _number("group_id"),
    _text("maildir", 128, default=True),
    _number("max_size"),
    _number("max_file"),
    _day("create_day"),
    _text("lang", 32, default=True),
    _text("timezone", 64, default=True),
    _text("mobile_phone", 20, default=True),
    _number("privilege_bits"),
    _code("sub_type"),
    _code("address_status"),
    _code("address_type"),
    _text("cell", 20, default=True),
    _text("tel", 20, default=True),
    _text("nickname", 32, default=True),
    _text("homeaddress", 128, default=True),
    UniqueConstraint("username", name="username"),
    UniqueConstraint("domain_id", "username", name="domain_id_2"),
    UniqueConstraint("group_id", "username", name="group_id_2"),
    Index("group_id", "group_id"),
    Index("domain_id", "domain_id"),
    Index("maildir", "maildir", "address_type"),
)
_table(
    "mlists",
    _id(),
    _text("listname", 128),
    _number("domain_id"),
    _code("list_type", default=False),
    _code("list_privilege"),
    UniqueConstraint("listname", name="listname"),
    Index("domain_id", "domain_id"),
)
#: The order in which the tables are created and named on the screen.
TABLES: Final = (
    *("aliases", "associations", "classes", "domains", "forwards", "groups"),
    *("hierarchy", "members", "orgs", "specifieds", "users", "mlists"),
)
