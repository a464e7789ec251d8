"""The selected mailbox of one session: its numbers, and what the client has yet to be told of it.

A session keeps the last :class:`FolderView` it announced and numbers by it; views are immutable and shared,
so a thousand sessions on one mailbox cost one. What a newer view changed is told when the protocol allows it.
"""

from __future__ import annotations

import weakref
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.imap.contexts import Contexts
from gromox.imap.errors import BadCommandError
from gromox.imap.sequence import STAR, ranges_of, render
from gromox.store.errors import NotFoundError
from gromox.store.uidset import UidSet
from gromox.store.view import FolderView, caught_up, diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gromox.imap.sequence import Ranges, SequenceSet
    from gromox.store.mailbox import Mailbox
    from gromox.store.view import ViewChange

#: System flags of FLAGS and PERMANENTFLAGS; ``$Forwarded`` has a bit of its own in the store.
SYSTEM_FLAGS: Final = (rb"\Answered", rb"\Flagged", rb"\Deleted", rb"\Seen", rb"\Draft", b"$Forwarded")


class Style(NamedTuple):
    """How a client wants to be told of changes; what it enabled decides."""

    condstore: bool = False
    """MODSEQ stands in FETCH lines that nobody asked for. RFC 7162 section 3.1."""
    vanished: bool = False
    """Removals are told as UIDs. RFC 7162 section 3.2.10, RFC 9586 section 3."""
    uid_only: bool = False
    """No line has a sequence number. RFC 9586 section 3."""


PLAIN: Final = Style()
_NO_UIDS: Final = UidSet()

#: Announcements kept for other sessions that go from the same view to the same view.
_SHARED: Final = 16
_shared: Final[
    dict[tuple[int, int, Style, bool], tuple[weakref.ref[FolderView], weakref.ref[FolderView], bytes]]
] = {}


