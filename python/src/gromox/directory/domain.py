"""Mail domains.

Spec:
    Fact sheets db-schema.md (table domains; address_status repeats the domain's status) and cli.md "domain".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from gromox.directory import names
from gromox.directory.errors import ExistsError, InvalidError, NotFoundError
from gromox.directory.model import (
    Association,
    Domain,
    Forward,
    GroupClass,
    Mlist,
    Org,
    Server,
    Specified,
    User,
)
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    DOMAIN_STATUS_SHIFT,
    USER_STATUS_MASK,
    DomainStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from gromox.directory.directory import Directory

#: "Never", as the administration writes it.
NO_END_DAY: Final = date(3333, 3, 3)

_MAX_ATTEMPTS: Final = 100
_WIDTHS: Final[Mapping[str, int]] = {"title": 128, "address": 128, "admin_name": 32, "tel": 64, "chat_id": 26}
_NUMBERS: Final = frozenset({"max_user", "org_id", "homeserver"})


@dataclass(frozen=True, slots=True)
class DomainInfo:
    """A domain as callers see it."""

    domain_id: int
    name: str
    display_name: str
    status: DomainStatus
    org_id: int
    max_user: int
    homedir: str
    homeserver: int
    title: str
    address: str
    admin_name: str
    tel: str
    end_day: date
    chat_id: str | None
    active_users: int
    inactive_users: int


def create(  # noqa: PLR0913 - the columns of one row, by keyword
    directory: Directory,
    name: str,
    *,
    max_user: int,
    title: str = "",
    address: str = "",
    admin_name: str = "",
    tel: str = "",
    end_day: date = NO_END_DAY,
    org_id: int = 0,
    homeserver: int = 0,
    homedir: str | None = None,
) -> DomainInfo:
    """Add a domain; its public store is made separately at ``homedir`` (default: by the path policy).

    Raises:
        InvalidError: a value is not allowed.
        ExistsError: the domain exists, perhaps soft-deleted.
    """
    stored = names.domain_name(name)
    row = Domain(
        domainname=stored,
        org_id=0,
        homeserver=0,
        max_user=0,
        end_day=end_day,
        domain_status=DomainStatus.NORMAL,
    )
    fields: dict[str, object] = {"title": title, "address": address, "admin_name": admin_name, "tel": tel}
    fields |= {"max_user": max_user, "org_id": org_id, "homeserver": homeserver}
    with directory.writing() as session:
        if session.scalar(select(Domain.id).where(Domain.domainname == stored)) is not None:
            raise ExistsError(f"domain {stored} exists already")
        _assign(session, row, fields)
        row.homedir = homedir if homedir is not None else _free_homedir(session, directory, stored)
        session.add(row)
        session.flush()
        return _info(session, row)


def get(directory: Directory, name: str) -> DomainInfo:
    """Return a domain by name (any form).

    Raises:
        NotFoundError: there is none.
    """
    with directory.reading() as session:
        return _info(session, by_name(session, name))


def get_by_id(directory: Directory, domain_id: int) -> DomainInfo:
    """Return a domain by number.

    Raises:
        NotFoundError: there is none.
    """
    with directory.reading() as session:
        row = session.get(Domain, domain_id)
        if row is None:
            raise NotFoundError(f"no domain has the number {domain_id}")
        return _info(session, row)


def list_all(directory: Directory) -> Sequence[DomainInfo]:
    """Return all domains, soft-deleted ones too, by number."""
    with directory.reading() as session:
        rows = session.scalars(select(Domain).order_by(Domain.id)).all()
        counts = _user_counts(session)
        return [_info(session, row, counts) for row in rows]


def modify(directory: Directory, name: str, changes: Mapping[str, object]) -> DomainInfo:
    """Change columns of a domain.

    These: title, address, admin_name, tel, max_user, org_id, homeserver, end_day, chat_id.

    Raises:
        NotFoundError: there is no such domain, organisation or server.
        InvalidError: a column may not be changed or does not take the value.
    """
    with directory.writing() as session:
        row = by_name(session, name)
        _assign(session, row, changes)
        session.flush()
        return _info(session, row)


def set_status(directory: Directory, name: str, status: DomainStatus) -> DomainInfo:
    """Set the status of a domain and repeat it in its users."""
    with directory.writing() as session:
        row = by_name(session, name)
        row.domain_status = status
        session.execute(
            update(User)
            .where(User.domain_id == row.id, User.id != 0)
            .values(
                address_status=User.address_status.bitwise_and(USER_STATUS_MASK)
                + ((int(status) << DOMAIN_STATUS_SHIFT) & DOMAIN_STATUS_MASK)
            )
            .execution_options(synchronize_session=False)
        )
        session.flush()
        return _info(session, row)


def delete_softly(directory: Directory, name: str) -> DomainInfo:
    """Mark a domain deleted; nothing is lost and :func:`recover` undoes it."""
    return set_status(directory, name, DomainStatus.DELETED)


def recover(directory: Directory, name: str) -> DomainInfo:
    """Undo :func:`delete_softly`."""
    return set_status(directory, name, DomainStatus.NORMAL)


def purge(directory: Directory, name: str) -> Sequence[str]:
    """Remove a soft-deleted domain with its users, lists and aliases for ever.

    Returns:
        The directories of the stores that belonged to it; removing them is the caller's affair.

    Raises:
        InvalidError: the domain is not soft-deleted.
    """
    with directory.writing() as session:
        row = by_name(session, name)
        if row.domain_status != DomainStatus.DELETED:
            raise InvalidError(f"domain {row.domainname} is not deleted; delete it first")
        users = session.execute(
            select(User.username, User.maildir).where(User.domain_id == row.id, User.id != 0)
        ).all()
        lists = select(Mlist.id).where(Mlist.domain_id == row.id).scalar_subquery()
        usernames = select(User.username).where(User.domain_id == row.id).scalar_subquery()
        for statement in (
            delete(Association).where(Association.list_id.in_(lists)),
            delete(Specified).where(Specified.list_id.in_(lists)),
            delete(Association).where(Association.username.in_(usernames)),
            delete(Forward).where(Forward.username.in_(usernames)),
            delete(GroupClass).where(GroupClass.domain_id == row.id),
            delete(Mlist).where(Mlist.domain_id == row.id),
            delete(User).where(User.domain_id == row.id, User.id != 0),
        ):
            session.execute(statement.execution_options(synchronize_session=False))
        homedir = row.homedir
        session.delete(row)
    return [path for path in (*(maildir for _, maildir in users), homedir) if path]


def by_name(session: Session, name: str) -> Domain:
    """Return the row of a domain within a transaction.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Domain).where(Domain.domainname == names.domain_name(name)))
    if row is None:
        raise NotFoundError(f"there is no domain {name}")
    return row


