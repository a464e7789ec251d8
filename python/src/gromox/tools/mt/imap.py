"""Mails of another server, by IMAP: read only, folder by folder, mail by mail.

Spec: RFC 3501; RFC 6154 (which folder is which).
"""

from __future__ import annotations

import imaplib
import re
import ssl
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import GromoxError, ParseError
from gromox.imap.mutf7 import decode as decode_name
from gromox.mapi.folderids import Private
from gromox.store.flags import SYSTEM_NAMES, Flag
from gromox.tools.mt.mbox import MAX_MAIL
from gromox.tools.mt.special import folder_of_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.tools.mt.report import Report

#: Mails whose data is asked for at once, and mails that are fetched at once.
_LISTED: Final = 500
_LIST: Final = re.compile(rb'\(([^)]*)\) (?:"(\\?.)"|NIL) (?:"((?:[^"\\]|\\.)*)"|(\S+)|)')
_ITEM: Final = {
    "uid": re.compile(rb"UID (\d+)"),
    "size": re.compile(rb"RFC822\.SIZE (\d+)"),
    "flags": re.compile(rb"FLAGS \(([^)]*)\)"),
    "date": re.compile(rb'INTERNALDATE "([^"]*)"'),
}
_SPECIAL: Final = {
    rb"\sent": Private.SENT_ITEMS,
    rb"\trash": Private.DELETED_ITEMS,
    rb"\drafts": Private.DRAFTS,
    rb"\junk": Private.JUNK,
}
_FLAGS: Final = {name.lower(): flag for flag, name in SYSTEM_NAMES.items()}


class ImapError(GromoxError):
    """The server refuses; its text is the server's."""


@dataclass(frozen=True, slots=True)
class ImapSource:
    """Which server, and what of it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: str = "tls"  #: tls, starttls or none
    verify: bool = True
    folders: tuple[str, ...] = ("*",)  #: patterns as of a shell
    excluded: tuple[str, ...] = ()
    timeout: float = 60.0


class ImapFolder(NamedTuple):
    """A folder of the server."""

    wire_name: bytes
    path: tuple[str, ...]
    special: Private | None


class ImapMail(NamedTuple):
    """A mail of a folder."""

    uid: int
    size: int
    flags: Flag
    keywords: tuple[str, ...]
    date: bytes


class ImapSession:
    """A connection."""

    def __init__(self, source: ImapSource) -> None:
        """Connect and log in.

        Raises:
            ImapError: the server does not let us in.
            OSError: it is not there.
        """
        self._source = source
        context = ssl.create_default_context()
        if not source.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            if source.security == "tls":
                self._imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                    source.host, source.port, ssl_context=context, timeout=source.timeout
                )
            else:
                self._imap = imaplib.IMAP4(source.host, source.port, timeout=source.timeout)
        except imaplib.IMAP4.error as error:
            raise ImapError(f"{source.host}: {_text(error)}") from error
        try:
            if source.security == "starttls":
                self._imap.starttls(ssl_context=context)
            self._imap.login(source.user, source.password)
        except imaplib.IMAP4.error as error:
            self._imap.shutdown()
            raise ImapError(f"{source.host}: {_text(error)}") from error
        except OSError:
            self._imap.shutdown()
            raise

    def close(self) -> None:
        """Log out."""
        try:
            self._imap.logout()
        except (imaplib.IMAP4.error, OSError):
            return

    def folders(self, report: Report) -> list[ImapFolder]:
        """Return the folders that are wanted, parents first."""
        found: list[ImapFolder] = []
        for line in self._run("list", '""', "*"):
            octets = b" ".join(line) if isinstance(line, tuple) else line
            match = _LIST.match(octets) if isinstance(octets, bytes) else None
            if match is None:
                continue
            attributes = {word.lower() for word in match[1].split()}
            wire = (
                line[1]
                if isinstance(line, tuple)
                else _unquoted(match[3])
                if match[3] is not None
                else match[4]
            )
            if wire is None or rb"\noselect" in attributes or rb"\nonexistent" in attributes:
                continue
            try:
                name = decode_name(wire)
            except ParseError:
                name = wire.decode("utf-8", "replace")
            separator = (match[2] or b"/").decode("ascii", "replace")[-1]
            if not self._is_wanted(name):
                continue
            path = tuple(part for part in name.split(separator) if part)
            special = next((target for word, target in _SPECIAL.items() if word in attributes), None)
            if special is None and len(path) == 1:
                special = folder_of_name(path[0])
            if path:
                found.append(ImapFolder(wire, path, special))
            else:
                report.skip(name, "a folder without a name")
        return sorted(found, key=lambda folder: folder.path)

    def _is_wanted(self, name: str) -> bool:
        source = self._source
        return any(fnmatchcase(name, pattern) for pattern in source.folders) and not any(
            fnmatchcase(name, pattern) for pattern in source.excluded
        )

    def select(self, folder: ImapFolder) -> int:
        """Open a folder for reading and return its UIDVALIDITY."""
        quoted = b'"' + folder.wire_name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
        self._run("select", quoted.decode("latin-1"), True)
        _, told = self._imap.response("UIDVALIDITY")
        first = told[0] if told else None
        return int(first) if isinstance(first, bytes) and first.isdigit() else 0

    def mails(self) -> Iterator[ImapMail]:
        """Go through what the server tells of the mails of the open folder, by UID."""
        start = 1
        while True:
            lines = self._run("uid", "FETCH", f"{start}:*", "(UID RFC822.SIZE FLAGS INTERNALDATE)")
            found = sorted(
                (mail for line in lines if (mail := _mail(line)) is not None and mail.uid >= start),
                key=lambda m: m.uid,
            )
            yield from found
            if not found:
                return
            # Servers answer n:* with the last mail even if it has a lower number.
            start = found[-1].uid + 1

    def octets(self, mail: ImapMail, where: str, report: Report) -> bytes | None:
        """Return a mail; None: it is too large, or gone."""
        if mail.size > MAX_MAIL:
            report.skip(where, f"more than {MAX_MAIL} octets")
            return None
        for line in self._run("uid", "FETCH", str(mail.uid), "(BODY.PEEK[])"):
            if isinstance(line, tuple) and len(line) > 1 and b"BODY[]" in line[0]:
                return bytes(line[1])
        report.skip(where, "gone in the meantime")
        return None

    def _run(self, command: str, *arguments: object) -> list[bytes | tuple[bytes, bytes]]:
        try:
            status, data = getattr(self._imap, command)(*arguments)
        except imaplib.IMAP4.error as error:
            raise ImapError(_text(error)) from error
        if status != "OK":
            raise ImapError(f"{command}: {_text(data)}")
        return [line for line in data if line is not None]


def _mail(line: bytes | tuple[bytes, bytes]) -> ImapMail | None:
    text = line[0] if isinstance(line, tuple) else line
    found = {name: pattern.search(text) for name, pattern in _ITEM.items()}
    uid, size, flags, date = found["uid"], found["size"], found["flags"], found["date"]
    if uid is None:
        return None
    number, keywords = Flag(0), []
    for word in flags[1].split() if flags is not None else []:
        flag = _FLAGS.get(word.lower())
        if flag is not None:
            number |= flag
        elif not word.startswith((b"\\", b"$")):
            keywords.append(word.decode("utf-8", "replace"))
    return ImapMail(
        int(uid[1]),
        int(size[1]) if size else 0,
        number,
        tuple(keywords),
        date[1] if date is not None else b"",
    )


def _unquoted(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text)


def _text(error: object) -> str:
    return str(error)[:200]
