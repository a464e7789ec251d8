"""Who a login name or an address belongs to, with all that logging in needs, in one query.

Spec:
    Fact sheet db-schema.md, "Login resolution (meta query)": the name as username, alternative name or alias;
    exactly one object must result; the row of PR_DISPLAY_TYPE_EX is mandatory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import literal, select, union

from gromox.base.log import get_logger
from gromox.directory import names
from gromox.directory.errors import AmbiguousError
from gromox.directory.model import Alias, Altname, Domain, OrgParam, User, UserProperty
from gromox.directory.status import with_domain_status
from gromox.directory.user_property import DISPLAY_TYPE_EX
from gromox.directory.user_record import ADMIN_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import CompoundSelect
    from sqlalchemy.orm import Session

    from gromox.directory.directory import Directory

_log: Final = get_logger("directory")
#: The settings of an organisation that concern logging in.
_LDAP_KEYS: Final = (
    "ldap_uri",
    "ldap_binddn",
    "ldap_bindpw",
    "ldap_basedn",
    "ldap_mail_attr",
    "ldap_start_tls",
)


@dataclass(frozen=True, slots=True)
class Login:
    """The object that a login name led to."""

    user_id: int
    username: str
    domain_id: int
    org_id: int
    display_type: int
    address_status: int
    privilege_bits: int
    password: str = field(repr=False)
    externid: bytes | None
    maildir: str
    lang: str
    timezone: str
    homeserver: int
    ldap: Mapping[str, str] = field(default_factory=dict, repr=False)


def look_up(directory: Directory, login: str) -> Login | None:
    """Return the object of a login name; None: there is none.

    Raises:
        AmbiguousError: the name leads to more than one object.
        UnavailableError: the database does not answer.
    """
    key, altname = names.lookup_key(login), names.altname_key(login)
    if key is None and altname is None:
        return None
    with directory.reading() as session:
        return _look_up(session, login, _matches(key, altname), altname)


def _matches(key: str | None, altname: str | None) -> CompoundSelect[tuple[int, str]]:
    """Return the query for who a name belongs to: numbers, and the alternative name that matched."""
    parts = []
    if key is not None:
        parts.append(select(User.id.label("found"), literal("").label("by")).where(User.username == key))
        parts.append(
            select(User.id, literal(""))
            .join(Alias, Alias.mainname == User.username)
            .where(Alias.aliasname == key)
        )
    if altname is not None:
        parts.append(
            select(Altname.user_id.label("found"), Altname.altname.label("by")).where(
                Altname.altname == altname
            )
        )
    return union(*parts)


def _look_up(
    session: Session, login: str, matches: CompoundSelect[tuple[int, str]], altname: str | None
) -> Login | None:
    match = matches.subquery()
    query = (
        select(User, UserProperty.propval_str, Domain.org_id, Domain.domain_status, match.c.by)
        .join(match, match.c.found == User.id)
        .outerjoin(
            UserProperty, (UserProperty.user_id == User.id) & (UserProperty.proptag == DISPLAY_TYPE_EX)
        )
        .outerjoin(Domain, Domain.id == User.domain_id)
        .where(User.id != ADMIN_ID)
    )
    found = {
        user.id: (user, kind, org_id, with_domain_status(user.address_status, domain_status))
        for user, kind, org_id, domain_status, by in session.execute(query)
        # MariaDB takes accented letters for their base letter; a login name means what it says.
        if not by or by.lower() == altname
    }
    if not found:
        return None
    if len(found) > 1:
        raise AmbiguousError(f"login name {login!r} belongs to {len(found)} objects")
    ((user, kind, org_id, status),) = found.values()
    if kind is None or not kind.isdigit():
        _log.error(
            "user has no display type", user=user.username, remedy="set PR_DISPLAY_TYPE_EX in user_properties"
        )
        return None
    ldap: dict[str, str] = {}
    if user.externid is not None and org_id:
        rows = session.execute(
            select(OrgParam.key, OrgParam.value).where(
                OrgParam.org_id == org_id, OrgParam.key.in_(_LDAP_KEYS)
            )
        )
        ldap = {key: value for key, value in rows if value is not None}
    return Login(
        user_id=user.id,
        username=user.username.lower(),
        domain_id=user.domain_id,
        org_id=org_id or 0,
        display_type=int(kind),
        address_status=status,
        privilege_bits=user.privilege_bits,
        password=user.password,
        externid=user.externid,
        maildir=user.maildir,
        lang=user.lang,
        timezone=user.timezone,
        homeserver=user.homeserver,
        ldap=ldap,
    )
