"""Fuzz the store RPC: a connection that says anything, and the arguments of every operation.

``python fuzz/fuzz_rpc.py --seconds 10 --seed 1`` mutates calls of its own. Promises: a connection answers
or closes and raises nothing; arguments are read or refused with ParseError; what was read is written back the
same; memory stays bounded. What fails is written to the folder given by ``--crashes``; a file given as an
argument is played again.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from gromox.base.errors import ParseError  # noqa: E402 - the tree is found only now
from gromox.base.wire import Close, Peer, Produce, Send  # noqa: E402
from gromox.store.create import create_private  # noqa: E402
from gromox.store.operation import OPERATIONS  # noqa: E402
from gromox.store.pool import MailboxPool  # noqa: E402
from gromox.store.rpc import request as requests  # noqa: E402
from gromox.store.rpc.crew import Job  # noqa: E402
from gromox.store.rpc.frame import FrameBuffer, Kind, pieces  # noqa: E402
from gromox.store.rpc.gate import NodeGate  # noqa: E402
from gromox.store.rpc.operations import signature, table  # noqa: E402
from gromox.store.rpc.request import packed, unpacked  # noqa: E402
from gromox.store.rpc.server import RpcCore, RpcService  # noqa: E402
from gromox.store.session import Actor  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OWNER: Final = "alice@example.test"
#: Octets by which the process may grow over a whole run.
MAX_GROWTH: Final = 1 << 30
_LONGEST: Final = 1 << 16
_PEER: Final = Peer("::1", 1, tls=False, local_port=5000, connection_id="fuzz")


class Inline:
    """Carries out jobs where they are submitted."""

    def __init__(self) -> None:
        self.pool = MailboxPool()

    def submit(self, mailbox: Path, job: Job) -> None:  # noqa: ARG002 - of the interface
        """Do it now."""
        _, deliver = job.run(self.pool)
        deliver()

    def elsewhere(self, run: Callable[[], None]) -> None:
        """Do it now."""
        run()


class Never:
    """A promise to be called that is not kept."""

    def cancel(self) -> None:
        """Nothing was promised."""


class Server:
    """A connection at a time, on a mailbox of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alice"
        create_private(self.path, owner=OWNER, user_id=1).close()
        gate = NodeGate(lambda _peer: True, lambda path: path == self.path)
        self._service = RpcService(gate, Inline(), lambda _key: None, lambda _path, _callback: Never())
        hello = requests.Hello(requests.MAGIC, 1, 1, "fuzz")
        opening = requests.OpenMailbox(str(self.path), Actor(OWNER))
        self.greeting = b"".join(pieces(Kind.HELLO, 1, packed(requests.Hello, hello)))
        self.opening = b"".join(pieces(Kind.REQUEST, 2, packed(requests.Request, opening)))

    def play(self, octets: bytes) -> bytes:
        """Say something on a new connection; returns what came back."""
        core = RpcCore(self._service)
        out = bytearray()
        closed = _collect(core.start(_PEER), out)
        for at in range(0, len(octets), 1000):
            if not closed:
                closed = _collect(core.receive(octets[at : at + 1000]), out)
        if not closed:
            _collect(core.timed_out(), out)
        core.lost()
        return bytes(out)

    def calls(self) -> list[bytes]:
        """Return a call of each operation with arguments that may or may not mean something."""
        made = []
        for number, (name, _) in enumerate(table()):
            head = (1).to_bytes(4, "little") + number.to_bytes(2, "little")
            count = len(signature(OPERATIONS[name]).names)
            for body in (bytes(40), b"\1\x0d" * 20, (1 << count).to_bytes(2, "little") + b"\1\1\1\1" * 8):
                mask = ((1 << count) - 1).to_bytes(2, "little")
                message = head + mask + body
                made.append(b"".join(pieces(Kind.CALL, 3 + number, message)))
        return made


def _collect(actions: Iterable[object], out: bytearray) -> bool:
    closed = False
    for action in actions:
        if isinstance(action, Send):
            out += b"".join(action.pieces)  # type: ignore[arg-type] # octets only
        elif isinstance(action, Produce):
            for step in action.steps:
                out += b"".join(step)  # type: ignore[arg-type] # octets only
        closed |= isinstance(action, Close)
    return closed


def check_answers(octets: bytes) -> None:
    """Make sure that what came back is made of whole messages."""
    FrameBuffer().feed(octets)


def check_arguments(octets: bytes) -> None:
    """Read octets as the arguments of every operation; what was read is written and read again the same."""
    for operation in OPERATIONS.values():
        declared = signature(operation)
        try:
            given = declared.unpack_arguments(octets)
        except ParseError:
            continue
        again = declared.unpack_arguments(bytes(declared.pack_arguments((), given)))
        assert repr(again) == repr(given), operation.name
    for hint in (requests.Hello, requests.Request, requests.Reply, requests.Welcome):
        try:
            unpacked(hint, octets)
        except ParseError:
            continue


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """Return octets with some changes."""
    data = bytearray(octets)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(5))
            case 1:
                data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
            case 2:
                del data[at : at + chance.randrange(1, 40)]
            case 3:
                data[at:at] = data[chance.randrange(len(data) + 1) :][: chance.randrange(60)]
            case _:
                if at < len(data):
                    data[at] ^= 1 << chance.randrange(8)
    return bytes(data[:_LONGEST])


def run(server: Server, octets: bytes) -> None:
    """Hold the promises against some octets."""
    check_answers(server.play(octets))
    check_answers(server.play(server.greeting + server.opening + octets))
    check_arguments(octets)
    check_arguments(octets[16:])


def main() -> int:
    """Fuzz for a while, or play files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        if options.files:
            for file in options.files:
                run(server, file.read_bytes())
            return 0
        return fuzz(server, options.seconds, options.seed, options.crashes)


def fuzz(server: Server, seconds: float, seed: int, crashes: Path) -> int:
    """Mutate calls for some seconds; returns 1 if a promise was broken."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    seeds = [server.greeting, server.opening, *server.calls()]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        octets = mutated(b"".join(chance.choices(seeds, k=chance.randrange(1, 4))), chance)
        try:
            run(server, octets)
        except (Exception, RecursionError) as error:  # noqa: BLE001 - that is what is looked for
            crashes.mkdir(parents=True, exist_ok=True)
            file = crashes / f"rpc-{seed}-{count}"
            file.write_bytes(octets)
            print(f"{file}: {type(error).__name__}: {error}")
            return 1
        count += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(f"{count} connections, grown by {grown >> 20} MiB")
    return int(grown > MAX_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
