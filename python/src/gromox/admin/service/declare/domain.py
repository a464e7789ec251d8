"""Domains as they are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service import domain as service
from gromox.admin.service.declare.description import Outcome
from gromox.admin.service.errors import InputError
from gromox.directory import domain as directory_domain
from gromox.directory.errors import NotFoundError
from gromox.directory.status import DomainStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.declare.description import Description, Json
    from gromox.admin.service.site import Site
    from gromox.directory.domain import DomainInfo

STATES: Final = ("present", "suspended", "absent", "purged")
_TEXTS: Final[Mapping[str, str]] = {
    "title": "title",
    "address": "address",
    "admin_name": "admin_name",
    "tel": "tel",
    "end_day": "end_day",
}
_NUMBERS: Final[Mapping[str, str]] = {
    "max_users": "max_user",
    "org_id": "org_id",
    "homeserver": "homeserver",
}
_STATUS: Final[Mapping[str, DomainStatus]] = {
    "present": DomainStatus.NORMAL,
    "suspended": DomainStatus.SUSPENDED,
    "absent": DomainStatus.DELETED,
}
_NAMES: Final = {status: name for name, status in _STATUS.items()}


def show(info: DomainInfo) -> dict[str, Json]:
    """Return a domain as descriptions write it, with what can only be read."""
    return {
        "name": info.name,
        "state": _NAMES[info.status],
        "title": info.title,
        "address": info.address,
        "admin_name": info.admin_name,
        "tel": info.tel,
        "end_day": info.end_day.isoformat(),
        "max_users": info.max_user,
        "org_id": info.org_id,
        "homeserver": info.homeserver,
        "id": info.domain_id,
        "homedir": info.homedir,
        "active_users": info.active_users,
        "inactive_users": info.inactive_users,
    }


def information(site: Site, description: Description) -> list[Json]:
    """Return the domain of a name, or all."""
    name = description.text("name")
    description.finish()
    if name is None:
        return [show(info) for info in directory_domain.list_all(site.directory)]
    found = _find(site, name)
    return [] if found is None else [show(found)]


def declare(site: Site, description: Description, *, check: bool) -> Outcome:
    """Make a domain what the description says.

    Raises:
        InputError: the description cannot be followed.
        DirectoryError, StoreError: it could not be carried out.
    """
    name = description.required("name")
    state = description.choice("state", STATES, "present")
    files = description.flag("files", default=False)
    texts = {field: description.text(field) for field in _TEXTS}
    numbers = {field: description.number(field) for field in _NUMBERS}
    description.finish()
    wanted: dict[str, Json] = {
        field: value for field, value in {**texts, **numbers}.items() if value is not None
    }
    present = _find(site, name)
    if state == "purged":
        return _purge(site, present, files=files, check=check)
    if present is None:
        if state == "absent":
            return Outcome(None, None)
        return _create(site, name, state, wanted, check=check)
    return _change(site, present, state, {} if state == "absent" else wanted, check=check)


def _create(site: Site, name: str, state: str, wanted: Mapping[str, Json], *, check: bool) -> Outcome:
    if "max_users" not in wanted:
        raise InputError(f"max_users is missing: how many users may domain {name} have?")
    after: dict[str, Json] = {"name": name, "state": state, **wanted}
    if check:
        return Outcome(None, after)
    columns = _columns(wanted)
    limit = columns.pop("max_user")
    info = service.create(site, name, max_user=limit if isinstance(limit, int) else 0, **columns)
    if state == "suspended":
        directory_domain.set_status(site.directory, info.name, DomainStatus.SUSPENDED)
    return Outcome(None, {**after, "name": info.name}, {"id": info.domain_id, "homedir": info.homedir})


def _change(site: Site, info: DomainInfo, state: str, wanted: Mapping[str, Json], *, check: bool) -> Outcome:
    shown = show(info)
    before: dict[str, Json] = {"name": info.name, "state": shown["state"]}
    before |= {field: shown[field] for field in wanted}
    after: dict[str, Json] = {"name": info.name, "state": state, **wanted}
    if not check:
        different = {field: value for field, value in wanted.items() if value != shown[field]}
        if different:
            service.modify(site, info, _columns(different))
        if state != shown["state"]:
            directory_domain.set_status(site.directory, info.name, _STATUS[state])
    return Outcome(before, after, {"id": info.domain_id, "homedir": info.homedir})


def _purge(site: Site, info: DomainInfo | None, *, files: bool, check: bool) -> Outcome:
    if info is None:
        return Outcome(None, None)
    before: dict[str, Json] = {"name": info.name, "state": _NAMES[info.status]}
    if check:
        return Outcome(before, None)
    if info.status is not DomainStatus.DELETED:
        service.delete(site, info)
    purged = service.purge(site, service.find(site, info.name), files=files)
    return Outcome(before, None, {"kept": [str(path) for path in purged.kept]})


def _columns(wanted: Mapping[str, Json]) -> dict[str, str | int | None]:
    columns = {**_TEXTS, **_NUMBERS}
    return {columns[field]: value for field, value in wanted.items() if isinstance(value, str | int)}


def _find(site: Site, name: str) -> DomainInfo | None:
    try:
        return directory_domain.get(site.directory, name)
    except NotFoundError:
        return None
