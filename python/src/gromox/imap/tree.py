"""The mailbox names of a user: the store's folders as IMAP shows them. RFC 3501 section 5.1."""

from __future__ import annotations

import copy
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.imap.errors import CommandError
from gromox.store.builtin import INBOX, SPECIAL_USE, ipm_subtree, is_mail_class
from gromox.store.errors import NotFoundError
from gromox.store.names import SEPARATOR, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

#: Answers that are kept for a mailbox, and how many octets one of them has.
_MOST_SAID: Final = 8
_MAX_SAID: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Name:
    r"""One mailbox name, and the folder behind it. Not ``selectable``: ``\Noselect``."""

    name: str
    folder: Folder
    selectable: bool
    has_children: bool

    use: bytes | None = None
    """What its owner said it is used for."""
    asked: bool = False
    """Whether the name was subscribed to; see :mod:`gromox.imap.subscriptions`."""

    @property
    def special_use(self) -> bytes | None:
        """The attribute of RFC 6154, if it has one."""
        return SPECIAL_USE.get(self.folder.folder_id) or self.use


class Tree:
    """All mailbox names of a mailbox at one moment."""

    __slots__ = ("_by_id", "_exact", "_folded", "_said", "names", "subscriptions", "top")

    def __init__(self, mailbox: Mailbox) -> None:
        """Read the folders."""
        self.top = ipm_subtree(is_public=mailbox.is_public)
        children: dict[int, list[Folder]] = {}
        for folder in mailbox.folders():
            if not folder.hidden:
                children.setdefault(folder.parent_id, []).append(folder)
        #: What the owner is subscribed to, folded: names that need not be here.
        self.subscriptions = {folded(name): name for name in mailbox.subscriptions()}
        found: list[Name] = []
        walk = _Walk(children, mailbox.sees, mailbox.special_uses(), self.subscriptions, self.top, found)
        _walk(walk, self.top, "")
        #: INBOX first, then by name, each before what is below it.
        self.names: Sequence[Name] = sorted(found, key=lambda name: rank(name.name))
        self._exact = {name.name: place for place, name in enumerate(self.names)}
        self._folded: dict[str, int] = {}
        for place, name in enumerate(self.names):
            self._folded.setdefault(folded(name.name), place)
        self._by_id = {name.folder.folder_id: place for place, name in enumerate(self.names)}
        self._said: dict[object, bytes] = {}

    def renewed(self, mailbox: Mailbox) -> Tree:
        """Return the same names with their folders as they are now."""
        folders = {folder.folder_id: folder for folder in mailbox.folders()}
        tree = copy.copy(self)
        tree.names = [_renewed(name, folders.get(name.folder.folder_id, name.folder)) for name in self.names]
        return tree

    def said(self, question: object, answer: Callable[[], bytes]) -> bytes:
        """Return an answer that follows from the names alone; kept for who asks the same again."""
        octets = self._said.get(question)
        if octets is None:
            octets = answer()
            if len(octets) <= _MAX_SAID:
                if len(self._said) >= _MOST_SAID:
                    self._said.clear()
                self._said[question] = octets
        return octets

    def find(self, name: str) -> Name | None:
        """Return what has this name, or this name in another case or Unicode form."""
        place = self._exact.get(name)
        if place is None:
            place = self._folded.get(folded(name))
        return None if place is None else self.names[place]

    def by_id(self, folder_id: int) -> Name | None:
        """Return the name of a folder."""
        place = self._by_id.get(folder_id)
        return None if place is None else self.names[place]

    def selectable(self, name: str) -> Folder:
        """Return the folder with this name; see :meth:`to_select`."""
        return self.to_select(name).folder

    def to_select(self, name: str) -> Name:
        """Return what has this name and can be selected.

        Raises:
            NotFoundError: there is none.
            CommandError: it is only a name.
        """
        found = self.find(name)
        if found is None:
            raise NotFoundError("no folder has that name")
        if not found.selectable:
            raise CommandError("the mailbox cannot be selected", "CANNOT")
        return found


class _Walk(NamedTuple):
    """What a walk through the folders needs, and what it finds."""

    children: Mapping[int, Sequence[Folder]]
    sees: Callable[[int], bool]
    uses: Mapping[int, bytes]
    subscriptions: Mapping[str, str]
    top: int
    found: list[Name]


def _walk(walk: _Walk, parent_id: int, prefix: str) -> bool:
    """Collect what is below a folder; tell whether anything is shown. The store bounds the depth."""
    is_shown = False
    for folder in walk.children.get(parent_id, ()):
        at_inbox = folder.folder_id == INBOX and parent_id == walk.top
        name = "INBOX" if at_inbox else prefix + shown(folder.name)
        if not at_inbox and name.upper() == "INBOX":
            continue  # a localised inbox has the name already; no client could reach this one
        place = len(walk.found)
        below = _walk(walk, folder.folder_id, name + SEPARATOR)
        selectable = is_mail_class(folder.container_class) and walk.sees(folder.folder_id)
        if selectable or below:
            use, asked = walk.uses.get(folder.folder_id), folded(name) in walk.subscriptions
            walk.found.insert(place, Name(name, folder, selectable, below, use, asked))
            is_shown = True
    return is_shown


def _renewed(name: Name, folder: Folder) -> Name:
    return name if folder is name.folder else replace(name, folder=folder)


def net_unicode(name: str) -> str:
    """Return a name in the one form in which mailboxes are made. RFC 9051 section 5.1, RFC 5198 section 2."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """Return a name in the form in which names are compared."""
    return net_unicode(name).casefold()


def rank(name: str) -> tuple[bool, tuple[str, ...]]:
    """Return by what names are ordered: INBOX first, each name before what is below it."""
    parts = tuple(name.split(SEPARATOR))
    return parts[0] != "INBOX", parts


def names_of(mailbox: Mailbox) -> Tree:
    """Return the names of a mailbox as they are now; the counters of their folders may be older.

    Good until a folder is made, named, subscribed or removed: building the tree anew whenever a message came
    was a quarter of the time of an APPEND.
    """
    number = mailbox.hierarchy_number()
    known: tuple[int, Tree] | None = mailbox.derived.get(names_of)
    if known is None or known[0] != number:
        known = mailbox.derived[names_of] = number, Tree(mailbox)
    return known[1]


def tree_of(mailbox: Mailbox) -> Tree:
    """Return the names of a mailbox with their folders as they are now."""
    number = mailbox.change_number()
    known: tuple[int, Tree] | None = mailbox.derived.get(tree_of)
    if known is None or known[0] != number:
        known = mailbox.derived[tree_of] = number, names_of(mailbox).renewed(mailbox)
    return known[1]


def target(mailbox: Mailbox, name: str) -> int:
    """Return the folder that COPY, MOVE or APPEND name. RFC 3501 6.4.7: TRYCREATE if it could be made."""
    try:
        return names_of(mailbox).selectable(name).folder_id
    except NotFoundError:
        raise CommandError("no such mailbox; create it first", "TRYCREATE") from None
