"""The part of a session that shows and changes who may do what in a folder.

Spec: [MS-OXCPERM] 2.2.2 (RopModifyPermissions), 2.2.5 (member ids), 2.2.7 (rights), 3.2.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mapi.modifyrow import Change
from gromox.store import permission
from gromox.store.errors import DeniedError, InvalidValueError, LimitError
from gromox.store.operation import operation
from gromox.store.permission import ANONYMOUS, DEFAULT, MAX_RIGHTS, Right
from gromox.store.session.base import SessionPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.mailbox_file import Write

DEFAULT_MEMBER: Final = 0
ANONYMOUS_MEMBER: Final = 0xFFFF_FFFF_FFFF_FFFF
MAX_MEMBERS: Final = 4096
"""Of one folder."""
_MAX_NAME: Final = 320
_FREEBUSY: Final = Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED
_RESERVED: Final = {DEFAULT_MEMBER: DEFAULT, ANONYMOUS_MEMBER: ANONYMOUS}


@dataclass(frozen=True, slots=True)
class Permission:
    """A row of the permissions table."""

    member_id: int
    """0 is everybody, 2^64 - 1 is who is anonymous."""
    username: str
    """Login name or group; ``default``, or empty for anonymous."""
    rights: int


@dataclass(frozen=True, slots=True)
class PermissionChange:
    """What is to become of a row: added by name, modified and removed by member id."""

    change: Change
    rights: int = 0
    member_id: int | None = None
    username: str | None = None


class Permissions(SessionPart):
    """Permissions of folders."""

    __slots__ = ()

    @operation
    def permissions(self, folder_id: int, *, with_freebusy: bool = True) -> tuple[Permission, ...]:
        """Return the permissions of a folder: everybody and anonymous first, whether or not they have a row.

        Spec: [MS-OXCPERM] 3.2.5.1; without IncludeFreeBusy the two free/busy bits are not told.

        Raises:
            FolderGoneError: the folder is not there for the actor.
        """
        self._access.require_visible(folder_id)
        file = self._file
        rows = {
            username: (member_id, rights)
            for member_id, username, rights in file.execute(
                "SELECT member_id, username, rights FROM permissions WHERE folder_id = ? ORDER BY member_id",
                (folder_id,),
            ).fetchall()
        }
        mask = MAX_RIGHTS if with_freebusy else MAX_RIGHTS & ~_FREEBUSY
        everybody = rows.pop(DEFAULT, (0, file.default_rights))[1]
        anonymous = rows.pop(ANONYMOUS, (0, file.anonymous_rights))[1]
        return (
            Permission(DEFAULT_MEMBER, DEFAULT, everybody & mask),
            Permission(ANONYMOUS_MEMBER, ANONYMOUS, anonymous & mask),
            *[Permission(member_id, name, rights & mask) for name, (member_id, rights) in rows.items()],
        )

    @operation
    def modify_permissions(
        self,
        folder_id: int,
        changes: Sequence[PermissionChange],
        *,
        replaces: bool = False,
        with_freebusy: bool = True,
    ) -> None:
        """Change the permissions of a folder.

        Spec: [MS-OXCPERM] 3.2.5.2; rows that are not there are passed over.

        Args:
            folder_id: the folder.
            changes: what is to happen, in order.
            replaces: all rows but that of everybody go first (ReplaceRows).
            with_freebusy: the free/busy bits count; else those of a row stay as they are.

        Raises:
            FolderGoneError, DeniedError: the folder is not there, or not the actor's.
            InvalidValueError, LimitError: nothing was changed.
        """
        self._access.require_visible(folder_id)
        if not self._access.may(folder_id, Right.OWNER):
            raise DeniedError("only the owner of a folder may change its permissions")
        if len(changes) > MAX_MEMBERS:
            raise LimitError(f"a folder has at most {MAX_MEMBERS} permissions")
        file = self._file
        with file.write(durable=True) as tx:
            file.record(folder_id)
            tx.next_cn()
            if replaces:
                file.execute(
                    "DELETE FROM permissions WHERE folder_id = ? AND username <> ?", (folder_id, DEFAULT)
                )
            for each in changes:
                _carry_out(tx, folder_id, each, with_freebusy=with_freebusy)
            (count,) = file.execute(
                "SELECT count(*) FROM permissions WHERE folder_id = ?", (folder_id,)
            ).fetchone()
            if count > MAX_MEMBERS:
                raise LimitError(f"a folder has at most {MAX_MEMBERS} permissions")
            permission.announce(tx)


def _carry_out(tx: Write, folder_id: int, change: PermissionChange, *, with_freebusy: bool) -> None:
    file = tx.file
    username = _name_of(tx, folder_id, change)
    if username is None:
        return
    row = file.execute(
        "SELECT rights FROM permissions WHERE folder_id = ? AND username = ?", (folder_id, username)
    ).fetchone()
    if change.change is Change.REMOVE:
        file.execute("DELETE FROM permissions WHERE folder_id = ? AND username = ?", (folder_id, username))
        return
    rights = Right(change.rights & MAX_RIGHTS)
    if not with_freebusy:
        held = row[0] if row else file.default_rights if username == DEFAULT else 0
        rights = Right(rights & ~_FREEBUSY | held & _FREEBUSY)
    permission.insert(file.connection, folder_id, username, int(completed(rights)))


def _name_of(tx: Write, folder_id: int, change: PermissionChange) -> str | None:
    """Return whose row is meant; None: it is not there."""
    if change.change is Change.ADD:
        if change.username is None:
            raise InvalidValueError("a new permission has a name")
        name = change.username.casefold()
        if len(name) > _MAX_NAME or "\0" in name:
            raise InvalidValueError("nobody has a name of that sort")
        return name
    if change.member_id is None:
        raise InvalidValueError("a permission is changed by its member id")
    reserved = _RESERVED.get(change.member_id & ANONYMOUS_MEMBER)
    if reserved is not None:
        return reserved
    found = tx.file.execute(
        "SELECT username FROM permissions WHERE folder_id = ? AND member_id = ?",
        (folder_id, change.member_id),
    ).fetchone()
    return found[0] if found else None


def completed(rights: Right) -> Right:
    """Return rights with those that they contain ([MS-OXCPERM] 2.2.7): who edits all edits their own."""
    if rights & Right.EDIT_ANY:
        rights |= Right.EDIT_OWNED
    if rights & Right.DELETE_ANY:
        rights |= Right.DELETE_OWNED
    if rights & Right.FREEBUSY_DETAILED:
        rights |= Right.FREEBUSY_SIMPLE
    if rights & (Right.READ_ANY | Right.OWNER):
        rights |= Right.VISIBLE
    return rights
