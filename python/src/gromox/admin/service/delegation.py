"""Who may send in the name of a user: two lists of addresses beside the mailbox.

Spec: reference/system/store.md section 1; :mod:`gromox.store.delegates` reads and writes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gromox.admin.service.errors import AdminError, InputError
from gromox.admin.service.store_files import hand_over, ownership
from gromox.directory import names
from gromox.directory import user as directory_user
from gromox.directory.errors import NotFoundError
from gromox.store import delegates
from gromox.store.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo
    from gromox.store.delegates import DelegateList


def read(user: UserInfo, which: DelegateList) -> list[str]:
    """Return the addresses of a list in the order of the file.

    Raises:
        AdminError: the user has no mailbox.
    """
    return list(delegates.read(_mailbox(user), which))


def add(
    site: Site, user: UserInfo, which: DelegateList, addresses: Sequence[str], *, force: bool = False
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


def remove(site: Site, user: UserInfo, which: DelegateList, addresses: Sequence[str]) -> list[str]:
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


def clear(site: Site, user: UserInfo, which: DelegateList) -> int:
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


def _mailbox(user: UserInfo) -> Path:
    if not user.maildir:
        raise AdminError(f"{user.username} has no mailbox and so no list of delegates")
    return Path(user.maildir)


def _write(site: Site, user: UserInfo, which: DelegateList, addresses: Sequence[str]) -> None:
    owner = ownership(site.configuration)
    try:
        delegates.write(_mailbox(user), which, addresses, site.ids, give=lambda path: hand_over(path, owner))
    except LimitError as error:
        raise InputError(str(error)) from error
