r"""One connection of the Dovecot authentication protocol, version 1.1; a core without I/O.

Spec:
    The protocol is a published interface of Dovecot ("Authentication Protocol"). Lines of words separated by
    TAB; ``\x01`` quotes NUL, TAB, LF and itself. The server introduces itself (VERSION, MECH, SPID, CUID,
    COOKIE, DONE), the client sends VERSION and CPID, then ``AUTH <id> <mechanism> <parameter>...``; the
    server answers ``OK``, ``FAIL`` or ``CONT`` with the same id.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gromox.base.errors import ParseError
from gromox.base.log import get_logger
from gromox.base.secret import Secret
from gromox.base.wire import Call, Close, Peer, Send
from gromox.directory import mechanism
from gromox.directory.errors import AuthReason
from gromox.directory.mechanism import Challenge, Credentials, Failed, Finished, Work
from gromox.sasl import verdict
from gromox.sasl.verdict import REASONS, Claim, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.base.wire import Action, Durable, Outcome
    from gromox.directory.mechanism import Step
    from gromox.sasl.verdict import SaslServices

_log = get_logger("sasl")

#: Octets of a line: what a client may send as one SASL message, and its parameters.
LONGEST_LINE: Final = 8192
#: Logins of one connection that wait for an answer of the client. Postfix has one.
MOST_OPEN: Final = 16
#: Seconds of silence. Postfix keeps the connection as long as the process lives, and reconnects.
SILENCE: Final = 3600.0
_VERSION: Final = b"1"
_MOST_WORDS: Final = 40
_QUOTED: Final = {b"\x00": b"\x010", b"\x01": b"\x011", b"\t": b"\x01t", b"\n": b"\x01n", b"\r": b"\x01r"}
_PLAIN_OF: Final = {quoted[1:]: plain for plain, quoted in _QUOTED.items()}


@dataclass(frozen=True, slots=True)
class _Login:
    """A login under way: its id, who asks, and what the client answers next."""

    number: bytes
    service: str
    peer: Peer
    challenge: Challenge | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A login that waits for the user database: with a password, or within a mechanism."""

    login: _Login
    waits_for: Claim | Work


#: Stands for the clients of the program that asks.
_SECURED: Final = Peer("", 0, tls=True, local_port=0, connection_id="")


