"""The mailbox names of a user: the store's folders as IMAP shows them. RFC 3501 section 5.1."""

from __future__ import annotations

import unicodedata
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.errors import CommandError
from gromox.store.builtin import INBOX, SPECIAL_USE, ipm_subtree, is_mail_class
from gromox.store.errors import NotFoundError
from gromox.store.names import SEPARATOR, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox


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

    def __init__(self, mailbox: Mailbox) -> None:
        """Read the folders."""
        self.top = ipm_subtree(is_public=mailbox.is_public)
        children: dict[int, list[Folder]] = {}
        for folder in mailbox.folders():
            if not folder.hidden:
                children.setdefault(folder.parent_id, []).append(folder)
        self._found: list[Name] = []
        self._uses = mailbox.special_uses()
        #: What the owner is subscribed to, folded: names that need not be here.
        self.subscriptions = {folded(name): name for name in mailbox.subscriptions()}
        self._walk(children, mailbox.sees, self.top, "")
        #: INBOX first, then by name, each before what is below it.
        self.names: Sequence[Name] = sorted(self._found, key=lambda name: rank(name.name))
        self._exact = {name.name: name for name in self.names}
        self._folded: dict[str, Name] = {}
        for name in self.names:
            self._folded.setdefault(folded(name.name), name)
        self._by_id = {name.folder.folder_id: name for name in self.names}

    def _walk(
        self, children: dict[int, list[Folder]], sees: Callable[[int], bool], parent_id: int, prefix: str
    ) -> bool:
        """Collect what is below a folder; tell whether anything is shown. The store bounds the depth."""
        is_shown = False
        for folder in children.get(parent_id, ()):
            at_inbox = folder.folder_id == INBOX and parent_id == self.top
            name = "INBOX" if at_inbox else prefix + shown(folder.name)
            if not at_inbox and name.upper() == "INBOX":
                continue  # a localised inbox has the name already; no client could reach this one
            place = len(self._found)
            below = self._walk(children, sees, folder.folder_id, name + SEPARATOR)
            selectable = is_mail_class(folder.container_class) and sees(folder.folder_id)
            if selectable or below:
                use, asked = self._uses.get(folder.folder_id), folded(name) in self.subscriptions
                self._found.insert(place, Name(name, folder, selectable, below, use, asked))
                is_shown = True
        return is_shown

    def find(self, name: str) -> Name | None:
        """Return what has this name, or this name in another case or Unicode form."""
        return self._exact.get(name) or self._folded.get(folded(name))

    def by_id(self, folder_id: int) -> Name | None:
        """Return the name of a folder."""
        return self._by_id.get(folder_id)

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


_trees: Final[weakref.WeakKeyDictionary[Mailbox, tuple[int, Tree]]] = weakref.WeakKeyDictionary()
#: By the number of the last change of the hierarchy: names are right, the counters of folders are not.
_named: Final[weakref.WeakKeyDictionary[Mailbox, tuple[int, Tree]]] = weakref.WeakKeyDictionary()


def tree_of(mailbox: Mailbox) -> Tree:
    """Return the names of a mailbox as they are now; kept until anything in the mailbox changes."""
    number = mailbox.change_number()
    known = _trees.get(mailbox)
    if known is not None and known[0] == number:
        return known[1]
    tree = Tree(mailbox)
    _trees[mailbox] = number, tree
    return tree


def target(mailbox: Mailbox, name: str) -> int:
    """Return the folder that COPY, MOVE or APPEND name. RFC 3501 6.4.7: TRYCREATE if it could be made.

    Only names count here, so the tree is good until a folder is made, named or removed: making it anew for
    each message took a quarter of the time of an APPEND.
    """
    number = mailbox.hierarchy_number()
    known = _named.get(mailbox)
    if known is None or known[0] != number:
        known = _named[mailbox] = number, tree_of(mailbox)
    try:
        return known[1].selectable(name).folder_id
    except NotFoundError:
        raise CommandError("no such mailbox; create it first", "TRYCREATE") from None
