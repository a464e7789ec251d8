"""What a row of ``users`` is to callers, and the look-ups that all functions on users share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gromox.directory import names, user_property
from gromox.directory.errors import ExistsError, NotFoundError
from gromox.directory.model import Alias, Altname, User
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    DOMAIN_STATUS_SHIFT,
    USER_STATUS_MASK,
    AddressStatus,
    DisplayType,
    Privilege,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from gromox.directory.user_property import PropertyValue

#: The built-in administrator: no mailbox, id 0.
ADMIN_ID: Final = 0
ADMIN_NAME: Final = "admin"

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user as callers see it; nothing of the password."""

    user_id: int
    username: str
    domain_id: int
    maildir: str
    homeserver: int
    lang: str
    timezone: str
    privilege: Privilege  #: as stored, DETAIL1 not resolved
    status: AddressStatus
    domain_status: int
    externid: bytes | None
    chat_id: str | None
    has_password: bool
    aliases: tuple[str, ...] = ()
    altnames: tuple[str, ...] = ()
    properties: Mapping[int, PropertyValue] = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The name people read: display name, else nickname, else the address."""
        for tag in (user_property.DISPLAY_NAME, user_property.NICKNAME):
            value = self.properties.get(tag)
            if isinstance(value, str) and value:
                return value
        return self.username

    @property
    def display_type(self) -> DisplayType:
        """User, list, contact, room or equipment; a user when the mandatory row is missing or strange."""
        value = self.properties.get(user_property.DISPLAY_TYPE_EX)
        return next((kind for kind in DisplayType if kind == value), DisplayType.USER)


def by_name(session: Session, username: str) -> User:
    """Return the row of a user within a transaction.

    Raises:
        NotFoundError: there is none.
    """
    key = names.lookup_key(username.strip())
    row = session.scalar(select(User).where(User.username == key)) if key else None
    if row is None:
        raise NotFoundError(f"there is no user {username}")
    return row


def refuse_taken(session: Session, name: str) -> None:
    """Check that a name is no user, list, alias or alternative name.

    Raises:
        ExistsError: it is; the text says whose.
    """
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise ExistsError(f"{name} exists already")
    main = session.scalar(select(Alias.mainname).where(Alias.aliasname == name))
    if main is not None:
        raise ExistsError(f"{name} is an alias of {main}")
    other = session.scalar(
        select(User.username).join(Altname, Altname.user_id == User.id).where(Altname.altname == name)
    )
    if other is not None:
        raise ExistsError(f"{name} is an alternative name of {other}")


def info_of(session: Session, row: User) -> UserInfo:
    """Return what callers see of a row, within a transaction."""
    return infos_of(session, [row])[0]


def infos_of(session: Session, rows: Sequence[User]) -> Sequence[UserInfo]:
    """Return what callers see of many rows, with three queries for every few hundred of them."""
    found: list[UserInfo] = []
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        aliases: dict[str, list[str]] = {}
        pairs = select(Alias.mainname, Alias.aliasname).where(
            Alias.mainname.in_([row.username for row in part])
        )
        for name, alias in session.execute(pairs.order_by(Alias.aliasname)):
            aliases.setdefault(name.lower(), []).append(alias)
        numbers = [row.id for row in part]
        altnames: dict[int, list[str]] = {}
        named = select(Altname.user_id, Altname.altname).where(Altname.user_id.in_(numbers))
        for number, altname in session.execute(named.order_by(Altname.altname)):
            altnames.setdefault(number, []).append(altname)
        properties = user_property.rows_of_many(session, numbers)
        found += (
            _info(
                row,
                tuple(aliases.get(row.username.lower(), ())),
                tuple(altnames.get(row.id, ())),
                properties.get(row.id, {}),
            )
            for row in part
        )
    return found


def _info(
    row: User, aliases: tuple[str, ...], altnames: tuple[str, ...], properties: Mapping[int, PropertyValue]
) -> UserInfo:
    return UserInfo(
        user_id=row.id,
        username=row.username,
        domain_id=row.domain_id,
        maildir=row.maildir,
        homeserver=row.homeserver,
        lang=row.lang,
        timezone=row.timezone,
        privilege=Privilege(row.privilege_bits & 0xFFF),
        status=user_status(row),
        domain_status=(row.address_status & DOMAIN_STATUS_MASK) >> DOMAIN_STATUS_SHIFT,
        externid=row.externid,
        chat_id=row.chat_id,
        has_password=bool(row.password),
        aliases=aliases,
        altnames=altnames,
        properties=properties,
    )


def user_status(row: User) -> AddressStatus:
    """Return the user part of ``address_status``; what it does not know counts as suspended."""
    value = row.address_status & USER_STATUS_MASK
    return AddressStatus(value) if value in tuple(AddressStatus) else AddressStatus.SUSPENDED
