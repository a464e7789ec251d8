"""Messages as a guest adds, flags, copies and removes them; what may not be set is left out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from gromox.store import append, block_table, copying, flagging, picking, readers
from gromox.store.database import guarded
from gromox.store.errors import DeniedError
from gromox.store.flags import ALL_FLAGS, Flag, FlagChange, FlagOperation
from gromox.store.guest.reading import GuestReading
from gromox.store.model import FlagsChanged
from gromox.store.permission import Right
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.store.append import Prepared, ReadyMails
    from gromox.store.mailbox_file import Write
    from gromox.store.model import Appended, Copied, Expunged, NewMail
    from gromox.store.view import FolderView


class GuestChanging(GuestReading):
    """The part that changes messages."""

    __slots__ = ()

    @guarded
    def append(self, folder_id: int, mails: Sequence[NewMail]) -> Appended:
        """Add mails; flags that the guest may not set are left out (RFC 4314 section 4)."""
        self._require(folder_id, Right.CREATE)
        prepared = append.prepare(self._file, self._admitted(folder_id, mails))
        with self._file.write(durable=True, scanned=False) as tx:
            return self._insert(tx, folder_id, mails, prepared)

    @guarded
    def replace(self, folder_id: int, uid: int, target_id: int, mail: NewMail) -> Appended:
        """Add a mail and remove a message, both or neither."""
        self._require(folder_id, Right.DELETE_ANY)
        self._require(target_id, Right.CREATE)
        file = self._file
        prepared = append.prepare(file, self._admitted(target_id, [mail]))
        with file.write(durable=True, scanned=False) as tx:
            append.take_away(tx, folder_id, uid)
            return self._insert(tx, target_id, [mail], prepared)

    def ready(self, folder_id: int, mails: Sequence[NewMail]) -> ReadyMails:  # noqa: ARG002 - as declared
        """Refuse: what several add at once is added in the owner's name."""
        raise DeniedError("a guest adds mails by append")

    def _admitted(self, folder_id: int, mails: Sequence[NewMail]) -> list[NewMail]:
        r"""Return mails without the flags that the guest may not set; of a public store without ``\Seen``."""
        allowed = self.settable(folder_id)
        keeps = bool(allowed & Flag.FLAGGED)
        shared = allowed & ~Flag.SEEN if self.is_public else allowed
        return [
            dataclasses.replace(
                mail, flags=mail.flags & shared, keywords=mail.keywords if keeps else frozenset()
            )
            for mail in mails
        ]

    def _insert(
        self, tx: Write, folder_id: int, mails: Sequence[NewMail], prepared: Sequence[Prepared]
    ) -> Appended:
        first = tx.file.next_object_id
        added = append.insert(tx, folder_id, prepared)
        tx.file.execute(
            "UPDATE messages SET creator = ? WHERE mid >= ? AND mid < ?",
            (self._actor.username.casefold(), first, first + len(mails)),
        )
        if self.is_public and self.settable(folder_id) & Flag.SEEN:
            seen = [uid for uid, mail in zip(added.uids, mails, strict=True) if mail.flags & Flag.SEEN]
            readers.note(tx, folder_id, seen, self._actor.username, is_read=True)
        return added

    @guarded
    def set_flags(
        self, folder_id: int, uids: UidSet, change: FlagChange, *, unchanged_since: int | None = None
    ) -> FlagsChanged:
        """Change those flags that the guest may change. Raises DeniedError: that is none of them."""
        self._require(folder_id, Right.READ_ANY)
        allowed = self.settable(folder_id)
        keeps = bool(allowed & Flag.FLAGGED)
        asked = Flag(change.flags) & allowed or (change.keywords and keeps)
        if not asked and not (change.operation is FlagOperation.REPLACE and allowed and not change.flags):
            raise DeniedError("the rights of the user do not cover these flags")
        if not self.is_public and allowed == Flag(ALL_FLAGS):
            return flagging.set_flags(self._file, folder_id, uids, change, unchanged_since=unchanged_since)
        with self._file.write(durable=False, scanned=False) as tx:
            view = self._own_view(folder_id)
            refused = _newer(view, uids, unchanged_since)
            if refused:
                uids -= UidSet.from_ascending(refused)
            changed: set[int] = set()
            for part in _parts(change, allowed, view.keyword_names if keeps else ()):
                changed.update(self._change(tx, folder_id, uids, part))
        highest = self._own_view(folder_id).highest_modseq
        return FlagsChanged(highest, sorted(changed), refused)

    def _change(self, tx: Write, folder_id: int, uids: UidSet, part: FlagChange) -> Sequence[int]:
        r"""Add or remove flags, of a public store ``\Seen`` for the guest alone."""
        changed: list[int] = []
        if self.is_public and part.flags & Flag.SEEN:
            there = block_table.current_view(tx.file, folder_id).resolve(uids)
            is_read = part.operation is FlagOperation.ADD
            changed += readers.note(tx, folder_id, there, self._actor.username, is_read=is_read)
            part = FlagChange(part.operation, part.flags & ~Flag.SEEN, part.keywords)
        if part.flags or part.keywords:
            changed += flagging.change_flags(tx, folder_id, uids, part).changed
        return changed

    def copy(self, folder_id: int, uids: UidSet, target_id: int) -> Copied:
        """Copy messages; flags that the guest may not set there are left out."""
        self._require(folder_id, Right.READ_ANY)
        return self._transfer(folder_id, uids, target_id, is_move=False)

    def move(self, folder_id: int, uids: UidSet, target_id: int) -> Copied:
        """Move messages that the guest may remove."""
        self._require(folder_id, Right.DELETE_ANY)
        return self._transfer(folder_id, uids, target_id, is_move=True)

    @guarded
    def _transfer(self, folder_id: int, uids: UidSet, target_id: int, *, is_move: bool) -> Copied:
        self._require(target_id, Right.CREATE)
        file, user = self._file, self._actor.username
        allowed = self.settable(target_id)
        with file.write(durable=True, scanned=False) as tx:
            view = self._own_view(folder_id)
            picks = picking.pick(file, block_table.current_view(file, folder_id), uids)
            transfer = copying.move_picked if is_move else copying.copy_picked
            done = transfer(tx, picks, target_id)
            new = UidSet.from_ascending(done.target_uids)
            flags = Flag(ALL_FLAGS) & ~allowed
            words = frozenset() if allowed & Flag.FLAGGED else frozenset(view.keyword_names)
            if self.is_public:
                flags |= Flag.SEEN
            if new and (flags or words):
                flagging.change_flags(tx, target_id, new, FlagChange(FlagOperation.REMOVE, flags, words))
            if self.is_public and not is_move:  # the states of what is moved go along
                seen = [
                    target
                    for source, target in zip(done.source_uids, done.target_uids, strict=True)
                    if (place := view.place_of_uid(source)) and place[0].flags[place[1]] & Flag.SEEN
                ]
                readers.note(tx, target_id, seen, user, is_read=True)
        return done

    def expunge(self, folder_id: int, uids: UidSet | None = None) -> Expunged:
        r"""Remove the messages that have ``\Deleted``."""
        self._require(folder_id, Right.DELETE_ANY)
        return super().expunge(folder_id, uids)

    def delete_messages(self, folder_id: int, uids: UidSet) -> Expunged:
        """Remove messages whatever their flags."""
        self._require(folder_id, Right.DELETE_ANY)
        return super().delete_messages(folder_id, uids)


def _newer(view: FolderView, uids: UidSet, limit: int | None) -> list[int]:
    """Return the messages that changed since ``limit`` (RFC 7162 3.1.3)."""
    if limit is None or view.highest_modseq <= limit:
        return []
    return [
        block.uids[index]
        for block, start, stop in view.stretches(uids)
        for index in range(start, stop)
        if block.modseq_at(index) > limit
    ]


def _parts(change: FlagChange, allowed: Flag, present: Sequence[str]) -> list[FlagChange]:
    """Return additions and removals that come to as much of a change as is allowed."""
    keeps = bool(allowed & Flag.FLAGGED)
    flags = Flag(change.flags) & allowed
    words = change.keywords if keeps else frozenset()
    if change.operation is not FlagOperation.REPLACE:
        return [FlagChange(change.operation, flags, words)]
    wanted = {word.casefold() for word in words}
    rest = frozenset([word for word in present if word.casefold() not in wanted])
    return [
        FlagChange(FlagOperation.ADD, flags, words),
        FlagChange(FlagOperation.REMOVE, allowed & ~flags, rest),
    ]