class DovecotCore:
    """Serves one client program, which asks for many users."""

    __slots__ = ("_asked", "_at", "_greeted", "_input", "_open", "_peer", "_services")

    timeout = SILENCE

    def __init__(self, services: SaslServices) -> None:
        """Begin with nothing."""
        self._services = services
        self._input, self._at = b"", 0
        self._peer = Peer("", 0, tls=False, local_port=0, connection_id="")
        self._greeted = False
        self._open: dict[bytes, _Login] = {}
        self._asked: _Asked | None = None

    def describe(self) -> Mapping[str, object]:
        """Return how many logins are in progress."""
        return {"logins": len(self._open)}

    def start(self, peer: Peer) -> Iterable[Action]:
        """Introduce ourselves."""
        self._peer = peer
        services = self._services
        lines = [
            b"VERSION\t1\t1",
            *(_mechanism_line(name) for name in mechanism.offered(services.doorkeeper(""), _SECURED)),
            b"SPID\t%d" % services.process_id,
            b"CUID\t1",
            b"COOKIE\t%b" % services.cookie().encode(),
            b"DONE",
        ]
        return [Send([b"".join(line + b"\n" for line in lines)])]

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Act on each line."""
        self._input, self._at = self._input[self._at :] + octets, 0
        return self._run()

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Answer the login whose password was verified."""
        asked, self._asked = self._asked, None
        if asked is None:
            return self._run()
        answers: list[bytes] = []
        tail: Action | None = None
        if isinstance(asked.waits_for, Claim):
            found = verdict.verdict_of(outcome, asked.waits_for, _log)
            answers.append(_answer(asked.login.number, found, asked.waits_for.login))
        else:
            tail = self._follow(asked.login, asked.waits_for.then(outcome), answers)
        said: list[Action] = [Send([b"".join(answers)])] if answers else []
        return [*said, tail] if tail is not None else [*said, *self._run()]

    def proceed(self) -> Iterable[Action]:
        """Go on with buffered input."""
        return self._run()

    def rung(self) -> Iterable[Action]:
        """Nothing is watched here."""
        return ()

    def timed_out(self) -> Iterable[Action]:
        """Close; who needs us connects again."""
        return [Close()]

    def tls_started(self) -> None:
        """TLS is not spoken here."""

    def lost(self) -> None:
        """Forget the logins under way."""
        self._open.clear()

    def unsynced(self) -> Sequence[Durable]:
        """Nothing is durable here."""
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is durable here."""
        return [Close()]

    def _run(self) -> Iterable[Action]:
        """Carry out lines up to the first that has to be waited for."""
        answers: list[bytes] = []
        tail: Action | None = None
        while tail is None:
            end = self._input.find(b"\n", self._at)
            length = (end if end >= 0 else len(self._input)) - self._at
            if length > LONGEST_LINE:
                _log.warning("line too long", peer=self._peer.address, limit=LONGEST_LINE)
                tail = Close()
            elif end < 0:
                break
            else:
                line, self._at = self._input[self._at : end], end + 1
                tail = self._take(line, answers)
        actions: list[Action] = [Send([b"".join(answers)])] if answers else []
        return [*actions, tail] if tail is not None else actions

    def _take(self, line: bytes, answers: list[bytes]) -> Action | None:
        verb, *words = [_unquoted(word) for word in line.split(b"\t", _MOST_WORDS)]
        match verb, words:
            case b"VERSION", [major, *_]:
                self._greeted = major == _VERSION
                return None if self._greeted else self._give_up("version", line)
            case b"CPID", [_]:
                return None
            case b"AUTH", [number, name, *parameters] if self._greeted:
                return self._begin(number, name, parameters, answers)
            case b"CONT", [number, text] if number in self._open:
                return self._go_on(self._open.pop(number), text, answers)
            case b"CANCEL", [number]:
                self._open.pop(number, None)
                return None
        return self._give_up("line", line)

    def _give_up(self, what: str, line: bytes) -> Action:
        verb = line.split(b"\t", 1)[0][:40]
        _log.warning("client not understood", peer=self._peer.address, what=what, verb=verb)
        return Close()

    def _begin(
        self, number: bytes, name: bytes, parameters: Sequence[bytes], answers: list[bytes]
    ) -> Action | None:
        given, initial = _parameters(parameters)
        service = given.get(b"service", b"").decode("ascii", "replace").lower()
        address = given.get(b"rip", b"").decode("ascii", "replace") or self._peer.address
        peer = replace(self._peer, address=address, tls=b"secured" in given)
        upper = name.upper().decode("ascii", "replace")
        doorkeeper = self._services.doorkeeper(service)
        if upper not in mechanism.offered(doorkeeper, peer) or len(self._open) >= MOST_OPEN:
            answers.append(_refusal(number, "that mechanism is not offered"))
            return None
        if not peer.tls:
            answers.append(_refusal(number, "encryption is needed for this"))
            return None
        try:
            message = None if initial is None else mechanism.decode(initial)
            step = mechanism.begin(upper, message, doorkeeper, peer, mechanism.SMTP_PROMPTS)
        except ParseError as error:
            answers.append(_misspelt(number, error))
            return None
        if step is None:
            raise TypeError("what is offered can begin")
        return self._follow(_Login(number, service, peer), step, answers)

    def _go_on(self, login: _Login, text: bytes, answers: list[bytes]) -> Action | None:
        if login.challenge is None:
            raise TypeError("only what was asked is answered")
        try:
            step = login.challenge.read(mechanism.decode(text))
        except ParseError as error:
            answers.append(_misspelt(login.number, error))
            return None
        return self._follow(login, step, answers)

    def _follow(self, login: _Login, step: Step, answers: list[bytes]) -> Action | None:
        """Ask the client on, or verify what it proved."""
        number = login.number
        match step:
            case Finished(octets=octets) if octets:
                # The client has to see it before it is told that all is well.
                silent = replace(step, octets=b"")
                return self._follow(login, Challenge(octets, lambda _: silent), answers)
            case Challenge():
                self._open[number] = replace(login, challenge=step)
                answers.append(_line(b"CONT", number, binascii.b2a_base64(step.octets, newline=False)))
                return None
            case Work():
                self._asked = _Asked(login, step)
                return Call(step.run)
            case Credentials():
                return self._verify(login, step, answers)
            case Failed():
                claim = Claim(login.service, step.login, Secret(""), login.peer)
                answers.append(_answer(number, verdict.refused(step.error, claim, _log), step.login))
            case Finished():
                claim = Claim(login.service, step.login, Secret(""), login.peer)
                found = verdict.admitted(step.entrance, claim, _log)
                answers.append(_answer(number, found, step.login))
        return None

    def _verify(self, login: _Login, given: Credentials, answers: list[bytes]) -> Action | None:
        """Verify a password."""
        if given.authzid:
            answers.append(_refusal(login.number, "no other authorization identity than the login"))
            return None
        claim = Claim(login.service, given.login, given.password, login.peer)
        found = verdict.remembered(self._services, claim)
        if found is not None:
            answers.append(_answer(login.number, found, claim.login))
            return None
        self._asked = _Asked(login, claim)
        return Call(lambda: verdict.judge(self._services, claim))


def _mechanism_line(name: str) -> bytes:
    return _line(b"MECH", name.encode(), *((b"plaintext",) if name in ("PLAIN", "LOGIN") else ()))[:-1]


def _parameters(words: Sequence[bytes]) -> tuple[Mapping[bytes, bytes], bytes | None]:
    """Return the parameters of AUTH, and apart from them the initial response if there is one.

    ``resp=`` is always the last parameter; a client that has none leaves it out.
    """
    given: dict[bytes, bytes] = {}
    for word in words:
        name, _, value = word.partition(b"=")
        given[name] = value
    return given, given.pop(b"resp", None)


def _answer(number: bytes, found: Verdict, login: str) -> bytes:
    if found.reason is None:
        return _line(b"OK", number, b"user=" + found.username.encode())
    words = [b"user=" + login.encode(), b"reason=" + REASONS[found.reason].encode()]
    if found.is_temporary:
        words.append(b"temp")
    elif found.reason not in (AuthReason.UNKNOWN_OR_WRONG_PASSWORD, AuthReason.AMBIGUOUS):
        words.append(b"authz")
    return _line(b"FAIL", number, *words)


def _misspelt(number: bytes, error: ParseError) -> bytes:
    _log.info("message not understood", reason=error)
    return _refusal(number, "the message of the mechanism is not understood")


def _refusal(number: bytes, reason: str) -> bytes:
    return _line(b"FAIL", number, b"reason=" + reason.encode())


def _line(*words: bytes) -> bytes:
    return b"\t".join(map(_quoted, words)) + b"\n"


def _quoted(word: bytes) -> bytes:
    return b"".join(_QUOTED.get(word[at : at + 1], word[at : at + 1]) for at in range(len(word)))


def _unquoted(word: bytes) -> bytes:
    first, *rest = word.split(b"\x01")
    return first + b"".join(_PLAIN_OF.get(part[:1], part[:1]) + part[1:] for part in rest)