def _assign(session: Session, row: Domain, changes: Mapping[str, object]) -> None:
    for field, value in changes.items():
        if field in _WIDTHS and isinstance(value, str):
            setattr(row, field, names.fitted(value, _WIDTHS[field], field))
        elif field == "chat_id" and value is None:
            row.chat_id = None
        elif field in _NUMBERS and isinstance(value, int) and value >= 0:
            setattr(row, field, value)
        elif field == "end_day" and isinstance(value, date):
            row.end_day = value
        else:
            raise InvalidError(f"{field} of a domain cannot be set to {value!r}")
    if changes.get("org_id") and session.get(Org, row.org_id) is None:
        raise NotFoundError(f"there is no organisation {row.org_id}")
    if changes.get("homeserver") and session.get(Server, row.homeserver) is None:
        raise NotFoundError(f"there is no server {row.homeserver}")


def _free_homedir(session: Session, directory: Directory, name: str) -> str:
    for attempt in range(_MAX_ATTEMPTS):
        path = directory.paths.of_domain(name, attempt=attempt)
        taken = session.scalar(select(Domain.id).where(Domain.homedir == path))
        if taken is None and not Path(path).exists():
            return path
    raise ExistsError(f"no free directory for the public store of {name}")


def _user_counts(session: Session, domain_id: int | None = None) -> Mapping[tuple[int, bool], int]:
    """Return numbers of mailbox users by domain and whether their status is normal."""
    query = select(User.domain_id, User.address_status == 0, func.count()).where(
        User.maildir != "", User.id != 0
    )
    if domain_id is not None:
        query = query.where(User.domain_id == domain_id)
    rows = session.execute(query.group_by(User.domain_id, User.address_status == 0))
    return {(number, bool(active)): count for number, active, count in rows}


def _info(session: Session, row: Domain, counts: Mapping[tuple[int, bool], int] | None = None) -> DomainInfo:
    if counts is None:
        counts = _user_counts(session, row.id)
    return DomainInfo(
        domain_id=row.id,
        name=row.domainname,
        display_name=names.display_domain(row.domainname),
        status=DomainStatus(row.domain_status)
        if row.domain_status in tuple(DomainStatus)
        else DomainStatus.SUSPENDED,
        org_id=row.org_id,
        max_user=row.max_user,
        homedir=row.homedir,
        homeserver=row.homeserver,
        title=row.title or "",
        address=row.address or "",
        admin_name=row.admin_name or "",
        tel=row.tel or "",
        end_day=row.end_day,
        chat_id=row.chat_id,
        active_users=counts.get((row.id, True), 0),
        inactive_users=counts.get((row.id, False), 0),
    )
