"""How the parent of workers becomes the parent of new code: the same process, its sockets, its workers.

The parent lets another process rehearse first: that one loads the new code and the settings, and builds a
worker. Only if that succeeds does the parent replace itself by exec. Descriptors stay open across it; what
they are, and what the parent knows of its workers, lies in a sealed memfd whose number is in the
environment. Signals are blocked meanwhile: they wait for the successor.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gromox.base.errors import GromoxError
from gromox.serve.offspring import Child, State
from gromox.serve.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gromox.base.metrics import Snapshot

#: What stands in the memfd, and what parents and workers say to each other, is understood by who knows this.
PROTOCOL: Final = 2
#: Octets that a rehearsal may say; the last line is the reason if it fails.
_MOST_SAID: Final = 16 << 10
#: The process that inherits, and the descriptor of the memfd.
_ESTATE: Final = "GROMOX_ESTATE"
#: The same for a process that only rehearses.
_REHEARSAL: Final = "GROMOX_REHEARSAL"
#: What systemd says to one process alone.
_OF_SYSTEMD: Final = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
#: Sockets that systemd opened are handed over like all others.
_ACTIVATION: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class SuccessionError(GromoxError):
    """What a former parent left is not understood."""


@dataclass(slots=True)
class Estate:
    """What a parent leaves to its successor."""

    generation: int = 1
    sockets: Sequence[socket.socket] = ()  #: those that are listened on
    shares: Shares | None = None  #: of the workers in the connections; None: there are none yet
    figures: socket.socket | None = None
    figures_path: str = ""
    children: dict[int, Child] = field(default_factory=dict)
    departed: Snapshot = field(default_factory=dict)

    def descriptors(self) -> list[int]:
        """Return what has to stay open."""
        figures = [self.figures] if self.figures is not None else []
        channels = [child.channel for child in self.children.values() if child.channel.fileno() >= 0]
        shares = [self.shares.fd] if self.shares is not None else []
        return [*(sock.fileno() for sock in (*self.sockets, *figures, *channels)), *shares]

    def written(self) -> int:
        """Return the descriptor of a memfd that holds all of it."""
        text = {
            "protocol": PROTOCOL,
            "generation": self.generation,
            "sockets": [sock.fileno() for sock in self.sockets],
            "shares": -1 if self.shares is None else self.shares.fd,
            "figures": [-1 if self.figures is None else self.figures.fileno(), self.figures_path],
            "children": [_told(child) for child in self.children.values()],
            "departed": self.departed,
        }
        octets = memoryview(json.dumps(text).encode())
        fd = os.memfd_create("gromox-estate", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        while octets:
            octets = octets[os.write(fd, octets) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
        return fd


def _told(child: Child) -> dict[str, Any]:
    return {
        "pid": child.pid,
        "channel": child.channel.fileno(),
        "generation": child.generation,
        "state": child.state.name,
        "share": child.share.row,
        "born": child.born,
        "killed": child.killed,
        "figures": child.figures,
        "waiting": child.waiting,
    }


# -- the parent that goes


@dataclass(slots=True)
class Rehearsal:
    """A process that tries what the successor will do."""

    process: subprocess.Popen[bytes]
    output: socket.socket
    said: bytes = b""

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def listen(self) -> bool:
        """Take what it says; return False when it says nothing more."""
        try:
            while octets := self.output.recv(4096):
                self.said = (self.said + octets)[-_MOST_SAID:]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def ended(self, status: int) -> str:
        """Note the exit status; return the reason if it failed."""
        self.listen()
        self.output.close()
        self.process.returncode = status
        lines = self.said.decode("utf-8", "replace").strip().splitlines()
        return "" if not status else lines[-1] if lines else f"it ended with status {status}"


def rehearse(estate: Estate) -> Rehearsal:
    """Let a process load the code that is installed now. Raises OSError."""
    ours, theirs = socket.socketpair()
    fd = estate.written()
    try:
        environment = {
            name: value for name, value in os.environ.items() if name not in (*_OF_SYSTEMD, *_ACTIVATION)
        }
        process = subprocess.Popen(  # noqa: S603 - ourselves
            _command(),
            env=environment | {_REHEARSAL: str(fd)},
            stdin=subprocess.DEVNULL,
            stdout=theirs.fileno(),
            stderr=theirs.fileno(),
            pass_fds=(fd, *(sock.fileno() for sock in estate.sockets)),
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
        os.close(fd)
    ours.setblocking(False)
    return Rehearsal(process, ours)


def become(estate: Estate) -> None:
    """Replace this process by its successor; returns only by raising OSError, with all as before.

    Signals are to be blocked: they stay so until the successor takes them.
    """
    fd, kept = -1, estate.descriptors()
    try:
        fd = estate.written()
        for each in (fd, *kept):
            os.set_inheritable(each, True)
        environment = {name: value for name, value in os.environ.items() if name not in _ACTIVATION}
        command = _command()
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(command[0], command, environment | {_ESTATE: f"{os.getpid()} {fd}"})  # noqa: S606 - ourselves
    finally:
        for each in kept:
            os.set_inheritable(each, False)
        if fd >= 0:
            os.close(fd)


def begin_again() -> None:
    """Replace this process, which serves nobody any more, by one with the code that is installed now."""
    environment = {name: value for name, value in os.environ.items() if name not in _ACTIVATION}
    command = _command()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - ourselves


def _command() -> list[str]:
    """Return how we were started.

    A program is started by its own name, so that a link which leads to another release by now leads to the
    interpreter of that one too.
    """
    program = sys.argv[0]
    if program in sys.orig_argv[1:] and os.access(program, os.X_OK):
        return [program, *sys.argv[1:]]
    return [sys.executable, *sys.orig_argv[1:]]


# -- the parent that comes


def inherit() -> tuple[Estate | None, bool]:
    """Return what a former parent left, and whether this is a rehearsal only.

    Raises:
        SuccessionError: it is not understood here.
    """
    rehearsal = os.environ.pop(_REHEARSAL, "")
    if rehearsal:
        return _read(int(rehearsal), all_of_it=False), True
    pid, _, fd = os.environ.pop(_ESTATE, "").partition(" ")
    if pid != str(os.getpid()):
        return None, False
    return _read(int(fd), all_of_it=True), False


def _read(fd: int, *, all_of_it: bool) -> Estate:
    with os.fdopen(fd, "rb") as file:
        file.seek(0)
        text = json.loads(file.read())
    if text["protocol"] != PROTOCOL:
        raise SuccessionError(
            f"the running daemon is of a release (protocol {text['protocol']}) that this one"
            f" (protocol {PROTOCOL}) cannot follow without a restart"
        )
    sockets = [_taken(fd) for fd in text["sockets"]]
    if not all_of_it:
        return Estate(text["generation"], sockets)
    figures, path = text["figures"]
    shares = Shares(text["shares"])
    os.set_inheritable(shares.fd, False)
    return Estate(
        text["generation"],
        sockets,
        shares,
        None if figures < 0 else _taken(figures),
        path,
        {told["pid"]: _child(told, shares) for told in text["children"]},
        text["departed"],
    )


def _child(told: Mapping[str, Any], shares: Shares) -> Child:
    return Child(
        told["pid"],
        _taken(told["channel"]) if told["channel"] >= 0 else _closed(),
        told["generation"],
        shares.share(told["share"]),
        State[told["state"]],
        born=told["born"],
        killed=told["killed"],
        figures=told["figures"],
        waiting=told["waiting"],
    )


def _taken(fd: int) -> socket.socket:
    sock = socket.socket(fileno=fd)
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock


def _closed() -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.close()
    return sock
