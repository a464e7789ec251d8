"""What a mail program knows of its selected mailbox: only what it was told, checked as it is told.

Every rule that RFC 9051 gives a server for its untagged data is an assertion here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.support.imapwire import Response, Value

RECENT = rb"\recent"


class DivergenceError(AssertionError):
    """The server told something that cannot be, or did not tell what it had to."""


@dataclass(slots=True)
class Known:
    """One message; None is what nobody told."""

    uid: int | None = None
    flags: frozenset[bytes] | None = None
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a mail program keeps of a mailbox that it leaves, to come back with QRESYNC."""

    uid_validity: int
    modseq: int
    flags: dict[int, frozenset[bytes] | None]


@dataclass(slots=True)
class Checkpoint:
    """The mod-sequence up to which a client knows everything. RFC 7162 section 6."""

    modseq: int = 0
    code: int = 0  #: of the last HIGHESTMODSEQ since a tagged response
    fetched: int = 0  #: the highest MODSEQ of FETCH since then

    def settle(self) -> None:
        """Take a tagged response: the code counts even if it is lower than what was seen."""
        self.modseq = self.code or max(self.modseq, self.fetched)
        self.code = self.fetched = 0


class ClientView:
    """The messages of the selected mailbox by sequence number."""

    def __init__(self, memory: Memory | None = None, *, with_new: bool = True) -> None:
        """Begin with nothing, or with what is known from before.

        Who names known UIDs in SELECT is not told of new ones, ``with_new`` is False (RFC 7162 3.2.5.1).
        """
        self.messages: list[Known] = []
        self.uid_validity = self.highest_modseq = 0
        self.checkpoint = Checkpoint()
        #: What is known from before, corrected by what SELECT tells of the time of absence.
        self.resuming = dict(memory.flags) if memory is not None else None
        self._known_until = max(memory.flags, default=0) if memory is not None and not with_new else 1 << 32
        self._counted = False
        self.read_only = False
        #: Whether NOTIFY asked for removals at once: then numbers are not used (RFC 5465 5.3).
        self.at_once = False
        #: Whether FETCH, STORE or SEARCH with numbers is in progress: no EXPUNGE then, RFC 9051 7.5.1.
        self.numbered = False
        #: Whether any command is in progress: without one there is no EXPUNGE either.
        self.busy = False
        #: UIDs that went.
        self.gone: set[int] = set()
        #: Messages the server told flags of since this was emptied.
        self.told: list[Known] = []

    def observe(self, response: Response) -> None:
        """Take one response."""
        number = response.number
        if self.resuming is not None and self._ends_resumption(response):
            self._resume()
        if response.tag == b"*" and response.name == b"EXISTS":
            self._exists(number or 0)
        elif response.name == b"EXPUNGE":
            self._expunge(number or 0)
        elif response.name == b"VANISHED":
            self._vanished(response)
        elif response.name == b"FETCH":
            self._fetch(number or 0, response)
        elif response.code_name == b"UIDVALIDITY":
            self.uid_validity = whole(response.code[1])
        elif response.code_name == b"HIGHESTMODSEQ":
            self._highest(whole(response.code[1]))
        if response.tag not in (b"*", b"+"):
            self.checkpoint.settle()

    def _ends_resumption(self, response: Response) -> bool:
        """Tell whether SELECT goes on with what happened meanwhile, or is done."""
        if response.name == b"EXISTS":
            counted, self._counted = self._counted, True
            return counted
        earlier = response.name == b"VANISHED" and isinstance(response.values[0], list)
        return not earlier and (response.name == b"VANISHED" or response.tag not in (b"*", b"+"))

    def _exists(self, count: int) -> None:
        # RFC 9051 7.4.1 with 7.5.1: it only shrinks by EXPUNGE.
        check(count >= len(self.messages), f"EXISTS {count} after {len(self.messages)}")
        self.messages += [Known() for _ in range(count - len(self.messages))]

    def _expunge(self, seq: int) -> None:
        check(self.busy or self.at_once, "EXPUNGE while no command is in progress (RFC 9051 7.5.1)")
        check(not self.numbered, "EXPUNGE during FETCH, STORE or SEARCH (RFC 9051 7.5.1)")
        check(0 < seq <= len(self.messages), f"EXPUNGE {seq} of {len(self.messages)}")
        self._forget(seq - 1)

    def _vanished(self, response: Response) -> None:
        uids = numbers(response.values[-1])
        if isinstance(response.values[0], list):
            self._vanished_earlier(uids)
            return
        check(not self.numbered, "VANISHED during a command with sequence numbers (RFC 7162 3.2.10)")
        check(self.busy or self.at_once, "VANISHED while no command is in progress (RFC 7162 3.2.10.2)")
        for uid in uids:
            at = self.place(uid)
            check(at is not None, f"VANISHED {uid}, which is not there (RFC 7162 3.2.10.2)")
            if at is not None:
                if self.messages[at].uid is None:
                    self._doubt(at)
                self._forget(at)

    def _doubt(self, at: int) -> None:
        """Forget the flags around a message nobody told the UID of: it may be each of its like there."""
        begin = end = at
        while begin and self.messages[begin - 1].uid is None:
            begin -= 1
        while end < len(self.messages) and self.messages[end].uid is None:
            end += 1
        for known in self.messages[begin:end]:
            known.flags = known.modseq = None

    def _vanished_earlier(self, uids: Iterable[int]) -> None:
        """Forget what went in the absence; no number changes by that (RFC 7162 3.2.10.1)."""
        here = set(self.uids())
        for uid in uids:
            check(uid not in here, f"VANISHED (EARLIER) {uid}, which is there")
            if self.resuming is not None:
                self.resuming.pop(uid, None)

    def _resume(self) -> None:
        """Put together what was known and what was told: that has to be all there is."""
        known, self.resuming = self.resuming or {}, None
        uids, count = sorted(uid for uid in known if uid <= self._known_until), len(self.messages)
        right = len(uids) == count if self._known_until == 1 << 32 else len(uids) <= count
        check(right, f"{count} messages, known and told are {uids}")
        for uid, message in zip(uids, self.messages, strict=False):
            check(message.uid in (None, uid), f"{message.uid} stands where {uid} should")
            message.uid = uid
            if message.flags is None:
                message.flags = known[uid]

    def memory(self) -> Memory | None:
        """Return what can be kept; None: not all UIDs are known."""
        flags = {known.uid: known.flags for known in self.messages if known.uid is not None}
        if self.resuming is not None or not self.checkpoint.modseq or len(flags) < len(self.messages):
            return None
        return Memory(self.uid_validity, self.checkpoint.modseq, flags)

    def _forget(self, at: int) -> None:
        known = self.messages.pop(at)
        if known.uid is not None:
            self.gone.add(known.uid)

    def place(self, uid: int) -> int | None:
        """Return where a message is; one nobody told the UID of may be it."""
        for at, known in enumerate(self.messages):
            if known.uid == uid:
                return at
            if known.uid is not None and known.uid > uid:
                break
        else:
            at = len(self.messages)
        return at - 1 if at and self.messages[at - 1].uid is None else None

    def _fetch(self, seq: int, response: Response) -> None:
        check(0 < seq <= len(self.messages), f"FETCH of {seq} of {len(self.messages)}")
        known, items = self.messages[seq - 1], response.items()
        if b"UID" in items:
            self._uid(seq, whole(items[b"UID"]))
        if b"FLAGS" in items:
            flags = items[b"FLAGS"]
            assert isinstance(flags, list)
            known.flags = flag_set(flags)
            self.told.append(known)
        if self.resuming is not None and known.uid is not None:
            self.resuming[known.uid] = known.flags
        if b"MODSEQ" in items:
            value = items[b"MODSEQ"]
            assert isinstance(value, list)
            self._modseq(known, whole(value[0]))

    def _uid(self, seq: int, uid: int) -> None:
        known = self.messages[seq - 1]
        check(known.uid in (None, uid), f"message {seq} had UID {known.uid}, now {uid}")
        check(uid not in self.gone, f"UID {uid} is back")
        if known.uid is None:
            known.uid = uid
            before = (other.uid for other in reversed(self.messages[: seq - 1]) if other.uid is not None)
            after = (other.uid for other in self.messages[seq:] if other.uid is not None)
            check(next(before, 0) < uid < next(after, 1 << 32), f"UID {uid} of {seq} is not ascending")

    def _modseq(self, known: Known, modseq: int) -> None:
        check(modseq >= (known.modseq or 0), f"MODSEQ of {known.uid} fell from {known.modseq} to {modseq}")
        known.modseq = modseq
        self.checkpoint.fetched = max(self.checkpoint.fetched, modseq)

    def _highest(self, modseq: int) -> None:
        self.checkpoint.code = modseq
        check(modseq >= self.highest_modseq, f"HIGHESTMODSEQ fell to {modseq}")
        self.highest_modseq = modseq

    def uids(self) -> list[int]:
        return [known.uid for known in self.messages if known.uid is not None]

    def compare(self, truth: dict[int, Known], *, condstore: bool = False) -> None:
        """Raise if this is not what the mailbox holds; ``truth`` is ascending."""
        check(
            len(truth) == len(self.messages),
            f"{len(self.messages)} messages known, {len(truth)} there: {self.uids()} {list(truth)}",
        )
        for seq, (known, (uid, there)) in enumerate(zip(self.messages, truth.items(), strict=True), 1):
            check(known.uid in (None, uid), f"message {seq} is {uid}, known as {known.uid}")
            check(known.flags in (None, there.flags), f"{uid}: flags {there.flags}, known {known.flags}")
            if condstore and known.modseq is not None and there.modseq is not None:
                check(known.modseq == there.modseq, f"{uid}: MODSEQ {there.modseq}, known {known.modseq}")


def check(condition: bool, what: str) -> None:
    if not condition:
        raise DivergenceError(what)


def whole(value: Value) -> int:
    """Return a number."""
    assert isinstance(value, bytes), value
    return int(value)


def flag_set(flags: Iterable[Value]) -> frozenset[bytes]:
    """Return flags as they compare: without case (RFC 9051 2.3.2), and without the session's own one."""
    found = [flag.lower() for flag in flags if isinstance(flag, bytes)]
    check(len(found) == len(set(found)), f"a flag twice: {found}")
    return frozenset(found) - {RECENT}


def numbers(value: Value) -> list[int]:
    """Return the numbers of a sequence set without "*", in the order given."""
    assert isinstance(value, bytes), value
    found: list[int] = []
    for part in value.split(b","):
        low, _, high = part.partition(b":")
        found += range(int(low), int(high or low) + 1)
    return found
