"""Which mailboxes have something to send: one small file each in ``outbox`` of the spool.

What is to be sent stands in the mailbox itself (table ``outgoing``); a word here only says where to look.

* It is left within the transaction that writes down what is to be sent, and is durable before that commits.
* Who takes a word renames it first and then waits for the writers of the mailbox: what was written down
  before or meanwhile is found, what comes later leaves a new word.
* A word that was taken is removed when the mailbox has nothing more to send; one whose taker died is found
  again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gromox.base.log import get_logger
from gromox.delivery.bell import ring

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = get_logger("spool")
OUTBOX: Final = "outbox"
_TAKEN: Final = ".taken"
_MODE: Final = 0o660
_MAX_PATH: Final = 4096


class Pickup:
    """Leaves words; any thread of any process."""

    def __init__(self, spool: Path) -> None:
        """Leave words in the spool at ``spool``."""
        self._spool = spool

    def leave_word(self, mailbox: Path) -> None:
        """See :class:`gromox.store.submission.post.Pickup`."""
        folder = self._spool / OUTBOX
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".", dir=folder)
        try:
            try:
                os.fchmod(descriptor, _MODE)
                os.write(descriptor, os.fsencode(mailbox))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with suppress(FileExistsError):  # somebody said so already
                os.link(temporary, folder / _name(mailbox))
        finally:
            Path(temporary).unlink()
        # Also where the word of another is there: that one may not be durable yet.
        _sync(folder)

    def ring(self) -> None:
        """See :class:`gromox.store.submission.post.Pickup`."""
        with suppress(OSError):  # no spool: nobody listens
            ring(self._spool)


class Words:
    """The taking side; belongs to one process, whose workers take turns."""

    def __init__(self, spool: Path) -> None:
        """Read the words in the spool at ``spool``."""
        self._folder = spool / OUTBOX

    def take(self) -> list[Path]:
        """Return the mailboxes that may have something to send; each stays known until :meth:`done`."""
        found: dict[Path, None] = {}
        for name in self._names():
            path = self._folder / name
            if not name.endswith(_TAKEN):
                taken = path.with_name(name + _TAKEN)
                with suppress(FileNotFoundError):
                    path.rename(taken)
                path = taken
            mailbox = _mailbox(path)
            if mailbox is not None:
                found[mailbox] = None
        return list(found)

    def done(self, mailbox: Path) -> None:
        """Forget the word that was taken about a mailbox; one that was left meanwhile stays."""
        (self._folder / (_name(mailbox) + _TAKEN)).unlink(missing_ok=True)

    def _names(self) -> Iterator[str]:
        try:
            with os.scandir(self._folder) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except FileNotFoundError:
            return iter(())
        return iter(names)


def _name(mailbox: Path) -> str:
    return hashlib.sha256(os.fsencode(mailbox)).hexdigest()[:32]


def _mailbox(path: Path) -> Path | None:
    """Return what a word says; None: it is gone, or is none of ours."""
    try:
        octets = path.read_bytes()[: _MAX_PATH + 1]
    except FileNotFoundError:
        return None
    mailbox = Path(os.fsdecode(octets))
    if octets and len(octets) <= _MAX_PATH and f"{_name(mailbox)}{_TAKEN}" == path.name:
        return mailbox
    _log.warning("a word in the outbox cannot be read", file=str(path))
    path.unlink(missing_ok=True)
    return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
