"""Users: making, finding, changing and removing them.

Spec:
    Fact sheets db-schema.md (users, user_properties: PR_DISPLAY_TYPE_EX is mandatory), admin-api.md "Users"
    (limits, directory names, what deletion removes), cli.md "user".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, or_, select, update

from gromox.directory import names, user_property
from gromox.directory.domain import by_name as domain_by_name
from gromox.directory.errors import ExistsError, InvalidError, NotFoundError
from gromox.directory.model import Association, Domain, Forward, Server, User
from gromox.directory.password import hash_password
from gromox.directory.status import (
    DEFAULT_PRIVILEGE,
    DOMAIN_STATUS_MASK,
    DOMAIN_STATUS_SHIFT,
    AddressStatus,
    DisplayType,
    Privilege,
)
from gromox.directory.user_record import (
    ADMIN_ID,
    ADMIN_NAME,
    UserInfo,
    by_name,
    info_of,
    infos_of,
    refuse_taken,
    user_status,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from gromox.base.secret import Secret
    from gromox.directory.directory import Directory
    from gromox.directory.user_property import PropertyValue

__all__ = [
    "ADMIN_ID",
    "ADMIN_NAME",
    "UserInfo",
    "create",
    "create_contact",
    "get",
    "get_by_id",
    "list_all",
    "modify",
    "remove",
    "rename",
    "set_privilege",
    "set_status",
]

_MAX_ATTEMPTS: Final = 100
_WIDTHS: Final[Mapping[str, int]] = {"lang": 32, "timezone": 64, "maildir": 128}
_RESOURCES: Final = frozenset({DisplayType.USER, DisplayType.ROOM, DisplayType.EQUIPMENT})


def create(  # noqa: PLR0913 - the columns of one row, by keyword
    directory: Directory,
    username: str,
    *,
    password: Secret | None = None,
    display_name: str = "",
    status: AddressStatus = AddressStatus.NORMAL,
    display_type: DisplayType = DisplayType.USER,
    privilege: Privilege = DEFAULT_PRIVILEGE,
    lang: str = "",
    timezone: str = "",
    homeserver: int = 0,
    properties: Mapping[int, PropertyValue] | None = None,
    with_maildir: bool = True,
    maildir: str | None = None,
    externid: bytes | None = None,
) -> UserInfo:
    """Add a user to an existing domain; the mailbox is made separately at the ``maildir`` of the result.

    Without a password nobody can log in as the user until one is set.

    Raises:
        InvalidError: a value is not allowed, or the domain has its maximum of users.
        NotFoundError: the domain does not exist.
        ExistsError: the address is taken by a user, list, alias or alternative name.
    """
    address = names.address(username)
    hashed = hash_password(password.reveal()) if password is not None else ""
    if display_type not in _RESOURCES or status is AddressStatus.CONTACT:
        raise InvalidError("lists and contacts are made by their own functions")
    with directory.writing() as session:
        domain = domain_by_name(session, address.rpartition("@")[2])
        refuse_taken(session, address)
        if with_maildir:
            _check_room(session, domain)
        row = User(
            username=address,
            password=hashed,
            domain_id=domain.id,
            group_id=0,
            homeserver=0,
            maildir="",
            lang="",
            timezone="",
            privilege_bits=int(privilege),
            address_status=_combined(status, domain),
            externid=externid,
        )
        _assign(
            session, row, {"lang": lang, "timezone": timezone, "homeserver": homeserver or domain.homeserver}
        )
        if with_maildir:
            row.maildir = (
                names.fitted(maildir, 128, "maildir")
                if maildir
                else _free_maildir(session, directory, address)
            )
        session.add(row)
        session.flush()
        stated: dict[int, PropertyValue | None] = {user_property.DISPLAY_TYPE_EX: int(display_type)}
        if display_name:
            stated[user_property.DISPLAY_NAME] = display_name
        user_property.put(session, row.id, stated | dict(properties or {}))
        return info_of(session, row)


def create_contact(
    directory: Directory,
    domain: str,
    *,
    address: str,
    display_name: str = "",
    owner_properties: Mapping[int, PropertyValue] | None = None,
) -> UserInfo:
    """Add a contact: an address-book entry for an address elsewhere, named ``contact-<id>``.

    Raises:
        NotFoundError: the domain does not exist.
        InvalidError: the address is none.
    """
    target = names.address(address)
    with directory.writing() as session:
        owner = domain_by_name(session, domain)
        # The name needs the number, which the database gives; the provisional name is unique by the same
        # address rule.
        row = User(
            username=f"contact-new-{target}",
            domain_id=owner.id,
            group_id=0,
            privilege_bits=0,
            address_status=_combined(AddressStatus.CONTACT, owner),
        )
        session.add(row)
        session.flush()
        row.username = f"contact-{row.id}"
        stated: dict[int, PropertyValue | None] = {
            user_property.DISPLAY_TYPE_EX: int(DisplayType.CONTACT),
            user_property.SMTP_ADDRESS: target,
        }
        if display_name:
            stated[user_property.DISPLAY_NAME] = display_name
        session.flush()
        user_property.put(session, row.id, stated | dict(owner_properties or {}))
        session.refresh(row)
        return info_of(session, row)


def get(directory: Directory, username: str) -> UserInfo:
    """Return a user by primary address (or ``contact-<id>``).

    Raises:
        NotFoundError: there is none.
    """
    with directory.reading() as session:
        return info_of(session, by_name(session, username))


def get_by_id(directory: Directory, user_id: int) -> UserInfo:
    """Return a user by number.

    Raises:
        NotFoundError: there is none.
    """
    with directory.reading() as session:
        row = session.get(User, user_id)
        if row is None:
            raise NotFoundError(f"no user has the number {user_id}")
        return info_of(session, row)


def list_all(directory: Directory, *, domain: str | None = None, prefix: str = "") -> Sequence[UserInfo]:
    """Return the users (lists and contacts too, the administrator not) of one domain or of all, by number.

    ``prefix`` keeps those whose name begins with it, as the command line's USERSPEC.
    """
    with directory.reading() as session:
        query = select(User).where(User.id != ADMIN_ID).order_by(User.id)
        if domain is not None:
            query = query.where(User.domain_id == domain_by_name(session, domain).id)
        if prefix:
            query = query.where(User.username.istartswith(prefix, autoescape=True))
        return infos_of(session, session.scalars(query).all())


def modify(directory: Directory, username: str, changes: Mapping[str, object]) -> UserInfo:
    """Change columns of a user: lang, timezone, homeserver, maildir, chat_id, externid.

    Raises:
        NotFoundError: there is no such user or server.
        InvalidError: a column may not be changed or does not take the value.
    """
    with directory.writing() as session:
        row = by_name(session, username)
        _assign(session, row, changes)
        session.flush()
        return info_of(session, row)


def set_status(directory: Directory, username: str, status: AddressStatus) -> UserInfo:
    """Set the user's part of ``address_status``; that of the domain stays."""
    with directory.writing() as session:
        row = by_name(session, username)
        if (status is AddressStatus.CONTACT) != (user_status(row) is AddressStatus.CONTACT):
            raise InvalidError("a user cannot become a contact nor a contact a user; make it anew")
        row.address_status = (row.address_status & DOMAIN_STATUS_MASK) | int(status)
        session.flush()
        return info_of(session, row)


