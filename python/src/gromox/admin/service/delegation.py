"""Who may send in the name of a user: two lists of addresses beside the mailbox.

Spec: reference/system/store.md section 1: ``config/delegates.txt`` (on behalf), ``config/sendas.txt`` (as the
user), one address a line.
"""

from __future__ import annotations

import enum
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import AdminError, InputError
from gromox.admin.service.store_files import DIRECTORY_MODE, hand_over, ownership
from gromox.directory import names
from gromox.directory import user as directory_user
from gromox.directory.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo

LARGEST: Final = 10_000  #: addresses in one list


class DelegationList(enum.StrEnum):
    """The two lists, each with the name of its file."""

    DELEGATES = "delegates.txt"
    SEND_AS = "sendas.txt"


def read(user: UserInfo, which: DelegationList) -> list[str]:
    """Return the addresses of a list in the order of the file.

    Raises:
        AdminError: the user has no mailbox.
    """
    try:
        text = _path(user, which).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def add(
    site: Site, user: UserInfo, which: DelegationList, addresses: Sequence[str], *, force: bool = False
) -> list[str]:
    """Add addresses; those already there are left alone.

    Returns:
        What was added.

    Raises:
        InputError: an address is none, or (without ``force``) belongs to nobody here.
    """
    present = read(user, which)
    wanted = [names.address(address) for address in addresses]
    if not force:
        for address in wanted:
            _check_known(site, address)
    new = [address for address in dict.fromkeys(wanted) if address not in present]
    if new:
        _write(site, user, which, present + new)
    return new


def remove(site: Site, user: UserInfo, which: DelegationList, addresses: Sequence[str]) -> list[str]:
    """Remove addresses.

    Returns:
        What was removed; addresses that were not in the list are not.
    """
    present = read(user, which)
    unwanted = {address.strip().lower() for address in addresses}
    gone = [address for address in present if address.lower() in unwanted]
    if gone:
        _write(site, user, which, [address for address in present if address not in gone])
    return gone


def clear(site: Site, user: UserInfo, which: DelegationList) -> int:
    """Empty a list and return how many it had."""
    present = read(user, which)
    if present:
        _write(site, user, which, [])
    return len(present)


def _check_known(site: Site, address: str) -> None:
    try:
        directory_user.get(site.directory, address)
    except NotFoundError:
        raise InputError(f"No such user '{address}' - add it with --force if that is right") from None


def _path(user: UserInfo, which: DelegationList) -> Path:
    if not user.maildir:
        raise AdminError(f"{user.username} has no mailbox and so no list of delegates")
    return Path(user.maildir) / "config" / which.value


def _write(site: Site, user: UserInfo, which: DelegationList, addresses: Sequence[str]) -> None:
    """Replace the file in one step: readers see the old list or the new one."""
    if len(addresses) > LARGEST:
        raise InputError(f"a list of delegates may have at most {LARGEST} addresses")
    path = _path(user, which)
    path.parent.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{site.ids.token(4)}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.writelines(f"{address}\n" for address in addresses)
            file.flush()
            os.fsync(file.fileno())
        hand_over(temporary, ownership(site.configuration))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
