"""Telling what happens in mailboxes that are not selected, and in which way in the selected one. RFC 5465.

What a session was told last is the :class:`~gromox.imap.tree.Tree` of that moment: an immutable value that
all sessions share. A ring compares it with the tree of now; nothing is noted in between, so nothing is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.wire import FilePiece
from gromox.imap.errors import CommandError
from gromox.imap.fetching import Fetching
from gromox.imap.notifyspec import MESSAGE_EVENTS, Event, Filter, Notify
from gromox.imap.places import Place
from gromox.imap.replies import Information, Listed, MailboxStatus, MetadataChanged
from gromox.imap.subscriptions import is_subscribed
from gromox.imap.tree import folded, tree_of
from gromox.store.errors import StoreError
from gromox.store.names import SEPARATOR
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from gromox.imap.replies import Untagged
    from gromox.imap.selected import Selected
    from gromox.imap.session import Session
    from gromox.imap.tree import Name, Tree
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

#: Lines about other mailboxes, new messages, and octets of their FETCH lines that are told at once.
MAX_LINES: Final = 1000
MAX_NEW: Final = 1000
MAX_OCTETS: Final = 1 << 20
#: Mailboxes of others that one session watches.
MAX_OTHERS: Final = 16

OVERFLOW: Final = Information(b"NOTIFICATIONOVERFLOW", "too much happened at once; nothing more is told")
_OVERFLOW_LINE: Final = b"* OK [NOTIFICATIONOVERFLOW] too much is new at once; nothing more is told\r\n"


class Notification:
    """What one session is told, and what it was told."""

    __slots__ = ("_places", "notify", "selected", "watched")

    def __init__(self, session: Session, notify: Notify) -> None:
        """Begin with the mailboxes as they are now. Raises CommandError, LookUpFirstError."""
        self._take(notify)
        self._places = session.places
        self.watched = [_Watched(session, place, notify) for place in _places(session, notify)]

    def _take(self, notify: Notify) -> None:
        self.notify = notify
        self.selected = notify.selected()

    def overflow(self) -> None:
        """Tell nothing from now on. RFC 5465 section 5.8."""
        self._take(Notify())
        del self.watched[1:]
        self.hold()

    def hold(self) -> None:
        """Keep open what is watched, and nothing that was before."""
        self._places.watched = frozenset(each.mailbox for each in self.watched)

    # -- the selected mailbox

    @property
    def tells_messages(self) -> bool:
        """Tell whether anything of the selected mailbox is told. RFC 5465 section 3.1."""
        return self.selected is not None and bool(self.selected.events)

    @property
    def tells_flags(self) -> bool:
        """Tell whether flag changes in the selected mailbox are told."""
        return self.selected is not None and Event.FLAG_CHANGE in self.selected.events

    @property
    def tells_removals_at_once(self) -> bool:
        """Tell whether EXPUNGE may come between commands. RFC 5465 sections 6.1.1 and 6.1.2."""
        return self.selected is not None and self.selected.filter is Filter.SELECTED

    def new_lines(self, here: Selected, uids: Sequence[int]) -> bytes:
        """Return FETCH lines of new messages, as far as the client asked for them.

        Spec:
            RFC 5465 5.2; 5.8 if there is more than a connection should be flooded with.
        """
        if self.selected is None or not self.selected.items or not uids:
            return b""
        lines: list[bytes] = []
        size = 0
        if len(uids) <= MAX_NEW:
            fetching = Fetching(here, UidSet.from_ascending(uids), self.selected.items)
            steps = fetching.steps()
            for piece in (piece for pieces in steps for piece in pieces):
                if isinstance(piece, FilePiece):  # of a content that is too large to be put together
                    piece.close()
                    break
                size += len(piece)
                if size > MAX_OCTETS:
                    break
                lines.append(piece)
            else:
                return b"".join(lines)
            steps.close()
        self.overflow()
        return _OVERFLOW_LINE

    # -- all others

    def statuses(self, session: Session) -> Iterator[MailboxStatus]:
        """Yield what NOTIFY SET STATUS tells first. RFC 5465 section 3.1."""
        for watched in self.watched:
            yield from watched.statuses(session, self.notify)

    def poll(self, session: Session, own: Collection[str] = ()) -> list[Untagged]:
        """Return what to tell of mailboxes that are not selected, and count it as told.

        Spec:
            RFC 5465 5.1 to 5.5, 5.8. What the client did itself is not told where that is known.

        Args:
            session: who is told.
            own: names that the command which ends now has made, renamed, removed or (un)subscribed.
        """
        told: list[Untagged] = []
        for watched in tuple(self.watched):
            try:
                told += watched.poll(session, self.notify, own)
            except StoreError:
                if watched.place.is_own:
                    raise
                self.watched.remove(watched)  # it cannot be reached any more
        if len(told) > MAX_LINES:
            self.overflow()
            return [OVERFLOW]
        return told


def _places(session: Session, notify: Notify) -> list[Place]:
    """Return the user's own mailbox and those of others that names lead to.

    Spec:
        RFC 5465 3.1: a name that is not there, or may not be known, is ignored.
    """
    places = session.places
    found = {session.mailbox.path: Place(session.mailbox, "")}
    roots = {root.casefold() for root in places.roots() or ()}
    for name in sorted(notify.names):
        if name in roots:
            reached = [Place(places.open(each), "", each.prefix) for each in places.neighbours()[:MAX_OTHERS]]
        else:
            reached = [session.locate(name)]
        found.update({place.mailbox.path: place for place in reached})
        if len(found) > MAX_OTHERS:
            raise CommandError("that is about too many mailboxes", "NOTIFICATIONOVERFLOW")
    own = found.pop(session.mailbox.path)
    return [own, *found.values()]


class _Watched:
    """One mailbox file, and what was told of it."""

    __slots__ = ("_annotated", "_known", "_number", "_session", "_untold", "place")

    def __init__(self, session: Session, place: Place, notify: Notify) -> None:
        """Begin with it as it is now."""
        self._session, self.place = session, place
        self._annotated: Mapping[tuple[int, str], int] = (
            place.mailbox.annotation_numbers() if notify.tells_metadata else {}
        )
        self._number = place.mailbox.change_number()
        self._known: Tree = tree_of(place.mailbox)
        #: Folders whose changes were left to the selected mailbox, which may not have told them all.
        self._untold: dict[int, Folder] = {}

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox file."""
        return self.place.mailbox

    def _events(self, notify: Notify, name: Name) -> frozenset[Event]:
        return notify.events(
            self.place.full(name.name), subscribed=self._is_subscribed(name), own=self.place.is_own
        )

    def _is_subscribed(self, name: Name) -> bool:
        """Tell whether a mailbox is subscribed; what is not the user's own has to be by its whole name."""
        if self.place.is_own:
            return is_subscribed(self._session, name)
        return folded(self.place.full(name.name)) in tree_of(self._session.mailbox).subscriptions

    def statuses(self, session: Session, notify: Notify) -> Iterator[MailboxStatus]:
        """Yield where its mailboxes stand."""
        for name in self._known.names:
            wanted = self._events(notify, name) & MESSAGE_EVENTS
            if not (wanted and name.selectable) or self._is_selected(session, name.folder):
                continue
            items = [b"MESSAGES", b"UIDNEXT", b"UIDVALIDITY"]
            if Event.FLAG_CHANGE in wanted:
                items.append(b"HIGHESTMODSEQ")
            yield self._told(name, items)

    def poll(self, session: Session, notify: Notify, own: Collection[str]) -> list[Untagged]:
        """Return what to tell; see :meth:`Notification.poll`."""
        number = self.mailbox.change_number()
        if number == self._number and not self._untold:
            return []
        old, new = self._known, tree_of(self.mailbox)
        self._number, self._known = number, new
        if not notify.groups:
            return []
        return [
            *_without(self._names(notify, old, new), own),
            *(status for name in new.names for status in self._status(session, notify, old, name)),
            *(self._metadata(notify, new) if notify.tells_metadata else ()),
        ]

    def _metadata(self, notify: Notify, new: Tree) -> Iterator[MetadataChanged]:
        """Yield the names of annotations that were set or removed. RFC 5465 sections 5.6 and 5.7."""
        before, self._annotated = self._annotated, self.mailbox.annotation_numbers()
        now = self._annotated
        changed: dict[int, list[str]] = {}
        for folder_id, entry in sorted(before.keys() | now.keys()):
            if before.get((folder_id, entry)) != now.get((folder_id, entry)):
                changed.setdefault(folder_id, []).append(entry)
        for folder_id, entries in changed.items():
            name = new.by_id(folder_id)
            if name is not None and Event.MAILBOX_METADATA_CHANGE in self._events(notify, name):
                yield MetadataChanged(self.place.full(name.name), entries)
            elif not folder_id and self.place.is_own and notify.tells_server:
                yield MetadataChanged("", entries)

    def _status(self, session: Session, notify: Notify, old: Tree, name: Name) -> Iterator[MailboxStatus]:
        """Yield a STATUS line if messages of a mailbox came, went or changed."""
        now = name.folder
        before = self._untold.pop(now.folder_id, None)
        if before is None:
            known = old.by_id(now.folder_id)
            before = known.folder if known is not None else None
        if before is now or not name.selectable:
            return
        if self._is_selected(session, now):
            if before is not None and session.here.view.highest_modseq != now.highest_modseq:
                self._untold[now.folder_id] = before
            return
        items = _changed(before, now, self._events(notify, name), condstore=session.condstore)
        if before is None and old.find(name.name) is not None and items:
            items.append(b"UIDVALIDITY")  # another mailbox has the name now
        if items:
            yield self._told(name, items)

    def _told(self, name: Name, items: Iterable[bytes]) -> MailboxStatus:
        values = [(item, _VALUES[item](self.mailbox, name.folder)) for item in items]
        return MailboxStatus(self.place.full(name.name), values)

    def _is_selected(self, session: Session, folder: Folder) -> bool:
        here = session.selected
        return (
            here is not None
            and not here.gone
            and here.folder_id == folder.folder_id
            and here.mailbox.path == self.mailbox.path
        )

    def _names(self, notify: Notify, old: Tree, new: Tree) -> Iterator[Listed]:
        """Yield a LIST line for each name that came, went, or changed its subscription."""
        for name in old.names:
            if new.by_id(name.folder.folder_id) is None and new.find(name.name) is None:
                if Event.MAILBOX_NAME in self._events(notify, name):
                    yield Listed(b"LIST", (rb"\NonExistent",), self.place.full(name.name))
                yield from self._parent(notify, new, name)
        for name in new.names:
            known = old.by_id(name.folder.folder_id)
            if known is None:
                if Event.MAILBOX_NAME in self._events(notify, name):
                    yield self._listed(name)
                yield from self._parent(notify, new, name)
            elif known is not name:
                yield from self._renamed(notify, known, name)

    def _parent(self, notify: Notify, new: Tree, name: Name) -> Iterator[Listed]:
        """Yield the line of a mailbox below which one was made or removed. RFC 5465 section 5.4."""
        parent = new.find(name.name.rpartition(SEPARATOR)[0])
        if parent is not None and Event.MAILBOX_NAME in self._events(notify, parent):
            yield self._listed(parent)

    def _renamed(self, notify: Notify, known: Name, name: Name) -> Iterator[Listed]:
        """Yield the line of a mailbox with another name, but not for all that is below it."""
        before, now = known.folder, name.folder
        events = self._events(notify, name)
        renamed = (before.parent_id, before.name) != (now.parent_id, now.name)
        if renamed and Event.MAILBOX_NAME in events | self._events(notify, known):
            yield self._listed(name, old_name=self.place.full(known.name))
            return
        if self._is_subscribed(known) != self._is_subscribed(name):
            # Who watches what is subscribed hears of it that this is not any more.
            events |= notify.events(self.place.full(name.name), subscribed=True, own=self.place.is_own)
            if Event.SUBSCRIPTION_CHANGE in events:
                yield self._listed(name)

    def _listed(self, name: Name, *, old_name: str | None = None) -> Listed:
        attributes = [] if name.selectable else [rb"\Noselect"]
        attributes.append(rb"\HasChildren" if name.has_children else rb"\HasNoChildren")
        if self._is_subscribed(name):
            attributes.append(rb"\Subscribed")
        if name.special_use is not None and self.place.is_own:
            attributes.append(name.special_use)
        return Listed(b"LIST", attributes, self.place.full(name.name), old_name=old_name)


