"""The fields of a user that an administrator can set, and how they are applied.

Spec: reference/system/cli.md, "User fields".
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.admin.service import mailbox
from gromox.admin.service.errors import InputError
from gromox.directory import alias, user_property
from gromox.directory import user as directory_user
from gromox.directory.status import AddressStatus, Privilege

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.admin.service.site import Site
    from gromox.directory.user import UserInfo
    from gromox.directory.user_property import PropertyValue

#: Attribute of a user to the privilege bit behind it.
PRIVILEGES: Final[Mapping[str, Privilege]] = {
    "changePassword": Privilege.CHANGE_PASSWORD,
    "pop3_imap": Privilege.IMAP_POP3,
    "smtp": Privilege.SMTP,
    "publicAddress": Privilege.PUBLIC_ADDRESS,
    "privArchive": Privilege.ARCHIVE,
    "privChat": Privilege.CHAT,
    "privFiles": Privilege.FILES,
    "privVideo": Privilege.VIDEO,
    "privWeb": Privilege.WEB,
    "privDav": Privilege.DAV,
    "privEas": Privilege.EAS,
}

_LOCALE: Final = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?(\.[A-Za-z0-9-]+)?(@[a-z]+)?")


@dataclass(frozen=True, slots=True)
class UserChange:
    """What is to be different; None and empty collections leave things as they are."""

    username: str | None = None
    status: AddressStatus | None = None
    lang: str | None = None
    homeserver: int | None = None
    ldap_id: bytes | None = None
    no_ldap: bool = False
    grant: Privilege = Privilege.NONE
    revoke: Privilege = Privilege.NONE
    add_aliases: tuple[str, ...] = ()
    remove_aliases: tuple[str, ...] = ()
    add_altnames: tuple[str, ...] = ()
    remove_altnames: tuple[str, ...] = ()
    properties: Mapping[int, PropertyValue | None] = field(default_factory=dict)

    def is_empty(self) -> bool:
        """Tell whether nothing is to change."""
        return self == UserChange()

    def without_status(self) -> UserChange:
        """Return the same change without that of the status."""
        return dataclasses.replace(self, status=None)


def checked(change: UserChange) -> UserChange:
    """Return the change if its values can be used.

    Raises:
        InputError: one cannot.
    """
    if change.lang and not _LOCALE.fullmatch(change.lang):
        raise InputError(f"language '{change.lang}': expected a locale such as de_DE or pt_BR")
    if change.grant & change.revoke:
        raise InputError("a privilege cannot be given and taken at once")
    if change.ldap_id is not None and change.no_ldap:
        raise InputError("an LDAP id cannot be set and removed at once")
    return change


def apply(site: Site, user: UserInfo, change: UserChange) -> UserInfo:
    """Carry out a change, the user's name last: errors before that name the user as it was called."""
    directory, name = site.directory, user.username
    if columns := _columns(change):
        directory_user.modify(directory, name, columns)
    if change.grant or change.revoke:
        directory_user.set_privilege(directory, name, grant=change.grant, revoke=change.revoke)
    if change.properties:
        user_property.write(directory, user.user_id, change.properties)
    _apply_names(site, user, change)
    if change.status is not None:
        directory_user.set_status(directory, name, change.status)
    if change.username is not None:
        name = directory_user.rename(directory, name, change.username).username
    user = directory_user.get(directory, name)
    if mailbox.QUOTA_TAGS & set(change.properties):
        mailbox.apply_quota(site, user)
    return user


def _columns(change: UserChange) -> dict[str, object]:
    columns: dict[str, object] = {}
    if change.lang is not None:
        columns["lang"] = change.lang
    if change.homeserver is not None:
        columns["homeserver"] = change.homeserver
    if change.ldap_id is not None or change.no_ldap:
        columns["externid"] = change.ldap_id
    return columns


def _apply_names(site: Site, user: UserInfo, change: UserChange) -> None:
    """Take names away before giving new ones, so that an alias can become another kind of name."""
    for unwanted in change.remove_aliases:
        _check_own(user.aliases, unwanted, "alias")
        alias.remove(site.directory, unwanted)
    for unwanted in change.remove_altnames:
        alias.remove_altname(site.directory, user.username, unwanted)
    for address in change.add_aliases:
        alias.add(site.directory, user.username, address)
    for altname in change.add_altnames:
        alias.add_altname(site.directory, user.username, altname)


def _check_own(present: tuple[str, ...], name: str, kind: str) -> None:
    if name.lower() not in present:
        raise InputError(f"the user has no {kind} '{name}'; there are: {', '.join(present) or 'none'}")
