"""Which mailboxes a line is about: one directory, one user, one domain, or all that pass some filters.

Spec: reference/system/cli.md, "gromox-mbop" (``-d -u``, ``foreach.FILTER``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError
from gromox.directory import domain, user
from gromox.directory.status import AddressStatus, DisplayType
from gromox.store.mailbox import Mailbox
from gromox.tools.mbop.chain import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo

FOREACH: Final = "foreach"
DATABASE: Final = Path("exmdb") / "exchange.sqlite3"


@dataclass(frozen=True, slots=True)
class Target:
    """One mailbox; ``path`` is None for objects without one."""

    name: str
    path: Path | None


_PEOPLE: Final = frozenset({DisplayType.USER, DisplayType.ROOM, DisplayType.EQUIPMENT, DisplayType.LIST})

#: Kinds and states; of several of one group an object needs one, of the last group all.
KINDS: Final[Mapping[str, Callable[[UserInfo], bool]]] = {
    "secobj": lambda found: found.display_type in _PEOPLE,
    "user": lambda found: found.display_type is DisplayType.USER,
    "dl": lambda found: found.display_type is DisplayType.LIST,
    "room": lambda found: found.display_type is DisplayType.ROOM,
    "equipment": lambda found: found.display_type is DisplayType.EQUIPMENT,
    "contact": lambda found: found.display_type is DisplayType.CONTACT,
    "sharedmb": lambda found: found.status is AddressStatus.SHARED,
}
STATES: Final[Mapping[str, Callable[[UserInfo], bool]]] = {
    "active": lambda found: found.status is AddressStatus.NORMAL and not found.domain_status,
    "susp": lambda found: found.status is AddressStatus.SUSPENDED or found.domain_status == 1,
    "deleted": lambda found: found.status is AddressStatus.DELETED or found.domain_status > 1,
}
PLACES: Final[Mapping[str, Callable[[UserInfo], bool]]] = {
    "mb": lambda found: bool(found.maildir),
    "here": lambda found: bool(found.maildir) and (Path(found.maildir) / DATABASE).is_file(),
}


def of_directory(path: Path) -> Target:
    """Return the mailbox in a directory, by the name of its owner.

    Raises:
        StoreError: there is none.
    """
    with Mailbox.open(path) as mailbox:
        owner = f"@{mailbox.owner}" if mailbox.is_public else mailbox.owner
    return Target(owner, path)


def of_name(site: Site, name: str) -> Target:
    """Return the mailbox of ``user@domain``, or the public store of ``@domain``.

    Raises:
        NotFoundError: no such user or domain.
        AdminError: the user has no mailbox.
    """
    if name.startswith("@"):
        info = domain.get(site.directory, name[1:])
        target = Target(f"@{info.name}", Path(info.homedir) if info.homedir else None)
    else:
        found = user.get(site.directory, name)
        target = Target(found.username, Path(found.maildir) if found.maildir else None)
    if target.path is None:
        raise AdminError(f"{target.name} has no mailbox")
    return target


def matching(site: Site, filters: Sequence[str]) -> list[Target]:
    """Return the objects that pass ``foreach.FILTER.FILTER``, by id.

    Raises:
        UsageError: a filter is not known.
    """
    groups = [[group[word] for word in filters if word in group] for group in (KINDS, STATES)]
    places = [PLACES[word] for word in filters if word in PLACES]
    unknown = [word for word in filters if not (word in KINDS or word in STATES or word in PLACES)]
    if unknown or not filters:
        known = " ".join((*KINDS, *STATES, *PLACES))
        raise UsageError(f"foreach.{'.'.join(filters)}: expected filters out of {known}")
    return [
        Target(found.username, Path(found.maildir) if found.maildir else None)
        for found in user.list_all(site.directory)
        if all(any(is_it(found) for is_it in group) for group in groups if group)
        and all(is_it(found) for is_it in places)
    ]
