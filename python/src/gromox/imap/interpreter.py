"""Carrying out commands one after the other: parse, check against the table, run, answer.

Knows nothing of sockets or of the driver; what it says is collected in order, and what a handler left to do
(a stream, work for a thread, a prompt) is left in attributes for the connection to act on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.errors import GromoxError
from gromox.base.log import INFO, get_logger
from gromox.imap import commands, serialize
from gromox.imap.answers import refusal_of
from gromox.imap.dispatch import COMMANDS, Command
from gromox.imap.errors import CommandError, LookUpFirstError, TruncatedAnswerError
from gromox.imap.grammar import TAG
from gromox.imap.machine import refusal
from gromox.imap.parser import Parser
from gromox.imap.replies import Next, Prompt, Reply, Status, Stream, Together, Wait
from gromox.store.errors import CorruptError
from gromox.store.names import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from gromox.base.wire import Outcome, Piece
    from gromox.imap.collector import Refused
    from gromox.imap.notification import Notification
    from gromox.imap.replies import Result
    from gromox.imap.selected import Selected
    from gromox.imap.sequence import Ranges
    from gromox.imap.services import Services
    from gromox.imap.session import Session

log = get_logger("imap")

#: Commands in a row that broke the protocol before we hang up.
MAX_BAD: Final = 20

#: Parsed commands by their text after the tag: clients say the same things again and again.
#: Arguments are immutable, and commands with secrets are left out. 0.3 us instead of 5 to 20.
#: One for either spelling of mailbox names: modified UTF-7, UTF-8.
_MEMOS: Final[tuple[dict[bytes, tuple[Command, Any]], dict[bytes, tuple[Command, Any]]]] = ({}, {})
_MAX_MEMO: Final = 4096
_STATUSES: Final = {status: status.value.decode() for status in Status}
_MAX_MEMO_TEXT: Final = 256

#: Commands whose effect on names the client knows. RFC 5465 section 5.
_NAMING: Final = frozenset({b"CREATE", b"DELETE", b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE"})

commands.load()


class Interpreter:
    """The commands of one connection."""

    __slots__ = (
        "_answered",
        "_args",
        "_bad",
        "_closed",
        "_command",
        "_made",
        "_next",
        "_out",
        "_prompt",
        "_services",
        "_started",
        "_stream",
        "_tags",
        "_wait",
        "session",
    )

    def __init__(self, services: Services) -> None:
        self._services = services
        self.session: Session | None = None
        #: What was said and not yet handed to the driver, and its size.
        self._out: list[bytes] = []
        self._answered = 0
        #: Commands whose answers belong to this round.
        self._tags: list[bytes] = []
        self._bad = 0
        self._closed = False
        self._next: Next | None = None
        self._command: Command | None = None
        self._args: object = None
        #: What the command that ends has added to the selected mailbox.
        self._made: Sequence[int] = ()
        self._prompt: Prompt | None = None
        self._stream: Stream | None = None
        self._wait: Wait | Together | None = None
        self._started = 0.0

    @property
    def _active(self) -> Session:
        if self.session is None:
            raise RuntimeError("start() comes first")
        return self.session

    def _remembered(self, session: Session, rest: bytes) -> tuple[Command, Any] | None:
        """Return the whole command that these octets, with the end of a line, are, if it was said before."""
        return _MEMOS[session.utf8].get(rest[:-2]) if rest[-2:] == b"\r\n" else None

    def _is_particular(self) -> bool:
        """Tell whether commands are logged, or answered in a language of the client's choice."""
        return log.enabled(INFO) or bool(self._services.policy.log_commands or self._active.language)

    def _bye(self, text: str, code: bytes = b"") -> bytes:
        return serialize.bye(text, code, self._active.language)

    def _say(self, octets: bytes) -> None:
        self._answered += len(octets)
        self._out.append(octets)

    def _execute(self, text: bytes, literals: tuple[bytes, ...]) -> None:
        """Carry out one whole command."""
        session = self._active
        tag, _, rest = text.partition(b" ")
        session.tag = tag
        self._tags.append(tag)
        known = None if literals else _MEMOS[session.utf8].get(rest)
        if known is None or TAG.fullmatch(tag) is None:
            known = self._read(tag, rest, literals)
            if known is None:
                return
        self._carry_out(session, known)

    def _carry_out(self, session: Session, known: tuple[Command, Any]) -> None:
        """Carry out a command that was read, if it may come now."""
        command, args = self._command, self._args = known
        if session.state not in command.states:
            self._finish(Reply(refusal(session.state, command.states), status=Status.BAD))
        elif command.writes and session.here.read_only:
            self._finish(Reply("the mailbox was opened read-only", code=b"READ-ONLY", status=Status.NO))
        elif command.numbered and session.here.uid_only:
            self._finish(
                Reply("message numbers are not used any more", code=b"UIDREQUIRED", status=Status.BAD)
            )
        else:
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
            args = command.parse(Parser(rest, literals, len(verb), utf8=self._active.utf8))
        except CommandError as error:
            self._fail(error)
            return None
        if not literals and len(rest) <= _MAX_MEMO_TEXT and not command.secret:
            memo = _MEMOS[self._active.utf8]
            if len(memo) >= _MAX_MEMO:
                memo.clear()
            memo[rest] = command, args
        return command, args

    def _attempt(self, run: Callable[..., Result], *args: object) -> None:
        """Let a handler begin or go on; whatever it raises becomes the answer."""
        try:
            result = run(*args)
        except LookUpFirstError:
            self._look_up(run, args)
            return
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
        elif isinstance(result, (Wait, Together)):
            self._wait = result
        else:
            self._ask(result)

    def _look_up(self, run: Callable[..., Result], args: tuple[object, ...]) -> None:
        """Find the mailboxes of others, in a thread, and call the handler again."""
        places = self._active.places

        def again(outcome: Outcome) -> Result:
            places.looked(outcome)
            return run(*args)

        self._wait = Wait(places.look, again)

    def _ask(self, prompt: Prompt) -> None:
        self._prompt = prompt
        if prompt.idle:
            self._say(self._news(expunge=True))
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
            refused = refusal_of(error)
            self._stream = Stream(iter(()), lambda: refused)
        except TruncatedAnswerError:
            raise
        except Exception as error:  # noqa: BLE001 - as in _attempt
            self._log_bug(error)
            self._stream = Stream(iter(()), lambda: _BUG)

    # -- answers

    def _news(self, *, expunge: bool, quiet: Ranges = (), quiet_until: int = 0) -> bytes:
        """Return what the client has to be told of the selected mailbox, whoever changed it."""
        session = self._active
        here = session.selected
        if here is None:
            return b""
        try:
            if session.notification is None:
                news = here.changes(expunge=expunge, quiet=quiet, quiet_until=quiet_until)
            else:
                news = self._chosen_news(
                    session.notification, here, expunge=expunge, quiet=quiet, quiet_until=quiet_until
                )
        except GromoxError as error:
            log.warning("changes not told", connection=session.peer.connection_id, reason=error)
            self._end_if_corrupt(error)
            return b""
        if news:
            session.depends = True
        return news

    def _chosen_news(
        self, notification: Notification, here: Selected, *, expunge: bool, quiet: Ranges, quiet_until: int
    ) -> bytes:
        """Return what NOTIFY wants to hear of the selected mailbox.

        Spec:
            RFC 5465 3.1, 5.1 to 5.3. Who wants to hear nothing still hears what its own command did.
        """
        command = self._command
        own = command is not None and (command.writes or command.durable)
        if not (notification.tells_messages or own):
            return b""
        news = here.changes(
            expunge=expunge, quiet=quiet, quiet_until=quiet_until, flags=notification.tells_flags
        )
        fresh = [uid for uid in here.fresh if uid not in self._made]
        return news + notification.new_lines(here, fresh) if fresh else news

    def _others(self) -> bytes:
        """Return what NOTIFY wants to hear of mailboxes that are not selected."""
        session = self._active
        if session.notification is None:
            return b""
        try:
            lines = session.notification.poll(session, self._own_names())
        except GromoxError as error:
            log.warning("changes not told", connection=session.peer.connection_id, reason=error)
            self._end_if_corrupt(error)
            return b""
        if lines:
            session.depends = True
        return b"".join(serialize.untagged(lines, utf8=session.utf8))

    def _own_names(self) -> Sequence[str]:
        """Return the names that the command which ends is about, if it changes names."""
        if self._command is None or self._command.verb not in _NAMING:
            return ()
        args = self._args
        names = [args, *(getattr(args, field, None) for field in ("name", "old", "new"))]
        return [name.removesuffix(SEPARATOR).casefold() for name in names if isinstance(name, str)]

    def _end_if_corrupt(self, error: GromoxError) -> None:
        # The next session gets the mailbox opened afresh, this one cannot.
        if isinstance(error, CorruptError) and not self._closed:
            self._say(self._bye("the mailbox has to be opened again", b"UNAVAILABLE"))
            self._closed = True

    def _finish(self, reply: Reply) -> None:
        """Say everything that belongs to the end of a command."""
        session, command = self._active, self._command
        if reply.untagged:
            lines = serialize.untagged(reply.untagged, utf8=session.utf8, language=session.language)
            self._say(b"".join(lines))
        if reply.event is not None:
            session.move(reply.event)
        if command is not None and command.durable:
            session.depends = True
        if session.selected is not None:
            reply = self._update(session.selected, command, reply)
        if session.notification is not None:
            self._say(self._others())
        self._say(serialize.tagged(session.tag, reply, session.language))
        if reply.status is Status.BAD:
            self._count_bad()
        elif self._bad:
            self._bad = 0
        if reply.next is Next.CLOSE:
            self._closed = True
        elif reply.next is not None:
            self._next = reply.next
        self._measure(command, reply)

    def _measure(self, command: Command | None, reply: Reply) -> None:
        """Count a command that is answered, and log it."""
        if command is None:
            metrics.COMMANDS.observe(0.0, "imap", "unknown", _STATUSES[reply.status])
            return
        seconds = self._services.clock.monotonic() - self._started
        metrics.COMMANDS.observe(seconds, "imap", command.title, _STATUSES[reply.status])
        if log.enabled(INFO) or self._services.policy.log_commands:
            self._log(command, reply, seconds)

    def _update(self, here: Selected, command: Command | None, reply: Reply) -> Reply:
        """Tell what changed in the selected mailbox, and return the reply that takes note of it."""
        by_number = reply.by_number or (command is not None and command.sequence_numbers)
        self._made = reply.made
        if here.looked and not here.gone:
            here.end_look()
        else:
            news = self._news(expunge=not by_number, quiet=reply.quiet, quiet_until=reply.quiet_until)
            here.looked = False
            if news:
                self._say(news)
        self._made = ()
        if not reply.with_modseq:
            return reply
        # Not more than was told: what others did meanwhile may have come with it.
        return replace(reply, code=b"HIGHESTMODSEQ %d" % here.view.highest_modseq)

    def _count_bad(self) -> None:
        self._bad += 1
        if self._bad >= MAX_BAD and not self._closed:
            self._say(self._bye("too many commands that are not IMAP"))
            self._closed = True

    def _fail(self, error: GromoxError) -> None:
        self._finish(refusal_of(error))
        self._end_if_corrupt(error)

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
        brings_mail = rest[:12].upper().removeprefix(b"UID ").startswith((b"APPEND ", b"REPLACE "))
        status, code = (Status.NO, b"TOOBIG") if brings_mail else (Status.BAD, b"")
        self._finish(Reply(event.reason, code=code, status=status))
        if event.fatal and not self._closed:
            self._say(self._bye(event.reason))
            self._closed = True

    def _log(self, command: Command, reply: Reply, seconds: float) -> None:
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
            log.info("command", **fields, seconds=seconds)


_BUG: Final = Reply("internal error; it was logged", code=b"SERVERBUG", status=Status.NO)
