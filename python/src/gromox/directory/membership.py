"""Which lists contain a user: rights on folders may be given to lists.

Spec: Fact sheet db-schema.md (mlists, associations); store.md section 7 (rows of groups).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gromox.directory.model import Alias, Association, Mlist, User
from gromox.directory.status import ListType

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gromox.directory.directory import Directory

#: Lists in lists are followed so deep, as mail to them is.
_MAX_DEPTH: Final = 8


def lists_of(directory: Directory, username: str) -> frozenset[str]:
    """Return the names of all lists that contain a user, directly or through other lists; casefolded.

    Raises:
        UnavailableError: the database does not answer.
    """
    with directory.reading() as session:
        names = _names_of(session, username)
        domain_id = session.scalar(select(User.domain_id).where(User.username == username))
        found = set(
            session.scalars(
                select(Mlist.listname).where(
                    Mlist.domain_id == domain_id, Mlist.list_type == int(ListType.DOMAIN)
                )
            )
        )
        found |= _containing(session, names)
        level = set(found)
        for _ in range(_MAX_DEPTH):
            inner = {name for each in level for name in _names_of(session, each)}
            level = _containing(session, inner) - found
            if not level:
                break
            found |= level
        return frozenset([name.casefold() for name in found])


def _names_of(session: Session, name: str) -> set[str]:
    return {name, *session.scalars(select(Alias.aliasname).where(Alias.mainname == name))}


def _containing(session: Session, members: set[str]) -> set[str]:
    query = (
        select(Mlist.listname)
        .join(Association, Association.list_id == Mlist.id)
        .where(Association.username.in_(sorted(members)), Mlist.list_type == int(ListType.NORMAL))
    )
    return set(session.scalars(query))
