"""One IMAP connection as a sans-IO core: octets and events in, actions out (``gromox.base.wire.Core``).

Wiring, for daemons and tests::

    services = Services(
        doorkeeper=Doorkeeper(...),           # verifies logins, in a thread (Call)
        open_mailbox=pool.hold,               # Callable[[Path], Mailbox], called in the thread of the loop
        close_mailbox=pool.release,           # Callable[[Path], None], likewise
        is_open=pool.is_open,                 # Callable[[Path], bool], likewise
        prepare_mailbox=pool.prepare,         # called in a thread (Call) for a mailbox that is not
        policy=Policy.of(settings),           # settings of gromox.imap.settings.PROGRAM
    )
    core = ImapConnection(services)           # one for each connection; implicit TLS is peer.tls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base import metrics
from gromox.base.wire import Call, Close, Compress, Gather, Produce, Send, StartTls, Watch
from gromox.imap.capability import capabilities
from gromox.imap.collector import Collector, Continue, Whole
from gromox.imap.grammar import TAG
from gromox.imap.interpreter import Interpreter, log
from gromox.imap.machine import State
from gromox.imap.replies import Next, Wait
from gromox.imap.services import Services
from gromox.imap.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from gromox.base.wire import Action, Durable, Outcome, Peer

__all__ = ["ImapConnection", "Services"]

#: Octets of answers to pipelined commands before the peer has to take some.
MAX_ANSWERED: Final = 1 << 20
#: Octets of literals: before login (user name and password), for a command, and beside the mail of an APPEND.
MAX_LOGIN_LITERALS: Final = 8192
MAX_COMMAND_LITERALS: Final = 256 << 10

#: Commands that bring mail.
BRING_MAIL: Final = frozenset({b"APPEND", b"REPLACE"})

#: What a whole line after the tag is answered with when nothing has changed.
_READY: Final = {noop + b"\r\n": b" OK NOOP completed\r\n" for noop in (b"NOOP", b"noop", b"Noop")}
_NOOPS: Final = metrics.COMMANDS.cell("imap", "NOOP", "OK")


class ImapConnection(Interpreter):
    """The protocol machine of one connection. See :class:`gromox.base.wire.Core`."""

    __slots__ = ("_collector", "_suspended", "_watched")

    def __init__(self, services: Services) -> None:
        """Serve with ``services``; :meth:`start` begins."""
        super().__init__(services)
        self._collector = Collector(self._literal_limit)
        self._suspended = False
        self._watched: tuple[Path, ...] = ()

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

    def describe(self) -> Mapping[str, object]:
        """Return who is logged in, with which mailbox selected, and what runs."""
        session = self.session
        if session is None:
            return {}
        here = session.selected
        told: dict[str, object] = {"state": session.state.name.lower(), "user": session.user}
        if here is not None:
            told |= {"mailbox": here.name, "messages": here.view.total}
        flags = {
            "compressed": session.compressed,
            "notify": session.notification is not None,
            "idle": self._prompt is not None and self._prompt.idle,
        }
        running = self._suspended and self._command is not None
        return told | {
            "enabled": b" ".join(sorted(session.enabled)).decode(),
            "command": self._command.verb.decode() if running and self._command is not None else "",
            "using": " ".join(name for name, used in flags.items() if used),
        }

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
            if TAG.fullmatch(tag) is not None:
                tail = _READY.get(rest)
                if tail is not None and not self._is_particular():
                    return self._poll(tag, tail)
                session = self._active
                known = self._remembered(session, rest)
                if known is not None:  # a line that need not be looked for
                    session.tag = tag
                    self._tags[:] = (tag,)
                    self._carry_out(session, known)
                    return self._run()
        collector.feed(octets)
        self._tags.clear()
        return () if self._suspended else self._run()

    def _poll(self, tag: bytes, tail: bytes) -> Iterable[Action]:
        """Answer a NOOP that came alone."""
        self._tags[:] = (tag,)
        self._bad = 0
        _NOOPS[0] += 1
        _NOOPS[-1] += 1
        self._command = None
        octets = self._news(expunge=True) + self._others() + tag + tail
        if not self._closed:
            return (Send((octets,)),)
        farewell, self._out = b"".join(self._out), []
        return (Send((octets + farewell,)), Close())

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
        """Tell a client what changed that idles or asked for it. RFC 2177 section 3, RFC 5465 section 3.1."""
        idle = self._prompt is not None and self._prompt.idle
        notification = self._active.notification
        if (
            self._closed
            or self._suspended
            or not (idle or (notification is not None and self._prompt is None))
        ):
            return ()
        self._tags.clear()
        if notification is None:
            news = self._news(expunge=True)
        else:
            self._command = None
            news = self._news(expunge=idle or notification.tells_removals_at_once) + self._others()
        if self._out:  # the farewell of a mailbox that is damaged
            news, self._out = news + b"".join(self._out), []
            return [Send([news]), Close()]
        return [Send([news])] if news else ()

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

    def _literal_limit(self, text: bytes) -> int:
        """Return how many octets of literals the command that begins so may have."""
        session = self._active
        if session.state is State.NOT_AUTHENTICATED:
            return MAX_LOGIN_LITERALS
        words = text[:40].upper().split(b" ", 3)[1:3]
        if words and (words[0] in BRING_MAIL or words == [b"UID", b"REPLACE"]):
            return session.policy.max_mail + MAX_COMMAND_LITERALS
        return MAX_COMMAND_LITERALS

    def _run(self) -> Iterable[Action]:
        """Carry out what is buffered; return the actions of the round."""
        actions: list[Action] = []
        collector = self._collector
        while True:
            self._suspend(actions)
            if self._suspended or self._closed:
                break
            if self._prompt is not None:
                line = collector.line()
                if line is None:
                    break
                self._answer_prompt(line)
            elif collector.is_empty():
                break
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
        self._flush(actions)
        self._watch(actions)
        if self._closed:
            actions.append(Close())
        return actions

    def _watch(self, actions: list[Action]) -> None:
        """Hear of changes while a mailbox is selected, not only in IDLE: so none falls in between."""
        session = self._active
        here, notification = session.selected, session.notification
        paths = () if here is None else (here.mailbox.path,)
        if notification is not None:
            paths = tuple(sorted({*paths, *(each.mailbox.path for each in notification.watched)}))
        if paths != self._watched:
            self._watched = paths
            actions.insert(0, Watch(paths[0], paths[1:]) if paths else Watch(None))

    def _suspend(self, actions: list[Action]) -> None:
        """Turn what the last command left to do into an action."""
        if self._next is Next.STARTTLS:
            self._next = None
            self._hold(actions, StartTls())
        elif self._next is Next.COMPRESS:
            self._next = None
            # Who does not wait for the OK has sent what cannot be read any more (RFC 4978 section 3).
            self._collector.reset()
            self._hold(actions, Compress())
        elif self._stream is not None:
            self._hold(actions, Produce(self._guarded(self._stream)))
        elif isinstance(self._wait, Wait):
            self._hold(actions, Call(self._wait.run))
        elif self._wait is not None:
            self._hold(actions, Gather(self._wait.key, self._wait.run, self._wait.work))
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

    def _farewell(self, text: str, *, before: bytes = b"") -> Iterable[Action]:
        if self._closed and not before:
            return ()
        self._closed = True
        return [Send([before + self._bye(text)]), Close()]
