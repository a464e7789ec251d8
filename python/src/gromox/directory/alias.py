"""Aliases (further mail addresses) and alternative login names of users.

Spec:
    Fact sheets db-schema.md (aliases, altnames) and admin-api.md "Users" (aliases lie in a domain of the
    organisation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from gromox.directory import names
from gromox.directory.domain import by_name as domain_by_name
from gromox.directory.errors import ExistsError, InvalidError, NotFoundError
from gromox.directory.model import Alias, Altname, Domain
from gromox.directory.user_record import by_name, refuse_taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.directory.directory import Directory


def add(directory: Directory, username: str, alias: str) -> None:
    """Give a user or list a further address in a domain of this system.

    Raises:
        NotFoundError: no such user, or the alias lies in a domain that is not ours.
        InvalidError: it is no address, or its domain belongs to another organisation.
        ExistsError: the address is taken.
    """
    address = names.address(alias)
    with directory.writing() as session:
        row = by_name(session, username)
        domain = domain_by_name(session, address.rpartition("@")[2])
        own = session.get(Domain, row.domain_id)
        if own is not None and own.id != domain.id and own.org_id != domain.org_id:
            raise InvalidError(
                f"domain {domain.domainname} belongs to another organisation than {own.domainname}"
            )
        refuse_taken(session, address)
        session.add(Alias(aliasname=address, mainname=row.username))


def remove(directory: Directory, alias: str) -> None:
    """Take an alias away.

    Raises:
        NotFoundError: there is none of that name.
    """
    key = names.lookup_key(alias)
    with directory.writing() as session:
        row = session.get(Alias, key) if key else None
        if row is None:
            raise NotFoundError(f"there is no alias {alias}")
        session.delete(row)


def of_user(directory: Directory, username: str) -> Sequence[str]:
    """Return the aliases of a user, sorted."""
    with directory.reading() as session:
        name = by_name(session, username).username
        return session.scalars(
            select(Alias.aliasname).where(Alias.mainname == name).order_by(Alias.aliasname)
        ).all()


def replace_all(directory: Directory, username: str, aliases: Sequence[str]) -> None:
    """Make these the aliases of a user, in one transaction."""
    wanted = {names.address(alias) for alias in aliases}
    with directory.writing() as session:
        row = by_name(session, username)
        present = set(session.scalars(select(Alias.aliasname).where(Alias.mainname == row.username)))
        for address in sorted(wanted - present):
            domain_by_name(session, address.rpartition("@")[2])
            refuse_taken(session, address)
            session.add(Alias(aliasname=address, mainname=row.username))
        session.execute(delete(Alias).where(Alias.aliasname.in_(present - wanted)))


def add_altname(directory: Directory, username: str, altname: str) -> None:
    """Give a user a further login name, which needs not be an address.

    Raises:
        ExistsError: the name is taken, or is one with which another user logs in.
    """
    name = names.altname(altname)
    with directory.writing() as session:
        row = by_name(session, username)
        refuse_taken(session, name)
        if session.scalar(select(Altname.user_id).where(Altname.altname == name)) is not None:
            raise ExistsError(f"alternative name {name} is taken")
        session.add(Altname(user_id=row.id, altname=name, magic=0))


def remove_altname(directory: Directory, username: str, altname: str) -> None:
    """Take a login name away.

    Raises:
        NotFoundError: the user has none of that name.
    """
    name = names.altname(altname)
    with directory.writing() as session:
        row = session.get(Altname, (by_name(session, username).id, name))
        if row is None:
            raise NotFoundError(f"{username} has no alternative name {altname}")
        session.delete(row)


def owner(directory: Directory, alias: str) -> str | None:
    """Return whose alias an address is, None if it is nobody's."""
    key = names.lookup_key(alias)
    with directory.reading() as session:
        return session.scalar(select(Alias.mainname).where(Alias.aliasname == key)) if key else None


def list_all(directory: Directory) -> Sequence[tuple[str, str]]:
    """Return all aliases with their users, by alias."""
    with directory.reading() as session:
        rows = session.execute(select(Alias.aliasname, Alias.mainname).order_by(Alias.aliasname))
        return [(name, main) for name, main in rows]
