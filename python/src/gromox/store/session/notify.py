"""The part of a session that tells what happened to who subscribed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.store.errors import InvalidValueError
from gromox.store.notify.event import EventType
from gromox.store.notify.subscription import Desk, Subscription
from gromox.store.operation import operation
from gromox.store.session.base import SessionPart
from gromox.store.table.table import Table

if TYPE_CHECKING:
    from gromox.store.notify.event import Told

MAX_EVENTS: Final = 1000
"""Of one call."""


class Notify(SessionPart):
    """Notifications ([MS-OXCNOTIF]).

    A subscription is a handle; close_handle() ends it. In-process, whoever watches the doorbell calls
    :meth:`has_events` after a ring; with a transport :meth:`wait_for_events` returns when something waits.
    """

    __slots__ = ("_desk_of_session",)

    _desk_of_session: Desk | None

    @operation
    def subscribe(self, types: EventType, folder_id: int | None = None, message_id: int | None = None) -> int:
        """Be told of events from now on; returns the handle of the subscription.

        Args:
            types: which ones; TABLE_MODIFIED is told by :meth:`subscribe_table`.
            folder_id: of this folder and its messages; None: of the whole store.
            message_id: of this message of the folder only.

        Raises:
            FolderGoneError: there is no such folder, or the actor may not know of it.
            LimitError: too much is open.
        """
        if folder_id is None and message_id is not None:
            raise InvalidValueError("the folder of the message has to be told")
        self._file.refresh()
        if folder_id is not None:
            self._access.require_visible(folder_id)
        return self._add(Subscription(EventType(types), folder_id, message_id))

    @operation
    def subscribe_table(self, table: int) -> int:
        """Be told of changes of an open table; returns the handle of the subscription.

        Raises:
            NotFoundError: there is no such table.
            LimitError: too much is open.
        """
        found = self._handles.get(table, Table)
        return self._add(Subscription(EventType.TABLE_MODIFIED, table=found))

    @operation
    def poll_events(self, limit: int = 100) -> tuple[Told, ...]:
        """Return what happened and was not told yet, oldest first; empty: nothing."""
        if limit <= 0:
            raise InvalidValueError("at least one has to be asked for")
        return self._desk().take(min(limit, MAX_EVENTS))

    def has_events(self) -> bool:
        """Tell whether :meth:`poll_events` would tell something; no operation: it is never sent."""
        return self._desk().look()

    def wait_for_events(self, timeout: float) -> bool:
        """Return once there is something to tell, with a transport; False: ``timeout`` seconds are over.

        In-process nothing is waited for: the answer is that of :meth:`has_events`.
        """
        if self._transport is not None:
            return self._transport.wait(timeout)
        return self.has_events()

    def _add(self, subscription: Subscription) -> int:
        handle = self._handles.add(subscription)
        self._desk().add(subscription, handle)
        return handle

    def _desk(self) -> Desk:
        if self._desk_of_session is None:
            self._desk_of_session = Desk(self._file, self._access)
        return self._desk_of_session