def set_privilege(
    directory: Directory,
    username: str,
    *,
    grant: Privilege = Privilege.NONE,
    revoke: Privilege = Privilege.NONE,
) -> UserInfo:
    """Set and clear privilege bits; setting or clearing WEB, EAS or DAV makes DETAIL1 explicit first."""
    with directory.writing() as session:
        row = by_name(session, username)
        bits = Privilege(row.privilege_bits & 0xFFF)
        detailed = Privilege.WEB | Privilege.EAS | Privilege.DAV
        if (grant | revoke) & detailed and not bits & Privilege.DETAIL1:
            bits |= Privilege.DETAIL1 | detailed
        row.privilege_bits = (row.privilege_bits & ~0xFFF) | int((bits | grant) & ~revoke)
        session.flush()
        return info_of(session, row)


def rename(directory: Directory, username: str, new_name: str) -> UserInfo:
    """Give a user another primary address in the same domain; aliases, lists and memberships follow.

    Raises:
        ExistsError: the address is taken.
        InvalidError: it lies in another domain.
    """
    address = names.address(new_name)
    with directory.writing() as session:
        row = by_name(session, username)
        domain = domain_by_name(session, address.rpartition("@")[2])
        if domain.id != row.domain_id:
            raise InvalidError("a user cannot be moved to another domain by renaming")
        former = row.username
        if former == address:
            return info_of(session, row)
        refuse_taken(session, address)
        row.username = address
        session.flush()
        for model in (Association, Forward):
            session.execute(update(model).where(model.username == former).values(username=address))
        return info_of(session, row)


