"""Aliases as they are to be: an address leads to one user, or does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service.declare.description import Outcome
from gromox.admin.service.errors import InputError
from gromox.directory import alias, names
from gromox.directory import user as directory_user

if TYPE_CHECKING:
    from gromox.admin.service.declare.description import Description, Json
    from gromox.admin.service.site import Site

STATES: Final = ("present", "absent")


def information(site: Site, description: Description) -> list[Json]:
    """Return the alias of a name, those of a user, or all."""
    name, user = description.text("name"), description.text("user")
    description.finish()
    return [
        {"name": address, "user": main}
        for address, main in alias.list_all(site.directory)
        if (name is None or address == name.lower()) and (user is None or main.lower() == user.lower())
    ]


def declare(site: Site, description: Description, *, check: bool) -> Outcome:
    """Make an alias what the description says; one that leads to another user is moved.

    Raises:
        InputError: the description cannot be followed.
        DirectoryError: it could not be carried out, the user does not exist for instance.
    """
    address = names.address(description.required("name"))
    state = description.choice("state", STATES, "present")
    user = description.text("user")
    description.finish()
    owner = alias.owner(site.directory, address)
    before: dict[str, Json] | None = None if owner is None else {"name": address, "user": owner}
    if state == "absent":
        if user is not None and owner is not None and owner.lower() != user.lower():
            raise InputError(
                f"{address} is an alias of {owner}, not of {user}; leave the user out to remove it"
            )
        if owner is not None and not check:
            alias.remove(site.directory, address)
        return Outcome(before, None)
    if not user:
        raise InputError("user is missing: whose alias is it to be?")
    target = directory_user.get(site.directory, user).username
    after: dict[str, Json] = {"name": address, "user": target}
    if before != after and not check:
        if owner is not None:
            alias.remove(site.directory, address)
        alias.add(site.directory, target, address)
    return Outcome(before, after)
