"""One request of the saslauthd protocol; a core without I/O.

Spec:
    saslauthd(8) of Cyrus SASL: the client sends four strings (login, password, service, realm), each after
    its length in two octets, most significant first; the answer is one such string that begins with ``OK`` or
    ``NO``, and the connection ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.base.secret import Secret
from gromox.base.wire import Call, Close, Peer, Send
from gromox.sasl import verdict
from gromox.sasl.verdict import REASONS, Claim, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gromox.base.wire import Action, Durable, Outcome
    from gromox.sasl.verdict import SaslServices

_log = get_logger("sasl")

#: Octets of one string; longer ones are nobody's name or password.
LONGEST_STRING: Final = 1024
#: Seconds for the whole request.
PATIENCE: Final = 10.0
_STRINGS: Final = 4
_LENGTH: Final = 2


class MuxCore:
    """Answers one request."""

    __slots__ = ("_claim", "_done", "_input", "_peer", "_services")

    timeout = PATIENCE

    def __init__(self, services: SaslServices) -> None:
        """Begin with nothing."""
        self._services = services
        self._input = b""
        self._peer = Peer("", 0, tls=False, local_port=0, connection_id="")
        self._claim: Claim | None = None
        self._done = False

    def describe(self) -> Mapping[str, object]:
        """Return who logs in."""
        return {"user": self._claim.login if self._claim is not None else ""}

    def start(self, peer: Peer) -> Iterable[Action]:
        """Wait for the request: the client speaks first."""
        self._peer = replace(peer, tls=True)  # the socket is one of this machine
        return ()

    def receive(self, octets: bytes) -> Iterable[Action]:
        """Take input until the four strings are complete."""
        if self._done:
            return ()
        self._input += octets
        strings = self._strings()
        if strings is None:
            return ()
        self._done = True
        claim = None if len(strings) < _STRINGS else self._claimed(*strings)
        if claim is None:
            return self._say(b"NO request not understood")
        found = verdict.remembered(self._services, claim)
        if found is not None:
            return self._say(b"OK")
        self._claim = claim
        return [Call(lambda: verdict.judge(self._services, claim))]

    def completed(self, outcome: Outcome) -> Iterable[Action]:
        """Answer."""
        if self._claim is None:
            return [Close()]
        found: Verdict = verdict.verdict_of(outcome, self._claim, _log)
        return self._say(b"OK" if found.reason is None else b"NO " + REASONS[found.reason].encode())

    def proceed(self) -> Iterable[Action]:
        """Nothing suspends here but the call."""
        return ()

    def rung(self) -> Iterable[Action]:
        """Nothing is watched here."""
        return ()

    def timed_out(self) -> Iterable[Action]:
        """Close on who does not finish his request."""
        return [Close()]

    def tls_started(self) -> None:
        """TLS is not spoken here."""

    def lost(self) -> None:
        """Nothing is held."""

    def unsynced(self) -> Sequence[Durable]:
        """Nothing is durable here."""
        return ()

    def sync_failed(self, error: Exception) -> Iterable[Action]:  # noqa: ARG002 - of the interface
        """Nothing is durable here."""
        return [Close()]

    def _strings(self) -> list[bytes] | None:
        """Return the strings; None if some are missing, fewer than four if the request is too long."""
        found: list[bytes] = []
        at = 0
        while len(found) < _STRINGS:
            size = int.from_bytes(self._input[at : at + _LENGTH], "big")
            if len(self._input) < at + _LENGTH:
                return None
            if size > LONGEST_STRING:
                return found
            if len(self._input) < at + _LENGTH + size:
                return None
            found.append(self._input[at + _LENGTH : at + _LENGTH + size])
            at += _LENGTH + size
        return found

    def _claimed(self, login: bytes, password: bytes, service: bytes, realm: bytes) -> Claim | None:
        if realm and b"@" not in login:
            login += b"@" + realm
        try:
            return Claim(service.decode().lower(), login.decode(), Secret(password.decode()), self._peer)
        except UnicodeDecodeError:
            return None

    def _say(self, answer: bytes) -> Iterable[Action]:
        return [Send([len(answer).to_bytes(_LENGTH, "big") + answer]), Close()]
