"""Who may do what.

Spec:
    reference/system/store.md section 7: bits, roles and the order in which rows are consulted.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING, Final

from gromox.store.builtin import ipm_subtree, is_mail_class

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable

    from gromox.store.mailbox_file import MailboxFile, Write


class Right(IntFlag):
    """[MS-OXCPERM] 2.2.7, and the three bits of our own at store level."""

    READ_ANY = 0x1
    CREATE = 0x2
    SEND_AS = 0x4
    EDIT_OWNED = 0x8
    DELETE_OWNED = 0x10
    EDIT_ANY = 0x20
    DELETE_ANY = 0x40
    CREATE_SUBFOLDER = 0x80
    OWNER = 0x100
    CONTACT = 0x200
    VISIBLE = 0x400
    FREEBUSY_SIMPLE = 0x800
    FREEBUSY_DETAILED = 0x1000
    STORE_OWNER = 0x2000


ALL_RIGHTS: Final = (
    Right.READ_ANY
    | Right.CREATE
    | Right.EDIT_OWNED
    | Right.DELETE_OWNED
    | Right.EDIT_ANY
    | Right.DELETE_ANY
    | Right.CREATE_SUBFOLDER
    | Right.OWNER
    | Right.VISIBLE
)
OWNER_RIGHTS: Final = (
    ALL_RIGHTS
    | Right.CONTACT
    | Right.FREEBUSY_SIMPLE
    | Right.FREEBUSY_DETAILED
    | Right.SEND_AS
    | Right.STORE_OWNER
)
MAX_RIGHTS: Final = ALL_RIGHTS | Right.CONTACT | Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED
DEFAULT: Final = "default"
ANONYMOUS: Final = ""

#: What everybody has on every calendar says nothing of mail.
_FREEBUSY: Final = Right.VISIBLE | Right.FREEBUSY_SIMPLE | Right.FREEBUSY_DETAILED
_GRANTED: Final = (
    "SELECT p.username, p.rights, f.container_class FROM permissions p"
    " JOIN folders f USING (folder_id) WHERE f.state = 0 AND p.username <> '' AND p.rights <> 0"
)

GroupsOf = "Callable[[str], Iterable[str]]"


def no_groups(_user: str) -> Iterable[str]:
    """Return the groups of a user where nobody knows of groups."""
    return ()


def insert(connection: sqlite3.Connection, folder_id: int, username: str, rights: int) -> None:
    """Write a row, in place of one for the same user."""
    connection.execute(
        "INSERT INTO permissions (folder_id, username, rights) VALUES (?, ?, ?)"
        " ON CONFLICT (folder_id, username) DO UPDATE SET rights = excluded.rights",
        (folder_id, username.casefold(), int(rights)),
    )


def grantees(file: MailboxFile) -> set[str]:
    """Return who is granted something: users, groups, and everybody (DEFAULT) if that concerns mail."""
    return {
        name
        for name, rights, container_class in file.execute(_GRANTED).fetchall()
        if name != DEFAULT or (rights & ~_FREEBUSY and is_mail_class(container_class))
    }


def announce(tx: Write) -> None:
    """Let the index of grants know, before the transaction commits, whom the mailbox grants something."""
    grants = tx.file.grants
    if grants is not None:
        grants.announce(tx.file.path, grantees(tx.file))


def set_rights(file: MailboxFile, folder_id: int, username: str, rights: int | None) -> None:
    """Give a user (or DEFAULT, ANONYMOUS) rights on a folder; None removes the row."""
    with file.write(durable=True, scanned=False) as tx:
        file.record(folder_id)
        tx.next_cn()
        if rights is None:
            file.execute(
                "DELETE FROM permissions WHERE folder_id = ? AND username = ?",
                (folder_id, username.casefold()),
            )
        else:
            insert(file.connection, folder_id, username, rights & MAX_RIGHTS)
            announce(tx)


def rows(file: MailboxFile, folder_id: int) -> list[tuple[str, int]]:
    """Return (user, rights) of a folder."""
    file.refresh(scanned=False)
    file.record(folder_id)
    return file.execute(
        "SELECT username, rights FROM permissions WHERE folder_id = ? ORDER BY member_id", (folder_id,)
    ).fetchall()


def rights(
    file: MailboxFile, user: str, folder_id: int | None, groups_of: Callable[[str], Iterable[str]] = no_groups
) -> int:
    """Return the rights of a user on a folder, or on the store (``folder_id`` None).

    Args:
        file: the mailbox.
        user: login name; empty: anonymous.
        folder_id: the folder.
        groups_of: names of the mailing lists and groups that contain the user.
    """
    user = user.casefold()
    if user and user == file.owner.casefold() and not file.is_public:
        return int(OWNER_RIGHTS)
    if folder_id is None:
        return _store_rights(file, user, groups_of)
    file.refresh(scanned=False)
    file.record(folder_id)
    own = dict(
        file.execute("SELECT username, rights FROM permissions WHERE folder_id = ?", (folder_id,)).fetchall()
    )
    if user == ANONYMOUS:
        return int(own.get(ANONYMOUS, file.anonymous_rights))
    if user in own:
        return int(own[user])
    by_group = [own[group.casefold()] for group in groups_of(user) if group.casefold() in own] if own else []
    if by_group:
        result = 0
        for bits in by_group:
            result |= bits
        return result
    return int(own.get(DEFAULT, file.default_rights))


def _store_rights(file: MailboxFile, user: str, groups_of: Callable[[str], Iterable[str]]) -> int:
    """Return what the user's rows say all over the store, then those of groups where the user has no row."""
    if user == ANONYMOUS:
        return 0
    result = 0
    has_row = set()
    subtree = ipm_subtree(is_public=file.is_public)
    names = [user, *[group.casefold() for group in groups_of(user)]]
    for number, name in enumerate(names):
        for folder_id, bits in file.execute(
            "SELECT folder_id, rights FROM permissions WHERE username = ?", (name,)
        ).fetchall():
            if number == 0:
                has_row.add(folder_id)
            elif folder_id in has_row:
                continue
            result |= bits
            if folder_id == subtree and bits & Right.OWNER:
                result |= Right.STORE_OWNER
    return int(result)
