"""Keep the index: read what changed since the last time, put its texts in. Done by gromox-midb.

Texts are made outside the write transaction; inside it, only rows are written. A message that changed
meanwhile has a higher change number and comes again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.mapi import tags
from gromox.store import bodysearch
from gromox.store.builtin import is_mail_class
from gromox.store.content import Content
from gromox.store.errors import CorruptError, MessageGoneError
from gromox.store.extract import fold
from gromox.store.fulltext import index
from gromox.store.property.message import MessageProperties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gromox.store.mailbox_file import MailboxFile

BATCH: Final = 16
"""Messages a transaction: some 10 ms, for which other writers wait."""
MAX_TEXT: Final = 1 << 20
"""Characters of a message that are indexed; one with more is always looked at."""
_CHANGED: Final = (
    "SELECT m.mid, m.cn, m.primary_form, coalesce(length(h.header), 0), s.parts, c.size, c.storage, c.hash,"
    " c.data FROM messages m LEFT JOIN contents c USING (content_id)"
    " LEFT JOIN headers h ON h.folder_id = m.folder_id AND h.uid = m.uid"
    " LEFT JOIN structures s ON s.folder_id = m.folder_id AND s.uid = m.uid"
    " WHERE m.folder_id = ? AND m.cn > ? AND m.state <> 2 ORDER BY m.cn LIMIT ?"
)
_PROPERTIES: Final = (
    tags.PidTagSubject,
    tags.PidTagSentRepresentingName,
    tags.PidTagSentRepresentingSmtpAddress,
    tags.PidTagDisplayTo,
    tags.PidTagDisplayCc,
    tags.PidTagDisplayBcc,
    tags.PidTagBody,
)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one step came to."""

    messages: int
    is_complete: bool
    """Nothing is left to do at the moment."""
    unrendered_in: int | None = None
    """A folder of mail in which items were met that IMAP would have to wait for."""


@dataclass(frozen=True, slots=True)
class _Text:
    mid: int
    text: str
    attachments: str
    is_partial: bool


def update(
    file: MailboxFile,
    *,
    limit: int = BATCH,
    attachment_texts: Callable[[Content, bytes], Iterator[str]] | None = None,
) -> Indexed:
    """Put the texts of some messages into the index, in one short transaction.

    Args:
        file: the mailbox.
        limit: messages at the most.
        attachment_texts: gives the texts of attachments; None: they are not indexed.
    """
    folder_id, known = _behind(file)
    now = file.change_number
    if folder_id is None:
        return Indexed(0, is_complete=True)
    rows = file.execute(_CHANGED, (folder_id, known, limit)).fetchall()
    texts = [_text(file, row, attachment_texts) for row in rows]
    # All messages up to that change number are in: several may have the same one.
    until = rows[-1][1] if len(rows) == limit else now
    if len(rows) == limit:
        texts += [
            _text(file, row, attachment_texts)
            for row in file.execute(
                _CHANGED.replace("m.cn > ?", "m.cn = ?"), (folder_id, until, -1)
            ).fetchall()
            if row[0] not in {each.mid for each in texts}
        ]
    with file.write(durable=False, quiet=True, scanned=False):
        if folder_id not in file.folders:
            return Indexed(0, is_complete=False)
        for each in texts:
            file.execute("INSERT INTO text_index (rowid, text) VALUES (?, ?)", (each.mid, each.text))
            if each.attachments:
                file.execute(
                    "INSERT OR REPLACE INTO attachment_texts SELECT mid, ? FROM messages WHERE mid = ?",
                    (index.packed(each.attachments), each.mid),
                )
            if each.is_partial:
                file.execute(
                    "INSERT OR REPLACE INTO text_index_partial"
                    " SELECT mid, folder_id FROM messages WHERE mid = ?",
                    (each.mid,),
                )
        file.execute(
            "INSERT INTO text_index_folders VALUES (?, ?)"
            " ON CONFLICT (folder_id) DO UPDATE SET cn = excluded.cn",
            (folder_id, until),
        )
    # Items of property form without content: IMAP has not seen them.
    waits = is_mail_class(file.folders[folder_id].container_class) and any(
        row[2] and row[5] is None for row in rows
    )
    return Indexed(len(texts), is_complete=False, unrendered_in=folder_id if waits else None)


def _behind(file: MailboxFile) -> tuple[int | None, int]:
    """Return a folder that has messages the index does not know, and how far it knows it."""
    file.refresh(scanned=False)
    row = file.execute(
        "SELECT f.folder_id, coalesce(t.cn, -1) FROM folders f"
        " LEFT JOIN text_index_folders t USING (folder_id)"
        " WHERE f.state = 0 AND EXISTS"
        " (SELECT 1 FROM messages m WHERE m.folder_id = f.folder_id AND m.cn > coalesce(t.cn, -1)) LIMIT 1"
    ).fetchone()
    return (None, 0) if row is None else (row[0], row[1])


def _text(
    file: MailboxFile,
    row: Sequence[object],
    attachment_texts: Callable[[Content, bytes], Iterator[str]] | None,
) -> _Text:
    mid, _, primary_form, header_size, parts, *stored = row
    content = _content(file, stored)
    octets_of_parts = parts if isinstance(parts, bytes) else b""
    pieces: list[str] = []
    attachments = ""
    try:
        if primary_form:
            pieces += _properties(file, int(str(mid)))
        if content is not None:
            pieces += _bounded(bodysearch.texts_for_index(content, int(str(header_size)), octets_of_parts))
            if attachment_texts is not None:
                attachments = "\n".join(
                    _bounded(fold(text) for text in attachment_texts(content, octets_of_parts))
                )
    except (MessageGoneError, CorruptError):
        pieces.append("")  # what could be read until then is indexed
    finally:
        if content is not None:
            content.close()
    text = "\n".join([*pieces, attachments])
    is_partial = len(text) > MAX_TEXT
    text = text[:MAX_TEXT].replace("\0", " ").encode("utf-8", "replace").decode()
    return _Text(int(str(mid)), text, attachments, is_partial)


def _bounded(texts: Iterable[str]) -> list[str]:
    """Return texts until there are more characters than are indexed."""
    kept: list[str] = []
    length = 0
    for text in texts:
        kept.append(text[: MAX_TEXT + 1])
        length += len(text)
        if length > MAX_TEXT:
            break
    return kept


def _properties(file: MailboxFile, mid: int) -> list[str]:
    values = MessageProperties(file, _PROPERTIES).of(mid) or ()
    return [fold(value) for value in values if isinstance(value, str)]


def _content(file: MailboxFile, stored: Sequence[object]) -> Content | None:
    size, storage, digest, data = stored
    if not isinstance(size, int) or not isinstance(storage, int):
        return None
    return Content(
        file.path / "cid",
        size,
        storage,
        digest if isinstance(digest, bytes) else None,
        data if isinstance(data, bytes) else None,
    )


def rebuild(file: MailboxFile) -> None:
    """Forget the index; :func:`update` makes it anew."""
    with file.write(durable=False, quiet=True, scanned=False):
        file.execute("INSERT INTO text_index (text_index) VALUES ('delete-all')")
        file.execute("DELETE FROM text_index_folders")
        file.execute("DELETE FROM text_index_partial")
        file.execute("DELETE FROM attachment_texts")


def is_indexed(file: MailboxFile) -> bool:
    """Tell whether the index knows everything."""
    return _behind(file)[0] is None and not file.unscanned