class Selected:
    """A session's selected mailbox. RFC 3501 section 3.3."""

    __slots__ = (
        "_rev2",
        "change_number",
        "condstore",
        "contexts",
        "folder_id",
        "fresh",
        "gone",
        "held",
        "keywords",
        "looked",
        "mailbox",
        "name",
        "read_only",
        "recent",
        "style",
        "touched",
        "uid_only",
        "vanished",
        "view",
    )

    def __init__(
        self,
        mailbox: Mailbox,
        view: FolderView,
        name: str,
        *,
        as_of: int,
        read_only: bool,
        style: Style = PLAIN,
        recent: Ranges | None = (),
    ) -> None:
        r"""Begin with a view, which the caller announces.

        Args:
            mailbox: where the folder is.
            view: what the client knows.
            name: as the client said it.
            as_of: the change number up to which the view is the newest.
            read_only: nothing may be changed.
            style: how changes are told.
            recent: what is ``\Recent`` for the client (:func:`claim_recent`); None: it knows no such flag.
        """
        self.mailbox, self.folder_id, self.name = mailbox, view.folder_id, name
        self.read_only, self.gone = read_only, False
        self.adopt(style)
        #: Searches whose results are followed.
        self.contexts = Contexts()
        #: UIDs that the last announcement added.
        self.fresh: Sequence[int] = ()
        #: The change number up to which it was told that removals wait.
        self.held = 0
        #: Messages whose flags the command that ends has told or changed.
        self.touched = _NO_UIDS
        #: The command that ends has looked, a moment ago, and there is nothing new; undone with its answer.
        self.looked = False
        self.view = view
        self.change_number = as_of
        #: Ranges of UIDs that are ``\\Recent`` in this session; the last one may be open to the end.
        self.recent: list[tuple[int, int]] = [*recent] if recent else []
        self._rev2 = recent is None
        self.keywords: Sequence[str] = view.keyword_names

    def adopt(self, style: Style) -> None:
        """Tell changes like this from now on."""
        self.style = style
        self.condstore, self.vanished, self.uid_only = style

    # -- \Recent

    def _claim_recent(self) -> None:
        r"""Take the messages that no session was told of before, too."""
        if self._rev2:
            return
        more = claim_recent(self.mailbox, self.view, read_only=self.read_only)
        if self.read_only:
            self.recent = [*more]
        elif more:
            (first, last), *_ = more
            if self.recent and self.recent[-1][1] + 1 >= first:
                self.recent[-1] = (self.recent[-1][0], last)
            else:
                self.recent.append((first, last))

    def forget_recent(self) -> None:
        r"""Know no ``\Recent`` from now on: IMAP4rev2 was enabled."""
        self._rev2, self.recent = True, []

    def is_recent(self, uid: int) -> bool:
        r"""Tell whether a message is ``\Recent`` in this session."""
        recent = self.recent
        if not recent or uid < recent[0][0]:
            return False
        at = bisect_right(recent, (uid, 1 << 32)) - 1
        return uid <= recent[at][1]

    def recent_uids(self) -> UidSet:
        r"""Return the UIDs that are ``\Recent``, those gone included."""
        return UidSet(self.recent)

    # -- numbers

    def uids(self, numbers: SequenceSet, *, uid: bool) -> UidSet:
        """Return the UIDs that a sequence set of the client means in the announced view.

        Spec:
            RFC 3501 6.4.8: UIDs that do not exist are ignored. RFC 3501 section 9 (seq-number): a sequence
            number beyond the last is an error of the client; "*" in an empty mailbox is nothing here, because
            clients ask for 1:* without looking.

        Raises:
            BadCommandError: there is no message with a number of the set.
        """
        view = self.view
        if uid:
            last = view.last_uid()
            if not last:
                return UidSet()
            # Messages that came after the last announcement are not the client's to touch yet.
            return UidSet((low, min(high, last)) for low, high in numbers.resolve(last) if low <= last)
        total = view.total
        if not total and any(STAR in pair for pair in numbers.ranges) and numbers.highest() <= 1:
            return UidSet()
        ranges = numbers.resolve(total)
        if ranges[-1][1] > total or not total:
            raise BadCommandError("there is no message with that number")
        if len(ranges) == 1:  # the usual one: 1 us instead of 4
            low, high = ranges[0]
            first = view.uid_at(low)
            return UidSet.between(first, first if low == high else view.uid_at(high))
        return UidSet((view.uid_at(low), view.uid_at(high)) for low, high in ranges)

    def added(self, mailbox: Mailbox, folder_id: int, uids: Sequence[int]) -> Sequence[int]:
        """Return the UIDs that are of this mailbox among those that a command gave out."""
        is_here = folder_id == self.folder_id and mailbox.path == self.mailbox.path
        return uids if is_here else ()

    def known_uids(self) -> UidSet:
        """Return a set with all messages of the view and none that came later."""
        last = self.view.last_uid()
        return UidSet([(1, last)]) if last else UidSet()

    # -- changes

    def is_current(self) -> bool:
        """Tell whether the announced view is what the mailbox holds now, as far as any session can know."""
        return not self.gone and self.mailbox.change_number() == self.change_number

    def end_look(self) -> None:
        """Note that the command which looked has ended, with nothing new."""
        self.looked, self.touched, self.fresh = False, _NO_UIDS, ()

    def changes(
        self, *, expunge: bool, quiet: Ranges = (), quiet_until: int = 0, flags: bool = True
    ) -> bytes:
        """Return what the client has to be told now, and number by the new view from now on.

        Spec:
            RFC 3501 5.2 (EXISTS and FETCH at any time), 7.4.1 (EXPUNGE not during FETCH, STORE, SEARCH),
            7.3.1, 7.3.2, 7.4.2; RFC 5267 4.3 (ADDTO, REMOVEFROM).

        Args:
            expunge: whether EXPUNGE may be sent; if not and messages are gone, all waits but what became of
                the messages that the command was about.
            quiet: UIDs whose flag changes up to the mod-sequence ``quiet_until`` are known to the client.
            quiet_until: what came later was done by others, and is told (RFC 9051 6.4.6).
            flags: whether the client wants to hear of flag changes at all.
        """
        self.fresh = ()
        if self.gone:
            return self._removed(expunge=expunge)
        if self.looked:
            self.touched = _NO_UIDS
            return b""
        number = self.mailbox.change_number()
        if number == self.change_number:
            self.touched = _NO_UIDS
            return b""
        old = self.view
        try:
            new = self.mailbox.view(self.folder_id)
        except NotFoundError:
            self.gone = True
            return self._removed(expunge=expunge)
        if new is old:
            self.change_number, self.touched = number, _NO_UIDS
            return b""
        change = diff(old, new)
        if change.vanished_uids and not expunge:
            return self._caught_up(new, change, quiet, quiet_until, flags=flags) + self._waiting(number)
        self.change_number, self.view, self.touched = number, new, _NO_UIDS
        self.fresh = change.appended_uids
        news = self._announcement(old, new, change, quiet, quiet_until, flags=flags)
        if not self.contexts:
            return news
        touched = [*change.changed_uids, *change.appended_uids]
        before, after = self.contexts.update(self.mailbox, old, new, touched, change.vanished_uids)
        return before + news + after

    def _caught_up(
        self, new: FolderView, change: ViewChange, quiet: Ranges, quiet_until: int, *, flags: bool
    ) -> bytes:
        """Know of the messages of the command what is known of them now, while all else waits.

        A client that changed flags and asks for them next must not be told the old ones.
        """
        touched, self.touched = self.touched, _NO_UIDS
        uids = [uid for uid in change.changed_uids if uid in touched] if touched else []
        if not uids:
            return b""
        old, self.view = self.view, caught_up(self.view, new, UidSet.from_ascending(uids))
        followed = b""
        if self.contexts:
            followed = b"".join(self.contexts.update(self.mailbox, old, self.view, uids, ()))
        if not flags:
            return followed
        silent, later = UidSet(quiet), set(new.changed_since(quiet_until))
        lines = [self.flag_line(uid) for uid in uids if uid in later or uid not in silent]
        names = self.view.keyword_names
        if lines and not set(names) <= set(self.keywords):
            self.keywords = names
            lines.insert(0, flags_line(names))
        return b"".join(lines) + followed

    def _waiting(self, number: int) -> bytes:
        """Tell that the client does not know everything yet, whatever mod-sequences it was shown.

        Spec:
            RFC 7162 3.2: a lower HIGHESTMODSEQ while removals are held back, or a client whose connection
            breaks now would never hear of them.
        """
        if not (self.condstore and self.vanished) or self.held == number:
            return b""
        self.held = number
        return b"* OK [HIGHESTMODSEQ %d] removals wait\r\n" % self.view.highest_modseq

    def _removed(self, *, expunge: bool) -> bytes:
        """Tell that all messages are gone with the mailbox, which another session deleted.

        RFC 2180 section 3.3 leaves the choice; here the session stays, with nothing in it.
        """
        view = self.view
        if not expunge or not view.total:
            return b""
        total = view.total
        self.view = FolderView(
            view.folder_id, view.uid_validity, view.uid_next, view.highest_modseq, (), view.sets
        )
        before, _ = self.contexts.update(self.mailbox, view, self.view, (), view.uids())
        return before + (_vanished(view.uids()) if self.vanished else b"* 1 EXPUNGE\r\n" * total)

    def _announcement(
        self,
        old: FolderView,
        new: FolderView,
        change: ViewChange,
        quiet: Ranges,
        quiet_until: int,
        *,
        flags: bool,
    ) -> bytes:
        shareable = not quiet and not self._touches_recent(change)
        key = (id(old), id(new), self.style, flags)
        octets: bytes | None = None
        if shareable:
            known = _shared.get(key)
            if known is not None and known[0]() is old and known[1]() is new:
                octets = known[2]
        if octets is None:
            gone = _vanished(change.vanished_uids) if self.vanished else _expunges(change)
            octets = gone
            if flags:
                octets += self._flag_changes(change, quiet, quiet_until)
            if shareable:
                if len(_shared) >= _SHARED:
                    del _shared[next(iter(_shared))]
                _shared[key] = (weakref.ref(old), weakref.ref(new), octets)
        # Not shared: who brought a keyword itself knows it already.
        octets = self._flags_line(change) + octets
        self.keywords = new.keyword_names if change.changed_uids or change.appended_uids else self.keywords
        if change.appended_uids:
            self._claim_recent()
            octets += b"* %d EXISTS\r\n" % new.total
            if not self._rev2:
                octets += b"* %d RECENT\r\n" % count_recent(self.view, self.recent)
        return octets

    def _touches_recent(self, change: ViewChange) -> bool:
        return bool(self.recent and change.changed_uids and change.changed_uids[-1] >= self.recent[0][0])

    def _flags_line(self, change: ViewChange) -> bytes:
        """Tell of keywords that are new in the mailbox. RFC 3501 section 7.2.6."""
        if not (change.changed_uids or change.appended_uids):
            return b""
        names = self.view.keyword_names
        if names is self.keywords or set(names) <= set(self.keywords):
            return b""
        return flags_line(names)

    def _flag_changes(self, change: ViewChange, quiet: Ranges, quiet_until: int) -> bytes:
        uids: Iterable[int] = change.changed_uids
        if quiet and change.changed_uids:
            if self.view.highest_modseq > quiet_until:
                later = set(self.view.changed_since(quiet_until))
                silent = UidSet(quiet)
                told = [uid for uid in change.changed_uids if uid in later or uid not in silent]
                return b"".join([self.flag_line(uid) for uid in told])
            if quiet[0][0] <= change.changed_uids[0] and quiet[0][1] >= change.changed_uids[-1]:
                return b""
            uids = UidSet.from_ascending(change.changed_uids) - UidSet(quiet)
        return b"".join([self.flag_line(uid) for uid in uids])

    def head(self, seq: int, uid: int) -> bytes:
        """Return how the line of a message begins, up to its first data item. RFC 9586 section 3."""
        return b"* %d UIDFETCH (" % uid if self.uid_only else b"* %d FETCH (" % seq

    def flag_line(self, uid: int) -> bytes:
        """Return ``* n FETCH (UID u FLAGS (…))`` for a message of the view."""
        place = self.view.place_of_uid(uid)
        if place is None:
            return b""
        block, index, seq = place
        text = block.flags_text(index, recent=self.is_recent(uid))
        if self.uid_only:
            modseq = b" MODSEQ (%d)" % block.modseq_at(index) if self.condstore else b""
            return b"* %d UIDFETCH (FLAGS (%b)%b)\r\n" % (uid, text, modseq)
        if self.condstore:
            return b"* %d FETCH (UID %d FLAGS (%b) MODSEQ (%d))\r\n" % (
                seq,
                uid,
                text,
                block.modseq_at(index),
            )
        return b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (seq, uid, text)


