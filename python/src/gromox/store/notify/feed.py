"""What happened to a mailbox, computed once a process and looked at by all its sessions."""

from __future__ import annotations

import weakref
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.store.builtin import FolderKind
from gromox.store.notify.event import Event, EventType
from gromox.store.notify.happened import happened
from gromox.store.sync import reading

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile

_KEPT: Final = 64
"""Batches; who looks more rarely has them computed again."""
_KEPT_EVENTS: Final = 20_000
_MEMBERS: Final = "SELECT mid FROM search_members WHERE folder_id = ?"
_BACKLOG: Final = "SELECT 1 FROM search_backlog WHERE folder_id = ? LIMIT 1"


class _Batch(NamedTuple):
    """The events between two change numbers."""

    start: int
    end: int
    events: list[Event]


class _Shown(NamedTuple):
    """What a watched search folder showed the last time."""

    members: frozenset[int]
    running: bool


class Feed:
    """The events of one open mailbox."""

    def __init__(self, file: MailboxFile) -> None:
        """Begin with what is there now."""
        self._file = weakref.ref(file)
        self._batches: deque[_Batch] = deque()
        self._watched: dict[int, int] = {}
        self._shown: dict[int, _Shown] = {}

    def watch_search_folder(self, folder_id: int) -> None:
        """Take note of what a search folder shows, until :meth:`forget_search_folder`."""
        self._watched[folder_id] = self._watched.get(folder_id, 0) + 1
        file = self._file()
        if file is not None and folder_id not in self._shown:
            self._shown[folder_id] = _look(file, folder_id)

    def forget_search_folder(self, folder_id: int) -> None:
        """Undo :meth:`watch_search_folder`."""
        left = self._watched.get(folder_id, 0) - 1
        if left > 0:
            self._watched[folder_id] = left
        else:
            self._watched.pop(folder_id, None)
            self._shown.pop(folder_id, None)

    def now(self) -> int:
        """Return the newest change number; a subscriber that begins there shares what is computed later."""
        file = self._file()
        if file is None:
            return 0
        file.refresh()
        if self._batches:
            self._bring_up(file, self._batches[-1].end)
        else:
            self._batches.append(_Batch(file.change_number, file.change_number, []))
        return self._batches[-1].end

    def since(self, start: int) -> tuple[list[Event], int]:
        """Return what happened after a change number, and up to which one."""
        file = self._file()
        if file is None:
            return [], start
        file.refresh()
        newest = file.change_number
        if newest <= start:
            return [], newest
        self._bring_up(file, start)
        if self._batches and self._batches[0].start <= start:
            batches = [batch for batch in self._batches if batch.end > start]
            if batches[0].start == start:
                return [event for batch in batches for event in batch.events], batches[-1].end
        with reading.snapshot(file):
            return happened(file, start), file.change_number

    def _bring_up(self, file: MailboxFile, start: int) -> None:
        """Compute what is newer than the newest batch."""
        if self._batches and self._batches[-1].end >= file.change_number:
            return
        begin = self._batches[-1].end if self._batches else start
        with reading.snapshot(file):
            events = happened(file, begin)
            events += self._search_events(file, events)
            self._batches.append(_Batch(begin, file.change_number, events))
        while len(self._batches) > _KEPT or sum([len(each.events) for each in self._batches]) > _KEPT_EVENTS:
            if len(self._batches) == 1:
                return
            self._batches.popleft()

    def _search_events(self, file: MailboxFile, events: list[Event]) -> list[Event]:
        """Return what the watched search folders have to be told."""
        found: list[Event] = []
        for folder_id in list(self._watched):
            if folder_id not in file.folders:
                self._shown.pop(folder_id, None)
                continue
            before, now = self._shown.get(folder_id), _look(file, folder_id)
            self._shown[folder_id] = now
            if before is None:
                continue
            found += _differences(folder_id, before, now, events)
        return found


def _look(file: MailboxFile, folder_id: int) -> _Shown:
    running = file.execute(_BACKLOG, (folder_id,)).fetchone() is not None
    members = frozenset([mid for (mid,) in file.execute(_MEMBERS, (folder_id,)).fetchall()])
    return _Shown(members, running)


def _differences(folder_id: int, before: _Shown, now: _Shown, events: list[Event]) -> list[Event]:
    changed = {each.message_id for each in events if each.type is EventType.OBJECT_MODIFIED}
    told = (
        (EventType.OBJECT_CREATED, now.members - before.members),
        (EventType.OBJECT_DELETED, before.members - now.members),
        (EventType.OBJECT_MODIFIED, before.members & now.members & changed),
    )
    found = [
        Event(kind, folder_id, mid, search_folder_id=folder_id) for kind, mids in told for mid in sorted(mids)
    ]
    if before.running and not now.running:
        found.append(Event(EventType.SEARCH_COMPLETE, folder_id))
    return found


_feeds: Final[weakref.WeakKeyDictionary[MailboxFile, Feed]] = weakref.WeakKeyDictionary()


def feed_of(file: MailboxFile) -> Feed:
    """Return the feed of an open mailbox."""
    feed = _feeds.get(file)
    if feed is None:
        feed = _feeds[file] = Feed(file)
    return feed


def is_search_folder(file: MailboxFile, folder_id: int) -> bool:
    """Tell whether a folder shows the result of a search."""
    record = file.folders.get(folder_id)
    return record is not None and record.kind == FolderKind.SEARCH
