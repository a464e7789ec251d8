"""The queries behind :mod:`gromox.directory.resolve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from gromox.directory.model import Alias, Domain, Mlist, User, UserProperty
from gromox.directory.status import DomainStatus, ListPrivilege, with_domain_status
from gromox.directory.user_property import DISPLAY_TYPE_EX, SMTP_ADDRESS
from gromox.directory.user_record import ADMIN_ID

if TYPE_CHECKING:
    from gromox.directory.directory import Directory


@dataclass(frozen=True, slots=True)
class Target:
    """The users row that an address leads to, with its list if it is one."""

    user_id: int
    username: str
    domain_id: int
    maildir: str
    homeserver: int
    lang: str
    address_status: int
    display_type: int
    smtp_address: str
    list_id: int | None
    list_privilege: ListPrivilege


def find_target(directory: Directory, address: str) -> Target | None:
    """Return what an address (in lookup form) names; a username wins over an alias."""
    kind, smtp = aliased(UserProperty), aliased(UserProperty)
    of_alias = select(Alias.mainname).where(Alias.aliasname == address).scalar_subquery()
    query = (
        select(User, kind.propval_str, smtp.propval_str, Mlist.id, Mlist.list_privilege, Domain.domain_status)
        .outerjoin(kind, (kind.user_id == User.id) & (kind.proptag == DISPLAY_TYPE_EX))
        .outerjoin(smtp, (smtp.user_id == User.id) & (smtp.proptag == SMTP_ADDRESS))
        .outerjoin(Mlist, Mlist.listname == User.username)
        .outerjoin(Domain, Domain.id == User.domain_id)
        .where(or_(User.username == address, User.username == of_alias), User.id != ADMIN_ID)
    )
    with directory.reading() as session:
        rows = session.execute(query).all()
    if not rows:
        return None
    user, shown, target, list_id, privilege, domain_status = next(
        (row for row in rows if row[0].username.lower() == address), rows[0]
    )
    return Target(
        user_id=user.id,
        username=user.username.lower(),
        domain_id=user.domain_id,
        maildir=user.maildir,
        homeserver=user.homeserver,
        lang=user.lang,
        address_status=with_domain_status(user.address_status, domain_status),
        display_type=int(shown) if shown is not None and shown.isdigit() else 0,
        smtp_address=target or "",
        list_id=list_id,
        list_privilege=ListPrivilege(privilege)
        if privilege in tuple(ListPrivilege)
        else ListPrivilege.SPECIFIED,
    )


def find_domain(directory: Directory, name: str) -> DomainStatus | None:
    """Return the status of a domain (in stored form); None: there is none of that name."""
    with directory.reading() as session:
        value = session.scalar(select(Domain.domain_status).where(Domain.domainname == name))
    if value is None:
        return None
    return DomainStatus(value) if value in tuple(DomainStatus) else DomainStatus.SUSPENDED
