"""Fuzz the IMAP core: whatever a client sends, no exception, no traceback to it, bounded memory.

``python fuzz/fuzz_imap.py --seconds 10 --seed 1`` damages dialogues and plays them to a real core on a real
mailbox in a temporary folder. What fails is written to the folder given by ``--crashes``.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent)]

from gromox.base.log import captured  # noqa: E402 - the tree is found only now
from tests.imap.driver import Server  # noqa: E402
from tests.imap.test_damaged import ENTERING, LOGIN, READING, WORDS, WRITING, converse  # noqa: E402
from tests.support.mutate import damaged  # noqa: E402

DIALOGUES: Final = (LOGIN + READING, LOGIN + WRITING, ENTERING)


def fuzz(seconds: float, seed: int, crashes: Path) -> int:
    """Play damaged dialogues until the time is over; return the exit status."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    end = time.monotonic() + seconds
    runs = 0
    with tempfile.TemporaryDirectory() as folder, captured(2) as lines:
        server = Server(Path(folder) / "house", enable_rfc2971_commands="yes", imap_auth_times="1")
        server.fill(5)
        while time.monotonic() < end:
            (chunks,) = damaged(chance.choice(DIALOGUES), WORDS, seed=chance.getrandbits(32), count=1)
            try:
                said = converse(server, chunks).read()
                if lines or b"SERVERBUG" in said:
                    raise AssertionError(lines)  # noqa: TRY301 - reported as any other
            except Exception as error:  # noqa: BLE001 - finding any is the purpose
                crashes.mkdir(parents=True, exist_ok=True)
                path = crashes / f"imap-{seed}-{runs}.txt"
                path.write_bytes(b"".join(chunks))
                sys.stdout.write(f"{type(error).__name__}: {error}\nwritten to {path}\n")
                return 1
            server.clients.pop().lost()
            runs += 1
        server.close()
    sys.stdout.write(f"{runs} dialogues, seed {seed}: nothing found\n")
    return 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fuzz the IMAP core.")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for what fails")
    options = parser.parse_args()
    return fuzz(options.seconds, options.seed, options.crashes)


if __name__ == "__main__":
    sys.exit(main())
