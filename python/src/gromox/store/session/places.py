"""The part of a session that tells where a message is, and what it came as: for exports."""

from __future__ import annotations

from typing import NamedTuple

from gromox.store.errors import MessageGoneError
from gromox.store.operation import operation
from gromox.store.property.message import message_row
from gromox.store.session.rights import MessageRights


class Place(NamedTuple):
    """Where a message is."""

    folder_id: int
    uid: int | None
    """Its number for mail programs; None: it is associated."""
    is_mail: bool
    """Whether it is kept as the mail it came as, octet for octet."""


class Places(MessageRights):
    """Places of messages."""

    __slots__ = ()

    @operation
    def place_of(self, mid: int) -> Place:
        """Return where a message is.

        Raises:
            MessageGoneError: it is not there for the actor.
        """
        self._file.refresh()
        entry = self._readable(mid)
        row = message_row(self._file, mid)
        if row is None:
            raise MessageGoneError("there is no such message (any more)")
        return Place(entry.folder_id, entry.uid, row.is_mail)
