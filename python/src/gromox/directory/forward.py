"""Standing forwards; Postfix carries them out by its maps on the same table.

Spec:
    Fact sheet db-schema.md, "forwards".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from gromox.directory import names
from gromox.directory.errors import InvalidError
from gromox.directory.model import Forward
from gromox.directory.status import ForwardType
from gromox.directory.user_record import by_name

if TYPE_CHECKING:
    from gromox.directory.directory import Directory


@dataclass(frozen=True, slots=True)
class ForwardInfo:
    """Where the mail of a user goes, and whether the user keeps a copy."""

    destination: str
    kind: ForwardType


def put(directory: Directory, username: str, destination: str, kind: ForwardType) -> None:
    """Forward the mail of a user, in place of an earlier forward.

    Raises:
        InvalidError: the destination is no address or the user itself.
    """
    target = names.address(destination)
    with directory.writing() as session:
        name = by_name(session, username).username
        if target == name:
            raise InvalidError(f"{name} cannot forward to itself")
        session.execute(delete(Forward).where(Forward.username == name))
        session.add(Forward(username=name, destination=target, forward_type=int(kind)))


def get(directory: Directory, username: str) -> ForwardInfo | None:
    """Return the forward of a user, None if there is none."""
    with directory.reading() as session:
        name = by_name(session, username).username
        row = session.scalar(select(Forward).where(Forward.username == name))
        if row is None:
            return None
        return ForwardInfo(row.destination, ForwardType.REDIRECT if row.forward_type else ForwardType.COPY)


def remove(directory: Directory, username: str) -> None:
    """End the forward of a user, if there is one."""
    with directory.writing() as session:
        name = by_name(session, username).username
        session.execute(delete(Forward).where(Forward.username == name))
