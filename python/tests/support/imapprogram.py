"""One mail program of a stress: does this and that at random, and believes only what it is told.

Some compress, some are told of everything by NOTIFY, some come back with QRESYNC to what they remember, and
some work on the mailboxes of others.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from tests.support.imapledger import Box, Home
from tests.support.imapview import ClientView, DivergenceError, Known, Memory, check, flag_set, numbers, whole
from tests.support.imapwire import Connection, Response, WireError, literal

if TYPE_CHECKING:
    from tests.support.imapstress import Stress

#: Messages of a mailbox around which it is kept.
CROWD = 120
FLAGS = (rb"\Seen", rb"\Answered", rb"\Flagged", rb"\Draft", rb"\Deleted", b"$Forwarded", b"$Work", b"later")
TOKEN = b"BODY.PEEK[HEADER.FIELDS (X-TOKEN)]"
EVENTS = b"(MessageNew MessageExpunge FlagChange)"


class StressClient:
    """One mail program."""

    def __init__(self, stress: Stress, number: int) -> None:
        self.stress, self.number = stress, number
        self.account = stress.accounts[number % len(stress.accounts)]
        self.random = random.Random(f"{stress.seed} {number}")  # noqa: S311 - the same choices in every run
        self.connection: Connection | None = None
        self.view: ClientView | None = None
        self.box = Box(b"", ("", b""))
        self.condstore = self.qresync = False
        self.knows_qresync = self.random.random() < 0.5
        #: What is being selected.
        self._next: tuple[Box, ClientView] | None = None
        #: Whether NOTIFY was said: it hears of changes at any time.
        self.notified = False
        #: Whether removals are told at once then, and not only when numbers may change.
        self.at_once = False
        #: NOTIFICATIONOVERFLOW came: nothing is told any more.
        self.overflowed = False
        #: What NOTIFY told of mailboxes that are not selected.
        self.statuses: dict[bytes, dict[bytes, int]] = {}
        self.memories: dict[Home, Memory] = {}
        #: What it does at the moment.
        self.doing = "begins"

    # -- the wire

    def _observe(self, response: Response) -> None:
        if response.code_name == b"CLOSED":
            # RFC 7162 3.2.11: all before was about the mailbox that was selected.
            check(self._next is not None, "CLOSED without SELECT")
            self._leave_view()
            self.box, self.view = self._next or (self.box, None)
        if self.view is not None:
            self.view.observe(response)
        if response.name == b"STATUS" and self.notified:
            self._observe_status(response)
        self.overflowed = self.overflowed or response.code_name == b"NOTIFICATIONOVERFLOW"

    def _observe_status(self, response: Response) -> None:
        name = response.values[0]
        assert isinstance(name, bytes)
        if self.view is None or name != self.box.name:
            told = self.statuses.setdefault(bytes(name), {})
            told.update((item, whole(value)) for item, value in response.items().items())

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
            if self.overflowed:
                self.hang_up()
            elif self.connection is None:
                await self._log_in()
            elif self.view is None:
                await self._choose(UNSELECTED)
            else:
                await self._choose(SELECTED)
        except (AssertionError, OSError) as error:
            story = self.connection.story() if self.connection is not None else ""
            raise DivergenceError(f"client {self.number}, {self.box}: {error}\n{story}") from error

    async def _choose(self, actions: dict[Callable[[StressClient], Awaitable[None]], int]) -> None:
        action = self.random.choices(list(actions), list(actions.values()))[0]
        self.doing = getattr(action, "__name__", "")
        await action(self)

    async def _log_in(self) -> None:
        self.doing = "log_in"
        self.connection = await Connection.open(self.stress.host, self.stress.port, self._observe)
        self.stress.figures.sessions += 1
        await self.say(f'LOGIN {self.account.user} "{self.account.password}"'.encode())
        if self.random.random() < 0.3:
            await self.wire.compress()
            self.stress.figures.commands["COMPRESS"] += 1
        if self.knows_qresync:
            await self.say(b"ENABLE QRESYNC")
            self.condstore = self.qresync = True

    async def log_out(self) -> None:
        self._leave_view()
        await self.say(b"LOGOUT")
        self.hang_up()

    async def vanish(self) -> None:
        """Break off, at times in the middle of an answer."""
        if self.view is not None and self.random.random() < 0.5:
            self.wire.send(b"FETCH 1:* (UID FLAGS BODY.PEEK[])")
        self.hang_up()

    def hang_up(self) -> None:
        self._leave_view()
        if self.connection is not None:
            self.connection.close()
        self.connection = self._next = None
        self.condstore = self.qresync = self.notified = self.overflowed = False
        self.statuses.clear()

    def _leave_view(self) -> None:
        """Forget the selected mailbox, or keep what is known of it for later."""
        view, self.view = self.view, None
        if view is not None and self.qresync:
            memory = view.memory()
            if memory is not None:
                self.memories[self.box.home] = memory

    # -- mailboxes

    async def select(self) -> None:
        await self._open(self.random.choice(self.account.boxes))

    async def come_back(self) -> None:
        """Lose the connection, and go on in the same mailbox with another one."""
        box = self.box
        await self.vanish()
        await self._log_in()
        await self._open(box)

    async def _open(self, box: Box) -> None:
        memory = self.memories.get(box.home) if self.qresync and self.random.random() < 0.9 else None
        if self.view is not None and box.home == self.box.home and self.qresync:
            # What is told until it is closed belongs to what is known.
            memory = None
        parameter = b""
        if memory is not None:
            parameter = self._resynchronisation(memory)
            self.stress.figures.commands["resynchronise"] += 1
        elif self.random.random() < 0.4:
            self.condstore, parameter = True, b" (CONDSTORE)"
        view = ClientView(memory, with_new=b":" not in parameter)
        view.at_once, view.busy = self.by_uid, True
        examine = self.random.random() < 0.1
        view.read_only = examine or not box.writable
        self._next = box, view
        if self.view is None:
            self.box, self.view = self._next
        await self.say((b"EXAMINE " if examine else b"SELECT ") + box.name + parameter)
        check(self.view is view, "SELECT without CLOSED")
        self._next, view.busy = None, False
        self.statuses.pop(box.name, None)
        view.gone.clear()
        if memory is None and self.random.random() < 0.8:
            await self.fetch_all()

    def _resynchronisation(self, memory: Memory) -> bytes:
        """Return the parameter of SELECT, with known UIDs and their numbers at times. RFC 7162 3.2.5."""
        words = [b"%d %d" % (memory.uid_validity, memory.modseq)]
        uids = sorted(memory.flags)
        if uids and self.random.random() < 0.5:
            words.append(b"%d:%d" % (uids[0], uids[-1]))
        if uids and self.random.random() < 0.5:
            places = sorted(self.random.sample(range(len(uids)), min(len(uids), 5)))
            seqs, known = (
                b",".join(b"%d" % n for n in found)
                for found in ([place + 1 for place in places], [uids[place] for place in places])
            )
            words.append(b"(%b %b)" % (seqs, known))
        return b" (QRESYNC (%b))" % b" ".join(words)

    async def leave(self) -> None:
        word = self.random.choice([b"CLOSE", b"UNSELECT"])
        self._leave_view()
        await self.say(word)

    async def notify(self) -> None:
        """Ask to be told of everything without asking, or of nothing any more. RFC 5465."""
        if self.notified:
            await self.say(b"NOTIFY NONE")
            # Of the selected mailbox nothing at all is told now, section 3.1.
            self.hang_up()
            return
        self.at_once = self.random.random() < 0.5
        selected = b"selected" if self.at_once else b"selected-delayed"
        events = EVENTS
        if self.random.random() < 0.5:
            events = b"(MessageNew (UID FLAGS) MessageExpunge FlagChange)"
        names = b" ".join(box.name for box in self.account.guest_of)
        others = b" (mailboxes (%b) %b)" % (names, EVENTS) if names else b""
        self.notified = True
        view = self.view
        if view is not None:
            view.at_once = self.at_once
        await self.say(b"NOTIFY SET STATUS (%b %b) (personal %b)%b" % (selected, events, EVENTS, others))

    @property
    def by_uid(self) -> bool:
        """Whether numbers may change at any moment."""
        return self.notified and self.at_once

    async def catch_up(self) -> None:
        """Ask for what changed and vanished since some time. RFC 7162 3.2.6."""
        view = self.seen()
        if self.qresync and view.checkpoint.modseq:
            since = max(view.checkpoint.modseq - self.random.randint(0, 30), 1)
            await self.say(b"UID FETCH 1:* (FLAGS) (CHANGEDSINCE %d VANISHED)" % since)

    async def status(self) -> None:
        box = self.random.choice(self.account.boxes)
        await self.say(b"STATUS %b (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)" % box.name)

    async def list_mailboxes(self) -> None:
        await self.say(b'LIST "" "*"')

    # -- reading

    def seen(self) -> ClientView:
        assert self.view is not None
        return self.view

    async def fetch_all(self) -> None:
        if self.seen().messages:
            items = b"UID FLAGS MODSEQ" if self.condstore else b"UID FLAGS"
            await self._numbered(b"FETCH 1:* (%b)" % items, uid=self.by_uid)

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
                    self.stress.ledger.is_((*self.box.home, at), token)

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
        view = self.seen()
        known = set(view.uids())
        found = await self.say(b"UID SEARCH ALL")
        result = next((r for r in found if r.name in (b"SEARCH", b"ESEARCH")), None)
        check(result is not None, "no SEARCH response")
        if result is not None and result.name == b"SEARCH":
            uids = [whole(value) for value in result.values if isinstance(value, bytes)]
            check(known <= set(uids) | view.gone, f"UID SEARCH ALL left out {known - set(uids)}")
        key = self.random.choice([b"UNSEEN", b"NOT DELETED", b"KEYWORD later FLAGGED", b"LARGER 900", b"1:*"])
        if view.messages:
            await self._numbered(b"SEARCH " + key, uid=self.by_uid)

    async def noop(self) -> None:
        await self.say(self.random.choice([b"NOOP", b"CHECK"]))

    async def idle(self) -> None:
        """Wait until something is heard, or for a moment."""
        tag = await self.begin_idle()
        await self.stress.quiet_moment(self.random.random() * 0.5)
        await self.end_idle(tag)

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
            await self.wire.response()

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
            if self.notified:
                # What was told may have been on its way before the command was read.
                for known in view.told:
                    known.flags = known.modseq = None
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
        box = self._writable()
        token = self.stress.new_token()
        flags = self.random.sample(
            [flag for flag in FLAGS if flag != rb"\Deleted"], self.random.choice([0, 1, 2])
        )
        body = b"All work and no play.\r\n" * self.random.choice([1, 10, 10, 40, 400])
        letter = b"From: stress@example.test\r\nSubject: %b\r\nX-Token: %b\r\n\r\n%b" % (token, token, body)
        found = await self.say(b"APPEND %b (%b) %b" % (box.name, b" ".join(flags), literal(letter)))
        check(found[-1].code_name == b"APPENDUID", "no APPENDUID")
        self.stress.ledger.created((*box.home, whole(found[-1].code[2])), token)

    def _writable(self) -> Box:
        return self.random.choice([box for box in self.account.boxes if box.writable])

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
        target = self._writable()
        uids = self._uids_of(chosen, uid=uid)
        source = self.box.home
        if word == b"MOVE":
            if not uids:
                return
            self._removable(uids)
        # Only FETCH, STORE and SEARCH keep EXPUNGE back (RFC 9051 7.5.1).
        found = await self._numbered(b"%b %b %b" % (word, chosen, target.name), uid=uid, numbered=False)
        code = next((r.code for r in found if r.code_name == b"COPYUID"), None)
        if code is not None:
            self._copied(source, target.home, code)

    def _copied(self, source: Home, target: Home, code: Sequence[object]) -> None:
        """Take COPYUID; both sets name the messages in the same order (RFC 9051 7.1)."""
        ledger = self.stress.ledger
        old, new = (numbers(value) for value in code[2:4] if isinstance(value, bytes))
        check(len(old) == len(new), f"COPYUID names {len(old)} and {len(new)} messages")
        for before, after in zip(old, new, strict=True):
            token = ledger.tokens.get((*source, before))
            if token is not None:
                ledger.created((*target, after), token)
            # Copies keep their flags, \Deleted among them (RFC 9051 6.4.7).
            ledger.copies.append(((*source, before), (*target, after)))

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
        if not self.by_uid and self.random.random() < 0.5:
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
        self.stress.ledger.removable.update((*self.box.home, uid) for uid in uids)

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
    StressClient.notify: 2,
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
    StressClient.catch_up: 3,
    StressClient.notify: 1,
    StressClient.status: 3,
    StressClient.select: 2,
    StressClient.leave: 1,
    StressClient.list_mailboxes: 1,
    StressClient.log_out: 1,
    StressClient.come_back: 2,
    StressClient.vanish: 1,
}
