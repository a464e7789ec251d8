"""Many mail programs on a few mailboxes, each doing this and that at random, believing only what it is told.

Every client keeps a :class:`ClientView`. From time to time all pause, and what each knows is compared with
what a fresh connection finds. A ledger that all share knows which message every UID is, and which could be
removed by now: nothing else may be missing. The choices of each client come from the seed; how they
interleave does not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.imapledger import Account, Figures, Home, Ledger
from tests.support.imapprogram import StressClient
from tests.support.imapview import ClientView, DivergenceError, Known, check, whole
from tests.support.imapwire import PATIENCE, Connection


@dataclass
class Stress:
    """A run: ``seconds`` long, with a comparison every ``interval`` seconds."""

    host: str
    port: int
    accounts: Sequence[Account]
    clients: int
    seconds: float
    seed: int
    #: Called while all are quiet, with the time that is over.
    at_pause: Callable[[float], None] = lambda _time: None
    interval: float = 5.0
    ledger: Ledger = field(default_factory=Ledger)
    figures: Figures = field(default_factory=Figures)
    over: bool = False
    phase: str = "all work"
    _tokens: int = 0
    _pausing: asyncio.Event = field(default_factory=asyncio.Event)
    _go_on: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: int = 0
    _all_wait: asyncio.Event = field(default_factory=asyncio.Event)

    def new_token(self) -> bytes:
        self._tokens += 1
        return b"token-%d" % self._tokens

    async def run(self) -> None:
        """Prepare, run and compare; raise :class:`DivergenceError` at the first thing that is wrong."""
        await self._prepare()
        team = [StressClient(self, number) for number in range(self.clients)]
        try:
            async with asyncio.timeout(self.limit), asyncio.TaskGroup() as group:
                for client in team:
                    group.create_task(client.live())
                group.create_task(self._conduct(team))
        except TimeoutError:
            doing = Counter(client.doing for client in team)
            raise DivergenceError(
                f"not done after {self.limit:.0f} s; {self.phase}; clients: {dict(doing)}"
            ) from None
        finally:
            for client in team:
                client.hang_up()

    @property
    def limit(self) -> float:
        """Seconds after which it has to be over, whatever is waited for."""
        return self.seconds * 1.5 + PATIENCE

    async def _prepare(self) -> None:
        for account in self.accounts:
            connection = await self._logged_in(account)
            for name in account.mailboxes:
                await connection.ok(b"CREATE " + name)
                for guest in self.accounts:
                    for box in guest.guest_of:
                        if box.home == (account.user, name):
                            rights = b"lrswite" if box.writable else b"lr"
                            await connection.ok(b"SETACL %b %b %b" % (name, guest.user.encode(), rights))
            await connection.ok(b"LOGOUT")
            connection.close()

    async def _logged_in(self, account: Account) -> Connection:
        connection = await Connection.open(self.host, self.port)
        await connection.ok(f'LOGIN {account.user} "{account.password}"'.encode())
        return connection

    async def _conduct(self, team: Sequence[StressClient]) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while not self.over:
            await self._wait(self._go_on, self.interval)
            self.phase = "waiting for all to pause"
            self._pausing.set()
            await self._all_wait.wait()
            self.phase = "comparing"
            await self._compare(team)
            self.phase = "all work"
            self.figures.pauses += 1
            passed = loop.time() - begun
            self.at_pause(passed)
            self.over = passed >= self.seconds
            self._pausing.clear()
            self._all_wait.clear()
            self._waiting = 0
            go_on, self._go_on = self._go_on, asyncio.Event()
            go_on.set()
        for client in team:
            if client.connection is not None:
                await client.log_out()

    async def pause_point(self, _client: StressClient) -> None:
        """Wait here while what all know is compared."""
        if self._pausing.is_set():
            self._waiting += 1
            if self._waiting == self.clients:
                self._all_wait.set()
            await self._go_on.wait()

    async def quiet_moment(self, seconds: float) -> None:
        """Wait, not longer than until the next pause."""
        await self._wait(self._pausing, seconds)

    @staticmethod
    async def _wait(event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return

    # -- the comparison

    async def _compare(self, team: Sequence[StressClient]) -> None:
        """Nobody does anything now: what all know has to be what is there."""
        self.ledger.settle()
        for account in self.accounts:
            connection = await self._logged_in(account)
            for name in account.mailboxes:
                truth = await self._truth(connection, account, name)
                home = (account.user, name)
                self.ledger.compare(home, set(truth))
                here = [c for c in team if c.view is not None and c.box.home == home and not c.overflowed]
                for client in here:
                    await self._compare_one(client, truth)
                here = [client for client in here if not client.overflowed]
                for client in team:
                    await self._compare_status(client, home, truth)
                if truth:
                    await self._wake(connection, here, name, truth)
            await connection.ok(b"LOGOUT")
            connection.close()

    async def _wake(
        self, connection: Connection, idlers: Sequence[StressClient], name: bytes, truth: dict[int, Known]
    ) -> None:
        """Change a flag while all idle: each has to hear of it without asking (RFC 2177)."""
        uid, known = next(iter(truth.items()))
        flags = (known.flags or frozenset()) ^ {b"later"}
        sign = b"+" if b"later" in flags else b"-"
        # Who asked with NOTIFY hears of it without IDLE; half of them idle nevertheless.
        tags = [
            None if client.notified and client.number % 4 < 2 else await client.begin_idle()
            for client in idlers
        ]
        for client in idlers:
            client.seen().told.clear()
        await connection.ok(b"SELECT " + name)
        await connection.ok(b"UID STORE %d %bFLAGS.SILENT (later)" % (uid, sign))
        await connection.ok(b"UNSELECT")
        for client, tag in zip(idlers, tags, strict=True):
            try:
                await client.hear(uid, flags)
                if tag is not None:
                    await client.end_idle(tag)
            except AssertionError as error:
                raise DivergenceError(
                    f"client {client.number} idles on {name!r} and was not told of {uid}, now {flags}:"
                    f" {error}\n{client.wire.story()}"
                ) from error
            self.figures.woken += 1

    async def _truth(self, connection: Connection, account: Account, name: bytes) -> dict[int, Known]:
        """Look with fresh eyes; the counters of STATUS have to agree."""
        view = ClientView()
        connection.observe = view.observe
        view.busy = True
        await connection.ok(b"EXAMINE %b (CONDSTORE)" % name)
        if view.messages:
            await connection.ok(b"FETCH 1:* (UID FLAGS MODSEQ)")
        truth = {whole(str(known.uid).encode()): known for known in view.messages}
        connection.observe = lambda _response: None
        await connection.ok(b"UNSELECT")
        found = await connection.ok(b"STATUS %b (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ)" % name)
        status = found[0].items()
        unseen = sum(rb"\seen" not in (known.flags or ()) for known in truth.values())
        where = f"{account.user} {name!r}: STATUS"
        check(whole(status[b"MESSAGES"]) == len(truth), f"{where} MESSAGES {status} of {len(truth)}")
        check(whole(status[b"UNSEEN"]) == unseen, f"{where} UNSEEN {status}, {unseen} found")
        check(whole(status[b"UIDNEXT"]) > max(truth, default=0), f"{where} UIDNEXT {status}")
        highest = max((known.modseq or 0 for known in truth.values()), default=0)
        check(whole(status[b"HIGHESTMODSEQ"]) >= highest, f"{where} HIGHESTMODSEQ {status} below {highest}")
        return truth

    @staticmethod
    async def _compare_one(client: StressClient, truth: dict[int, Known]) -> None:
        view = client.seen()
        try:
            await client.say(b"NOOP")
            view.compare(truth, condstore=client.condstore)
            if truth:
                uid = client.by_uid
                await client.say(
                    b"UID FETCH 1:* (FLAGS)" if uid else b"FETCH 1:* (UID FLAGS)", numbered=not uid
                )
                view.compare(truth, condstore=client.condstore)
                check(all(known.flags is not None for known in view.messages), "flags left out")
        except AssertionError as error:
            raise DivergenceError(
                f"client {client.number} on {client.box} at a pause: {error}\n{client.wire.story()}"
            ) from error

    async def _compare_status(self, client: StressClient, home: Home, truth: dict[int, Known]) -> None:
        """What NOTIFY told of a mailbox that is not selected has to be so."""
        box = next((box for box in client.account.boxes if box.home == home), None)
        if box is None or not client.notified:
            return
        try:
            await client.say(b"NOOP")
            told = client.statuses.get(box.name)
            if told is None or client.overflowed:
                return
            unseen = sum(rb"\seen" not in (known.flags or ()) for known in truth.values())
            check(told.get(b"MESSAGES", len(truth)) == len(truth), f"{told} of {len(truth)} messages")
            check(told.get(b"UNSEEN", unseen) == unseen, f"{told}, {unseen} are unseen")
            check(
                told.get(b"UIDNEXT", 1 << 32) > max(truth, default=0),
                f"{told} before {max(truth, default=0)}",
            )
        except AssertionError as error:
            raise DivergenceError(
                f"client {client.number} of {box.name!r} by NOTIFY: {error}\n{client.wire.story()}"
            ) from error
        self.figures.notified += 1
