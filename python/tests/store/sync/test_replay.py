"""Random work on a mailbox: every client arrives at what is there, from any state it ever had."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from gromox.base.clock import ManualClock
from gromox.mapi import tags
from gromox.mapi.message import Message, PropertyBag
from gromox.mapi.restriction import BitMapRelOp, BitMask
from gromox.store.errors import NotFoundError
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.mailbox import Mailbox
from gromox.store.session import SYSTEM, StoreSession
from gromox.store.sync.content import SyncFlag
from gromox.store.uidset import UidSet
from tests.store.sample import mail
from tests.support.replica import EVERYTHING, Counter, Replica, truth

INBOX, TRASH = 13, 11


class Chaos:
    """Does something to a mailbox, again and again."""

    def __init__(self, mailbox: Mailbox, clock: ManualClock, seed: int) -> None:
        self.mailbox, self.clock = mailbox, clock
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.count = 0
        self.associated: list[int] = []

    def some(self, folder: int) -> UidSet:
        uids = list(self.mailbox.view(folder).uids())
        return UidSet.of(self.chance.sample(uids, min(len(uids), self.chance.randrange(1, 4))))

    def step(self) -> None:
        self.count += 1
        self.clock.advance(60)
        self.chance.choice(
            [
                *[self.deliver] * 2,
                *(self.append, self.seen, self.flag, self.move, self.copy, self.delete, self.configure),
                self.change,
            ]
        )()

    def configure(self) -> None:
        """Make an associated message, or remove one for good."""
        session = StoreSession.of(self.mailbox, SYSTEM)
        if self.associated and self.chance.random() < 0.4:
            session.delete_messages(INBOX, [self.associated.pop()], is_hard=True)
            return
        message = Message(PropertyBag({tags.PidTagSubject: f"settings {self.count}"}))
        self.associated.append(session.create_message(INBOX, message, associated=True).mid)

    def change(self) -> None:
        """Change the content of any message."""
        session = StoreSession.of(self.mailbox, SYSTEM)
        mids = sorted(truth(self.mailbox, INBOX))
        if mids:
            values = {tags.PidTagComment: f"changed {self.count}"}
            session.set_message_properties(self.chance.choice(mids), values)

    def deliver(self) -> None:
        self.mailbox.deliver(mail(f"{self.count}"), token=f"t{self.count}")

    def append(self) -> None:
        flags = self.chance.choice([Flag(0), Flag.SEEN, Flag.FLAGGED])
        mails = [mail(f"{self.count} {i}", flags) for i in range(self.chance.randrange(1, 6))]
        if self.chance.random() < 0.5:
            self.mailbox.append(INBOX, mails)
        else:
            self.mailbox.append_together([self.mailbox.ready(INBOX, mails)])

    def seen(self) -> None:
        operation = self.chance.choice([FlagOperation.ADD, FlagOperation.REMOVE])
        self.mailbox.set_flags(INBOX, self.some(INBOX), FlagChange(operation, Flag.SEEN))

    def flag(self) -> None:
        operation = self.chance.choice([FlagOperation.ADD, FlagOperation.REMOVE])
        words = frozenset(self.chance.sample(["red", "blue"], 1))
        self.mailbox.set_flags(INBOX, self.some(INBOX), FlagChange(operation, Flag.FLAGGED, words))

    def move(self) -> None:
        source, target = self.chance.choice([(INBOX, TRASH), (TRASH, INBOX)])
        self.mailbox.move(source, self.some(source), target)

    def copy(self) -> None:
        self.mailbox.copy(INBOX, self.some(INBOX), INBOX)

    def delete(self) -> None:
        self.mailbox.delete_messages(INBOX, self.some(INBOX))


@pytest.mark.requirement("MS-OXCFXICS", 2042)
@pytest.mark.requirement("MS-OXCFXICS", 2043)
@pytest.mark.requirement("MS-OXCFXICS", 2044)
@pytest.mark.requirement("MS-OXCFXICS", 2045)
@pytest.mark.requirement("MS-OXCFXICS", 2046)
@pytest.mark.requirement("MS-OXCFXICS", 2048)
@pytest.mark.requirement("MS-OXCFXICS", 2064)
@pytest.mark.requirement("MS-OXCFXICS", 2065)
@pytest.mark.requirement("MS-OXCFXICS", 2066)
@pytest.mark.requirement("MS-OXCFXICS", 2067)
@pytest.mark.requirement("MS-OXCFXICS", 2068)
@pytest.mark.requirement("MS-OXCFXICS", 2071)
@pytest.mark.requirement("MS-OXCFXICS", 2072)
@pytest.mark.requirement("MS-OXCFXICS", 2073)
@pytest.mark.requirement("MS-OXCFXICS", 2074)
@pytest.mark.requirement("MS-OXCFXICS", 2075)
@pytest.mark.requirement("MS-OXCFXICS", 2076)
@pytest.mark.requirement("MS-OXCFXICS", 1892)
@pytest.mark.parametrize("seed", range(6))
def test_replicas_from_any_state(
    mailbox: Mailbox, clock: ManualClock, session: StoreSession, seed: int
) -> None:
    chaos = Chaos(mailbox, clock, seed)
    replica, counter = Replica(INBOX), Counter(INBOX)
    old_replicas, old_counters = [replica.copy()], [counter.copy()]
    for _ in range(40):
        for _ in range(chaos.chance.randrange(1, 8)):
            chaos.step()
        stop = chaos.chance.choice([None, None, 2])
        replica.synchronise(session, stop_after=stop)
        if stop is None:
            assert replica.messages == truth(mailbox, INBOX)
        counter.catch_up(session)
        assert counter.messages == set(truth(mailbox, INBOX))
        old_replicas.append(replica.copy())
        old_counters.append(counter.copy())
    there = truth(mailbox, INBOX)
    for old in old_replicas:
        old.synchronise(session)
        assert old.messages == there
        assert old.synchronise(session) == 0
    for late in old_counters:
        late.catch_up(session)
        assert late.messages == set(there)


def test_an_old_state_after_departures_were_forgotten(
    mailbox: Mailbox, clock: ManualClock, session: StoreSession
) -> None:
    chaos = Chaos(mailbox, clock, 99)
    for _ in range(30):
        chaos.step()
    replica, counter = Replica(INBOX), Counter(INBOX)
    replica.synchronise(session)
    counter.catch_up(session)
    for _ in range(30):
        chaos.step()
    clock.advance(400 * 86400)
    mailbox.purge_softdeleted(before=clock.now())
    assert session.changes(INBOX, counter.cn).reset
    replica.synchronise(session)
    counter.catch_up(session)
    assert replica.messages == truth(mailbox, INBOX)
    assert counter.messages == set(replica.messages)


@pytest.mark.requirement("MS-OXCFXICS", 2047)
@pytest.mark.requirement("MS-OXCFXICS", 76)
@pytest.mark.requirement("MS-OXCFXICS", 75)
def test_a_restriction_bounds_the_scope(mailbox: Mailbox, session: StoreSession) -> None:
    """[MS-OXCFXICS] 2.2.1.3.2: what does not match any more is told apart from what was deleted."""
    flagged = BitMask(BitMapRelOp.NOT_EQUAL_TO_ZERO, tags.PidTagFlagStatus, 2)
    mailbox.append(INBOX, [mail("a", Flag.FLAGGED), mail("b"), mail("c", Flag.FLAGGED)])
    replica = Replica(INBOX, restriction=flagged)
    assert replica.synchronise(session) == 2
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.REMOVE, Flag.FLAGGED))
    mailbox.set_flags(INBOX, UidSet.of([2]), FlagChange(FlagOperation.ADD, Flag.FLAGGED))
    first = min(replica.messages)
    handle = session.sync_content(INBOX, replica.state, EVERYTHING, flagged)
    assert [change.is_new for change in session.sync_messages(handle)] == [True]
    gone = session.sync_departures(handle)
    assert [mid for _, mid in gone.no_longer_in_scope] == [first]
    assert not gone.deleted
    ignoring = session.sync_content(
        INBOX, replica.state, EVERYTHING | SyncFlag.IGNORE_NO_LONGER_IN_SCOPE, flagged
    )
    assert not session.sync_departures(ignoring).no_longer_in_scope
    replica.synchronise(session)
    assert len(replica.messages) == 2


@pytest.mark.parametrize("forget", [False, True])
def test_departures_that_were_not_wanted_are_told_later(
    mailbox: Mailbox, clock: ManualClock, session: StoreSession, forget: bool
) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    replica = Replica(INBOX)
    replica.synchronise(session)
    mailbox.delete_messages(INBOX, UidSet.of([1]))
    mailbox.append(INBOX, [mail("c")])
    deaf = Replica(INBOX, EVERYTHING | SyncFlag.NO_DELETIONS, None, replica.state, dict(replica.messages))
    assert deaf.synchronise(session) == 1
    assert len(deaf.messages) == 3
    if forget:
        clock.advance(400 * 86400)
        mailbox.purge_softdeleted(before=clock.now())
    deaf.flags = EVERYTHING
    deaf.synchronise(session)
    assert deaf.messages == truth(mailbox, INBOX)


@pytest.mark.requirement("MS-OXCFXICS", 2198)
@pytest.mark.requirement("MS-OXCFXICS", 2199)
def test_newest_first_if_the_client_wants_it(mailbox: Mailbox, session: StoreSession) -> None:
    """[MS-OXCFXICS] 3.2.5.9.1.1."""
    for date in (3.0, 9.0, 5.0):
        new = mail(f"{date}")
        mailbox.append(INBOX, [type(new)(new.octets, internal_date=1.7e9 + date)])
    replica = Replica(INBOX)
    handle = session.sync_content(INBOX, replica.state, EVERYTHING | SyncFlag.ORDER_BY_DELIVERY_TIME)
    order = [change.mid for change in session.sync_messages(handle)]
    times = session.properties_of_messages(order, [tags.PidTagMessageDeliveryTime])
    found = [times[mid][0] for mid in order]
    assert found == sorted(found, reverse=True)  # type: ignore[type-var]


def test_progress_is_counted(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a", size=1000), mail("b", size=500)])
    handle = session.sync_content(INBOX, Replica(INBOX).state, EVERYTHING)
    counts = session.sync_counts(handle)
    assert (counts.normal_count, counts.normal_size, counts.associated_count) == (2, 1500, 0)


@pytest.mark.requirement("MS-OXCFXICS", 2082)
@pytest.mark.requirement("MS-OXCFXICS", 2083)
@pytest.mark.requirement("MS-OXCFXICS", 2084)
@pytest.mark.requirement("MS-OXCFXICS", 2085)
def test_a_read_mail_is_not_sent_again(mailbox: Mailbox, session: StoreSession) -> None:
    """[MS-OXCFXICS] 3.2.5.6: the change number stays, the read state is told by id."""
    mailbox.append(INBOX, [mail("a"), mail("b")])
    replica = Replica(INBOX)
    replica.synchronise(session)
    before = truth(mailbox, INBOX)
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    assert replica.synchronise(session) == 0
    assert sum(seen for _, seen in replica.messages.values()) == 1
    assert {mid: cn for mid, (cn, _) in truth(mailbox, INBOX).items()} == {
        m: cn for m, (cn, _) in before.items()
    }


def test_a_flag_of_imap_is_a_change_of_content(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a"), mail("b")])
    replica, counter = Replica(INBOX), Counter(INBOX)
    replica.synchronise(session)
    counter.catch_up(session)
    mailbox.set_flags(INBOX, UidSet.of([2]), FlagChange(FlagOperation.ADD, Flag.FLAGGED, frozenset({"red"})))
    assert session.changes(INBOX, counter.cn).flagged == (max(replica.messages),)
    assert replica.synchronise(session) == 1
    assert replica.synchronise(session) == 0
    mailbox.set_flags(
        INBOX, UidSet.of([2]), FlagChange(FlagOperation.REMOVE, Flag.FLAGGED, frozenset({"red"}))
    )
    assert replica.synchronise(session) == 1
    counter.catch_up(session)
    assert counter.messages == set(replica.messages)


def test_new_is_told_from_changed(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a")])
    start = session.change_number()
    (mid,) = truth(mailbox, INBOX)
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.FLAGGED))
    Replica(INBOX).synchronise(session)  # the content cn moves
    mailbox.append(INBOX, [mail("b")])
    found = session.changes(INBOX, start)
    assert found.changed == (mid,)
    assert len(found.created) == 1
    everything = session.changes(INBOX, 0)
    assert set(everything.created) == set(truth(mailbox, INBOX))
    assert not everything.changed


def test_what_a_client_is_told_has_to_be_durable(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a")])
    mailbox.sync()
    mailbox.set_flags(INBOX, UidSet.of([1]), FlagChange(FlagOperation.ADD, Flag.SEEN))
    waits = [mailbox.needs_sync]
    session.changes(INBOX, 0)
    waits.append(mailbox.needs_sync)
    mailbox.sync()
    session.changes(INBOX, 0)
    waits.append(mailbox.needs_sync)
    assert waits == [False, True, False]


def test_a_number_of_the_future_starts_anew(mailbox: Mailbox, session: StoreSession) -> None:
    mailbox.append(INBOX, [mail("a")])
    found = session.changes(INBOX, 10**9)
    assert found.reset
    assert len(found.created) == 1


@pytest.mark.parametrize("call", [lambda s: s.sync_messages(1), lambda s: s.sync_state(99)])
def test_a_handle_must_be_one(session: StoreSession, call: Callable[[StoreSession], object]) -> None:
    with pytest.raises(NotFoundError):
        call(session)
