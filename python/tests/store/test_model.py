"""The store against a model of a few lines, by random operations."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from gromox.store import block_table
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.create import create_private
from gromox.store.mailbox import Mailbox
from gromox.store.model import Columns, NewMail
from gromox.store.search import Flagged
from gromox.store.uidset import UidSet
from gromox.store.view import FolderView, diff

SUBTREE = 9
UIDS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)), min_size=1, max_size=3).map(
    lambda pairs: UidSet([(low, low + width) for low, width in pairs])
)
FLAGS = st.integers(0, 63).map(Flag)
KEYWORDS = st.frozensets(st.sampled_from(["one", "Two", "three"]), max_size=2)
CHANGES = st.builds(FlagChange, st.sampled_from(FlagOperation), FLAGS, KEYWORDS)

State = tuple[int, frozenset[str], bytes]


class Folder:
    """What the model knows of a folder: messages by UID."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.uid_next = 1
        self.messages: dict[int, State] = {}

    def add(self, state: State) -> int:
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        self.messages[uid] = state
        return uid


def changed(state: State, change: FlagChange) -> State:
    flags, words, text = state
    if change.operation is FlagOperation.ADD:
        return flags | change.flags, words | change.keywords, text
    if change.operation is FlagOperation.REMOVE:
        return flags & ~change.flags, words - change.keywords, text
    return int(change.flags), change.keywords, text


class StoreMachine(RuleBasedStateMachine):
    folders = Bundle("folders")

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        # Small blocks, so that few messages make several.
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(block_table, "CAPACITY", 8)
        self.patch.setattr(block_table, "MERGE_BELOW", 3)
        self.box = create_private(self.directory / "m", owner="a", user_id=1)
        self.other = Mailbox.open(self.directory / "m")
        self.model: dict[int, Folder] = {}
        self.views: dict[int, FolderView] = {}
        self.count = 0

    def teardown(self) -> None:
        try:
            assert self.box.check() == []
            self.box.purge_softdeleted(before=1e10)
            assert self.box.check() == []
            assert self.box.folder(SUBTREE).deleted_total == 0
        finally:
            self.patch.undo()
            self.box.close()
            self.other.close()
            shutil.rmtree(self.directory)

    @rule(target=folders, name=st.sampled_from(["a", "b", "c"]))
    def create(self, name: str) -> object:
        if any(folder.name == name for folder in self.model.values()):
            return multiple()
        folder_id = self.box.create_folder(SUBTREE, name).folder_id
        self.model[folder_id] = Folder(name)
        return folder_id

    @rule(folder_id=folders, name=st.sampled_from(["d", "e", "f"]))
    def rename(self, folder_id: int, name: str) -> None:
        if all(folder.name != name for folder in self.model.values()):
            self.box.rename_folder(folder_id, parent_id=SUBTREE, name=name)
            self.model[folder_id].name = name

    @rule(folder_id=consumes(folders))
    def delete(self, folder_id: int) -> None:
        self.box.delete_folder(folder_id)
        del self.model[folder_id]
        self.views.pop(folder_id, None)

    @rule(folder_id=folders, flags=FLAGS, words=KEYWORDS, count=st.integers(1, 10), elsewhere=st.booleans())
    def append(
        self, folder_id: int, flags: Flag, words: frozenset[str], count: int, *, elsewhere: bool
    ) -> None:
        box = self.other if elsewhere else self.box
        texts = [f"Subject: {self.count + n}\r\n\r\n".encode() for n in range(count)]
        self.count += count
        uids = box.append(folder_id, [NewMail(text, flags, words) for text in texts]).uids
        assert list(uids) == [self.model[folder_id].add((int(flags), words, text)) for text in texts]

    @rule(folder_id=folders, uids=UIDS, change=CHANGES, elsewhere=st.booleans())
    def flag(self, folder_id: int, uids: UidSet, change: FlagChange, *, elsewhere: bool) -> None:
        result = (self.other if elsewhere else self.box).set_flags(folder_id, uids, change)
        expected = []
        messages = self.model[folder_id].messages
        for uid in [uid for uid in messages if uid in uids]:
            new = changed(messages[uid], change)
            if new != messages[uid]:
                expected.append(uid)
                messages[uid] = new
        assert list(result.changed) == expected

    @rule(source=folders, into=folders, uids=UIDS)
    def copy(self, source: int, into: int, uids: UidSet) -> None:
        copied = self.box.copy(source, uids, into)
        states = {uid: state for uid, state in self.model[source].messages.items() if uid in uids}
        assert list(copied.source_uids) == list(states)
        assert list(copied.target_uids) == [self.model[into].add(state) for state in states.values()]

    @rule(source=folders, into=folders, uids=UIDS, elsewhere=st.booleans())
    def move(self, source: int, into: int, uids: UidSet, *, elsewhere: bool) -> None:
        moved = (self.other if elsewhere else self.box).move(source, uids, into)
        messages = self.model[source].messages
        states = {uid: messages.pop(uid) for uid in list(messages) if uid in uids}
        assert list(moved.source_uids) == list(states)
        assert list(moved.target_uids) == [self.model[into].add(state) for state in states.values()]

    @rule(folder_id=folders, uids=st.none() | UIDS)
    def expunge(self, folder_id: int, uids: UidSet | None) -> None:
        modseq = self.box.view(folder_id).highest_modseq
        messages = self.model[folder_id].messages
        gone = [u for u, state in messages.items() if state[0] & Flag.DELETED and (uids is None or u in uids)]
        assert list(self.box.expunge(folder_id, uids).uids) == gone
        assert list(self.box.vanished_since(folder_id, modseq)) == gone
        for uid in gone:
            del messages[uid]

    @rule()
    def reopen(self) -> None:
        self.box.close()
        self.box = Mailbox.open(self.directory / "m")

    @invariant()
    def the_store_is_the_model(self) -> None:
        for folder_id, model in self.model.items():
            view, folder = self.box.view(folder_id), self.box.folder(folder_id)
            shown = {}
            for uid in view.uids():
                flags, words, _ = view.flags_of(uid) or (Flag(0), (), 0)
                shown[uid] = (int(flags), frozenset(words), self.box.content(folder_id, uid).octets())
            assert shown == model.messages
            assert folder.uid_next == model.uid_next
            unread = [uid for uid, state in shown.items() if not state[0] & Flag.SEEN]
            assert (folder.total, folder.unread) == (len(shown), len(unread))
            assert list(self.box.search(folder_id, Flagged(Flag.SEEN, 0))) == unread
            assert [row.uid for row in self.box.fetch(folder_id, view.uids(), Columns.HEADER)] == list(shown)
            self._told(view)

    def _told(self, new: FolderView) -> None:
        old = self.views.get(new.folder_id)
        self.views[new.folder_id] = new
        if old is None:
            return
        change = diff(old, new)
        known = {uid: old.flags_of(uid) for uid in old.uids()}
        for uid in change.vanished_uids:
            del known[uid]
        for uid in [*change.changed_uids, *change.appended_uids]:
            known[uid] = new.flags_of(uid)
        assert known == {uid: new.flags_of(uid) for uid in new.uids()}


TestStore = pytest.mark.slow(StoreMachine.TestCase)
TestStore.settings = settings(max_examples=60, stateful_step_count=30)
