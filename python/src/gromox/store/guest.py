r"""A mailbox as somebody sees and uses it who is not its owner: every right is checked here.

Spec:
    [MS-OXCPERM] 2.2.7 (rights of folders); reference/system/store.md section 7 (order of rows, store owners).
    RFC 4314 section 4 for what becomes of flags that somebody may not set. Rights on what one made oneself
    (EDIT_OWNED, DELETE_OWNED) do not count here: a folder's messages are under one rule.

Folders that the guest may not know of are not there. ``\Seen`` is the owner's in a private mailbox, and that
of each reader in a public one. ``\Recent`` and subscriptions are the owner's alone.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from gromox.store import append, block_table, copying, flagging, picking, readers
from gromox.store.annotation import PRIVATE
from gromox.store.database import guarded
from gromox.store.errors import DeniedError, FolderGoneError
from gromox.store.flags import ALL_FLAGS, NO_FLAGS, Flag, FlagChange, FlagOperation
from gromox.store.item import foldering
from gromox.store.mailbox import Mailbox
from gromox.store.model import FlagsChanged
from gromox.store.permission import OWNER_RIGHTS, Right
from gromox.store.session.access import Access
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from array import array
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from gromox.store.append import Prepared, ReadyMails
    from gromox.store.content import Content
    from gromox.store.folder import Folder
    from gromox.store.mailbox_file import Write
    from gromox.store.model import Appended, Columns, Copied, Expunged, FetchRow, NewMail
    from gromox.store.search import Expression
    from gromox.store.session.actor import Actor
    from gromox.store.sorting import Criterion
    from gromox.store.threadrows import ThreadRow
    from gromox.store.view import FolderView

_MARKS: Final = Flag(ALL_FLAGS) & ~(Flag.SEEN | Flag.DELETED)


class Guest(Mailbox):
    """An open mailbox in the hands of a guest; lives as long as the mailbox is held."""

    __slots__ = ("_access", "_actor")

    def __init__(self, mailbox: Mailbox, actor: Actor) -> None:
        """Let ``actor`` use a mailbox that somebody else holds open."""
        super().__init__(mailbox.file)
        self._actor, self._access = actor, Access(mailbox.file, actor)

    # What the guest may.

    @property
    def is_guest(self) -> bool:
        """Tell that rights have to be looked at."""
        return True

    @guarded
    def held(self, folder_id: int | None) -> int:
        """Return the rights of the guest on a folder, or on the store. Raises FolderGoneError."""
        held = self._access.rights(folder_id)
        if held & Right.OWNER and folder_id is not None:
            return int(OWNER_RIGHTS)
        if self._access.rights(None) & Right.STORE_OWNER:
            return int(OWNER_RIGHTS)
        return held

    def sees(self, folder_id: int) -> bool:
        """Tell whether the guest may know that a folder is there."""
        return bool(self.held(folder_id) & (Right.VISIBLE | Right.READ_ANY | Right.OWNER))

    def _require(self, folder_id: int, right: Right) -> None:
        held = self.held(folder_id)
        if held & right != right:
            if not held & (Right.VISIBLE | Right.READ_ANY):
                raise FolderGoneError("there is no such folder (any more)")
            raise DeniedError("the rights of the user do not cover it")

    def settable(self, folder_id: int) -> Flag:
        r"""Return the flags that the guest may set; keywords go with ``\Flagged``."""
        held = self.held(folder_id)
        flags = NO_FLAGS
        if held & Right.EDIT_ANY:
            flags |= _MARKS
        if held & (Right.READ_ANY if self.is_public else Right.EDIT_ANY):
            flags |= Flag.SEEN
        if held & Right.DELETE_ANY:
            flags |= Flag.DELETED
        return flags

    # Folders.

    def hierarchy_number(self) -> int:
        """Return the newest change number: with any change, other folders may be seen."""
        return self.change_number()

    def folders(self) -> Sequence[Folder]:
        """Return the folders that the guest may know of, and those above them, by id."""
        every = {folder.folder_id: folder for folder in super().folders()}
        shown: set[int] = set()
        for folder_id in every:
            at = folder_id if self.sees(folder_id) else 0
            while at in every and at not in shown:
                shown.add(at)
                at = every[at].parent_id
        return [_as_guest(every[folder_id]) for folder_id in sorted(shown)]

    def folder(self, folder_id: int) -> Folder:
        """Return one folder. Raises FolderGoneError."""
        if not self.sees(folder_id):
            raise FolderGoneError("there is no such folder (any more)")
        return _as_guest(super().folder(folder_id))

    def unread(self, folder: Folder) -> int:
        """Return how many messages of a folder the guest has not read."""
        if self.is_public:
            return self.view(folder.folder_id).unseen
        return folder.unread

    def child(self, parent_id: int, name: str) -> Folder | None:
        """Return the sub-folder of that name if the guest may know of it."""
        found = super().child(parent_id, name)
        return _as_guest(found) if found is not None and self.sees(found.folder_id) else None

    @guarded
    def create_folder(self, parent_id: int, name: str, *, container_class: str = "IPF.Note") -> Folder:
        """Make a folder; its rights are those of its parent, and who made it owns it."""
        self._require(parent_id, Right.CREATE_SUBFOLDER)
        file = self._file
        with file.write(durable=True) as tx:
            made = foldering.create(tx, parent_id, name, {}, container_class=container_class)
            foldering.inherit_rights(tx, made, parent_id)
            foldering.give_owner(tx, made, self._actor.username)
        return super().folder(made)

    def rename_folder(self, folder_id: int, *, parent_id: int, name: str) -> Folder:
        """Rename or move a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        self._require(parent_id, Right.CREATE_SUBFOLDER)
        return super().rename_folder(folder_id, parent_id=parent_id, name=name)

    def delete_folder(self, folder_id: int) -> None:
        """Remove a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        super().delete_folder(folder_id)

    def set_subscribed(self, folder_id: int, *, subscribed: bool) -> None:  # noqa: ARG002 - as declared
        """Refuse: what the owner is subscribed to is the owner's; a guest is shown everything."""
        if not subscribed:
            raise DeniedError("subscriptions are the owner's")

    def mark_recent_seen(self, folder_id: int) -> int:
        r"""Return the next UID: nothing is ``\Recent`` for a guest, so that it stays so for the owner."""
        return self.folder(folder_id).uid_next

    # Messages.

    def view(self, folder_id: int) -> FolderView:
        r"""Return the newest snapshot of a folder, with the guest's own ``\Seen`` in a public store."""
        self._require(folder_id, Right.READ_ANY)
        return self._view(folder_id)

    @guarded
    def _view(self, folder_id: int) -> FolderView:
        shared = block_table.current_view(self._file, folder_id)
        if not self.is_public:
            return shared
        return readers.personal(self._file, shared, self._actor.username)

    def search(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Sequence[int]:
        """Search a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().search(folder_id, expression, view=view or self._view(folder_id))

    def search_steps(
        self, folder_id: int, expression: Expression, *, view: FolderView | None = None
    ) -> Generator[None, None, Sequence[int]]:
        """Search a folder that the guest may read, in steps."""
        self._require(folder_id, Right.READ_ANY)
        return super().search_steps(folder_id, expression, view=view or self._view(folder_id))

    def sort_steps(
        self, folder_id: int, uids: Sequence[int], criteria: Sequence[Criterion]
    ) -> Generator[None, None, list[int]]:
        """Order messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().sort_steps(folder_id, uids, criteria)

    def thread_steps(
        self, folder_id: int, uids: Sequence[int], *, with_references: bool
    ) -> Generator[None, None, list[ThreadRow]]:
        """Tell what threading needs to know of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().thread_steps(folder_id, uids, with_references=with_references)

    def fetch(self, folder_id: int, uids: Sequence[int], columns: Columns) -> Iterator[FetchRow]:
        """Go through ready octets of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().fetch(folder_id, uids, columns)

    def fetch_run(
        self, folder_id: int, uids: array[int], columns: Columns
    ) -> Sequence[Sequence[bytes]] | None:
        """Return columns of consecutive messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().fetch_run(folder_id, uids, columns)

    def inline_contents(self, folder_id: int, uids: array[int]) -> Sequence[bytes] | None:
        """Return the octets of consecutive messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().inline_contents(folder_id, uids)

    def content(self, folder_id: int, uid: int) -> Content:
        """Return the octets of a message that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().content(folder_id, uid)

    def uids_of_email(self, folder_id: int, email_id: int, *, lone: bool = False) -> UidSet:
        """Return the messages with the same content that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().uids_of_email(folder_id, email_id, lone=lone)

    def uids_of_conversation(self, folder_id: int, conversation: bytes) -> UidSet:
        """Return the messages of a conversation that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().uids_of_conversation(folder_id, conversation)

    def vanished_since(self, folder_id: int, modseq: int) -> UidSet:
        """Return the UIDs that left a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().vanished_since(folder_id, modseq)

    # Changes.

    @guarded
    def append(self, folder_id: int, mails: Sequence[NewMail]) -> Appended:
        """Add mails; flags that the guest may not set are left out (RFC 4314 section 4)."""
        self._require(folder_id, Right.CREATE)
        prepared = append.prepare(self._file, self._admitted(folder_id, mails))
        with self._file.write(durable=True) as tx:
            return self._insert(tx, folder_id, mails, prepared)

    @guarded
    def replace(self, folder_id: int, uid: int, target_id: int, mail: NewMail) -> Appended:
        """Add a mail and remove a message, both or neither."""
        self._require(folder_id, Right.DELETE_ANY)
        self._require(target_id, Right.CREATE)
        file = self._file
        prepared = append.prepare(file, self._admitted(target_id, [mail]))
        with file.write(durable=True) as tx:
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
        with self._file.write(durable=False) as tx:
            view = self._view(folder_id)
            refused = _newer(view, uids, unchanged_since)
            if refused:
                uids -= UidSet.from_ascending(refused)
            changed: set[int] = set()
            for part in _parts(change, allowed, view.keyword_names if keeps else ()):
                changed.update(self._change(tx, folder_id, uids, part))
        highest = self._view(folder_id).highest_modseq
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
        with file.write(durable=True) as tx:
            view = self._view(folder_id)
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

    # Annotations.

    @property
    def username(self) -> str:
        """Return whose private annotations are meant."""
        return self._actor.username

    def annotations(self, folder_id: int) -> Mapping[str, bytes]:
        """Return the guest's own entries on a folder, and the shared ones (RFC 5464 section 3.3)."""
        self._require_use(folder_id)
        return super().annotations(folder_id)

    def annotation_numbers(self) -> Mapping[tuple[int, str], int]:
        """Return the change numbers of entries on folders that the guest may know of."""
        every = super().annotation_numbers()
        return {key: number for key, number in every.items() if key[0] and self.sees(key[0])}

    def annotate(self, folder_id: int, changes: Mapping[str, bytes | None]) -> None:
        """Set the guest's own entries; shared ones if the guest may change messages."""
        self._require_use(folder_id)
        if not all(entry.startswith(PRIVATE) for entry in changes):
            self._require(folder_id, Right.EDIT_ANY)
        super().annotate(folder_id, changes)

    def url_key(self, folder_id: int) -> bytes | None:
        """Return the guest's own key for URLs of messages that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().url_key(folder_id)

    def renew_url_key(self, folder_id: int) -> bytes:
        """Make a new key of the guest's own for a folder that the guest may read."""
        self._require(folder_id, Right.READ_ANY)
        return super().renew_url_key(folder_id)

    def special_uses(self) -> Mapping[int, bytes]:
        """Return nothing: what the owner uses folders for, the guest does not."""
        return {}

    def _require_use(self, folder_id: int) -> None:
        if not self.sees(folder_id):
            raise FolderGoneError("there is no such folder (any more)")
        if not self.held(folder_id) & (Right.READ_ANY | Right.EDIT_ANY | Right.CREATE):
            raise DeniedError("the rights of the user do not cover it")

    # Limits and rights.

    def set_quota(self, **_: int | None) -> None:
        """Refuse: limits are the administrator's business."""
        raise DeniedError("limits are the administrator's")

    def permissions(self, folder_id: int) -> Sequence[tuple[str, int]]:
        """Return the rows of a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        return super().permissions(folder_id)

    def set_rights(self, folder_id: int, user: str, rights: int | None) -> None:
        """Set the rights of a user on a folder that the guest owns."""
        self._require(folder_id, Right.OWNER)
        super().set_rights(folder_id, user, rights)


def _as_guest(folder: Folder) -> Folder:
    return dataclasses.replace(folder, recent_from=folder.uid_next, subscribed=True)


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
