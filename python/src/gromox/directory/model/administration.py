"""What the administration keeps: options, configuration in the database, roles, tasks, fetchmail."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotation at run time
from typing import Final

from sqlalchemy import Enum, FetchedValue, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from gromox.directory.model.base import (
    ADDRESS_WIDTH,
    TABLE_OPTIONS,
    Base,
    ascii_text,
    long_text,
    other_text,
    text,
    tiny,
    u32,
    unsigned_int,
)

_AUTHENTICATION: Final = (
    *("password", "kerberos_v5", "kerberos", "kerberos_v4", "gssapi"),
    *("cram-md5", "otp", "ntlm", "msn", "ssh", "any"),
)
_PROTOCOLS: Final = ("POP3", "IMAP", "POP2", "ETRN", "AUTO")


class Option(Base):
    """A fact about the database itself; the only one known is ``schemaversion``."""

    __tablename__ = "options"
    __table_args__ = (TABLE_OPTIONS,)

    key: Mapped[str] = mapped_column(ascii_text(32), primary_key=True)
    value: Mapped[str | None] = mapped_column(text(255))


class Config(Base):
    """A line of a configuration file that is kept in the database (dbconf)."""

    __tablename__ = "configs"
    __table_args__ = (
        UniqueConstraint("service", "file", "key"),
        Index(None, "service"),
        Index(None, "file"),
        TABLE_OPTIONS,
    )

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    service: Mapped[str] = mapped_column(text(200))
    file: Mapped[str] = mapped_column(text(200))
    key: Mapped[str] = mapped_column(text(200))
    value: Mapped[str] = mapped_column(text(255), server_default=sql("''"))


class AdminRole(Base):
    """A set of permissions of the administration."""

    __tablename__ = "admin_roles"
    __table_args__ = (UniqueConstraint("name"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(text(32))
    description: Mapped[str | None] = mapped_column(text(256))


class AdminRolePermission(Base):
    """A permission of a role."""

    __tablename__ = "admin_role_permission_relation"
    __table_args__ = (Index(None, "role_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    role_id: Mapped[int] = mapped_column(u32(), ForeignKey("admin_roles.id"))
    permission: Mapped[str] = mapped_column(text(64))
    parameters: Mapped[str | None] = mapped_column("parameters", long_text())


class AdminUserRole(Base):
    """A role of a user."""

    __tablename__ = "admin_user_role_relation"
    __table_args__ = (Index(None, "role_id"), TABLE_OPTIONS)

    user_id: Mapped[int] = mapped_column(
        u32(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    role_id: Mapped[int] = mapped_column(
        u32(), ForeignKey("admin_roles.id"), primary_key=True, autoincrement=False
    )


class Task(Base):
    """A task of the administration's queue."""

    __tablename__ = "tasq"
    __table_args__ = (Index(None, "state"), Index(None, "updated"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    command: Mapped[str] = mapped_column(text(16))
    state: Mapped[int] = mapped_column(tiny(3, unsigned=True), server_default=sql("'0'"))
    created: Mapped[datetime] = mapped_column(
        TIMESTAMP().with_variant(mysql.TIMESTAMP(), "mysql", "mariadb"),
        server_default=sql("CURRENT_TIMESTAMP"),
    )
    updated: Mapped[datetime] = mapped_column(
        TIMESTAMP().with_variant(mysql.TIMESTAMP(), "mysql", "mariadb"),
        server_default=sql("CURRENT_TIMESTAMP"),
    )
    message: Mapped[str] = mapped_column(text(160), server_default=sql("''"))
    access: Mapped[str | None] = mapped_column(long_text())
    params: Mapped[str | None] = mapped_column(long_text())


class Fetchmail(Base):
    """A mailbox elsewhere whose mail is fetched for a user."""

    __tablename__ = "fetchmail"
    __table_args__ = (Index(None, "user_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(unsigned_int(11), primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(
        u32(), ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE")
    )
    mailbox: Mapped[str] = mapped_column(text(ADDRESS_WIDTH))
    active: Mapped[int] = mapped_column(tiny(1, unsigned=True), server_default=sql("'1'"))
    src_server: Mapped[str] = mapped_column(text(255))
    src_auth: Mapped[str] = mapped_column(Enum(*_AUTHENTICATION), server_default=sql("'password'"))
    src_user: Mapped[str] = mapped_column(text(255))
    src_password: Mapped[str] = mapped_column(text(255))
    src_folder: Mapped[str] = mapped_column(text(255))
    fetchall: Mapped[int] = mapped_column(tiny(1, unsigned=True), server_default=sql("'0'"))
    keep: Mapped[int] = mapped_column(tiny(1, unsigned=True), server_default=sql("'1'"))
    protocol: Mapped[str] = mapped_column(Enum(*_PROTOCOLS), server_default=sql("'IMAP'"))
    usessl: Mapped[int] = mapped_column(tiny(1, unsigned=True), server_default=sql("'1'"))
    sslcertck: Mapped[int] = mapped_column(tiny(1, unsigned=True), server_default=sql("'0'"))
    sslcertpath: Mapped[str | None] = mapped_column(other_text(255, "utf8mb3"))
    sslfingerprint: Mapped[str | None] = mapped_column(other_text(255, "latin1"))
    extra_options: Mapped[str | None] = mapped_column(long_text())
    date: Mapped[datetime] = mapped_column(
        TIMESTAMP().with_variant(mysql.TIMESTAMP(), "mysql", "mariadb"),
        server_default=sql("CURRENT_TIMESTAMP"),
        server_onupdate=FetchedValue(),
    )
