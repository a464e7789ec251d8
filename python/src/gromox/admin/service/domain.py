"""Domains with their public stores: create, change, delete, recover, purge.

Spec: reference/system/cli.md, ``domain``; admin-api.md "Domain creation"; store.md section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError
from gromox.admin.service.query import Query
from gromox.admin.service.specification import as_id, choose, no_match
from gromox.admin.service.store_files import (
    hand_over,
    make_parents,
    ownership,
    remove_made,
    remove_store,
)
from gromox.directory import domain as directory_domain
from gromox.directory.domain import NO_END_DAY, DomainInfo
from gromox.directory.errors import NotFoundError
from gromox.share.property_names import property_names
from gromox.store.create import create_public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.admin.service.query import Value
    from gromox.admin.service.site import Site

#: What queries and ``show`` know of a domain.
QUERY: Final = Query[DomainInfo](
    {
        "ID": lambda domain: domain.domain_id,
        "activeUsers": lambda domain: domain.active_users,
        "address": lambda domain: domain.address,
        "adminName": lambda domain: domain.admin_name,
        "chat": lambda domain: domain.chat_id is not None,
        "chatID": lambda domain: domain.chat_id,
        "displayname": lambda domain: domain.display_name,
        "domainStatus": lambda domain: int(domain.status),
        "domainname": lambda domain: domain.name,
        "endDay": lambda domain: domain.end_day.isoformat(),
        "homedir": lambda domain: domain.homedir,
        "homeserverID": lambda domain: domain.homeserver or None,
        "inactiveUsers": lambda domain: domain.inactive_users,
        "maxUser": lambda domain: domain.max_user,
        "orgID": lambda domain: domain.org_id,
        "tel": lambda domain: domain.tel,
        "title": lambda domain: domain.title,
    },
    default=("ID", "domainname", "domainStatus"),
)

#: Attribute to column of what :func:`modify` may change.
COLUMNS: Final[Mapping[str, str]] = {
    "maxUser": "max_user",
    "address": "address",
    "adminName": "admin_name",
    "endDay": "end_day",
    "orgID": "org_id",
    "tel": "tel",
    "title": "title",
    "homeserver": "homeserver",
}


@dataclass(frozen=True, slots=True)
class Purged:
    """What :func:`purge` did: ``kept`` stores are still on disk."""

    name: str
    removed: tuple[Path, ...]
    kept: tuple[Path, ...]


def find(site: Site, specification: str) -> DomainInfo:
    """Return the domain an administrator means.

    Raises:
        NoMatchError, AmbiguousMatchError: none, or more than one.
    """
    number = as_id(specification)
    if number is not None:
        try:
            return directory_domain.get_by_id(site.directory, number)
        except NotFoundError:
            raise no_match("domain", specification) from None
    return choose(
        "domain", specification, directory_domain.list_all(site.directory), lambda domain: domain.name
    )


def list_matching(site: Site, specification: str) -> list[DomainInfo]:
    """Return the domain of that id, or all whose name begins like that (all for "")."""
    number = as_id(specification)
    return [
        domain
        for domain in directory_domain.list_all(site.directory)
        if (
            domain.domain_id == number
            if number is not None
            else domain.name.startswith(specification.lower())
        )
    ]


def create(site: Site, name: str, *, max_user: int, **columns: Value | date) -> DomainInfo:
    """Add a domain and make its public store; if that fails there is no domain either.

    Args:
        site: the installation.
        name: of the domain, in any form.
        max_user: how many users it may have.
        columns: further attributes of :data:`COLUMNS`, by column name.

    Raises:
        InputError, InvalidError, ExistsError: a value is not allowed, or the domain exists.
        StoreError, OSError: the store cannot be made.
    """
    values = _checked(columns)
    end_day = values.pop("end_day", NO_END_DAY)
    info = directory_domain.create(site.directory, name, max_user=_count(max_user))
    try:
        changes = {**values, "end_day": end_day}
        info = directory_domain.modify(site.directory, info.name, changes)
        make_store(site, info)
    except BaseException:
        # also when interrupted: a domain without a store would look healthy
        directory_domain.delete_softly(site.directory, info.name)
        directory_domain.purge(site.directory, info.name)
        raise
    return info


def make_store(
    site: Site, domain: DomainInfo, *, data_directory: Path | None = None, force: bool = False
) -> None:
    """Make the public store of a domain; nothing of it stays if that fails.

    Args:
        site: the installation.
        domain: whose.
        data_directory: where to look first for propnames.txt.
        force: replace a database that is there, with all that is in it.
    """
    path = Path(domain.homedir)
    owner = ownership(site.configuration)
    is_new = not path.exists()
    made = make_parents(path, owner)
    try:
        create_public(
            path,
            domain=domain.name,
            domain_id=domain.domain_id,
            property_names=property_names(data_directory),
            force=force,
            clock=site.clock,
            ids=site.ids,
        ).close()
        hand_over(path, owner)
    except BaseException:
        if is_new:
            remove_store(path)
        remove_made(made)
        raise


def modify(site: Site, domain: DomainInfo, columns: Mapping[str, Value | date]) -> DomainInfo:
    """Change columns of a domain.

    Raises:
        InputError, InvalidError: a value is not allowed.
    """
    if not columns:
        raise InputError("nothing to change; name at least one attribute")
    return directory_domain.modify(site.directory, domain.name, _checked(columns))


def delete(site: Site, domain: DomainInfo) -> DomainInfo:
    """Mark the domain deleted; its users cannot log in, nothing is lost."""
    return directory_domain.delete_softly(site.directory, domain.name)


def recover(site: Site, domain: DomainInfo) -> DomainInfo:
    """Undo :func:`delete`."""
    return directory_domain.recover(site.directory, domain.name)


def purge(site: Site, domain: DomainInfo, *, files: bool) -> Purged:
    """Remove a deleted domain for ever with all its users; their mailboxes only when ``files`` says so.

    Raises:
        InvalidError: the domain is not marked deleted.
    """
    stores = [Path(path) for path in directory_domain.purge(site.directory, domain.name)]
    if not files:
        return Purged(domain.name, (), tuple(path for path in stores if path.exists()))
    removed = tuple(path for path in stores if remove_store(path))
    return Purged(domain.name, removed, ())


def _checked(columns: Mapping[str, Value | date]) -> dict[str, object]:
    """Return the columns that were given, dates parsed."""
    given: dict[str, object] = {name: value for name, value in columns.items() if value is not None}
    day = given.get("end_day")
    if isinstance(day, str):
        try:
            given["end_day"] = date.fromisoformat(day)
        except ValueError:
            raise InputError(f"end day '{day}': expected a date such as 2030-12-31") from None
    if "max_user" in given:
        given["max_user"] = _count(given["max_user"])
    return given


def _count(number: object) -> int:
    if not isinstance(number, int) or number < 0:
        raise InputError(f"maximum of users '{number}': expected a number of at least 0")
    return number


def all_deleted(site: Site) -> Sequence[DomainInfo]:
    """Return the domains that :func:`purge` would take."""
    from gromox.directory.status import DomainStatus

    return [
        domain
        for domain in directory_domain.list_all(site.directory)
        if domain.status is DomainStatus.DELETED
    ]
