"""Column types that are exact on MariaDB and meaningful on SQLite, and the base of all tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

_MYSQL: Final = ("mysql", "mariadb")
_ASCII: Final = "ascii"
_ASCII_COLLATION: Final = "ascii_general_ci"

#: Options of every table on MariaDB. The collation is written out because newer servers have another default.
TABLE_OPTIONS: Final = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_general_ci",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_general_ci",
}

#: Widths that occur again and again.
ADDRESS_WIDTH: Final = 320
PASSWORD_WIDTH: Final = 136


class Base(DeclarativeBase):
    """The user database."""

    # Names of indexes are global in SQLite, so the table is part of each.
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s",
            "uq": "%(table_name)s_%(column_0_N_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        }
    )


def u32() -> TypeEngine[int]:
    """``int(10) unsigned``."""
    return Integer().with_variant(mysql.INTEGER(display_width=10, unsigned=True), *_MYSQL)


def signed_int(width: int) -> TypeEngine[int]:
    """``int(width)``."""
    return Integer().with_variant(mysql.INTEGER(display_width=width), *_MYSQL)


def unsigned_int(width: int) -> TypeEngine[int]:
    """``int(width) unsigned`` of another display width than 10."""
    return Integer().with_variant(mysql.INTEGER(display_width=width, unsigned=True), *_MYSQL)


def tiny(width: int, *, unsigned: bool = False) -> TypeEngine[int]:
    """``tinyint(width)``."""
    return Integer().with_variant(mysql.TINYINT(display_width=width, unsigned=unsigned), *_MYSQL)


def ascii_text(width: int) -> TypeEngine[str]:
    """``varchar(width)`` of ASCII, compared without regard to case on both databases."""
    return String(width, collation="NOCASE").with_variant(
        mysql.VARCHAR(width, charset=_ASCII, collation=_ASCII_COLLATION), *_MYSQL
    )


def text(width: int) -> TypeEngine[str]:
    """``varchar(width)`` in the character set of the table."""
    return String(width, collation="NOCASE").with_variant(mysql.VARCHAR(width), *_MYSQL)


def other_text(width: int, charset: str) -> TypeEngine[str]:
    """``varchar(width)`` in a character set of its own."""
    return String(width).with_variant(mysql.VARCHAR(width, charset=charset), *_MYSQL)


def long_text(*, is_ascii: bool = False) -> TypeEngine[str]:
    """``text``, in ASCII or in the character set of the table."""
    variant = mysql.TEXT(charset=_ASCII, collation=_ASCII_COLLATION) if is_ascii else mysql.TEXT()
    return Text().with_variant(variant, *_MYSQL)


def octets(width: int) -> TypeEngine[bytes]:
    """``varbinary(width)``."""
    return LargeBinary(width).with_variant(mysql.VARBINARY(width), *_MYSQL)
