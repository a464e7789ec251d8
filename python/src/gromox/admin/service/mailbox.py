"""The mailbox of a user on disk: made complete or not at all, removed, opened for maintenance.

Spec: reference/system/store.md sections 1, 4 and 8 (quota in KiB); admin-api.md "Users".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.admin.service.store_files import (
    hand_over,
    make_parents,
    ownership,
    remove_made,
    remove_store,
)
from gromox.directory import user_property
from gromox.share.folder_names import FALLBACK, builtin_names
from gromox.share.property_names import property_names
from gromox.store.create import Limits, create_private
from gromox.store.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo
    from gromox.directory.user_property import PropertyValue

_KIBIBYTE: Final = 1024
#: Properties whose values the store keeps too.
QUOTA_TAGS: Final = frozenset(
    {
        user_property.STORAGE_QUOTA_LIMIT,
        user_property.PROHIBIT_RECEIVE_QUOTA,
        user_property.PROHIBIT_SEND_QUOTA,
    }
)


def create(site: Site, user: UserInfo, *, data_directory: Path | None = None, force: bool = False) -> None:
    """Make the mailbox of a user, with folder names in the user's language and the quotas of the directory.

    Args:
        site: the installation.
        user: whose.
        data_directory: where to look first for folder_names.txt and propnames.txt.
        force: replace a database that is there, with all mails in it.

    Raises:
        ExistsError: there is a mailbox already.
        StoreError, OSError: it cannot be made; nothing of it stays.
        DataFileError: one of the data files is damaged.
    """
    path = Path(user.maildir)
    owner = ownership(site.configuration)
    is_new = not path.exists()
    made = make_parents(path, owner)
    try:
        create_private(
            path,
            owner=user.username,
            user_id=user.user_id,
            locale=user.lang or FALLBACK,
            names=builtin_names(user.lang or FALLBACK, data_directory),
            property_names=property_names(data_directory),
            limits=_limits(user.properties),
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


def apply_quota(site: Site, user: UserInfo) -> None:
    """Copy the quotas of the directory into the mailbox, if there is one."""
    if not user.maildir or not exists(user):
        return
    limits = _limits(user.properties)
    with Mailbox.open(Path(user.maildir), clock=site.clock, ids=site.ids) as opened:
        opened.set_quota(storage=limits.storage, receive=limits.receive, send=limits.send)
        opened.sync()


def exists(user: UserInfo) -> bool:
    """Tell whether the user has a mailbox on this machine."""
    return bool(user.maildir) and (Path(user.maildir) / "exmdb" / "exchange.sqlite3").is_file()


def remove(user: UserInfo) -> bool:
    """Remove the mailbox with all mails; False if there was none.

    Raises:
        AdminError: the directory does not look like a mailbox.
    """
    return bool(user.maildir) and remove_store(Path(user.maildir))


def _limits(properties: Mapping[int, PropertyValue]) -> Limits:
    """Return the quotas in octets; no row, or a negative number, is no limit."""

    def octets(tag: int) -> int | None:
        value = properties.get(tag)
        return value * _KIBIBYTE if isinstance(value, int) and value >= 0 else None

    return Limits(
        storage=octets(user_property.STORAGE_QUOTA_LIMIT),
        receive=octets(user_property.PROHIBIT_RECEIVE_QUOTA),
        send=octets(user_property.PROHIBIT_SEND_QUOTA),
    )
