"""The machine of one POP3 connection: octets in, actions out. See ``gromox.base.wire``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.log import get_logger
from gromox.base.wire import Call, Close, Peer, Produce, Send, StartTls
from gromox.pop3 import commands, replies, sasl  # noqa: F401 - the modules fill the table
from gromox.pop3.answers import answer_to
from gromox.pop3.dispatch import COMMANDS, Ask, Follow, Lines, Prompt, Steps, Then
from gromox.pop3.replies import Reply
from gromox.pop3.session import Session, State
from gromox.pop3.settings import POP3_CMD_DEBUG, POP3_CONN_TIMEOUT
from gromox.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gromox.base.wire import Action, Durable, Outcome
    from gromox.pop3.dispatch import Result
    from gromox.pop3.services import Pop3Services

_log = get_logger("pop3")

#: RFC 2449 section 4 says 255; answers to SASL challenges may be longer.
MAX_LINE: Final = 12_288
#: Octets of answers to pipelined commands before the peer has to take some.
MAX_ANSWERED: Final = 1 << 20
#: Commands that are not understood before the connection is closed.
MAX_ERRORS: Final = 50
#: What a log may show of a line: not what follows these.
_SECRET: Final = frozenset({"PASS", "AUTH", "APOP"})


class Pop3Core:
    """One connection."""

    __slots__ = (
        "_answered",
        "_asking",
        "_at",
        "_begun",
        "_errors",
        "_input",
        "_line",
        "_out",
        "_prompt",
        "_session",
        "_skipping",
        "_tail",
        "_then",
        "_verb",
    )

    def __init__(self, services: Pop3Services) -> None:
        """Begin with nothing; :meth:`start` says who is there."""
        self._session = Session(services, Peer("", 0, tls=False, local_port=0, connection_id=""), _log)
        self._input, self._at = b"", 0
        self._skipping = False
        self._errors = 0
        # The command whose answer is being made, and when it began.
        self._verb, self._begun = "", 0.0
        # The last command as a log may show it.
        self._line = b""
        self._prompt: Callable[[bytes], Result] | None = None
        self._asking: Ask | None = None
        # What gives the answer when the steps that are under way are done.
        self._then: Callable[[], Result] | None = None
        # One round: what is answered, its octets, and the action that ends it.
        self._out: list[bytes] = []
        self._answered = 0
        self._tail: Action | None = None

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`."""
        return self._session.services.settings[POP3_CONN_TIMEOUT]

    def describe(self) -> Mapping[str, object]:
        """Return who is logged in, and what runs."""
        session = self._session
        user = session.account.username if session.account is not None else session.user
        running = self._verb if self._asking is not None else ""
        return {"state": session.state.name.lower(), "user": user, "command": running}

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet. RFC 1939 section 4; without a timestamp, since there is no APOP."""
        session = self._session
        session.peer, session.log = peer, _log.bind(connection=peer.connection_id)
        code = "XCLIENT" if peer.address in session.services.trusted else ""
        return [Send([Reply(ok=True, text=f"{session.services.host} POP3 ready", code=code).encode()])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Take input: whole lines are carried out up to the first thing that has to be waited for."""
        self._begin_round()
        self._input = self._input[self._at :] + octets if self._at < len(self._input) else octets
        self._at = 0
        return self._run()

    def proceed(self) -> Iterable[Action]:
        """Go on after a produced answer, or after TLS was negotiated."""
        self._begin_round()
        then, self._then = self._then, None
        if then is not None:
            self._obey(then())
        return self._run()

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Take what a thread found out."""
        asking, self._asking = self._asking, None
        self._begin_round()
        if asking is not None:
            self._obey(asking.answer(outcome))
        return self._run()

    def rung(self) -> Iterable[Action]:
        """Nothing is watched: the maildrop of a session does not change."""
        return ()

    def timed_out(self) -> Iterable[Action]:
        """Close without a word and without removing anything. RFC 1939 section 3."""
        self._session.release()
        return [Close()]

    def tls_started(self) -> None:
        """Forget what came in clear. RFC 2595 section 4."""
        self._input, self._at, self._prompt = b"", 0, None
        session = self._session
        session.user = ""
        session.peer = replace(session.peer, tls=True)

    def lost(self) -> None:
        """Let go of the maildrop; what was marked stays."""
        self._session.release()

    def unsynced(self) -> Sequence[Durable]:
        """Return the mailbox, if this round's answer says that messages were removed."""
        depends = self._session.depends
        return () if depends is None else (depends,)

    def sync_failed(self, error: Exception) -> Iterable[Action]:
        """Say that the removal is not certain."""
        session = self._session
        session.log.error("removal not durable", reason=error)
        session.depends = None
        return [Send([replies.NOT_DURABLE.encode()]), Close()]

    # -- a round

    def _begin_round(self) -> None:
        self._out, self._tail, self._session.depends = [], None, None
        self._answered = 0

    def _say(self, octets: bytes) -> None:
        self._out.append(octets)
        self._answered += len(octets)

    def _run(self) -> Iterable[Action]:
        while self._tail is None and self._at < len(self._input):
            if not self._take_line():
                break
            if self._answered > MAX_ANSWERED and self._tail is None:
                self._tail = Produce(iter(()))  # lets the peer take what there is
        actions: list[Action] = []
        if self._out:
            actions.append(Send([b"".join(self._out)]))
        if self._tail is not None:
            actions.append(self._tail)
        return actions

    def _take_line(self) -> bool:
        """Carry out one line; return False when it is not complete."""
        end = self._input.find(b"\n", self._at)
        length = (end if end >= 0 else len(self._input)) - self._at
        if length > MAX_LINE and not self._skipping:
            self._skipping = True
            self._obey(replies.LINE_TOO_LONG)
        if end < 0:
            if self._skipping:
                self._at = len(self._input)
            return False
        line, self._at = self._input[self._at : end], end + 1
        if self._skipping:
            self._skipping, self._prompt = False, None
        else:
            # A bare LF ends a line too: nothing of what follows depends on where a line ends.
            self._take(line.removesuffix(b"\r"))
        return True

    def _take(self, line: bytes) -> None:
        prompt, self._prompt = self._prompt, None
        result = prompt(line) if prompt is not None else self._carry_out(line)
        self._obey(result)

    def _carry_out(self, line: bytes) -> Result:
        session = self._session
        verb, _, text = line.decode("utf-8", "replace").partition(" ")
        verb = verb.upper()
        row = COMMANDS.get(verb)
        debug = session.services.settings[POP3_CMD_DEBUG]
        self._line = verb.encode() if verb in _SECRET else line[:200]
        if debug > 1:
            session.log.notice("command", line=self._line)
        if row is None:
            self._verb = "unknown"
            return self._counted(replies.UNKNOWN_COMMAND)
        if session.state not in row.states:
            return self._counted(replies.NOT_NOW)
        self._verb, self._begun = verb, session.services.clock.monotonic()
        try:
            return row.run(session, text)
        except StoreError as error:
            session.log.warning("mailbox refuses", command=verb, reason=error)
            return answer_to(error)

    def _counted(self, reply: Reply) -> Result:
        self._errors += 1
        return Follow(reply, Then.CLOSE) if self._errors >= MAX_ERRORS else reply

    def _measure(self, result: Result) -> None:
        """Count a command once its answer is there; of a produced one, the beginning."""
        if self._verb and not isinstance(result, (Ask, Prompt)):
            reply = result.reply if isinstance(result, Follow) else result
            status = "ok" if not isinstance(reply, Reply) or reply.ok else "err"
            seconds = self._session.services.clock.monotonic() - self._begun
            metrics.COMMANDS.observe(seconds, "pop3", self._verb, status)
            self._verb = ""

    def _report(self, result: Result) -> None:
        """Log a command that was refused, if that is asked for; never what is secret of it."""
        reply = result.reply if isinstance(result, Follow) else result
        session = self._session
        if isinstance(reply, Reply) and not reply.ok and session.services.settings[POP3_CMD_DEBUG]:
            session.log.notice("command refused", line=self._line, answer=reply.text)

    def _obey(self, result: Result) -> None:
        self._measure(result)
        self._report(result)
        if isinstance(result, Reply):
            self._say(result.encode())
        elif isinstance(result, Lines):
            self._say(result.octets)
        elif isinstance(result, Steps):
            self._tail, self._then = Produce(result.steps), result.then
        elif isinstance(result, Ask):
            self._asking, self._tail = result, Call(result.run)
        elif isinstance(result, Prompt):
            self._prompt = result.then
            self._say(b"+ " + result.challenge + b"\r\n")
        else:
            self._say(result.reply.encode())
            self._tail = StartTls() if result.then is Then.TLS else Close()
            if result.then is Then.CLOSE and self._session.state is not State.UPDATE:
                self._session.release()
