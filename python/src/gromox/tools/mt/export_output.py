"""Where exported messages go: standard output, one file each, an mbox file, or a Maildir."""

from __future__ import annotations

import re
from enum import Enum
from typing import IO, TYPE_CHECKING, Final, Protocol

from gromox.base.errors import GromoxError
from gromox.convert.calendar import calendar_from_messages, calendar_of_messages
from gromox.convert.contact import vcard_from_message
from gromox.convert.tnef import tnef_chunks
from gromox.imap.mutf7 import encode as encode_name
from gromox.mapi import tags
from gromox.store.flags import Flag
from gromox.tools.mt.maildir import info_of_flags
from gromox.tools.mt.mailflags import flags_of
from gromox.tools.mt.mbox import mbox_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gromox.mapi.message import Message
    from gromox.tools.mt.mailbox_source import Entry, MailboxSource

_EPOCH: Final = 11_644_473_600
_TICKS: Final = 10_000_000
_UNSAFE: Final = re.compile(r"[^\w .@+-]+")


class Format(Enum):
    """What a message is written as, and what its file is called."""

    MAIL = "eml"
    ICAL = "ics"
    VCARD = "vcf"
    TNEF = "tnef"
    MT = "mt"


class ExportError(GromoxError):
    """A message has no such form."""


def octets_of(source: MailboxSource, entry: Entry, form: Format) -> Iterable[bytes]:
    """Go through a message in some form.

    Raises:
        ExportError, StoreError: it has none.
    """
    if form is Format.MAIL:
        return source.mail(entry).chunks()
    return _FORMS[form](source.item(entry))


def _vcard(message: Message) -> Iterable[bytes]:
    kind = message.properties.text(tags.PidTagMessageClass).upper()
    if not kind.startswith(("IPM.CONTACT", "IPM.DISTLIST")):
        raise ExportError(f"is a {kind or 'message without class'} and no contact")
    return [vcard_from_message(message, version="4.0")]


def _calendar(message: Message) -> Iterable[bytes]:
    if not calendar_of_messages([message]).components:
        kind = message.properties.text(tags.PidTagMessageClass)
        raise ExportError(f"is a {kind or 'message without class'} and nothing of a calendar")
    return [calendar_from_messages([message])]


def _tnef(message: Message) -> Iterable[bytes]:
    return tnef_chunks(message)


_FORMS: Final[dict[Format, Callable[[Message], Iterable[bytes]]]] = {
    Format.ICAL: _calendar,
    Format.VCARD: _vcard,
    Format.TNEF: _tnef,
}


class Output(Protocol):
    """Takes messages one by one."""

    def take(self, source: MailboxSource, entry: Entry, folder: tuple[str, ...]) -> int | None:
        """Write a message and return its octets; None: it is there from an earlier run.

        Raises:
            ExportError, StoreError: it cannot be written.
        """
        ...


class StreamOutput:
    """One form on one file; several cards or calendars stand behind each other."""

    def __init__(self, file: IO[bytes], form: Format) -> None:
        """Write to an open file."""
        self._file, self._form = file, form

    def take(self, source: MailboxSource, entry: Entry, _folder: tuple[str, ...]) -> int | None:
        """Write a message."""
        return _written(self._file, octets_of(source, entry, self._form))


class MboxOutput:
    """Mails in one mbox file."""

    def __init__(self, file: IO[bytes]) -> None:
        """Write to an open file."""
        self._file = file

    def take(self, source: MailboxSource, entry: Entry, _folder: tuple[str, ...]) -> int | None:
        """Write a mail."""
        bag = source.item(entry).properties
        sender = bag.text(tags.PidTagSenderSmtpAddress) or bag.text(tags.PidTagSenderEmailAddress)
        moment = _unix(bag.number(tags.PidTagMessageDeliveryTime) or bag.number(tags.PidTagClientSubmitTime))
        return _written(self._file, mbox_chunks(source.mail(entry).chunks(), sender, moment))


class FolderOutput:
    """A file for each message, folders as folders. What is there already is left alone."""

    def __init__(self, path: Path, form: Format) -> None:
        """Write below a folder."""
        self._path, self._form = path, form

    def take(self, source: MailboxSource, entry: Entry, folder: tuple[str, ...]) -> int | None:
        """Write a message."""
        target = self._path.joinpath(*map(safe_name, folder)) / f"{entry.mid:x}.{self._form.value}"
        if target.exists():
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        return _whole(target.with_suffix(".part"), target, octets_of(source, entry, self._form))


class MaildirOutput:
    """A Maildir with sub-folders as Maildir++ has them. What is there already is left alone."""

    def __init__(self, path: Path) -> None:
        """Write below a folder."""
        self._path = path
        self._known: dict[Path, set[str]] = {}

    def take(self, source: MailboxSource, entry: Entry, folder: tuple[str, ...]) -> int | None:
        """Write a mail."""
        # The topmost folder that is exported is the Maildir itself.
        name = ".".join(
            encode_name(part.replace(".", "_").replace("/", "_")).decode("ascii") for part in folder[1:]
        )
        path = self._path / f".{name}" if name else self._path
        known = self._prepare(path)
        bag = source.item(entry).properties
        moment = _unix(bag.number(tags.PidTagMessageDeliveryTime) or bag.number(tags.PidTagClientSubmitTime))
        base = f"{int(moment)}.M{entry.mid:x}.gromox"
        if base in known:
            return None
        flags = flags_of(bag)
        target = path / "cur" / f"{base}{info_of_flags(flags & ~Flag.DELETED)}"
        size = _whole(path / "tmp" / base, target, source.mail(entry).chunks())
        known.add(base)
        return size

    def _prepare(self, path: Path) -> set[str]:
        if path not in self._known:
            for sub in ("cur", "new", "tmp"):
                (path / sub).mkdir(parents=True, exist_ok=True)
            if path != self._path:
                (path / "maildirfolder").touch()
            self._known[path] = {file.name.partition(":")[0] for file in (path / "cur").iterdir()}
        return self._known[path]


def safe_name(name: str) -> str:
    """Return a name that is one for every file system."""
    return _UNSAFE.sub("_", name).strip(" .")[:120] or "_"


def _unix(ticks: int) -> float:
    return max(ticks / _TICKS - _EPOCH, 0.0)


def _written(file: IO[bytes], chunks: Iterable[bytes]) -> int:
    size = 0
    for chunk in chunks:
        file.write(chunk)
        size += len(chunk)
    return size


def _whole(temporary: Path, target: Path, chunks: Iterable[bytes]) -> int:
    """Write a file that is there as a whole, or not at all."""
    try:
        with temporary.open("wb") as file:
            size = _written(file, chunks)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return size
