"""Files of every kind as frames of a stream."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from gromox.base.errors import ParseError
from gromox.convert.calendar import ReaderOptions, messages_from_calendar
from gromox.convert.contact import check_card, message_from_card
from gromox.convert.mail import ReaderHooks, message_from_mail
from gromox.convert.msg import read_msg
from gromox.convert.mt import FolderFrame, FolderRow, MessageFrame, Parent
from gromox.convert.tnef import read_tnef
from gromox.ical import read
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import InMemory, PropertyBag
from gromox.mime.date import parse_date
from gromox.mime.header import iter_fields
from gromox.store.flags import Flag
from gromox.tools.mt.identity import stable_id
from gromox.tools.mt.maildir import folders_of, is_maildir, mails_of
from gromox.tools.mt.mailflags import set_flags
from gromox.tools.mt.mbox import MAX_MAIL, read_mbox
from gromox.tools.mt.special import folder_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gromox.convert.mt import Frame
    from gromox.mapi.message import Message
    from gromox.tools.mt.report import Report

#: Files that are read as a whole.
MAX_FILE: Final = 1 << 30
_HEADER: Final = 1 << 20


class Kind(Enum):
    """What files hold."""

    MAIL = "mail"
    MBOX = "mbox"
    ICAL = "ical"
    VCARD = "vcard"
    TNEF = "tnef"
    MSG = "msg"


class Found(NamedTuple):
    """A frame and what people know it by."""

    where: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How files are read."""

    kind: Kind
    strict: bool = False  #: of vCards: refuse what lacks what its version demands
    zone: str = "UTC"  #: of floating times and whole days of calendars
    decap: int | None = None  #: which of the messages within, from 0 on, is taken in place of the message


def frames_of(paths: Iterable[str], options: SourceOptions, report: Report) -> Iterator[Found]:
    """Go through everything in some files ("-": standard input), folders of a Maildir included."""
    for name in paths:
        path = Path(name)
        try:
            if name == "-":
                yield from _of_file(sys.stdin.buffer, "standard input", options, report)
            elif path.is_dir() and options.kind is Kind.MAIL:
                yield from _of_folder(path, options, report)
            else:
                with path.open("rb") as file:
                    yield from _of_file(file, name, options, report)
        except OSError as error:
            report.skip(name, error.strerror or error)


def folder_rows(paths: Iterable[str]) -> tuple[FolderRow, ...]:
    """Return where the mails of the Maildirs among some paths go: to the inbox and to folders beside it."""
    if not any(is_maildir(Path(path)) for path in paths if path != "-"):
        return ()
    return tuple(FolderRow(int(folder), False, int(folder)) for folder in Private)


def _of_file(file: IO[bytes], where: str, options: SourceOptions, report: Report) -> Iterator[Found]:
    if options.kind is Kind.MBOX:
        for mail in read_mbox(file):
            name = f"{where}: mail {mail.number}"
            if mail.is_whole:
                yield from _decapsulated(name, *_mail(mail.octets), options, report)
            else:
                report.skip(name, f"more than {MAX_MAIL} octets")
        return
    octets = file.read(MAX_FILE + 1)
    if len(octets) > MAX_FILE:
        report.skip(where, f"more than {MAX_FILE} octets")
        return
    try:
        for number, (message, mail_octets) in enumerate(
            _READERS[options.kind](octets, options, report, where), 1
        ):
            name = where if number == 1 else f"{where}: object {number}"
            yield from _decapsulated(name, message, mail_octets, options, report)
    except ParseError as error:
        report.skip(where, error)


def _decapsulated(
    where: str, message: Message, mail: bytes | None, options: SourceOptions, report: Report
) -> Iterator[Found]:
    if options.decap is not None:
        within = [each.embedded for each in message.attachments if each.embedded is not None]
        if options.decap >= len(within):
            report.skip(where, f"has {len(within)} messages within it")
            return
        message, mail = within[options.decap], None
    number = stable_id("file", where)
    yield Found(where, MessageFrame(number, Parent(), message, None if mail is None else InMemory(mail)))


_Read = tuple["Message", bytes | None]


def _mail(octets: bytes) -> _Read:
    """Return a mail as a message and as what it was."""
    if octets.startswith(b"From "):
        octets = octets.partition(b"\n")[2]
    message = message_from_mail(octets, hooks=ReaderHooks(tnef=read_tnef), received=_received(octets))
    return message, octets


