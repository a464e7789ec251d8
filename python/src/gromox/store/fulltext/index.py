"""Ask the index which messages of a folder may hold a text."""

from __future__ import annotations

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
MAX_TERMS: Final = 64
"""Of one question: more would not exclude more."""
MAX_HITS: Final = 50_000
"""Messages of the whole mailbox; an answer with more helps nobody."""


def question(needle: str) -> str | None:
    """Return what to ask the index for a casefolded text; None: it is too short to be asked for."""
    grams = list(dict.fromkeys(needle[at : at + GRAM] for at in range(len(needle) - GRAM + 1)))
    # A NUL ends texts in SQLite, and unpaired surrogates are not kept.
    grams = [gram for gram in grams if "\0" not in gram and not any("\ud800" <= c <= "\udfff" for c in gram)]
    if not grams:
        return None
    step = max(len(grams) // MAX_TERMS, 1)
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams[::step][:MAX_TERMS])


def hits(file: MailboxFile, needle: str) -> list[int] | None:
    """Return the ids of indexed messages that may hold a casefolded text; None: too many, or not askable."""
    asked = question(needle)
    if asked is None:
        return None
    rows = file.execute(
        "SELECT rowid FROM text_index WHERE text_index MATCH ? LIMIT ?", (asked, MAX_HITS + 1)
    ).fetchall()
    return None if len(rows) > MAX_HITS else [mid for (mid,) in rows]


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
    mids = hits(file, needle)
    if mids is None:
        return None
    mids += [
        mid for (mid,) in file.execute("SELECT mid FROM text_index_partial WHERE folder_id = ?", (folder_id,))
    ]
    one = "SELECT uid FROM messages WHERE mid = ? AND folder_id = ? AND uid IS NOT NULL"
    found = {row[0] for mid in mids if (row := file.execute(one, (mid, folder_id)).fetchone())}
    found.update(
        uid
        for (uid,) in file.execute(
            "SELECT uid FROM messages WHERE folder_id = ? AND cn > ? AND uid IS NOT NULL", (folder_id, known)
        )
    )
    return array("I", sorted(found))


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
