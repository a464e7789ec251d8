"""Users and what hangs on them: properties, names, forwards, devices."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotation at run time

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TIMESTAMP

from gromox.directory.model.base import (
    ADDRESS_WIDTH,
    PASSWORD_WIDTH,
    TABLE_OPTIONS,
    Base,
    ascii_text,
    long_text,
    octets,
    text,
    tiny,
    u32,
)


class User(Base):
    """A user, list or contact. Id 0 is the built-in administrator, who has no mailbox."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("altname"),
        UniqueConstraint("domain_id", "username"),
        UniqueConstraint("group_id", "username"),
        Index(None, "domain_id"),
        Index(None, "group_id"),
        Index(None, "maildir"),
        # An id may stand in access lists of stores, so it is never given twice.
        {**TABLE_OPTIONS, "sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH))
    primary_email: Mapped[str | None] = mapped_column(ascii_text(ADDRESS_WIDTH))
    altname: Mapped[str | None] = mapped_column(text(64))
    password: Mapped[str] = mapped_column(ascii_text(PASSWORD_WIDTH), server_default=sql("''"))
    domain_id: Mapped[int] = mapped_column(u32())
    group_id: Mapped[int] = mapped_column(u32())
    # No foreign key, by intent: 0 means any server.
    homeserver: Mapped[int] = mapped_column(tiny(5, unsigned=True), server_default=sql("'0'"))
    maildir: Mapped[str] = mapped_column(text(128), server_default=sql("''"))
    lang: Mapped[str] = mapped_column(text(32), server_default=sql("''"))
    timezone: Mapped[str] = mapped_column(text(64), server_default=sql("''"))
    privilege_bits: Mapped[int] = mapped_column(u32())
    address_status: Mapped[int] = mapped_column(tiny(4), server_default=sql("'0'"))
    externid: Mapped[bytes | None] = mapped_column(octets(64))
    sync_policy: Mapped[str | None] = mapped_column(long_text(is_ascii=True))
    chat_id: Mapped[str | None] = mapped_column(text(26))


class UserProperty(Base):
    """A MAPI property of a user in the address book."""

    __tablename__ = "user_properties"
    __table_args__ = (TABLE_OPTIONS,)

    user_id: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    proptag: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=False)
    order_id: Mapped[int] = mapped_column(
        u32(), primary_key=True, autoincrement=False, server_default=sql("'1'")
    )
    propval_bin: Mapped[bytes | None] = mapped_column(octets(4096))
    propval_str: Mapped[str | None] = mapped_column(text(4096))


class Altname(Base):
    """A further login name; needs not look like an address."""

    __tablename__ = "altnames"
    __table_args__ = (UniqueConstraint("altname"), TABLE_OPTIONS)

    user_id: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    altname: Mapped[str] = mapped_column(text(ADDRESS_WIDTH), primary_key=True)
    magic: Mapped[int] = mapped_column(u32(), server_default=sql("'0'"))


class Alias(Base):
    """A further mail address, also good for logging in."""

    __tablename__ = "aliases"
    __table_args__ = (Index(None, "mainname"), TABLE_OPTIONS)

    aliasname: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH), primary_key=True)
    mainname: Mapped[str] = mapped_column(
        ascii_text(ADDRESS_WIDTH), ForeignKey("users.username", ondelete="CASCADE", onupdate="CASCADE")
    )


class Forward(Base):
    """A standing forward, carried out by Postfix."""

    __tablename__ = "forwards"
    __table_args__ = (UniqueConstraint("username"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    username: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH))
    forward_type: Mapped[int] = mapped_column(tiny(4), server_default=sql("'0'"))
    destination: Mapped[str] = mapped_column(ascii_text(ADDRESS_WIDTH))


class SecondaryStoreHint(Base):
    """A mailbox that clients of ``primary`` are told of, rights permitting."""

    __tablename__ = "secondary_store_hints"
    __table_args__ = (TABLE_OPTIONS,)

    primary: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    secondary: Mapped[int] = mapped_column(
        u32(),
        ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


class UserDevice(Base):
    """An ActiveSync device and the state of its wiping."""

    __tablename__ = "user_devices"
    __table_args__ = (UniqueConstraint("user_id", "device_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(
        u32(), ForeignKey("users.id", ondelete="CASCADE", onupdate="CASCADE")
    )
    device_id: Mapped[str] = mapped_column(text(64))
    status: Mapped[int] = mapped_column(u32(), server_default=sql("'0'"))


class UserDeviceHistory(Base):
    """A change of a device's wipe status."""

    __tablename__ = "user_device_history"
    __table_args__ = (Index(None, "user_device_id"), TABLE_OPTIONS)

    id: Mapped[int] = mapped_column(u32(), primary_key=True, autoincrement=True)
    user_device_id: Mapped[int] = mapped_column(
        u32(), ForeignKey("user_devices.id", ondelete="CASCADE", onupdate="CASCADE")
    )
    time: Mapped[datetime] = mapped_column(
        TIMESTAMP().with_variant(mysql.TIMESTAMP(), "mysql", "mariadb"),
        server_default=sql("CURRENT_TIMESTAMP"),
    )
    remote_ip: Mapped[str] = mapped_column(text(64))
    status: Mapped[int] = mapped_column(u32())
