"""Searches whose results a client wants to be told the changes of. RFC 5267 section 4.3.

A context keeps what was found, so that what leaves it can be named. When the selected mailbox is announced
anew, only the messages that changed or came are looked at again; what a search means does not change, and
neither does the order of what was sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.imap.sequence import ranges_of, render
from gromox.imap.serialize import string
from gromox.store import search
from gromox.store.errors import StoreError
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from gromox.store.mailbox import Mailbox
    from gromox.store.search import Expression
    from gromox.store.sorting import Criterion
    from gromox.store.view import FolderView

log = get_logger("imap")

#: Of one session.
MAX_CONTEXTS: Final = 10
#: Results of a sorted search that is followed: each message that comes is put into its place among them.
MAX_SORTED: Final = 1000


@dataclass(slots=True)
class Context:
    """One search: what was found, as a set or, if it was sorted, in order."""

    tag: bytes
    uid: bool
    terms: Expression
    found: UidSet
    criteria: Sequence[Criterion] = ()
    order: list[int] = field(default_factory=list)

    def without(self, gone: Collection[int], view: FolderView) -> bytes:
        """Take messages of ``view`` out; return what to tell, before their removal is told."""
        if not gone:
            return b""
        if not self.criteria:
            self.found -= UidSet.of(gone)
            return self._line(b"REMOVEFROM", [(0, sorted(gone))], view)
        # From the end, so that places before keep their numbers.
        places = [place for place in reversed(range(len(self.order))) if self.order[place] in gone]
        steps = [(place + 1, [self.order.pop(place)]) for place in places]
        self.found -= UidSet.of(gone)
        return self._line(b"REMOVEFROM", steps, view)

    def grown(self, come: Sequence[int], mailbox: Mailbox, view: FolderView) -> bytes:
        """Put messages of ``view`` in (ascending); return what to tell, after they were announced."""
        if not come:
            return b""
        self.found |= UidSet.of(come)
        if not self.criteria:
            return self._line(b"ADDTO", [(0, come)], view)
        work = mailbox.sort_steps(view.folder_id, sorted(self.found), self.criteria)
        while True:
            try:
                next(work)
            except StopIteration as done:
                self.order = done.value
                break
        # In the new order from its beginning: each place is right once those before it are filled.
        new = set(come)
        steps = [(place, [uid]) for place, uid in enumerate(self.order, 1) if uid in new]
        return self._line(b"ADDTO", steps, view)

    def _line(self, name: bytes, steps: Iterable[tuple[int, Sequence[int]]], view: FolderView) -> bytes:
        shown = []
        for place, uids in steps:
            numbers = uids if self.uid else [seq for seq in map(view.seq_of, uids) if seq is not None]
            if numbers:
                shown.append(b"%d %b" % (place, render(ranges_of(numbers))))
        if not shown:
            return b""
        uid = b" UID" if self.uid else b""
        return b"* ESEARCH (TAG %b)%b %b (%b)\r\n" % (string(self.tag), uid, name, b" ".join(shown))


class Contexts:
    """The searches that one session follows in its selected mailbox."""

    __slots__ = ("_by_tag",)

    def __init__(self) -> None:
        self._by_tag: dict[bytes, Context] = {}

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._by_tag)

    def __contains__(self, tag: object) -> bool:
        """Tell whether a search with that tag is followed."""
        return tag in self._by_tag

    def follow(self, context: Context) -> bool:
        """Begin to follow a search, unless there are too many or it found too much to be kept sorted."""
        if len(self._by_tag) >= MAX_CONTEXTS or (context.criteria and len(context.order) > MAX_SORTED):
            return False
        self._by_tag[context.tag] = context
        return True

    def cancel(self, tag: bytes) -> None:
        """Follow a search no longer; nothing is said of one that is not followed."""
        self._by_tag.pop(tag, None)

    def update(
        self,
        mailbox: Mailbox,
        old: FolderView,
        new: FolderView,
        touched: Sequence[int],
        gone: Collection[int],
    ) -> tuple[bytes, bytes]:
        """Bring all up to a new view; return what to tell before and after it is announced.

        Spec:
            RFC 5267 4.3.3 (ADDTO comes after EXISTS), 4.3.4 (REMOVEFROM comes before EXPUNGE), 4.3.1
            (NOUPDATE).

        Args:
            mailbox: the one that is selected.
            old: the view that the client knows.
            new: the view that is about to be announced.
            touched: the messages of the new view that changed or came, ascending.
            gone: the messages of the old view that went.
        """
        before, after = [], []
        among = UidSet.from_ascending(touched)
        for context in list(self._by_tag.values()):
            try:
                terms = search.And((search.Uids(among), context.terms))
                matching = mailbox.search(new.folder_id, terms, view=new) if touched else ()
                now = UidSet.from_ascending(matching)
                lost = set(context.found & among - now)
                lost.update(uid for uid in gone if uid in context.found)
                before.append(context.without(lost, old))
                come = [uid for uid in matching if uid not in context.found]
                if context.criteria and len(context.order) + len(come) > MAX_SORTED:
                    self.cancel(context.tag)
                    after.append(refusal(context.tag))
                else:
                    after.append(context.grown(come, mailbox, new))
            except StoreError as error:
                log.info("context given up", mailbox=mailbox.path, reason=error)
                self.cancel(context.tag)
                after.append(refusal(context.tag))
        return b"".join(before), b"".join(after)


def refusal(tag: bytes) -> bytes:
    """Return what says that a search is not, or no longer, followed. RFC 5267 section 4.3.1."""
    return b"* NO [NOUPDATE %b] changes of the results are not told\r\n" % string(tag)