def _received(octets: bytes) -> float | None:
    """Return when a mail came in: what its newest Received field says, else its date."""
    date: float | None = None
    for field in iter_fields(octets[:_HEADER].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]):
        name = field.name.lower()
        if name == b"received":
            found = parse_date(field.value.rpartition(b";")[2])
            if found is not None:
                return found[0]
        elif name == b"date" and date is None:
            told = parse_date(field.value)
            date = float(told[0]) if told is not None else None
    return date


def _mails(octets: bytes, _options: SourceOptions, _report: Report, _where: str) -> Iterator[_Read]:
    yield _mail(octets)


def _cards(octets: bytes, options: SourceOptions, report: Report, where: str) -> Iterator[_Read]:
    number = 0
    for root in read(octets):
        for component in root.walk():
            if component.name != "VCARD":
                continue
            number += 1
            try:
                if options.strict:
                    check_card(component)
                yield message_from_card(component), None
            except ParseError as error:
                report.skip(f"{where}: card {number}", error)
    if not number:
        raise ParseError("a VCARD")


def _calendar(octets: bytes, options: SourceOptions, _report: Report, _where: str) -> Iterator[_Read]:
    chosen = ReaderOptions(zone=ZoneInfo(options.zone), zone_name=options.zone)
    for message in messages_from_calendar(octets, chosen):
        yield message, None


def _tnef(octets: bytes, _options: SourceOptions, _report: Report, _where: str) -> Iterator[_Read]:
    yield read_tnef(octets), None


def _msg(octets: bytes, _options: SourceOptions, _report: Report, _where: str) -> Iterator[_Read]:
    yield read_msg(octets), None


_READERS: Final[dict[Kind, Callable[[bytes, SourceOptions, Report, str], Iterator[_Read]]]] = {
    Kind.MAIL: _mails,
    Kind.ICAL: _calendar,
    Kind.VCARD: _cards,
    Kind.TNEF: _tnef,
    Kind.MSG: _msg,
}


def _of_folder(path: Path, options: SourceOptions, report: Report) -> Iterator[Found]:
    """A Maildir with its folders, or a folder of .eml files."""
    if not is_maildir(path):
        for file in sorted(path.iterdir()):
            if file.is_file() and file.suffix.lower() in (".eml", ".mail", ".txt", ".msg", ""):
                with file.open("rb") as opened:
                    yield from _of_file(opened, str(file), options, report)
        return
    numbers: dict[tuple[str, ...], int] = {(): int(Private.INBOX)}
    for parts, folder in folders_of(path):
        yield from _parents(parts, numbers)
        for mail in mails_of(folder):
            if mail.flags & Flag.DELETED:
                report.skip(str(mail.path), "marked as deleted")
                continue
            yield from _maildir_mail(mail.path, mail.flags, numbers[parts], report)


def _parents(parts: tuple[str, ...], numbers: dict[tuple[str, ...], int]) -> Iterator[Found]:
    """Tell the folders on the way to one that were not told yet."""
    for depth in range(1, len(parts) + 1):
        name = parts[:depth]
        if name in numbers:
            continue
        above = numbers[name[:-1]] if depth > 1 else int(Private.IPM_SUBTREE)
        special = folder_of_name(name[0]) if depth == 1 else None
        if special is not None:
            numbers[name] = int(special)
            continue
        numbers[name] = stable_id("maildir", *name)
        bag = PropertyBag({tags.PidTagDisplayName: name[-1], tags.PidTagContainerClass: "IPF.Note"})
        yield Found("/".join(name), FolderFrame(numbers[name], Parent(source_id=above), bag))


def _maildir_mail(path: Path, flags: Flag, folder: int, report: Report) -> Iterator[Found]:
    try:
        if path.stat().st_size > MAX_MAIL:
            report.skip(str(path), f"more than {MAX_MAIL} octets")
            return
        octets = path.read_bytes()
        message, _ = _mail(octets)
        message.properties.setdefault(tags.PidTagMessageDeliveryTime, _filetime(path.stat().st_mtime))
    except OSError as error:
        report.skip(str(path), error.strerror or error)
        return
    set_flags(message.properties, flags)
    # The name up to the flags is the mail's for ever.
    number = stable_id("maildir", path.name.partition(":")[0])
    yield Found(str(path), MessageFrame(number, Parent(source_id=folder), message, InMemory(octets)))


def _filetime(seconds: float) -> int:
    return int((seconds + 11_644_473_600) * 10_000_000)
