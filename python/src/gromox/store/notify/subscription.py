"""Subscriptions of one session: what they want to hear, and what waits for them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gromox.store.notify.event import Event, EventType, Told
from gromox.store.notify.feed import feed_of, is_search_folder
from gromox.store.permission import Right

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.session.access import Access
    from gromox.store.table.table import Table

MAX_WAITING: Final = 5000
"""Events that wait for one session; what is older is dropped and said to be lost."""


@dataclass(slots=True)
class Subscription:
    """Some types of events, of the whole store, a folder or a message."""

    types: EventType
    folder_id: int | None = None
    message_id: int | None = None
    table: Table | None = None
    desk: Desk | None = None
    handle: int = 0

    def close(self) -> None:
        """Hear no more; called when the handle is closed."""
        if self.desk is not None:
            self.desk.remove(self)

    def wants(self, event: Event) -> bool:
        """Tell whether an event is one of these; rights are another question."""
        if not self.types & event.type:
            return False
        if self.folder_id is None:
            return not event.search_folder_id
        if event.search_folder_id not in (0, self.folder_id):
            return False
        if self.folder_id not in (event.folder_id, event.old_folder_id):
            return False
        return self.message_id is None or self.message_id in (event.message_id, event.old_message_id)


@dataclass(slots=True)
class Desk:
    """All subscriptions of one session."""

    file: MailboxFile
    access: Access
    cn: int = -1
    subscriptions: dict[int, Subscription] = field(default_factory=dict)
    waiting: deque[Told] = field(default_factory=deque)
    lost: bool = False

    def add(self, subscription: Subscription, handle: int) -> None:
        """Begin to listen: what happens from now on is told."""
        self.look()
        file = self.file
        if not self.subscriptions:
            self.cn = feed_of(file).now()
        subscription.desk, subscription.handle = self, handle
        self.subscriptions[handle] = subscription
        if subscription.table is not None:
            subscription.table.changes()  # it takes notes from now on
        if subscription.folder_id is not None and is_search_folder(file, subscription.folder_id):
            feed_of(file).watch_search_folder(subscription.folder_id)
            self.look()

    def remove(self, subscription: Subscription) -> None:
        """Listen no more."""
        self.subscriptions.pop(subscription.handle, None)
        self.waiting = deque(told for told in self.waiting if told.subscription != subscription.handle)
        if subscription.folder_id is not None and is_search_folder(self.file, subscription.folder_id):
            feed_of(self.file).forget_search_folder(subscription.folder_id)

    def look(self) -> bool:
        """Take note of what happened; returns whether anything waits."""
        if not self.subscriptions:
            return False
        events, upto = feed_of(self.file).since(self.cn)
        if upto > self.cn:
            self.cn = upto
            for event in events:
                self._pass_on(event)
            self._ask_tables()
        return bool(self.waiting)

    def take(self, limit: int) -> tuple[Told, ...]:
        """Return what waits, oldest first."""
        self.look()
        told = tuple(self.waiting.popleft() for _ in range(min(limit, len(self.waiting))))
        if told and self.lost:
            self.lost = False
            return (replace(told[0], lost=True), *told[1:])
        return told

    def _pass_on(self, event: Event) -> None:
        seen: Event | None = None
        for subscription in self.subscriptions.values():
            # A move is a creation or a deletion to who reads one of the folders only: the types are compared
            # after that.
            if seen is None:
                seen = self._seen(event)
                if seen is None:
                    return
            if subscription.wants(seen):
                self._wait(Told(subscription.handle, seen))

    def _wait(self, told: Told) -> None:
        self.waiting.append(told)
        if len(self.waiting) > MAX_WAITING:
            self.waiting.popleft()
            self.lost = True

    def _seen(self, event: Event) -> Event | None:
        """Return an event as the actor may know it; None: not at all."""
        access, file = self.access, self.file
        if not event.message_id:
            return self._seen_folder(event)
        readable = event.folder_id in file.folders and access.may(event.folder_id, Right.READ_ANY)
        if not event.old_folder_id or event.old_folder_id == event.folder_id:
            return event if readable else None
        was = event.old_folder_id in file.folders and access.may(event.old_folder_id, Right.READ_ANY)
        if readable and was:
            return event
        if readable:
            return replace(event, type=EventType.OBJECT_CREATED, old_folder_id=0, old_message_id=0)
        if was and event.type is EventType.OBJECT_MOVED:
            return Event(
                EventType.OBJECT_DELETED,
                event.old_folder_id,
                event.old_message_id,
                associated=event.associated,
            )
        return None

    def _seen_folder(self, event: Event) -> Event | None:
        if event.type is EventType.OBJECT_DELETED:
            # Who could see it cannot be told any more: the owner and who sees the parent hear of it.
            parent = event.parent_id
            visible = self.access.is_owner or (parent in self.file.folders and self.access.sees(parent))
            return event if visible else None
        if event.folder_id not in self.file.folders or not self.access.sees(event.folder_id):
            return None
        if event.total is not None and not self.access.may(event.folder_id, Right.READ_ANY):
            return None  # the counts tell of items that may not be read
        return event

    def _ask_tables(self) -> None:
        for subscription in list(self.subscriptions.values()):
            if subscription.table is not None:
                changes = subscription.table.changes()
                if changes.events:
                    self._wait(Told(subscription.handle, None, changes))
