"""Many mail programs on a few mailboxes, each doing this and that at random, believing only what it is told.

Every client keeps a :class:`ClientView`. From time to time all pause, and what each knows is compared with
what a fresh connection finds. A ledger that all share knows which message every UID is, and which could be
removed by now: nothing else may be missing. The choices of each client come from the seed; how they
interleave does not.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.support.imapview import ClientView, DivergenceError, Known, check, flag_set, numbers, whole
from tests.support.imapwire import Connection, Response, WireError, literal

#: Messages of a mailbox around which it is kept.
CROWD = 120
FLAGS = (rb"\Seen", rb"\Answered", rb"\Flagged", rb"\Draft", rb"\Deleted", b"$Forwarded", b"$Work", b"later")
#: Seconds after which who idles has to have heard of a change, on a busy machine.
WAKE_LIMIT = 20.0
TOKEN = b"BODY.PEEK[HEADER.FIELDS (X-TOKEN)]"


@dataclass(frozen=True, slots=True)
class Account:
    """Who logs in, and the mailboxes used; the mailboxes are made by :func:`prepare`."""

    user: str
    password: str
    mailboxes: Sequence[bytes]


Place = tuple[str, bytes, int]  #: user, mailbox, UID


@dataclass
class Ledger:
    """What all clients together know for certain."""

    tokens: dict[Place, bytes] = field(default_factory=dict)
    #: Messages that somebody marked or moved: these may be missing.
    removable: set[Place] = field(default_factory=set)
    #: Copies since the last pause, original first: they kept its flags, whichever client was told first.
    copies: list[tuple[Place, Place]] = field(default_factory=list)
    #: Messages that were there when somebody looked last.
    present: set[Place] = field(default_factory=set)

    def created(self, place: Place, token: bytes) -> None:
        """Take a UID of APPENDUID or COPYUID; none may be given twice."""
        self.is_(place, token)
        self.present.add(place)

    def is_(self, place: Place, token: bytes) -> None:
        """Take what a message was seen to be; that never changes (RFC 9051 2.3.1.1)."""
        known = self.tokens.setdefault(place, token)
        check(known == token, f"{place} is {token!r} and was {known!r}")

    def settle(self) -> None:
        r"""Count copies of messages that had ``\Deleted`` as removable; called while all are quiet."""
        before = -1
        while before != len(self.removable):
            before = len(self.removable)
            self.removable |= {copy for original, copy in self.copies if original in self.removable}
        self.copies.clear()

    def compare(self, user: str, mailbox: bytes, there: set[int]) -> None:
        """Raise if a message is gone that nobody removed; called while all are quiet."""
        here = {place for place in self.present if place[:2] == (user, mailbox)}
        gone = {place for place in here if place[2] not in there}
        lost = gone - self.removable
        check(not lost, f"lost: {sorted(lost)[:20]}")
        self.present -= gone
        self.removable -= gone
        self.present |= {(user, mailbox, uid) for uid in there}


@dataclass
class Figures:
    """What a run came to."""

    commands: Counter[str] = field(default_factory=Counter)
    pauses: int = 0
    sessions: int = 0
    #: Clients in IDLE that heard of a change.
    woken: int = 0


class StressClient:
    """One mail program."""

    def __init__(self, stress: Stress, number: int) -> None:
        self.stress, self.number = stress, number
        self.account = stress.accounts[number % len(stress.accounts)]
        self.random = random.Random(f"{stress.seed} {number}")  # noqa: S311 - the same choices in every run
        self.connection: Connection | None = None
        self.view: ClientView | None = None
        self.mailbox = b""
        self.condstore = False
        #: What it does at the moment.
        self.doing = "begins"

    # -- the wire

    def _observe(self, response: Response) -> None:
        if self.view is not None:
            self.view.observe(response)

    @property
    def wire(self) -> Connection:
        assert self.connection is not None
        return self.connection

    async def say(self, text: bytes, *, numbered: bool = False, no: Sequence[bytes] = ()) -> list[Response]:
        """Carry out a command; a NO needs one of the codes of ``no``, and a BAD never comes."""
        self.stress.figures.commands[text.split(b" ", 1)[0].decode()] += 1
        view = self.view
        if view is not None:
            view.numbered, view.busy = numbered, True
        found = await self.wire.command(text)
        if view is not None:
            view.numbered = view.busy = False
        last = found[-1]
        if not last.is_ok and not (last.name == b"NO" and last.code_name in no):
            raise WireError(f"{text[:200]!r} was answered {last.raw!r}")
        return found

    # -- life

    async def live(self) -> None:
        """Do things until the end, pausing when all pause."""
        stress = self.stress
        while not stress.over:
            self.doing = "pauses"
            await stress.pause_point(self)
            if not stress.over:
                await self.act()
        self.doing = "is done"

    async def act(self) -> None:
        """Do one thing."""
        try:
            if self.connection is None:
                await self._log_in()
            elif self.view is None:
                await self._choose(UNSELECTED)
            else:
                await self._choose(SELECTED)
        except (AssertionError, OSError) as error:
            story = self.connection.story() if self.connection is not None else ""
            raise DivergenceError(f"client {self.number}, {self.mailbox!r}: {error}\n{story}") from error

    async def _choose(self, actions: dict[Callable[[StressClient], Awaitable[None]], int]) -> None:
        action = self.random.choices(list(actions), list(actions.values()))[0]
        self.doing = getattr(action, "__name__", "")
        await action(self)

    async def _log_in(self) -> None:
        self.doing = "log_in"
        self.connection = await Connection.open(self.stress.host, self.stress.port, self._observe)
        self.stress.figures.sessions += 1
        await self.say(f'LOGIN {self.account.user} "{self.account.password}"'.encode())
        self.condstore = False

    async def log_out(self) -> None:
        self.view = None
        await self.say(b"LOGOUT")
        self.hang_up()

    async def vanish(self) -> None:
        """Break off, at times in the middle of an answer."""
        if self.view is not None and self.random.random() < 0.5:
            self.wire.send(b"FETCH 1:* (UID FLAGS BODY.PEEK[])")
        self.hang_up()

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = self.view = None

    # -- mailboxes

    async def select(self) -> None:
        self.view, self.mailbox = None, self.random.choice(list(self.account.mailboxes))
        view = ClientView()
        view.read_only = self.random.random() < 0.1
        parameter = b""
        if self.random.random() < 0.4:
            self.condstore, parameter = True, b" (CONDSTORE)"
        self.view = view
        await self.say((b"EXAMINE " if view.read_only else b"SELECT ") + self.mailbox + parameter)
        view.gone.clear()
        if self.random.random() < 0.8:
            await self.fetch_all()

    async def leave(self) -> None:
        word = self.random.choice([b"CLOSE", b"UNSELECT"])
        self.view = None
        await self.say(word)

    async def status(self) -> None:
        name = self.random.choice(list(self.account.mailboxes))
        await self.say(b"STATUS %b (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)" % name)

    async def list_mailboxes(self) -> None:
        await self.say(b'LIST "" "*"')

    # -- reading

    def seen(self) -> ClientView:
        assert self.view is not None
        return self.view

    async def fetch_all(self) -> None:
        if self.seen().messages:
            items = b"UID FLAGS MODSEQ" if self.condstore else b"UID FLAGS"
            await self.say(b"FETCH 1:* (%b)" % items, numbered=True, no=[b"EXPUNGEISSUED"])

    async def fetch_some(self) -> None:
        chosen, uid = self._some()
        if chosen:
            item = self.random.choice([b"FLAGS", b"(UID FLAGS INTERNALDATE RFC822.SIZE)", b"(ENVELOPE UID)"])
            await self._numbered(b"FETCH %b %b" % (chosen, item), uid=uid)

    async def fetch_tokens(self) -> None:
        chosen, uid = self._some()
        if not chosen:
            return
        found = await self._numbered(b"FETCH %b (UID %b)" % (chosen, TOKEN), uid=uid)
        for response in found:
            for name, value in response.pairs() if response.name == b"FETCH" else ():
                if name.startswith(b"BODY[") and isinstance(value, bytes):
                    token = value.strip().removeprefix(b"X-Token: ")
                    at = whole(response.items()[b"UID"])
                    self.stress.ledger.is_((self.account.user, self.mailbox, at), token)

    async def read_one(self) -> None:
        r"""Fetch a whole message, which sets \Seen (RFC 9051 6.4.5)."""
        chosen, uid = self._some(most=1)
        if chosen:
            item = self.random.choice(
                [b"BODY[]", b"(BODY[TEXT]<3.40> FLAGS)", b"(UID RFC822)", b"BODY.PEEK[]"]
            )
            await self._numbered(b"FETCH %b %b" % (chosen, item), uid=uid)

    async def search(self) -> None:
        """Search by UID for all: that is what the client knows, once the answer is complete."""
        found = await self.say(b"UID SEARCH ALL")
        result = next((r for r in found if r.name in (b"SEARCH", b"ESEARCH")), None)
        check(result is not None, "no SEARCH response")
        view = self.seen()
        if result is not None and result.name == b"SEARCH":
            uids = [whole(value) for value in result.values if isinstance(value, bytes)]
            known = set(view.uids())
            check(known <= set(uids) | view.gone, f"UID SEARCH ALL left out {known - set(uids)}")
        key = self.random.choice([b"UNSEEN", b"NOT DELETED", b"KEYWORD later FLAGGED", b"LARGER 900", b"1:*"])
        if view.messages:
            await self.say(b"SEARCH " + key, numbered=True)

    async def noop(self) -> None:
        await self.say(self.random.choice([b"NOOP", b"CHECK"]))

    async def idle(self) -> None:
        """Wait until something is heard, or for a moment."""
        view = self.seen()
        tag = await self.begin_idle()
        await self.stress.quiet_moment(self.random.random() * 0.5)
        await self.end_idle(tag)
        view.busy = False

    async def begin_idle(self) -> bytes:
        """Idle; return the tag."""
        self.stress.figures.commands["IDLE"] += 1
        self.seen().busy = True
        tag = self.wire.send(b"IDLE")
        while (await self.wire.response()).tag != b"+":
            pass
        return tag

    async def end_idle(self, tag: bytes) -> None:
        self.wire.say(b"DONE")
        await self.wire.finish(tag)
        self.seen().busy = False

    async def hear(self, uid: int, flags: frozenset[bytes]) -> None:
        """Wait in IDLE until it is told that a message has these flags."""
        told = self.seen().told
        while not any(known.uid == uid and known.flags == flags for known in told):
            await self.wire.response(WAKE_LIMIT)

    async def pipeline(self) -> None:
        """Say three things at once that do not depend on each other (RFC 9051 5.5)."""
        view = self.seen()
        uids = view.uids()
        if not uids:
            return
        view.busy = True
        texts = [b"UID FETCH 1:* (FLAGS)", b"NOOP", b"UID FETCH %d (UID)" % self.random.choice(uids)]
        tags = [self.wire.send(text) for text in texts]
        for tag in tags:
            await self.wire.finish(tag)
        self.stress.figures.commands["pipeline"] += 1
        view.busy = False

    # -- writing

    async def store(self) -> None:
        view = self.seen()
        chosen, uid = self._some()
        if not chosen or view.read_only:
            return
        flags = self.random.sample(FLAGS, self.random.choice([1, 1, 1, 2, 3]))
        sign = self.random.choice([b"+", b"+", b"-", b""])
        silent = b".SILENT" if self.random.random() < 0.5 else b""
        uids = self._uids_of(chosen, uid=uid)
        meant = self._meant(numbers(chosen), uid=uid)
        if rb"\Deleted" in flags and sign != b"-":
            if uids and len(uids) < len(view.messages) / 2:
                self._removable(uids)
            else:
                flags = [rb"\Seen"]
        modifier = b""
        if self.condstore and self.random.random() < 0.3:
            modifier = b"(UNCHANGEDSINCE %d) " % max(view.highest_modseq, 1)
        text = b"STORE %b %b%bFLAGS%b (%b)" % (chosen, modifier, sign, silent, b" ".join(flags))
        view.told.clear()
        found = await self._numbered(text, uid=uid)
        last = found[-1]
        if silent and (last.is_ok or last.code_name == b"MODIFIED"):
            # Who asked for silence and is told nothing knows the outcome (RFC 9051 6.4.6).
            refused = numbers(last.code[1]) if last.code_name == b"MODIFIED" else []
            left_out = {id(known) for known in [*view.told, *self._meant(refused, uid=uid)]}
            done = [known for known in meant if id(known) not in left_out]
            self._believe(done, sign, flag_set(flags), modseq_known=bool(modifier))

    @staticmethod
    def _believe(meant: Sequence[Known], sign: bytes, flags: frozenset[bytes], *, modseq_known: bool) -> None:
        for known in meant:
            known.modseq = known.modseq if modseq_known else None
            if known.flags is not None:
                if sign == b"+":
                    known.flags |= flags
                else:
                    known.flags = known.flags - flags if sign else flags

    async def append(self) -> None:
        if len(self.seen().messages) > 2 * CROWD:
            return
        name = self.random.choice(list(self.account.mailboxes))
        token = self.stress.new_token()
        flags = self.random.sample(
            [flag for flag in FLAGS if flag != rb"\Deleted"], self.random.choice([0, 1, 2])
        )
        body = b"All work and no play.\r\n" * self.random.choice([1, 10, 10, 40, 400])
        letter = b"From: stress@example.test\r\nSubject: %b\r\nX-Token: %b\r\n\r\n%b" % (token, token, body)
        found = await self.say(b"APPEND %b (%b) %b" % (name, b" ".join(flags), literal(letter)))
        check(found[-1].code_name == b"APPENDUID", "no APPENDUID")
        self.stress.ledger.created((self.account.user, name, whole(found[-1].code[2])), token)

    async def copy(self) -> None:
        if len(self.seen().messages) < 2 * CROWD:
            await self._transfer(b"COPY")

    async def move(self) -> None:
        if not self.seen().read_only:
            await self._transfer(b"MOVE")

    async def _transfer(self, word: bytes) -> None:
        chosen, uid = self._some(most=5)
        if not chosen:
            return
        target = self.random.choice(list(self.account.mailboxes))
        uids = self._uids_of(chosen, uid=uid)
        source = self.mailbox
        if word == b"MOVE":
            if not uids:
                return
            self._removable(uids)
        # Only FETCH, STORE and SEARCH keep EXPUNGE back (RFC 9051 7.5.1).
        found = await self._numbered(b"%b %b %b" % (word, chosen, target), uid=uid, numbered=False)
        code = next((r.code for r in found if r.code_name == b"COPYUID"), None)
        if code is not None:
            self._copied(source, target, code)

    def _copied(self, source: bytes, target: bytes, code: Sequence[object]) -> None:
        """Take COPYUID; both sets name the messages in the same order (RFC 9051 7.1)."""
        ledger, user = self.stress.ledger, self.account.user
        old, new = (numbers(value) for value in code[2:4] if isinstance(value, bytes))
        check(len(old) == len(new), f"COPYUID names {len(old)} and {len(new)} messages")
        for before, after in zip(old, new, strict=True):
            token = ledger.tokens.get((user, source, before))
            if token is not None:
                ledger.created((user, target, after), token)
            # Copies keep their flags, \Deleted among them (RFC 9051 6.4.7).
            ledger.copies.append(((user, source, before), (user, target, after)))

    async def expunge(self) -> None:
        view = self.seen()
        if view.read_only or (len(view.messages) < CROWD // 2 and self.random.random() < 0.8):
            return
        uids = view.uids()
        if uids and self.random.random() < 0.4:
            low = self.random.choice(uids)
            await self.say(b"UID EXPUNGE %d:%d" % (low, low + 20))
        else:
            await self.say(b"EXPUNGE")

    # -- which messages

    def _some(self, most: int = 30) -> tuple[bytes, bool]:
        """Choose messages: their numbers or UIDs as a sequence set, and which of them these are."""
        view = self.seen()
        if not view.messages:
            return b"", False
        if self.random.random() < 0.5:
            low = self.random.randint(1, len(view.messages))
            high = min(low + self.random.randrange(most), len(view.messages))
            return (b"%d:%d" % (low, high) if high > low else b"%d" % low), False
        uids = view.uids()
        if not uids:
            return b"", False
        chosen = self.random.sample(uids, min(len(uids), self.random.randint(1, most)))
        return b",".join(b"%d" % uid for uid in chosen), True

    def _uids_of(self, chosen: bytes, *, uid: bool) -> list[int]:
        """Return the UIDs of messages; none if this client was never told some of them."""
        found = numbers(chosen)
        if uid:
            return found
        messages = self.seen().messages
        known = [messages[seq - 1].uid for seq in found]
        return [] if None in known else [uid for uid in known if uid is not None]

    def _meant(self, chosen: Sequence[int], *, uid: bool) -> list[Known]:
        messages = self.seen().messages
        if not uid:
            return [messages[seq - 1] for seq in chosen]
        uids = set(chosen)
        return [known for known in messages if known.uid in uids]

    def _removable(self, uids: Sequence[int]) -> None:
        self.stress.ledger.removable.update((self.account.user, self.mailbox, uid) for uid in uids)

    async def _numbered(self, text: bytes, *, uid: bool, numbered: bool = True) -> list[Response]:
        text = b"UID " + text if uid else text
        # RFC 2180 4.1 to 4.4, RFC 7162 3.1.3: what others expunged is refused or left out.
        return await self.say(text, numbered=numbered and not uid, no=[b"EXPUNGEISSUED", b"MODIFIED"])


Action = Callable[[StressClient], Awaitable[None]]
UNSELECTED: dict[Action, int] = {
    StressClient.select: 20,
    StressClient.status: 2,
    StressClient.list_mailboxes: 1,
    StressClient.log_out: 1,
    StressClient.vanish: 1,
}
SELECTED: dict[Action, int] = {
    StressClient.fetch_all: 3,
    StressClient.fetch_some: 12,
    StressClient.fetch_tokens: 6,
    StressClient.read_one: 8,
    StressClient.search: 5,
    StressClient.noop: 8,
    StressClient.idle: 6,
    StressClient.pipeline: 4,
    StressClient.store: 25,
    StressClient.append: 12,
    StressClient.copy: 5,
    StressClient.move: 4,
    StressClient.expunge: 4,
    StressClient.status: 3,
    StressClient.select: 2,
    StressClient.leave: 1,
    StressClient.list_mailboxes: 1,
    StressClient.log_out: 1,
    StressClient.vanish: 1,
}


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
        return self.seconds * 1.5 + 90

    async def _prepare(self) -> None:
        for account in self.accounts:
            connection = await self._logged_in(account)
            for name in account.mailboxes:
                await connection.ok(b"CREATE " + name)
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
                self.ledger.compare(account.user, name, set(truth))
                here = [c for c in team if c.view is not None and (c.account, c.mailbox) == (account, name)]
                for client in here:
                    await self._compare_one(client, truth)
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
        tags = [await client.begin_idle() for client in idlers]
        for client in idlers:
            client.seen().told.clear()
        await connection.ok(b"SELECT " + name)
        await connection.ok(b"UID STORE %d %bFLAGS.SILENT (later)" % (uid, sign))
        await connection.ok(b"UNSELECT")
        for client, tag in zip(idlers, tags, strict=True):
            try:
                await client.hear(uid, flags)
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
                await client.say(b"FETCH 1:* (UID FLAGS)", numbered=True)
                view.compare(truth, condstore=client.condstore)
                check(all(known.flags is not None for known in view.messages), "flags left out")
        except AssertionError as error:
            raise DivergenceError(
                f"client {client.number} on {client.mailbox!r} at a pause: {error}\n{client.wire.story()}"
            ) from error
