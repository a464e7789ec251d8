"""The machine of one intake connection: octets in, actions out. See ``gromox.base.wire``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.base.log import DEBUG, INFO, get_logger
from gromox.base.wire import Call, Close, Peer, Send, StartTls
from gromox.lmtp import commands, replies, transfer
from gromox.lmtp.dispatch import COMMANDS, Ask, Command, Follow, Take, Then
from gromox.lmtp.parser import RefusedError
from gromox.lmtp.replies import Reply
from gromox.lmtp.session import Session, State
from gromox.lmtp.settings import SMTP_CONN_TIMEOUT, SMTP_FORCE_STARTTLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.base.wire import Action, Durable, Outcome
    from gromox.lmtp.dispatch import Result
    from gromox.lmtp.services import Draft, LmtpServices

_log = get_logger("lmtp")

#: RFC 5321 4.5.3.1.4 asks for 512, extensions add to it (RFC 1870, RFC 6531 3.3).
MAX_LINE: Final = 2048
#: Commands that break the protocol before the connection is closed.
MAX_ERRORS: Final = 20
#: Unknown recipients in a row before the connection is closed: somebody tries out names.
MAX_STRANGERS: Final = 200
#: The answers that count as breaking the protocol.
_PROTOCOL_ERRORS: Final = range(500, 505)


@dataclass(frozen=True, slots=True)
class _Promise:
    """Answers to the end of a mail, good if it becomes durable."""

    draft: Draft
    reply: Reply
    count: int


@dataclass(slots=True)
class _Chunk:
    """A BDAT chunk on its way in."""

    left: int
    last: bool
    refusal: Reply | None  #: it is received and thrown away


class LmtpCore:
    """One connection."""

    __slots__ = (
        "_asking",
        "_at",
        "_chunk",
        "_input",
        "_out",
        "_reading_data",
        "_session",
        "_skipping",
        "_tail",
    )

    def __init__(self, services: LmtpServices) -> None:
        """Begin with nothing; :meth:`start` says who is there."""
        peer = Peer("", 0, tls=False, local_port=0, connection_id="")
        self._session = Session(services, services.checks, peer, _log)
        self._input, self._at = b"", 0
        self._reading_data = self._skipping = False
        self._chunk: _Chunk | None = None
        self._asking: Ask | None = None
        # One round: what is answered, and the action that ends it.
        self._out: list[Reply | _Promise] = []
        self._tail: Action | None = None

    @property
    def timeout(self) -> float:
        """Seconds of silence until :meth:`timed_out`; RFC 5321 4.5.3.2.7 would like 5 minutes."""
        return self._session.services.settings[SMTP_CONN_TIMEOUT]

    def describe(self) -> Mapping[str, object]:
        """Return who speaks, and how far the mail is."""
        session = self._session
        return {
            "state": "data" if self._reading_data else session.state.name.lower(),
            "hello": session.hello,
            "speaks": "LMTP" if session.lmtp else "SMTP",
        }

    def start(self, peer: Peer) -> Iterable[Action]:
        """Greet."""
        session = self._session
        session.peer, session.log = peer, _log.bind(connection=peer.connection_id)
        session.log.info("connected", peer=peer.address, tls=peer.tls)
        return [Send([commands.greeting(session).encode()])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Take input: commands and content, up to the first thing that has to be waited for."""
        self._begin_round()
        self._input = self._input[self._at :] + octets if self._at < len(self._input) else octets
        self._at = 0
        return self._run()

    def proceed(self) -> Iterable[Action]:
        """Go on after TLS was negotiated."""
        self._begin_round()
        return self._run()

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Take what a thread found out."""
        asking, self._asking = self._asking, None
        self._begin_round()
        if asking is not None:
            self._say(asking.answer(outcome))
        return self._run()

    def rung(self) -> Iterable[Action]:
        """Nothing is watched here."""
        return ()

    def timed_out(self) -> Iterable[Action]:
        """Say goodbye; a mail that was begun is forgotten."""
        self._session.reset()
        return [Send([replies.TIMED_OUT.encode()]), Close()]

    def tls_started(self) -> None:
        """Forget what came in clear, also who the client said it was. RFC 3207 section 4.2."""
        self._input, self._at = b"", 0
        session = self._session
        session.reset()
        session.state, session.hello = State.CONNECTED, ""
        session.peer = replace(session.peer, tls=True)

    def lost(self) -> None:
        """Abandon what is not in the spool."""
        self._session.reset()
        for said in self._out:
            if isinstance(said, _Promise):
                said.draft.abandon()
        self._out = []

    def unsynced(self) -> Sequence[Durable]:
        """Return the spool, if this round promised that a mail is in it."""
        if any(isinstance(said, _Promise) for said in self._out):
            return (self._session.services.spool,)
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:
        """Say the round again, with refusals instead of promises."""
        failure = transfer.answer_to_spool(self._session, error)
        for index, said in enumerate(self._out):
            if isinstance(said, _Promise):
                said.draft.abandon()
                self._out[index : index + 1] = [replace(said, reply=failure)]
        actions = list(self._actions())
        self._out = []
        return actions

    # -- a round

    def _begin_round(self) -> None:
        self._out, self._tail = [], None

    def _run(self) -> Iterable[Action]:
        self._count_errors()
        while self._tail is None and self._at < len(self._input):
            if self._reading_data:
                self._take_data()
            elif self._chunk is not None:
                self._take_chunk(self._chunk)
            elif not self._take_line():
                break
            self._count_errors()
        return self._actions()

    def _actions(self) -> Iterable[Action]:
        if self._out:
            octets = b"".join(
                said.reply.encode() * said.count if isinstance(said, _Promise) else said.encode()
                for said in self._out
            )
            yield Send([octets])
        if self._tail is not None:
            yield self._tail

    def _say(self, reply: Reply) -> None:
        if reply.code in _PROTOCOL_ERRORS:
            self._session.errors += 1
        self._out.append(reply)

    def _count_errors(self) -> None:
        session = self._session
        if self._tail is None and (session.errors >= MAX_ERRORS or session.strangers >= MAX_STRANGERS):
            session.log.notice("too many errors", peer=session.peer.address)
            self._close(replies.TOO_MANY_ERRORS)

    def _close(self, reply: Reply) -> None:
        self._out.append(reply)
        self._session.reset()
        self._tail = Close()

    # -- commands

    def _take_line(self) -> bool:
        """Carry out one command line; return False when it is not complete."""
        end = self._input.find(b"\n", self._at)
        length = (end if end >= 0 else len(self._input)) - self._at
        if length > MAX_LINE and not self._skipping:
            self._skipping = True
            self._say(replies.LINE_TOO_LONG)
        if end < 0:
            if self._skipping:
                self._at = len(self._input)
            return False
        line, self._at = self._input[self._at : end], end + 1
        if self._skipping:
            self._skipping = False
        elif not line.endswith(b"\r"):
            self._say(replies.BARE_LF)
        else:
            self._carry_out(line[:-1])
        return True

    def _carry_out(self, line: bytes) -> None:
        session = self._session
        try:
            verb, _, text = line.decode("utf-8").partition(" ")
        except UnicodeDecodeError:
            self._say(replies.SYNTAX)
            return
        row = COMMANDS.get(verb.upper())
        if session.log.enabled(DEBUG):
            session.log.debug("command", line=line[:200])
        if row is None:
            self._say(replies.UNKNOWN_COMMAND)
            return
        try:
            result = self._refusal(row) or row.run(session, text)
        except RefusedError as error:
            if error.reply is replies.CANNOT_FOLLOW:
                self._close(error.reply)  # what follows is content; taken for commands it could be anything
            else:
                self._say(error.reply)
            return
        self._obey(result)

    def _refusal(self, row: Command) -> Reply | None:
        session = self._session
        if not (row.without_tls or session.peer.tls) and session.services.settings[SMTP_FORCE_STARTTLS]:
            return replies.TLS_FIRST
        if session.state not in row.states:
            return replies.HELLO_FIRST if session.state is State.CONNECTED else row.refusal
        return None

    def _obey(self, result: Result) -> None:
        if isinstance(result, Reply):
            self._say(result)
        elif isinstance(result, Ask):
            self._asking = result
            self._tail = Call(result.run)
        elif isinstance(result, Take):
            self._begin_chunk(result)
        else:
            self._follow(result)

    def _follow(self, result: Follow) -> None:
        self._out.append(result.reply)
        if result.then is Then.CLOSE:
            self._tail = Close()
        elif result.then is Then.TLS:
            self._tail = StartTls()
        elif self._session.transaction is not None:
            transfer.begin(self._session, self._session.transaction)
            self._reading_data = True

    # -- content

    def _take_data(self) -> None:
        transaction = self._session.transaction
        if transaction is None or transaction.transfer is None:
            raise RuntimeError("DATA without a transaction")
        octets = self._input[self._at :] if self._at else self._input
        content, rest = transaction.transfer.decoder.feed(octets)
        transfer.add(self._session, transaction.transfer, content)
        if rest is None:
            self._at = len(self._input)
            return
        self._at += rest
        self._reading_data = False
        self._finish()

    def _begin_chunk(self, take: Take) -> None:
        session, refusal = self._session, None
        if session.state is State.RCPT and session.transaction is not None:
            transfer.begin(session, session.transaction)
            session.state = State.CHUNKS
        elif session.state is not State.CHUNKS:
            refusal = replies.NO_RECIPIENTS if session.state is State.MAIL else replies.MAIL_FIRST
        self._chunk = _Chunk(take.size, take.last, refusal)
        if not take.size:
            self._end_chunk(self._chunk)

    def _take_chunk(self, chunk: _Chunk) -> None:
        octets = self._input[self._at : self._at + chunk.left]
        self._at += len(octets)
        chunk.left -= len(octets)
        transaction = self._session.transaction
        if chunk.refusal is None and transaction is not None and transaction.transfer is not None:
            transfer.add(self._session, transaction.transfer, octets)
        if not chunk.left:
            self._end_chunk(chunk)

    def _end_chunk(self, chunk: _Chunk) -> None:
        self._chunk = None
        transaction = self._session.transaction
        if chunk.refusal is not None or transaction is None or transaction.transfer is None:
            self._say(chunk.refusal or replies.MAIL_FIRST)
        elif chunk.last:
            self._finish()
        else:
            self._say(transaction.transfer.failure or replies.OK)

    def _finish(self) -> None:
        """End a mail: one answer, in LMTP one for each accepted recipient (RFC 2033 4.2)."""
        session = self._session
        transaction = session.transaction
        if transaction is None or transaction.transfer is None:
            raise RuntimeError("the end of a mail without a transaction")
        content = transaction.transfer
        reply, draft = transfer.finish(session, content)
        count = len(transaction.recipients) if session.lmtp else 1
        if draft is not None:
            self._out.append(_Promise(draft, reply, count))
        else:
            self._out += [reply] * count
        if session.log.enabled(INFO):
            session.log.info(
                "mail taken" if draft is not None else "mail refused",
                mail=draft.mail_id if draft is not None else "",
                sender=transaction.sender,
                recipients=len(transaction.recipients),
                size=content.size,
                reply=reply.text,
            )
        session.reset()
