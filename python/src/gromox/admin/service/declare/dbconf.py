"""Files of configuration in the database as they are to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service import dbconf as service
from gromox.admin.service.declare.description import Outcome
from gromox.admin.service.errors import InputError
from gromox.directory import dbconf as table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.declare.description import Description, Json
    from gromox.admin.service.site import Site

STATES: Final = ("present", "absent")


def information(site: Site, description: Description) -> list[Json]:
    """Return the files of a service, or of all, each with its keys."""
    service_name, file = description.text("service"), description.text("file")
    description.finish()
    wanted = [service_name] if service_name is not None else table.services(site.directory)
    return [
        {"service": each, "file": name, "values": dict(table.read(site.directory, each, name))}
        for each in wanted
        for name in table.files(site.directory, each)
        if file is None or name == file
    ]


def declare(site: Site, description: Description, *, check: bool) -> Outcome:
    """Make a file what the description says and tell the service, if it has a command for that.

    Raises:
        InputError, InvalidError: the description cannot be followed.
        AdminError: the change is stored but the service could not be told.
    """
    service_name, file = description.required("service"), description.required("file")
    state = description.choice("state", STATES, "present")
    values = _values(description.table("values") or {})
    exclusive = description.flag("exclusive", default=False)
    commit = description.flag("commit", default=True)
    description.finish()
    stored = table.read(site.directory, service_name, file)
    if state == "absent":
        wanted: dict[str, str | None] = dict.fromkeys(values or stored)
    else:
        wanted = {**(dict.fromkeys(stored) if exclusive else {}), **values}
    changes = {key: value for key, value in wanted.items() if value != stored.get(key)}
    before: dict[str, Json] = {key: stored[key] for key in sorted(wanted) if key in stored}
    after: dict[str, Json] = {key: value for key, value in sorted(wanted.items()) if value is not None}
    details: dict[str, Json] = {}
    if changes and not check:
        table.change(site.directory, service_name, file, changes)
        if commit:
            details["ran"] = [*service.commit_change(site, service_name, file, sorted(changes))]
    return Outcome({"values": before}, {"values": after}, details)


def _values(given: Mapping[str, Json]) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for key, value in given.items():
        if value is not None and not isinstance(value, str | int | float):
            raise InputError(f"values.{key}: expected a text or a number")
        is_flag = isinstance(value, bool)
        values[key] = None if value is None else str(value).lower() if is_flag else str(value)
    return values
