"""What threading needs to know of messages: who answers whom, subjects, dates.

Spec: RFC 5256 section 3, THREAD=REFERENCES (identifiers, what is a reply or forward), 2.1, 2.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gromox.base.casemap import casemap
from gromox.mime.subject import base_subject
from gromox.store.sorting import read, sent_at

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gromox.store.mailbox_file import MailboxFile

#: Of one message; older ones in between are left out.
MAX_REFERENCES: Final = 200
_IDENTIFIER: Final = re.compile(rb'<[^<>\s]{1,1000}>|<"[^<>"\r\n]{1,500}"@[^<>\s]{1,500}>')
_FIELD: Final = (
    re.compile(rb"^references:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE),
    re.compile(rb"^in-reply-to:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE),
)
_QUOTED: Final = re.compile(rb'<"((?:[^"\\]|\\.)*)"@')
_ESCAPE: Final = re.compile(rb"\\(.)")


class ThreadRow(NamedTuple):
    """One message."""

    message_id: bytes
    """Empty: it has none."""
    references: tuple[bytes, ...]
    """Oldest first."""
    subject: str
    """The base subject as it is compared."""
    is_reply: bool
    """Or a forward: the subject says so."""
    sent: float


_TABLES: Final = (
    "fetch_rows f JOIN messages m ON m.mid = f.mid"
    " JOIN structures s ON s.folder_id = f.folder_id AND s.uid = f.uid"
    " JOIN headers h ON h.folder_id = f.folder_id AND h.uid = f.uid"
)
_NOTHING: Final = ThreadRow(b"", (), "", is_reply=False, sent=0.0)


def thread_rows(
    file: MailboxFile, folder_id: int, uids: Sequence[int], *, with_references: bool
) -> Generator[None, None, list[ThreadRow]]:
    """Return a row for each UID (ascending), in steps."""
    if not with_references:
        source = "fetch_rows f JOIN messages m ON m.mid = f.mid", "m.subject, m.sent_time, m.internal_date"
        return (yield from read(file, folder_id, uids, source, _plain, _NOTHING))
    source = _TABLES, "m.subject, m.sent_time, m.internal_date, s.message_id, h.header"
    return (yield from read(file, folder_id, uids, source, _full, _NOTHING))


def _plain(row: tuple[Any, ...]) -> ThreadRow:
    subject, is_reply = base_subject(row[0])
    return ThreadRow(b"", (), casemap(subject), is_reply, sent_at(row[1], row[2]))


def _full(row: tuple[Any, ...]) -> ThreadRow:
    subject, is_reply = base_subject(row[0])
    found = _IDENTIFIER.search(row[3])
    message_id = normalized(found[0]) if found else b""
    return ThreadRow(message_id, references(row[4]), casemap(subject), is_reply, sent_at(row[1], row[2]))


def references(header: bytes) -> tuple[bytes, ...]:
    """Return the identifiers of References, else the first one of In-Reply-To."""
    for field, most in zip(_FIELD, (MAX_REFERENCES, 1), strict=True):
        value = field.search(header)
        found = _IDENTIFIER.findall(value[1]) if value else []
        if found:
            # The first one is the root of the thread, the last ones are the nearest.
            kept = found[:1] if most == 1 else [*found[:1], *found[1:][-(most - 1) :]]
            return tuple([normalized(each) for each in kept])
    return ()


def normalized(identifier: bytes) -> bytes:
    """Return an identifier without quoting that it does not need."""
    if b'"' not in identifier:
        return identifier
    return _QUOTED.sub(lambda match: b"<" + _ESCAPE.sub(rb"\1", match[1]) + b"@", identifier)