def _changed(before: Folder | None, now: Folder, wanted: frozenset[Event], *, condstore: bool) -> list[bytes]:
    """Return the items of STATUS that say what happened to messages. RFC 5465 sections 5.1 to 5.3."""
    uid_next, total, unread = (before.uid_next, before.total, before.unread) if before else (1, 0, 0)
    flags = Event.FLAG_CHANGE in wanted
    items: list[bytes] = []
    if Event.MESSAGE_NEW in wanted and (now.uid_next, now.total) != (uid_next, total):
        items = [b"MESSAGES", b"UIDNEXT", *([b"HIGHESTMODSEQ"] if condstore else [])]
    elif flags and condstore and before is not None and now.highest_modseq != before.highest_modseq:
        items = [b"HIGHESTMODSEQ", b"UIDVALIDITY"]
    return [*items, b"UNSEEN"] if flags and now.unread != unread else items


_VALUES: Final[dict[bytes, Callable[[Mailbox, Folder], int]]] = {
    b"MESSAGES": lambda _, folder: folder.total,
    b"UIDNEXT": lambda _, folder: folder.uid_next,
    b"UIDVALIDITY": lambda _, folder: folder.uid_validity,
    b"UNSEEN": lambda mailbox, folder: mailbox.unread(folder),
    b"HIGHESTMODSEQ": lambda _, folder: folder.highest_modseq,
}


def _without(lines: Iterable[Listed], own: Collection[str]) -> Iterator[Listed]:
    """Leave out names that the client changed itself, with what that did to superior ones; each name once."""
    told: set[str] = set()
    for line in lines:
        key = line.name.casefold()
        if key in told or any(name == key or name.startswith(key + SEPARATOR) for name in own):
            continue
        told.add(key)
        yield line