def claim_recent(mailbox: Mailbox, view: FolderView, *, read_only: bool) -> Ranges:
    r"""Return the messages of a view that no session was told of before. RFC 3501 section 2.3.2, ``\Recent``.

    No other session gets the same ones, but for who only reads and leaves them as they are.
    """
    folder_id = view.folder_id
    first = mailbox.folder(folder_id).recent_from if read_only else mailbox.mark_recent_seen(folder_id)
    return ((first, view.uid_next - 1),) if first < view.uid_next else ()


def count_recent(view: FolderView, recent: Sequence[tuple[int, int]]) -> int:
    r"""Return how many messages of a view are ``\Recent``."""
    return len(view.resolve(UidSet(recent))) if recent else 0


def _expunges(change: ViewChange) -> bytes:
    """Number as each line is read: removing the third and fourth message says 3 twice."""
    return b"".join([b"* %d EXPUNGE\r\n" % (seq - gone) for gone, seq in enumerate(change.vanished_seqs)])


def _vanished(uids: Sequence[int]) -> bytes:
    return b"* VANISHED %b\r\n" % render(ranges_of(uids)) if uids else b""


def flags_line(keywords: Iterable[str]) -> bytes:
    """Return ``* FLAGS (…)`` with the system flags and these keywords."""
    return b"* FLAGS (%b)\r\n" % b" ".join((*SYSTEM_FLAGS, *(name.encode("utf-8") for name in keywords)))