def remove(directory: Directory, username: str) -> str:
    """Remove a user for ever, with aliases, properties, forwards and list memberships.

    Returns:
        The directory of the mailbox ("" if none); removing it is the caller's affair.
    """
    with directory.writing() as session:
        row = by_name(session, username)
        if row.id == ADMIN_ID:
            raise InvalidError("the built-in administrator cannot be removed")
        name, maildir = row.username, row.maildir
        session.execute(delete(Association).where(Association.username == name))
        session.execute(delete(Forward).where(Forward.username == name))
        session.delete(row)
    return maildir


def _combined(status: AddressStatus, domain: Domain) -> int:
    return int(status) | ((domain.domain_status << DOMAIN_STATUS_SHIFT) & DOMAIN_STATUS_MASK)


def _check_room(session: Session, domain: Domain) -> None:
    # The row of the domain is locked first: two creators at once count one after the other.
    session.execute(select(Domain.id).where(Domain.id == domain.id).with_for_update())
    count = session.scalar(
        select(func.count()).select_from(User).where(User.domain_id == domain.id, User.maildir != "")
    )
    if (count or 0) >= domain.max_user:
        raise InvalidError(
            f"domain {domain.domainname} has its maximum of {domain.max_user} users; raise max_user"
        )


def _free_maildir(session: Session, directory: Directory, address: str) -> str:
    for attempt in range(_MAX_ATTEMPTS):
        path = directory.paths.of_user(address, attempt=attempt)
        taken = select(User.id).where(
            or_(User.maildir == path, User.maildir.startswith(f"{path}/", autoescape=True))
        )
        # What lies there may be the mailbox of somebody removed; it is not handed to a namesake.
        if session.scalar(taken.limit(1)) is None and not Path(path).exists():
            return path
    raise ExistsError(f"no free directory for the mailbox of {address}")


def _assign(session: Session, row: User, changes: Mapping[str, object]) -> None:
    for column, value in changes.items():
        if column in _WIDTHS and isinstance(value, str):
            setattr(row, column, names.fitted(value, _WIDTHS[column], column))
        elif column == "homeserver" and isinstance(value, int):
            if value and session.get(Server, value) is None:
                raise NotFoundError(f"there is no server {value}")
            row.homeserver = value
        elif column == "chat_id" and (value is None or isinstance(value, str)):
            row.chat_id = None if value is None else names.fitted(value, 26, column)
        elif column == "externid" and (value is None or (isinstance(value, bytes) and len(value) <= 64)):  # noqa: PLR2004 - width of the column
            row.externid = value
        else:
            raise InvalidError(f"{column} of a user cannot be set to {value!r}")
