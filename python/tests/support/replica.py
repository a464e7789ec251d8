"""Clients that synchronise: what they have must be what the mailbox has, from whatever state they begin."""

from __future__ import annotations

from dataclasses import dataclass, field

from gromox.mapi import tags
from gromox.mapi.restriction import Restriction
from gromox.store import block_table
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.session import StoreSession
from gromox.store.sync.content import SyncFlag
from gromox.store.sync.since import Rest
from gromox.store.sync.state import SyncState

EVERYTHING = SyncFlag.NORMAL | SyncFlag.FAI | SyncFlag.READ_STATE


def truth(mailbox: Mailbox, folder_id: int) -> dict[int, tuple[int, bool]]:
    r"""Return (content cn, has \Seen) of each live message, straight from the tables."""
    file = mailbox.file
    file.refresh()
    flags: dict[int, bool] = {}
    for block in block_table.current_view(file, folder_id).blocks:
        flags |= {uid: bool(octet & Flag.SEEN) for uid, octet in zip(block.uids, block.flags, strict=True)}
    rows = file.execute(
        "SELECT mid, cn, uid, flags FROM messages WHERE folder_id = ? AND state = 0", (folder_id,)
    ).fetchall()
    own = {mid: bool(octet & Flag.SEEN) for mid, _, uid, octet in rows if uid is None}
    return {mid: (cn, own.get(mid, flags.get(uid, False))) for mid, cn, uid, _ in rows}


@dataclass
class Replica:
    """A client by states ([MS-OXCFXICS]), which downloads contents and read states."""

    folder_id: int
    flags: SyncFlag = EVERYTHING
    restriction: Restriction | None = None
    state: SyncState = field(default_factory=SyncState)
    messages: dict[int, tuple[int, bool]] = field(default_factory=dict)

    def copy(self) -> Replica:
        return Replica(self.folder_id, self.flags, self.restriction, self.state, dict(self.messages))

    def synchronise(self, session: StoreSession, *, stop_after: int | None = None) -> int:
        """Bring the replica up to date; returns how many messages were sent. May be interrupted."""
        handle = session.sync_content(self.folder_id, self.state, self.flags, self.restriction)
        sent: dict[int, int] = {}
        while part := session.sync_messages(handle, 7):
            for change in part:
                assert change.mid not in sent
                assert change.is_new == (change.mid not in self.messages)
                sent[change.mid] = change.cn
            if stop_after is not None and len(sent) >= stop_after:
                break
        else:
            gone = session.sync_departures(handle)
            for ids in (gone.deleted, gone.no_longer_in_scope):
                for _, mid in ids:
                    assert mid not in sent
                    del self.messages[mid]
            changed = session.sync_read_changes(handle)
            for ids, seen in ((changed.read, True), (changed.unread, False)):
                for _, mid in ids:
                    assert mid not in sent
                    self.messages[mid] = (self.messages[mid][0], seen)
        for mid, cn in sent.items():
            self.messages[mid] = (cn, _is_read(session, mid))
        self.state = SyncState.from_octets(*session.sync_state(handle).octets())
        session.close_handle(handle)
        assert {mid for _, mid in self.state.given} == set(self.messages)
        return len(sent)


def _is_read(session: StoreSession, mid: int) -> bool:
    found = session.properties_of_messages([mid], [tags.PidTagMessageFlags])
    flags = found[mid][0] if mid in found else 0  # it may have gone since
    return isinstance(flags, int) and bool(flags & 1)


@dataclass
class Counter:
    """A client by a number: knows which messages there are, and when it last looked at each."""

    folder_id: int
    cn: int = 0
    messages: set[int] = field(default_factory=set)
    looked_at: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Counter:
        return Counter(self.folder_id, self.cn, set(self.messages), dict(self.looked_at))

    def catch_up(self, session: StoreSession, limit: int = 5) -> None:
        rest: Rest | None = None
        fresh: set[int] | None = None
        while True:
            found = session.changes(self.folder_id, self.cn, limit, rest)
            if found.reset and fresh is None:
                fresh = set()
            if fresh is not None:
                fresh |= set(found.created) | set(found.changed)
            else:
                if rest is None and self.cn:
                    assert not set(found.created) & self.messages
                assert set(found.changed) <= self.messages | set(found.created)
            gone = {each.object_id for each in found.removed}
            self.messages = (self.messages | set(found.created)) - gone
            if fresh is not None:
                fresh -= gone
            for mid in (*found.created, *found.changed, *found.flagged):
                self.looked_at[mid] = found.cn
            rest = found.rest
            if rest is None:
                break
        self.cn = found.cn
        if fresh is not None:
            self.messages &= fresh
