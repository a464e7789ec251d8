"""Distribution lists, departments and the older kinds of groups."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from gromox.directory.model.base import (
    ADDRESS_WIDTH,
    PASSWORD_WIDTH,
    TABLE_OPTIONS,
    Base,
    ascii_text,
    long_text,
    signed_int,
    text,
    tiny,
    u32,
)


class Mlist(Base):
    """A distribution list; its users row carries the address and the display type."""

    __tablename__ = "mlists"
    __table_args__ = (
        UniqueConstraint("listname"),
        Index(None, "domain_id"),
        TABLE_OPTIONS,
    )

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    listname: Mapped[str] = mapped_column(
        ascii_text(ADDRESS_WIDTH), ForeignKey("users.username", ondelete="CASCADE", onupdate="CASCADE")
    )
    domain_id: Mapped[int] = mapped_column(u32())
    list_type: Mapped[int] = mapped_column(tiny(4))
    list_privilege: Mapped[int] = mapped_column(tiny(4), server_default=sql("'0'"))


class Association(Base):
    """A member of a list."""

    __tablename__ = "associations"
    __table_args__ = (Index(None, "username"), TABLE_OPTIONS)

    list_id: Mapped[int] = mapped_column(signed_int(10), primary_key=True, autoincrement=False)
    username: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH), primary_key=True)


class Specified(Base):
    """A sender (an address or a whole domain) that may write to a restricted list."""

    __tablename__ = "specifieds"
    __table_args__ = (Index(None, "list_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH))
    list_id: Mapped[int] = mapped_column(signed_int(10))


class Group(Base):
    """A department."""

    __tablename__ = "groups"
    __table_args__ = (UniqueConstraint("groupname"), Index(None, "domain_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    groupname: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH))
    password: Mapped[str] = mapped_column(ascii_text(PASSWORD_WIDTH), server_default=sql("''"))
    domain_id: Mapped[int] = mapped_column(u32())
    title: Mapped[str] = mapped_column(text(128))


class GroupClass(Base):
    """A group by filter; kept for old data."""

    __tablename__ = "classes"
    __table_args__ = (Index(None, "listname"), Index(None, "domain_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    classname: Mapped[str] = mapped_column(text(128))
    listname: Mapped[str] = mapped_column(
        ascii_text(ADDRESS_WIDTH), ForeignKey("users.username", ondelete="CASCADE", onupdate="CASCADE")
    )
    filters: Mapped[str | None] = mapped_column(long_text())
    domain_id: Mapped[int] = mapped_column(u32(), ForeignKey("domains.id"))
