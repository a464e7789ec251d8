"""The options of ``user create`` and ``user modify`` that set fields.

Spec: reference/system/cli.md, "User fields".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.admin.cli.command import complete, pair, yes_or_no
from gromox.admin.service.errors import InputError
from gromox.admin.service.property_name import tag_of, value_of
from gromox.admin.service.user import STATUS_NAMES, status_of
from gromox.admin.service.user_change import PRIVILEGES, UserChange
from gromox.directory.status import Privilege
from gromox.share.folder_names import languages

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from gromox.directory.user_property import PropertyValue

#: Option to attribute of the privilege it gives or takes.
_PRIVILEGE_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "--changePassword": ("changePassword", "may change the own password"),
    "--pop3-imap": ("pop3_imap", "may use POP3 and IMAP"),
    "--smtp": ("smtp", "may send mail by SMTP"),
    "--public-address": ("publicAddress", "stands in the public address book"),
    "--privArchive": ("privArchive", "may use the archive"),
    "--privChat": ("privChat", "may use the chat"),
    "--privFiles": ("privFiles", "may use files"),
    "--privVideo": ("privVideo", "may use video conferences"),
    "--privWeb": ("privWeb", "may use webmail"),
    "--privDav": ("privDav", "may use CalDAV and CardDAV"),
    "--privEas": ("privEas", "may use ActiveSync"),
}
_ESCAPED: Final = re.compile(r"\\([0-9A-Fa-f]{2})")


def add_fields(parser: argparse.ArgumentParser) -> None:
    """Add the options that both creation and change have."""
    fields = parser.add_argument_group("fields")
    for option, (_, help_text) in _PRIVILEGE_OPTIONS.items():
        fields.add_argument(option, type=yes_or_no, metavar="BOOL", help=help_text)
    fields.add_argument(
        "--status",
        metavar="STATUS",
        help=", ".join(f"{int(status)} or {name}" for name, status in STATUS_NAMES.items()),
    )
    language = fields.add_argument(
        "--lang", metavar="LOCALE", help="such as de_DE; names of the built-in folders follow it at creation"
    )
    complete(language, lambda **_: list(languages()))
    fields.add_argument("--homeserver", type=int, metavar="ID", help="server of the mailbox, 0 for any")
    fields.add_argument("--ldapID", dest="ldap_id", metavar="ID", help=r"object id in LDAP, octets as \xx")
    fields.add_argument("--alias", action="append", default=[], metavar="ADDRESS", help="further address")
    fields.add_argument(
        "--altname", action="append", default=[], metavar="NAME", help="further login name, of any form"
    )
    fields.add_argument(
        "--property",
        action="append",
        default=[],
        type=pair,
        metavar="NAME=VALUE",
        help="address book property or quota in KiB: displayname=Alice, storagequotalimit=1048576",
    )
    for option, what in (("--chat", "a chat user"), ("--chatAdmin", "an administrator of the chat")):
        fields.add_argument(option, type=yes_or_no, metavar="BOOL", help=f"{what}; only no in this release")


def add_removals(parser: argparse.ArgumentParser) -> None:
    """Add the options that only a change has."""
    fields = parser.add_argument_group("removal and renaming")
    fields.add_argument("--username", metavar="ADDRESS", help="new primary address in the same domain")
    fields.add_argument("--no-ldap", action="store_true", help="forget the LDAP id: no longer from LDAP")
    fields.add_argument("--remove-alias", action="append", default=[], metavar="ADDRESS")
    fields.add_argument("--remove-altname", action="append", default=[], metavar="NAME")
    fields.add_argument("--remove-property", action="append", default=[], metavar="NAME")


def change_of(args: argparse.Namespace) -> UserChange:
    """Return the change that the options describe.

    Raises:
        InputError: a value cannot be used.
    """
    if args.chat or args.chatAdmin:
        raise InputError("chat is not available in this release; leave --chat and --chatAdmin out or say no")
    grant = revoke = Privilege.NONE
    for option, (attribute, _) in _PRIVILEGE_OPTIONS.items():
        wanted = getattr(args, option.removeprefix("--").replace("-", "_"))
        if wanted is True:
            grant |= PRIVILEGES[attribute]
        elif wanted is False:
            revoke |= PRIVILEGES[attribute]
    is_change = hasattr(args, "remove_alias")
    return UserChange(
        username=args.username if is_change else None,
        status=status_of(args.status) if args.status is not None else None,
        lang=args.lang,
        homeserver=args.homeserver,
        ldap_id=_octets(args.ldap_id) if args.ldap_id is not None else None,
        no_ldap=is_change and args.no_ldap,
        grant=grant,
        revoke=revoke,
        add_aliases=tuple(args.alias),
        remove_aliases=tuple(args.remove_alias) if is_change else (),
        add_altnames=tuple(args.altname),
        remove_altnames=tuple(args.remove_altname) if is_change else (),
        properties=_properties(args.property, args.remove_property if is_change else []),
    )


def _properties(given: list[tuple[str, str]], unwanted: list[str]) -> dict[int, PropertyValue | None]:
    properties: dict[int, PropertyValue | None] = {tag_of(name): None for name in unwanted}
    for name, text in given:
        tag = tag_of(name)
        properties[tag] = value_of(tag, text)
    return properties


def _octets(text: str) -> bytes:
    r"""Return an LDAP object id: ``\xx`` is an octet, other characters are themselves, RFC 4515 section 3."""
    octets = bytearray()
    position = 0
    for match in _ESCAPED.finditer(text):
        octets += text[position : match.start()].encode()
        octets.append(int(match[1], 16))
        position = match.end()
    return bytes(octets + text[position:].encode())
