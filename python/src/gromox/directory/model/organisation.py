"""Organisations, domains and servers."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation at run time

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from gromox.directory.model.base import TABLE_OPTIONS, Base, ascii_text, long_text, text, tiny, u32


class Org(Base):
    """A group of domains; id 0, which has no row, means none."""

    __tablename__ = "orgs"
    __table_args__ = (TABLE_OPTIONS,)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(text(32))
    description: Mapped[str | None] = mapped_column(text(128))


class OrgParam(Base):
    """A setting of one organisation, among them its LDAP server."""

    __tablename__ = "orgparam"
    __table_args__ = (TABLE_OPTIONS,)

    org_id: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("orgs.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    key: Mapped[str] = mapped_column(ascii_text(32), primary_key=True)
    value: Mapped[str | None] = mapped_column(text(255))


class Domain(Base):
    """A mail domain and its public store."""

    __tablename__ = "domains"
    __table_args__ = (
        UniqueConstraint("domainname"),
        Index(None, "homedir"),
        Index(None, "org_id"),
        # An id may stand in access lists of stores, so it is never given twice.
        {**TABLE_OPTIONS, "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    org_id: Mapped[int] = mapped_column(u32(), server_default=sql("'0'"))
    domainname: Mapped[str] = mapped_column(ascii_text(255))
    homeserver: Mapped[int] = mapped_column(tiny(5), server_default=sql("'0'"))
    homedir: Mapped[str] = mapped_column(text(128), server_default=sql("''"))
    max_user: Mapped[int] = mapped_column(u32())
    title: Mapped[str] = mapped_column(text(128), server_default=sql("''"))
    address: Mapped[str] = mapped_column(text(128), server_default=sql("''"))
    admin_name: Mapped[str] = mapped_column(text(32), server_default=sql("''"))
    tel: Mapped[str] = mapped_column(text(64), server_default=sql("''"))
    end_day: Mapped[date] = mapped_column(Date)
    domain_status: Mapped[int] = mapped_column(tiny(4), server_default=sql("'0'"))
    sync_policy: Mapped[str | None] = mapped_column(long_text(is_ascii=True))
    chat_id: Mapped[str | None] = mapped_column(text(26))


class Server(Base):
    """A host that holds mailboxes."""

    __tablename__ = "servers"
    __table_args__ = (UniqueConstraint("hostname"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(tiny(5, unsigned=True), primary_key=True, autoincrement=True)
    hostname: Mapped[str] = mapped_column(ascii_text(255))
    extname: Mapped[str] = mapped_column(ascii_text(255))


class DisabledPlugin(Base):
    """A web plugin that users of a domain do not get."""

    __tablename__ = "disabled_plugins"
    __table_args__ = (TABLE_OPTIONS,)

    domain_id: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("domains.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    plugin: Mapped[str] = mapped_column(text(128), primary_key=True)
