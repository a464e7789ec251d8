"""What a client wants to be notified of: arguments of NOTIFY as values, and their grammar. RFC 5465."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import BadCommandError, CommandError
from gromox.imap.fetchitems import parse_items
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from gromox.imap.fetchitems import Item
    from gromox.imap.parser import Parser

#: Groups of one NOTIFY, events of one group, and names of all groups together.
MAX_GROUPS: Final = 50
MAX_EVENTS: Final = 50
MAX_NAMES: Final = 200


class Event(Enum):
    """Events that are told; the value is the name on the wire."""

    MESSAGE_NEW = b"MessageNew"
    MESSAGE_EXPUNGE = b"MessageExpunge"
    FLAG_CHANGE = b"FlagChange"
    MAILBOX_NAME = b"MailboxName"
    SUBSCRIPTION_CHANGE = b"SubscriptionChange"
    MAILBOX_METADATA_CHANGE = b"MailboxMetadataChange"
    SERVER_METADATA_CHANGE = b"ServerMetadataChange"


class Filter(Enum):
    """filter-mailboxes: which mailboxes a group is about. RFC 5465 section 6."""

    SELECTED = b"SELECTED"
    SELECTED_DELAYED = b"SELECTED-DELAYED"
    INBOXES = b"INBOXES"
    PERSONAL = b"PERSONAL"
    SUBSCRIBED = b"SUBSCRIBED"
    SUBTREE = b"SUBTREE"
    MAILBOXES = b"MAILBOXES"


_BY_NAME: Final = {event.value.upper(): event for event in Event}
_NEW_AND_GONE: Final = frozenset({Event.MESSAGE_NEW, Event.MESSAGE_EXPUNGE})
MESSAGE_EVENTS: Final = _NEW_AND_GONE | {Event.FLAG_CHANGE}
METADATA_EVENTS: Final = frozenset({Event.MAILBOX_METADATA_CHANGE, Event.SERVER_METADATA_CHANGE})
_SELECTED: Final = frozenset({Filter.SELECTED, Filter.SELECTED_DELAYED})
_NAMED: Final = frozenset({Filter.SUBTREE, Filter.MAILBOXES})
#: Events of messages that cannot be told here still need the other two.
_ANNOTATION: Final = b"ANNOTATIONCHANGE"


@dataclass(frozen=True, slots=True)
class Group:
    """event-group: some mailboxes and the events in them. ``names`` are casefolded."""

    filter: Filter
    names: frozenset[str]
    events: frozenset[Event]
    items: tuple[Item, ...] = ()
    """What FETCH lines of new messages have."""

    @property
    def is_selected(self) -> bool:
        """Tell whether the group is about the selected mailbox, whichever that is."""
        return self.filter in _SELECTED

    def covers(self, name: str, *, subscribed: bool, own: bool) -> bool:
        """Tell whether a mailbox that need not be selected is meant.

        Spec:
            RFC 5465 6.2 to 6.6. Rules may deliver to any mailbox, so ``inboxes`` are all personal ones. What
            is not the user's ``own`` has to be named.
        """
        match self.filter:
            case Filter.PERSONAL | Filter.INBOXES:
                return own
            case Filter.SUBSCRIBED:
                return subscribed and own
            case Filter.MAILBOXES:
                return name.casefold() in self.names
            case Filter.SUBTREE:
                parts = name.casefold().split(SEPARATOR)
                return any(SEPARATOR.join(parts[:count]) in self.names for count in range(1, len(parts) + 1))
            case _:
                return False


@dataclass(frozen=True, slots=True)
class Notify:
    """Arguments of NOTIFY; no groups: NONE. ``unsupported``: an event that cannot be told was asked for."""

    groups: tuple[Group, ...] = ()
    status: bool = False
    unsupported: bool = False

    def selected(self) -> Group | None:
        """Return the group for the selected mailbox."""
        return next((group for group in self.groups if group.is_selected), None)

    @property
    def tells_metadata(self) -> bool:
        """Tell whether changes of annotations are told, on mailboxes or on the server."""
        return any(group.events & METADATA_EVENTS for group in self.groups)

    @property
    def tells_server(self) -> bool:
        """Tell whether changes of annotations on the server are told, in whichever group that stands."""
        return any(Event.SERVER_METADATA_CHANGE in group.events for group in self.groups)

    @property
    def names(self) -> frozenset[str]:
        """The names that were given."""
        return frozenset().union(*(group.names for group in self.groups))

    def events(self, name: str, *, subscribed: bool, own: bool = True) -> frozenset[Event]:
        """Return what is to be told of a mailbox that is not the selected one."""
        wanted: frozenset[Event] = frozenset()
        for group in self.groups:
            if not group.events <= wanted and group.covers(name, subscribed=subscribed, own=own):
                wanted |= group.events
        return wanted


def parse_notify(p: Parser) -> Notify:
    """``NOTIFY SP ("SET" [SP "STATUS"] SP event-groups / "NONE")``."""
    p.space()
    word = p.word()
    if word == b"NONE":
        p.end()
        return Notify()
    if word != b"SET":
        raise BadCommandError("NOTIFY is SET or NONE")
    status = p.accept_word(b" STATUS")
    reader = _Reader(p)
    groups: list[Group] = []
    while not p.at_end():
        p.space()
        if p.at_end() and groups:
            break
        if len(groups) >= MAX_GROUPS:
            raise CommandError("too many groups of events", "NOTIFICATIONOVERFLOW")
        groups.append(reader.group())
    if not groups:
        raise BadCommandError("NOTIFY SET needs a group of events")
    if sum(group.is_selected for group in groups) > 1:
        raise BadCommandError("the selected mailbox can be in one group only")
    return Notify(tuple(groups), status, reader.unsupported)


class _Reader:
    """Reads groups, and notes what cannot be told."""

    def __init__(self, p: Parser) -> None:
        self._p, self._names = p, 0
        self.unsupported = False

    def group(self) -> Group:
        """``"(" filter-mailboxes SP events ")"``."""
        p = self._p
        p.expect(b"(")
        word = p.word()
        kind = next((each for each in Filter if each.value == word), None)
        if kind is None:
            raise BadCommandError("no such filter of mailboxes")
        names = self._mailboxes() if kind in _NAMED else frozenset[str]()
        p.space()
        if p.accept_word(b"NONE)"):
            return Group(kind, names, frozenset())
        # The examples of RFC 5465 leave out the parentheses that its grammar asks for.
        inner = p.accept(b"(")
        events, items = self._events()
        if inner:
            p.expect(b")")
        _check(kind, events, items)
        told = frozenset(_BY_NAME[name] for name in events if name in _BY_NAME)
        return Group(kind, names, told, items)

    def _mailboxes(self) -> frozenset[str]:
        """one-or-more-mailbox."""
        names: list[str] = []
        self._p.space()
        if self._p.peek(b"("):
            self._p.parenthesised(lambda: names.append(self._p.mailbox()))
        else:
            names.append(self._p.mailbox())
        self._names += len(names)
        if self._names > MAX_NAMES:
            raise CommandError("too many names", "NOTIFICATIONOVERFLOW")
        return frozenset(name.removesuffix(SEPARATOR).casefold() for name in names)

    def _events(self) -> tuple[frozenset[bytes], tuple[Item, ...]]:
        """``event *(SP event) ")"``; the names in upper case, and the items of MessageNew."""
        p = self._p
        events: set[bytes] = set()
        items: tuple[Item, ...] = ()
        while True:
            name = p.word()
            events.add(name)
            if name not in _BY_NAME:
                self.unsupported = True
            if name == b"MESSAGENEW" and p.peek(b" ("):
                p.space()
                items = parse_items(p)
            if p.accept(b")"):
                return frozenset(events), items
            if len(events) >= MAX_EVENTS:
                raise BadCommandError("too many events")
            p.space()


def _check(kind: Filter, events: frozenset[bytes], items: tuple[Item, ...]) -> None:
    """Refuse combinations that mean nothing. RFC 5465 sections 5, 6.1 and 8."""
    told = {_BY_NAME[name] for name in events if name in _BY_NAME}
    if (told & _NEW_AND_GONE) not in (set(), _NEW_AND_GONE):
        raise BadCommandError("MessageNew and MessageExpunge go together")
    if (Event.FLAG_CHANGE in told or _ANNOTATION in events) and not told >= _NEW_AND_GONE:
        raise BadCommandError("FlagChange goes with MessageNew and MessageExpunge")
    if kind in _SELECTED and told - MESSAGE_EVENTS:
        raise BadCommandError("only events of messages can be told of the selected mailbox")
    if kind not in _SELECTED and items:
        raise BadCommandError("only new messages of the selected mailbox can be fetched")
