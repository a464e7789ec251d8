"""``timer.txt``: which jobs there are, as lines that are only ever added.

``id TAB time TAB command``; a job that is done or was cancelled gets ``id TAB 0 TAB CANCEL``. A line that was
cut off by a crash is passed over: its job was not acknowledged. At the start the file is written anew without
what is over.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_log = get_logger(__name__)
_CANCEL: Final = "CANCEL"
_MODE: Final = 0o660
_MAX_FILE: Final = 64 << 20
_FIELDS: Final = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A command and when it is due (Unix seconds)."""

    job_id: int
    due: int
    command: str


class Journal:
    """The file, open for adding; any thread."""

    def __init__(self, path: Path) -> None:
        """Read what is there, and write it anew. Raises OSError."""
        self._path = path
        self._lock = threading.Lock()
        self._syncing = threading.Lock()
        self._written = self._synced = 0
        self.jobs, self.last_id = _read(path)
        self._file = _rewritten(path, self.jobs.values())

    @property
    def needs_sync(self) -> bool:
        """Tell whether something written is not durable yet."""
        return self._written > self._synced

    def add(self, job: Job) -> None:
        """Add a job; it is remembered for sure after :meth:`sync`."""
        self._write(f"{job.job_id}\t{job.due}\t{job.command}\n")

    def cancel(self, job_id: int) -> None:
        """Note that a job is over."""
        self._write(f"{job_id}\t0\t{_CANCEL}\n")

    def sync(self) -> None:
        """Make everything written so far durable. Raises OSError."""
        with self._syncing:
            written = self._written
            if written > self._synced:
                os.fdatasync(self._file)
                self._synced = written

    def close(self) -> None:
        """Make everything durable and close the file."""
        self.sync()
        os.close(self._file)

    def _write(self, line: str) -> None:
        with self._lock:
            octets = line.encode()
            while octets:
                octets = octets[os.write(self._file, octets) :]
            self._written += 1


def _read(path: Path) -> tuple[dict[int, Job], int]:
    jobs: dict[int, Job] = {}
    last_id = 0
    try:
        with path.open("rb") as stream:
            octets = stream.read(_MAX_FILE)
    except FileNotFoundError:
        return jobs, last_id
    *lines, cut_off = octets.split(b"\n")
    if cut_off:
        _log.notice("a line was cut off", file=str(path), octets=len(cut_off))
    for line in lines:
        fields = line.decode("utf-8", "replace").split("\t", _FIELDS - 1)
        if len(fields) != _FIELDS or not (fields[0].isdecimal() and fields[1].isdecimal()):
            _log.warning("a line cannot be read", file=str(path), octets=len(line))
            continue
        job_id = int(fields[0])
        last_id = max(last_id, job_id)
        if fields[1:] == ["0", _CANCEL]:
            jobs.pop(job_id, None)
        else:
            jobs[job_id] = Job(job_id, int(fields[1]), fields[2])
    return jobs, last_id


def _rewritten(path: Path, jobs: Iterable[Job]) -> int:
    """Write the file without what is over, whole or not at all; return it open for adding."""
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, _MODE)
    try:
        octets = "".join(f"{job.job_id}\t{job.due}\t{job.command}\n" for job in jobs).encode()
        while octets:
            octets = octets[os.write(descriptor, octets) :]
        os.fsync(descriptor)
        new.replace(path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
