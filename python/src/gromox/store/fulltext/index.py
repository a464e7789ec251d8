"""Ask the index which messages of a folder may hold a text."""

from __future__ import annotations

import re
import zlib
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gromox.store.mailbox_file import MailboxFile

GRAM: Final = 3
"""Characters of a term of the index."""
MAX_KEPT: Final = 16 << 20
"""Octets of the texts of one message's attachments."""
_LEVEL: Final = 6
_KEPT: Final = re.compile("[^\0\r\n\ud800-\udfff]*")
"""A NUL ends texts in SQLite, unpaired surrogates are not kept, and lines may end in two ways."""
MAX_TERMS: Final = 64
"""Of one question: more would not exclude more."""
MAX_HITS: Final = 20_000
"""Messages of the whole mailbox; an answer with more helps nobody."""
_COUNT: Final = "SELECT count(*) FROM (SELECT 1 FROM text_index WHERE text_index MATCH ? LIMIT ?)"
_HITS: Final = (
    "SELECT m.uid FROM text_index t CROSS JOIN messages m ON m.mid = t.rowid"
    " WHERE text_index MATCH ? AND m.folder_id = ? AND m.uid IS NOT NULL"
)
_PARTIAL: Final = (
    "SELECT m.uid FROM text_index_partial t JOIN messages m USING (mid)"
    " WHERE t.folder_id = ? AND m.uid IS NOT NULL"
)
_NEW: Final = "SELECT uid FROM messages WHERE folder_id = ? AND cn > ? AND uid IS NOT NULL"


def question(needle: str) -> str | None:
    """Return what to ask the index for a casefolded text; None: it is too short to be asked for."""
    grams = list(dict.fromkeys(needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)))
    grams = [gram for gram in grams if _KEPT.fullmatch(gram)]
    if not grams:
        return None
    step = max(len(grams) // MAX_TERMS, 1)
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams[::step][:MAX_TERMS])


def indexed_cn(file: MailboxFile, folder_id: int) -> int:
    """Return the change number up to which the messages of a folder are in the index; -1: none is."""
    row = file.execute("SELECT cn FROM text_index_folders WHERE folder_id = ?", (folder_id,)).fetchone()
    return -1 if row is None else int(row[0])


def candidates(file: MailboxFile, folder_id: int, needle: str) -> array[int] | None:
    """Return the UIDs of messages of a folder that may hold a casefolded text, ascending.

    None: all of them may.
    """
    known = indexed_cn(file, folder_id)
    if known < 0:
        return None
    asked = question(needle)
    if asked is None:
        return None
    (count,) = file.execute(_COUNT, (asked, MAX_HITS + 1)).fetchone()
    if count > MAX_HITS:
        return None
    found = [uid for (uid,) in file.execute(_HITS, (asked, folder_id))]
    # What has more text than is indexed, and what the index has not seen yet.
    found += [uid for (uid,) in file.execute(_PARTIAL, (folder_id,))]
    found += [uid for (uid,) in file.execute(_NEW, (folder_id, known))]
    return array("I", sorted(set(found)))


def in_attachments(file: MailboxFile, mids: Iterable[int], needle: str) -> set[int]:
    """Return those of some messages that have a casefolded text in an attachment."""
    one = "SELECT packed FROM attachment_texts WHERE mid = ?"
    found = set()
    for mid in mids:
        row = file.execute(one, (mid,)).fetchone()
        if row is not None and needle in unpacked(row[0]):
            found.add(mid)
    return found


def packed(text: str) -> bytes:
    """Return the texts of attachments as they are kept."""
    return zlib.compress(text.encode("utf-8", "replace"), _LEVEL)


def unpacked(octets: bytes) -> str:
    """Return kept texts of attachments; as much as is readable of damaged ones."""
    try:
        return zlib.decompressobj().decompress(octets, MAX_KEPT).decode("utf-8", "replace")
    except zlib.error:
        return ""
