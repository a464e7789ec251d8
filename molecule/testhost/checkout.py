"""What belongs to this checkout of the tree: names, subnet, folder of its hosts, key of its ssh."""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TREE: Final = Path(__file__).resolve().parent.parent.parent
CACHE: Final = Path(os.environ.get("GROMOX_TEST_HOSTS_CACHE", "/var/cache/gromox-test-hosts"))
STATE: Final = Path(os.environ.get("GROMOX_TEST_HOSTS_STATE", "/var/lib/gromox-test-hosts"))


class HostError(Exception):
    """What the person at the terminal is told, as one sentence."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Names derived from the path of the tree: the same at every call, different in every clone."""

    path: Path
    number: int

    @classmethod
    def of(cls, path: Path = TREE) -> Checkout:
        """The checkout at a path."""
        return cls(path, int.from_bytes(hashlib.sha256(str(path).encode()).digest()[:4]))

    @property
    def label(self) -> str:
        """Eight hexadecimal digits that tell checkouts apart."""
        return f"{self.number:08x}"

    @property
    def bridge(self) -> str:
        """Name of the bridge; names of interfaces have at most 15 octets."""
        return f"gx{self.label}"

    @property
    def state(self) -> Path:
        """The folder of everything this checkout has made."""
        return STATE / self.label

    @property
    def key(self) -> Path:
        """The private key that every host of this checkout lets in as root."""
        return self.state / "key"

    def subnets(self) -> Iterator[ipaddress.IPv4Network]:
        """Candidates in the order to try: the first that nobody else uses is taken."""
        for step in range(256):
            block = (self.number + step) % (64 * 256)
            yield ipaddress.IPv4Network((0x0A000000 | (64 + block // 256) << 16 | (block % 256) << 8, 24))

    def prepare(self) -> None:
        """Make the folder and the key; does nothing if they are there."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.state / "checkout").write_text(f"{self.path}\n")
        if not self.key.exists():
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test hosts", "-f", str(self.key)]
            run(command, timeout=30)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other calls of this checkout out while addresses and mounts change."""
        self.prepare()
        with (self.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def run(command: list[str], *, timeout: float, text: str = "") -> str:
    """Run a program and return what it printed.

    Raises:
        HostError: it failed or took too long; the message has its last lines.
    """
    try:
        done = subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise HostError(f"the program {command[0]} is missing") from None
    except subprocess.TimeoutExpired:
        raise HostError(f"no end after {timeout:.0f} seconds: {' '.join(command)}") from None
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise HostError(f"exit status {done.returncode}: {' '.join(command)}\n{tail}")
    return done.stdout
