"""Setting passwords: by the administration, by the user, and the built-in administrator's.

Spec:
    Fact sheet db-schema.md, "users.password" (change of own password, first password); cli.md "passwd".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, select, update

from gromox.directory import names, user_property
from gromox.directory.errors import AuthError, AuthReason, InvalidError
from gromox.directory.login import look_up
from gromox.directory.model import User
from gromox.directory.password import DECOY, hash_password, verify_password
from gromox.directory.status import DisplayType, Privilege, is_granted
from gromox.directory.user_record import ADMIN_ID, ADMIN_NAME, by_name

if TYPE_CHECKING:
    from gromox.base.secret import Secret
    from gromox.directory.directory import Directory


def set_password(directory: Directory, username: str, password: Secret) -> None:
    """Give a user a new password, whatever the old one was; ``admin`` is made when it is missing.

    Raises:
        NotFoundError: there is no such user.
        InvalidError: the password is empty or too long.
    """
    if username == ADMIN_NAME:
        set_admin_password(directory, password)
        return
    hashed = hash_password(password.reveal())
    with directory.writing() as session:
        by_name(session, username).password = hashed


def set_admin_password(directory: Directory, password: Secret) -> None:
    """Give the built-in administrator (id 0, no mailbox) a password; the row is made when it is missing."""
    hashed = hash_password(password.reveal())
    with directory.writing() as session:
        row = session.get(User, ADMIN_ID)
        if row is not None:
            row.password = hashed
            return
        made = User(username=ADMIN_NAME, password=hashed, domain_id=0, group_id=0, privilege_bits=0)
        session.add(made)
        session.flush()
        # MariaDB takes an inserted 0 for "next number", so the row gets its number afterwards.
        session.execute(
            update(User)
            .where(User.id == made.id)
            .values(id=ADMIN_ID)
            .execution_options(synchronize_session=False)
        )
        session.expunge(made)
        user_property.put(session, ADMIN_ID, {user_property.DISPLAY_TYPE_EX: int(DisplayType.USER)})


def verify_admin(directory: Directory, password: Secret) -> bool:
    """Tell whether this is the password of the built-in administrator."""
    with directory.reading() as session:
        stored = session.scalar(select(User.password).where(User.id == ADMIN_ID)) or ""
    return verify_password(password.reveal(), stored)


def is_password(directory: Directory, username: str, password: Secret) -> bool:
    """Tell whether this is the password of a user; for the administration, not for logins (no limits).

    Raises:
        NotFoundError: there is no such user.
    """
    with directory.reading() as session:
        stored = by_name(session, username).password or ""
    return bool(stored) and verify_password(password.reveal(), stored)


def change_own_password(directory: Directory, login: str, old: Secret, new: Secret) -> None:
    """Let a user change the own password; the old one is not asked for when none is stored.

    Raises:
        AuthError: unknown user, wrong old password, or the user may not.
        InvalidError: the new password is empty or too long.
    """
    hashed = hash_password(new.reveal())
    found = look_up(directory, login)
    if found is None:
        verify_password(old.reveal(), DECOY)  # as long as for a known user
    if found is None or found.display_type != DisplayType.USER or found.address_status:
        raise AuthError(
            AuthReason.UNKNOWN_OR_WRONG_PASSWORD, detail=f"{names.split(login)[0]}: no such active user"
        )
    if found.password and not verify_password(old.reveal(), found.password):
        raise AuthError(AuthReason.UNKNOWN_OR_WRONG_PASSWORD)
    if found.externid is not None:
        raise InvalidError("the password of this user is kept in LDAP")
    if not is_granted(found.privilege_bits, Privilege.CHANGE_PASSWORD):
        raise AuthError(AuthReason.NO_PRIVILEGE)
    _replace(directory, found.user_id, found.password, hashed)


def set_first_password(directory: Directory, user_id: int, password: Secret) -> bool:
    """Store the first password of a user who has none; False: somebody was faster."""
    return _replace(directory, user_id, "", hash_password(password.reveal()))


def _replace(directory: Directory, user_id: int, former: str, hashed: str) -> bool:
    """Replace the stored hash if it is still the one that was checked."""
    statement = update(User).where(User.id == user_id, User.password == former).values(password=hashed)
    with directory.writing() as session:
        result = session.execute(statement.execution_options(synchronize_session=False))
        return isinstance(result, CursorResult) and result.rowcount == 1
