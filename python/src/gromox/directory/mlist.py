"""Distribution lists: making, changing, and who is reached.

Spec:
    Fact sheets db-schema.md (mlists, associations, specifieds; expansion result codes; nesting limits) and
    protocols.md (alias_resolve).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from gromox.directory import names, user_property
from gromox.directory.domain import by_name as domain_by_name
from gromox.directory.errors import InvalidError, NotFoundError
from gromox.directory.model import Alias, Association, Domain, Mlist, Specified, User
from gromox.directory.status import (
    DOMAIN_STATUS_MASK,
    DOMAIN_STATUS_SHIFT,
    DisplayType,
    ListPrivilege,
    ListType,
)
from gromox.directory.user_record import refuse_taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from gromox.directory.directory import Directory
    from gromox.directory.user_property import PropertyValue

_MAX_DEPTH: Final = 8  #: lists in lists, at delivery
_MAX_MEMBERSHIP_DEPTH: Final = 16  #: the same, when a sender has to be a member
_MAX_RECIPIENTS: Final = 200_000


class Verdict(IntEnum):
    """Whether a sender may use a list; the numbers are those of the fact sheet."""

    ALLOWED = 0
    NO_SUCH_LIST = 1
    DENIED_DOMAIN = 2
    DENIED_INTERNAL = 3
    DENIED_SPECIFIED = 4


@dataclass(frozen=True, slots=True)
class MlistInfo:
    """A list as callers see it."""

    list_id: int
    address: str
    domain_id: int
    kind: ListType
    privilege: ListPrivilege
    members: tuple[str, ...]
    senders: tuple[str, ...]


def create(
    directory: Directory,
    address: str,
    *,
    kind: ListType = ListType.NORMAL,
    privilege: ListPrivilege = ListPrivilege.ALL,
    members: Iterable[str] = (),
    senders: Iterable[str] = (),
    display_name: str = "",
) -> MlistInfo:
    """Add a list and its companion row among the users.

    Raises:
        NotFoundError: the domain does not exist.
        ExistsError: the address is taken.
        InvalidError: an address is none, or a domain list is given members.
    """
    name = names.address(address)
    with directory.writing() as session:
        domain = domain_by_name(session, name.rpartition("@")[2])
        refuse_taken(session, name)
        session.add(_companion(name, domain))
        session.flush()
        row = Mlist(listname=name, domain_id=domain.id, list_type=int(kind), list_privilege=int(privilege))
        session.add(row)
        session.flush()
        user_id = session.scalars(select(User.id).where(User.username == name)).one()
        stated: dict[int, PropertyValue | None] = {user_property.DISPLAY_TYPE_EX: int(DisplayType.LIST)}
        if display_name:
            stated[user_property.DISPLAY_NAME] = display_name
        user_property.put(session, user_id, stated)
        _set_members(session, row, members)
        _set_senders(session, row, senders)
        return _info(session, row)


def get(directory: Directory, address: str) -> MlistInfo:
    """Return a list by address.

    Raises:
        NotFoundError: there is none.
    """
    with directory.reading() as session:
        return _info(session, _by_name(session, address))


def list_all(directory: Directory, *, domain: str | None = None) -> Sequence[MlistInfo]:
    """Return the lists of one domain or of all."""
    with directory.reading() as session:
        query = select(Mlist).order_by(Mlist.id)
        if domain is not None:
            query = query.where(Mlist.domain_id == domain_by_name(session, domain).id)
        return [_info(session, row) for row in session.scalars(query).all()]


def modify(
    directory: Directory,
    address: str,
    *,
    kind: ListType | None = None,
    privilege: ListPrivilege | None = None,
) -> MlistInfo:
    """Change what a list is or who may write to it; members of a list that becomes a domain list go."""
    with directory.writing() as session:
        row = _by_name(session, address)
        if privilege is not None:
            row.list_privilege = int(privilege)
        if kind is not None:
            row.list_type = int(kind)
            if kind is ListType.DOMAIN:
                session.execute(delete(Association).where(Association.list_id == row.id))
        session.flush()
        return _info(session, row)


def set_members(directory: Directory, address: str, members: Iterable[str]) -> MlistInfo:
    """Make these the members (addresses of any domain, lists among them) of a normal list."""
    with directory.writing() as session:
        row = _by_name(session, address)
        session.execute(delete(Association).where(Association.list_id == row.id))
        _set_members(session, row, members)
        return _info(session, row)


def set_senders(directory: Directory, address: str, senders: Iterable[str]) -> MlistInfo:
    """Make these (addresses or bare domains) the ones that may write to a list of privilege SPECIFIED."""
    with directory.writing() as session:
        row = _by_name(session, address)
        session.execute(delete(Specified).where(Specified.list_id == row.id))
        _set_senders(session, row, senders)
        return _info(session, row)


def remove(directory: Directory, address: str) -> None:
    """Remove a list with its companion row, aliases and its memberships in other lists."""
    with directory.writing() as session:
        row = _by_name(session, address)
        session.execute(delete(Association).where(Association.list_id == row.id))
        session.execute(delete(Association).where(Association.username == row.listname))
        session.execute(delete(Specified).where(Specified.list_id == row.id))
        session.execute(
            delete(User).where(User.username == row.listname).execution_options(synchronize_session=False)
        )


def expand(directory: Directory, list_id: int, sender: str) -> tuple[Verdict, Sequence[str]]:
    """Return whether ``sender`` may use a list, and the addresses of the members that are no lists.

    Inner lists are checked for the same sender; one that refuses is left out. Each list is visited once, so
    lists that hold each other end, and eight levels are followed.

    Raises:
        UnavailableError: the database does not answer.
    """
    key = names.lookup_key(sender) or ""
    reached: dict[str, None] = {}
    with directory.reading() as session:
        root = session.get(Mlist, list_id)
        if root is None:
            return Verdict.NO_SUCH_LIST, ()
        verdict = _verdict(session, root, key)
        if verdict is not Verdict.ALLOWED:
            return verdict, ()
        seen, level = {root.id}, [root]
        for _ in range(_MAX_DEPTH):
            members = [name for row in level for name in _member_names(session, row)]
            inner = _lists_among(session, members)
            reached.update(dict.fromkeys(name for name in members if name.lower() not in inner))
            level = [row for row in {row.id: row for row in inner.values()}.values() if row.id not in seen]
            level = [row for row in level if _verdict(session, row, key) is Verdict.ALLOWED]
            seen.update(row.id for row in level)
            if not level or len(reached) > _MAX_RECIPIENTS:
                break
    return Verdict.ALLOWED, tuple(reached)[:_MAX_RECIPIENTS]


def _companion(name: str, domain: Domain) -> User:
    status = (domain.domain_status << DOMAIN_STATUS_SHIFT) & DOMAIN_STATUS_MASK
    return User(username=name, domain_id=domain.id, group_id=0, privilege_bits=0, address_status=status)


def _verdict(session: Session, row: Mlist, sender: str) -> Verdict:
    match row.list_privilege:
        case ListPrivilege.ALL | ListPrivilege.OUTGOING:
            return Verdict.ALLOWED
        case ListPrivilege.INTERNAL:
            return Verdict.ALLOWED if _is_member(session, row, sender) else Verdict.DENIED_INTERNAL
        case ListPrivilege.DOMAIN:
            same = names.split(sender)[1] == names.split(row.listname.lower())[1] != ""
            return Verdict.ALLOWED if same else Verdict.DENIED_DOMAIN
    allowed = {
        name.lower()
        for name in session.scalars(select(Specified.username).where(Specified.list_id == row.id))
    }
    fits = sender and (sender in allowed or names.split(sender)[1] in allowed)
    return Verdict.ALLOWED if fits else Verdict.DENIED_SPECIFIED


def _is_member(session: Session, row: Mlist, sender: str) -> bool:
    """Tell whether the sender (any of its addresses) is a member, through inner lists too."""
    if not sender:
        return False
    main = session.scalar(select(Alias.mainname).where(Alias.aliasname == sender)) or sender
    own = {sender, main.lower()}
    own |= {name.lower() for name in session.scalars(select(Alias.aliasname).where(Alias.mainname == main))}
    seen, level = {row.id}, [row]
    for _ in range(_MAX_MEMBERSHIP_DEPTH):
        members = {name.lower() for one in level for name in _member_names(session, one)}
        if members & own:
            return True
        inner = {one.id: one for one in _lists_among(session, members).values() if one.id not in seen}
        if not inner:
            return False
        seen.update(inner)
        level = list(inner.values())
    return False


def _member_names(session: Session, row: Mlist) -> Sequence[str]:
    if row.list_type == ListType.NORMAL:
        return session.scalars(
            select(Association.username).where(Association.list_id == row.id).order_by(Association.username)
        ).all()
    if row.list_type == ListType.DOMAIN:
        # Users with a mailbox; contacts and lists of the domain are not "all users".
        query = select(User.username).where(User.domain_id == row.domain_id, User.maildir != "", User.id != 0)
        return session.scalars(query.order_by(User.username)).all()
    return ()


def _lists_among(session: Session, members: Iterable[str]) -> Mapping[str, Mlist]:
    """Return which of the names (usernames or aliases, lower case) are lists."""
    wanted = sorted({name.lower() for name in members})
    found: dict[str, Mlist] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for row in session.scalars(select(Mlist).where(Mlist.listname.in_(part))):
            found[row.listname.lower()] = row
        query = select(Alias.aliasname, Mlist).join(Mlist, Mlist.listname == Alias.mainname)
        for name, row in session.execute(query.where(Alias.aliasname.in_(part))):
            found[name.lower()] = row
    return found


def _set_members(session: Session, row: Mlist, members: Iterable[str]) -> None:
    wanted = {names.address(member) for member in members}
    if wanted and row.list_type != ListType.NORMAL:
        raise InvalidError("a list of all users of a domain has no members of its own")
    if row.listname in wanted:
        raise InvalidError(f"{row.listname} cannot be a member of itself")
    session.add_all(Association(list_id=row.id, username=member) for member in sorted(wanted))
    session.flush()


def _set_senders(session: Session, row: Mlist, senders: Iterable[str]) -> None:
    wanted = {names.address(sender) if "@" in sender else names.domain_name(sender) for sender in senders}
    session.add_all(Specified(list_id=row.id, username=sender) for sender in sorted(wanted))
    session.flush()


def _by_name(session: Session, address: str) -> Mlist:
    key = names.lookup_key(address)
    row = session.scalar(select(Mlist).where(Mlist.listname == key)) if key else None
    if row is None:
        raise NotFoundError(f"there is no list {address}")
    return row


def _info(session: Session, row: Mlist) -> MlistInfo:
    members = select(Association.username).where(Association.list_id == row.id).order_by(Association.username)
    senders = select(Specified.username).where(Specified.list_id == row.id).order_by(Specified.username)
    return MlistInfo(
        list_id=row.id,
        address=row.listname,
        domain_id=row.domain_id,
        kind=ListType.DOMAIN if row.list_type == ListType.DOMAIN else ListType.NORMAL,
        privilege=ListPrivilege(row.list_privilege),
        members=tuple(session.scalars(members)),
        senders=tuple(session.scalars(senders)),
    )
