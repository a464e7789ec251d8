"""What queries and ``show`` know of a user.

Spec: reference/system/cli.md, ``user query``, attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.admin.service.property_name import name_of, text_of
from gromox.admin.service.query import Query
from gromox.admin.service.user_change import PRIVILEGES
from gromox.directory import forward
from gromox.directory.status import ForwardType, effective

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.admin.service.query import Value
    from gromox.admin.service.site import Site
    from gromox.directory.status import Privilege
    from gromox.directory.user import UserInfo

DEFAULT: Final = ("ID", "username", "status")
ATTRIBUTES: Final = (
    *("ID", "aliases", "changePassword", "chat", "chatAdmin", "domainID", "forward", "homeserverID", "lang"),
    *("ldapID", "maildir", "pop3_imap", "privArchive", "privChat", "privFiles", "privVideo", "privWeb"),
    *("privDav", "privEas", "publicAddress", "smtp", "status", "username"),
)


def query_of(site: Site) -> Query[UserInfo]:
    """Return what can be asked of the users of a site."""
    getters: dict[str, Callable[[UserInfo], Value]] = {
        "ID": lambda user: user.user_id,
        "aliases": lambda user: list(user.aliases),
        "chat": lambda user: user.chat_id is not None,
        # a role in the chat server itself; no chat server, no role
        "chatAdmin": lambda _: False,
        "domainID": lambda user: user.domain_id,
        "forward": lambda user: _forward(site, user),
        "homeserverID": lambda user: user.homeserver or None,
        "lang": lambda user: user.lang,
        "ldapID": lambda user: ldap_text(user.externid),
        "maildir": lambda user: user.maildir,
        "status": lambda user: int(user.status),
        "username": lambda user: user.username,
    }
    getters |= {name: _granted(bit) for name, bit in PRIVILEGES.items()}
    return Query({name: getters[name] for name in ATTRIBUTES}, DEFAULT)


def ldap_text(externid: bytes | None) -> str | None:
    r"""Return an LDAP object id as in LDAP filters, RFC 4515 section 3: ``\xx`` for each octet."""
    return None if externid is None else "".join(f"\\{octet:02x}" for octet in externid)


def properties_of(user: UserInfo) -> dict[str, str]:
    """Return the address book properties of a user by short name."""
    return {name_of(tag): text_of(tag, value) for tag, value in sorted(user.properties.items())}


def _granted(bit: Privilege) -> Callable[[UserInfo], Value]:
    return lambda user: bool(effective(user.privilege) & bit)


def _forward(site: Site, user: UserInfo) -> str | None:
    found = forward.get(site.directory, user.username)
    if found is None:
        return None
    return f"{'CC' if found.kind is ForwardType.COPY else 'redirect'}:{found.destination}"
