"""One IMAP connection as a sans-IO core: octets and events in, actions out (``gromox.base.wire.Core``).

Wiring, for daemons and tests::

    services = Services(
        authenticator=Authenticator(...),
        resolver=Resolver(...),
        open_mailbox=pool.hold,               # Callable[[Path], Mailbox], called in the thread of the loop
        close_mailbox=pool.release,           # Callable[[Path], None], likewise
        policy=Policy.of(settings),           # settings of gromox.imap.settings.PROGRAM
        pause=time.sleep,                     # called in a thread (Call), after a failed login
    )
    core = ImapConnection(services)           # one for each connection; implicit TLS is peer.tls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError
from gromox.base.log import INFO, get_logger
from gromox.base.wire import Call, Close, Produce, Send, StartTls, Watch
from gromox.imap import commands, serialize
from gromox.imap.answers import answer
from gromox.imap.capability import capabilities
from gromox.imap.collector import Collector, Continue, Whole
from gromox.imap.dispatch import COMMANDS, Command
from gromox.imap.errors import BadCommandError, CommandError, TruncatedAnswerError
from gromox.imap.grammar import TAG
from gromox.imap.machine import State, refusal
from gromox.imap.parser import Parser
from gromox.imap.replies import Next, Prompt, Reply, Status, Stream, Wait
from gromox.imap.services import Services
from gromox.imap.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from gromox.base.wire import Action, Durable, Outcome, Peer, Piece
    from gromox.imap.collector import Refused
    from gromox.imap.replies import Result
    from gromox.imap.sequence import Ranges

__all__ = ["ImapConnection", "Services"]

log = get_logger("imap")

#: Commands in a row that broke the protocol before we hang up.
MAX_BAD: Final = 20
#: Octets of answers to pipelined commands before the peer has to take some.
MAX_ANSWERED: Final = 1 << 20
#: Octets of literals: before login (user name and password), for a command, and beside the mail of an APPEND.
MAX_LOGIN_LITERALS: Final = 8192
MAX_COMMAND_LITERALS: Final = 256 << 10

#: Parsed commands by their text after the tag: clients say the same things again and again.
#: Arguments are immutable, and commands with secrets are left out. 0.3 us instead of 5 to 20.
_MEMO: Final[dict[bytes, tuple[Command, Any]]] = {}
_MAX_MEMO: Final = 4096
_MAX_MEMO_TEXT: Final = 256

#: What a whole line after the tag is answered with when nothing has changed.
_READY: Final = {noop + b"\r\n": b" OK NOOP completed\r\n" for noop in (b"NOOP", b"noop", b"Noop")}

commands.load()


class ImapConnection:
    """The protocol machine of one connection. See :class:`gromox.base.wire.Core`."""

    __slots__ = (
        "_answered",
        "_bad",
        "_closed",
        "_collector",
        "_command",
        "_next",
        "_out",
        "_prompt",
        "_services",
        "_started",
        "_stream",
        "_suspended",
        "_tags",
        "_wait",
        "_watched",
        "session",
    )

    def __init__(self, services: Services) -> None:
        """Serve with ``services``; :meth:`start` begins."""
        self._services = services
        self._collector = Collector(self._literal_limit)
        self.session: Session | None = None
        self._out: list[bytes] = []
        self._tags: list[bytes] = []
        self._bad = self._answered = 0
        self._closed = self._suspended = self._watched = False
        self._next: Next | None = None
        self._command: Command | None = None
        self._prompt: Prompt | None = None
        self._stream: Stream | None = None
        self._wait: Wait | None = None
        self._started = 0.0

    # -- what the driver asks

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`. RFC 3501 section 5.4."""
        policy = self._services.policy
        if self.session is None or self.session.state is State.NOT_AUTHENTICATED:
            return policy.login_timeout
        return policy.autologout

    def unsynced(self) -> Sequence[Durable]:
        """Return the mailbox if this round told of something that may not be on the disk yet."""
        session = self.session
        if session is None or not session.depends:
            return ()
        durables = session.durables()
        session.depends = False
        return durables

    # -- events

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet. RFC 3501 section 7.1.1; the capabilities spare a round trip."""
        self.session = session = Session(self._services, peer)
        text = f"{session.policy.host} service ready"
        return [
            Send([b"* OK [CAPABILITY %b] %b\r\n" % (capabilities(session), text.encode("ascii", "replace"))])
        ]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Carry out whole commands, up to the first that suspends."""
        if self._closed:
            return ()
        collector = self._collector
        if self._prompt is None and not self._suspended and collector.is_empty():
            # Polling clients say NOOP all day: 3 us instead of 7.
            tag, _, rest = octets.partition(b" ")
            tail = _READY.get(rest)
            if tail is not None and TAG.fullmatch(tag) is not None and not self._is_logging():
                return self._poll(tag, tail)
        collector.feed(octets)
        self._tags.clear()
        return () if self._suspended else self._run()

    def _is_logging(self) -> bool:
        return log.enabled(INFO) or bool(self._services.policy.log_commands)

    def _poll(self, tag: bytes, tail: bytes) -> Iterable[Action]:
        """Answer a NOOP that came alone."""
        self._tags[:] = (tag,)
        self._bad = 0
        try:
            changes = self._changes(expunge=True)
        except GromoxError as error:
            log.warning("changes not told", connection=self._active.peer.connection_id, reason=error)
            changes = b""
        return (Send((changes + tag + tail,)),)

    def proceed(self) -> Iterable[Action]:
        """End the answer that was produced, and go on."""
        if self._closed:
            return ()
        self._suspended = False
        self._tags.clear()
        stream, self._stream = self._stream, None
        if stream is not None:
            self._tags.append(self._active.tag)
            self._attempt(stream.done)
        return self._run()

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Take what a thread came to, and go on."""
        if self._closed:
            return ()
        self._suspended = False
        self._tags.clear()
        wait, self._wait = self._wait, None
        if wait is not None:
            self._tags.append(self._active.tag)
            self._attempt(wait.then, outcome)
        return self._run()

    def rung(self) -> Iterable[Action]:
        """Tell an idling client what changed. RFC 2177 section 3."""
        if self._prompt is None or not self._prompt.idle or self._closed:
            return ()
        self._tags.clear()
        try:
            changes = self._changes(expunge=True)
        except GromoxError as error:
            return self._farewell(answer(error).text)
        return [Send([changes])] if changes else ()

    def timed_out(self) -> Iterable[Action]:
        """Say goodbye to who says nothing. RFC 3501 section 5.4."""
        return self._farewell("autologout: too long without a command")

    def tls_started(self) -> None:
        """Forget what came in clear. RFC 3501 section 6.2.1."""
        self._collector.reset()
        self._active.tls = True

    def lost(self) -> None:
        """Release what other connections share."""
        self._closed = True
        stream, self._stream = self._stream, None
        self._prompt = self._wait = None
        close = getattr(stream.steps, "close", None) if stream is not None else None
        if close is not None:
            close()
        if self.session is not None:
            self.session.release()

    def sync_failed(self, error: Exception) -> Iterable[Action]:
        """Take back every answer of the round, none of which was sent."""
        log.error("mailbox not durable", connection=self._active.peer.connection_id, reason=error)
        said = [
            b"%b NO [UNAVAILABLE] the change could not be made durable; check it after the next login\r\n"
            % tag
            for tag in self._tags
        ]
        return self._farewell("the server cannot write at the moment", before=b"".join(said))

    # -- commands

    @property
    def _active(self) -> Session:
        if self.session is None:
            raise RuntimeError("start() comes first")
        return self.session

    def _literal_limit(self, text: bytes) -> int:
        """Return how many octets of literals the command that begins so may have."""
        session = self._active
        if session.state is State.NOT_AUTHENTICATED:
            return MAX_LOGIN_LITERALS
        words = text.split(b" ", 2)
        if len(words) > 1 and words[1].upper() == b"APPEND":
            return session.policy.max_mail + MAX_COMMAND_LITERALS
        return MAX_COMMAND_LITERALS

    def _run(self) -> Iterable[Action]:
        """Carry out what is buffered; return the actions of the round."""
        actions: list[Action] = []
        collector = self._collector
        while not self._suspended and not self._closed:
            if self._prompt is not None:
                line = collector.line()
                if line is None:
                    break
                self._answer_prompt(line)
            else:
                event = collector.command()
                if event is None:
                    break
                if isinstance(event, Whole):
                    self._execute(event.text, event.literals)
                elif isinstance(event, Continue):
                    self._say(b"+ OK\r\n")
                else:
                    self._refuse(event)
            self._suspend(actions)
        self._flush(actions)
        self._watch(actions)
        if self._closed:
            actions.append(Close())
        return actions

    def _watch(self, actions: list[Action]) -> None:
        """Hear of changes while a mailbox is selected, not only in IDLE: so none falls in between."""
        session = self._active
        if (session.selected is not None) is not self._watched:
            self._watched = not self._watched
            actions.insert(0, Watch(session.mailbox.path if self._watched else None))

    def _suspend(self, actions: list[Action]) -> None:
        """Turn what the last command left to do into an action."""
        if self._next is Next.STARTTLS:
            self._next = None
            self._hold(actions, StartTls())
        elif self._stream is not None:
            self._hold(actions, Produce(self._guarded(self._stream)))
        elif self._wait is not None:
            self._hold(actions, Call(self._wait.run))
        elif self._answered > MAX_ANSWERED:
            self._hold(actions, Produce(iter(())))  # lets the peer take what there is

    def _hold(self, actions: list[Action], action: Action) -> None:
        self._flush(actions)
        self._suspended = True
        actions.append(action)

    def _flush(self, actions: list[Action]) -> None:
        self._answered = 0
        if self._out:
            actions.append(Send([b"".join(self._out)]))
            self._out = []

    def _say(self, octets: bytes) -> None:
        self._answered += len(octets)
        self._out.append(octets)

    def _execute(self, text: bytes, literals: tuple[bytes, ...]) -> None:
        """Carry out one whole command."""
        session = self._active
        tag, _, rest = text.partition(b" ")
        session.tag = tag
        self._tags.append(tag)
        known = None if literals else _MEMO.get(rest)
        if known is None or TAG.fullmatch(tag) is None:
            known = self._read(tag, rest, literals)
            if known is None:
                return
        command, args = self._command, _ = known
        if session.state not in command.states:
            self._finish(Reply(refusal(session.state, command.states), status=Status.BAD))
        elif command.writes and session.here.read_only:
            self._finish(Reply("the mailbox was opened read-only", code=b"READ-ONLY", status=Status.NO))
        else:
            if log.enabled(INFO):
                self._started = self._services.clock.monotonic()
            self._attempt(command.run, session, args)

    def _read(self, tag: bytes, rest: bytes, literals: tuple[bytes, ...]) -> tuple[Command, Any] | None:
        """Parse a command; None when it was refused."""
        self._command = None
        if TAG.fullmatch(tag) is None:
            self._active.tag = self._tags[-1] = b"*"
            self._finish(Reply("a command begins with a tag", status=Status.BAD))
            return None
        verb = rest.split(b" ", 1)[0]
        if verb.upper() == b"UID":
            verb = rest[: rest.find(b" ", 4)] if b" " in rest[4:] else rest
        self._command = command = COMMANDS.get(verb.upper())
        if command is None:
            self._finish(Reply("unknown command", status=Status.BAD))
            return None
        # The state first: who is not logged in learns nothing of our grammar, and gets no memory.
        if self._active.state not in command.states:
            self._finish(Reply(refusal(self._active.state, command.states), status=Status.BAD))
            return None
        try:
            args = command.parse(Parser(rest, literals, len(verb)))
        except CommandError as error:
            self._fail(error)
            return None
        if not literals and len(rest) <= _MAX_MEMO_TEXT and not command.secret:
            if len(_MEMO) >= _MAX_MEMO:
                _MEMO.clear()
            _MEMO[rest] = command, args
        return command, args

    def _attempt(self, run: Callable[..., Result], *args: object) -> None:
        """Let a handler begin or go on; whatever it raises becomes the answer."""
        try:
            result = run(*args)
        except GromoxError as error:
            self._fail(error)
            return
        except Exception as error:  # noqa: BLE001 - the connection loop: one command must not end the session
            self._blame(error)
            return
        if isinstance(result, Reply):
            self._finish(result)
        elif isinstance(result, Stream):
            self._stream = result
        elif isinstance(result, Wait):
            self._wait = result
        else:
            self._ask(result)

    def _ask(self, prompt: Prompt) -> None:
        self._prompt = prompt
        if prompt.idle:
            changes = self._changes(expunge=True)
            if changes:
                self._say(changes)
        self._say(b"+ %b\r\n" % prompt.text)

    def _answer_prompt(self, line: bytes) -> None:
        prompt, self._prompt = self._prompt, None
        if prompt is not None:
            self._tags.append(self._active.tag)
            self._attempt(prompt.resume, line)

    def _guarded(self, stream: Stream) -> Iterator[Sequence[Piece]]:
        """Go through the steps; an error between two lines becomes the answer."""
        try:
            yield from stream.steps
        except GromoxError as error:
            refused = _refused(error)
            self._stream = Stream(iter(()), lambda: refused)
        except TruncatedAnswerError:
            raise
        except Exception as error:  # noqa: BLE001 - as in _attempt
            self._log_bug(error)
            self._stream = Stream(iter(()), lambda: _BUG)

    # -- answers

    def _changes(self, *, expunge: bool, quiet: Ranges = ()) -> bytes:
        session = self._active
        if session.selected is None:
            return b""
        changes = session.selected.changes(expunge=expunge, quiet=quiet)
        if changes:
            session.depends = True
        return changes

    def _finish(self, reply: Reply) -> None:
        """Say everything that belongs to the end of a command."""
        session, command = self._active, self._command
        if reply.untagged:
            for octets in serialize.untagged(reply.untagged):
                self._say(octets)
        if reply.event is not None:
            session.move(reply.event)
        if command is not None and command.durable:
            session.depends = True
        if session.selected is not None:
            self._tell_changes(reply)
        self._say(serialize.tagged(session.tag, reply))
        if reply.status is Status.BAD:
            self._count_bad()
        elif self._bad:
            self._bad = 0
        if reply.next is Next.CLOSE:
            self._closed = True
        elif reply.next is not None:
            self._next = reply.next
        if command is not None and (log.enabled(INFO) or session.policy.log_commands):
            self._log(command, reply)

    def _tell_changes(self, reply: Reply) -> None:
        """Announce what is new in the selected mailbox, whoever did it."""
        expunge = self._command is None or not self._command.sequence_numbers
        try:
            changes = self._changes(expunge=expunge, quiet=reply.quiet)
        except GromoxError as error:
            log.warning("changes not told", connection=self._active.peer.connection_id, reason=error)
            return
        if changes:
            self._say(changes)

    def _count_bad(self) -> None:
        self._bad += 1
        if self._bad >= MAX_BAD and not self._closed:
            self._say(serialize.bye("too many commands that are not IMAP"))
            self._closed = True

    def _fail(self, error: GromoxError) -> None:
        self._finish(_refused(error))

    def _blame(self, error: Exception) -> None:
        self._log_bug(error)
        self._finish(_BUG)

    def _log_bug(self, error: Exception) -> None:
        session = self._active
        verb = self._command.verb if self._command is not None else b""
        log.exception(
            "command failed", error, connection=session.peer.connection_id, user=session.user, command=verb
        )

    def _refuse(self, event: Refused) -> None:
        """Answer a command that is too large to be looked at."""
        tag, _, rest = event.text.partition(b" ")
        self._active.tag = tag if TAG.fullmatch(tag) else b"*"
        self._command = None
        append = rest[:7].upper() == b"APPEND "
        status, code = (Status.NO, b"TOOBIG") if append else (Status.BAD, b"")
        self._finish(Reply(event.reason, code=code, status=status))
        if event.fatal and not self._closed:
            self._say(serialize.bye(event.reason))
            self._closed = True

    def _farewell(self, text: str, *, before: bytes = b"") -> Iterable[Action]:
        if self._closed and not before:
            return ()
        self._closed = True
        return [Send([before + serialize.bye(text)]), Close()]

    def _log(self, command: Command, reply: Reply) -> None:
        session = self._active
        fields = {
            "connection": session.peer.connection_id,
            "user": session.user,
            "command": command.verb,
            "status": reply.status.value,
        }
        debug = session.policy.log_commands
        if debug > 1 or (debug and reply.status is not Status.OK):
            log.notice("command", **fields, answer=reply.text)
        else:
            log.info("command", **fields, seconds=self._services.clock.monotonic() - self._started)


_BUG: Final = Reply("internal error; it was logged", code=b"SERVERBUG", status=Status.NO)


def _refused(error: GromoxError) -> Reply:
    """Return the tagged line for an error."""
    if isinstance(error, CommandError):
        status = Status.BAD if isinstance(error, BadCommandError) else Status.NO
        return Reply(error.text, code=(error.code or "").encode("ascii"), status=status)
    said = answer(error)
    return Reply(said.text, code=said.code.encode("ascii"), status=Status.NO)
