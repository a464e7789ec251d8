"""Substring search in the text of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox import mime
from gromox.base.errors import ParseError
from gromox.mime.body import text_of
from gromox.mime.header import FIELD_END, iter_fields, unfold
from gromox.mime.words import decode_words
from gromox.store.content import INLINE_LIMIT, Content
from gromox.store.errors import MessageGoneError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gromox.store.mailbox_file import MailboxFile

BATCH: Final = 64
"""Messages looked at before others get their turn."""
_PART_LIMIT: Final = 4 << 20
"""Octets of one text part that are looked at."""
_ENCODED: Final = (
    b"base64",
    b"quoted-printable",
    b"uuencode",
    b"2022",
    b"utf-7",
    b"utf-16",
    b"utf-32",
    b"hz-gb",
)
"""Where none of these words occurs, ASCII text stands in the message as it is."""

_SELECT: Final = (
    "SELECT f.uid, length(h.header), s.parts, c.size, c.storage, c.hash, c.data FROM fetch_rows f"
    " JOIN contents c ON c.content_id = f.content_id"
    " JOIN headers h ON h.folder_id = f.folder_id AND h.uid = f.uid"
    " JOIN structures s ON s.folder_id = f.folder_id AND s.uid = f.uid"
    " WHERE f.folder_id = ? AND f.uid BETWEEN ? AND ?"
)


def matching(
    file: MailboxFile, folder_id: int, uids: Sequence[int], needle: str, *, with_header: bool
) -> list[int]:
    """Return those of a few messages whose text contains ``needle``, which is casefolded."""
    if not uids:
        return []
    wanted = set(uids)
    rows: Iterator[tuple[int, int, bytes, int, int, bytes | None, bytes | None]]
    if uids[-1] - uids[0] < 4 * len(uids):
        rows = iter(file.execute(_SELECT, (folder_id, uids[0], uids[-1])).fetchall())
    else:
        rows = (row for uid in uids for row in file.execute(_SELECT, (folder_id, uid, uid)).fetchall())
    found = []
    for uid, header_size, parts, size, storage, digest, data in rows:
        if uid not in wanted:
            continue
        content = Content(file.path / "cid", size, storage, digest, data)
        try:
            if _matches(content, header_size, parts, needle, with_header=with_header):
                found.append(uid)
        except MessageGoneError:
            continue
        finally:
            content.close()
    return found


def texts_for_index(content: Content, header_size: int, parts: bytes) -> Iterator[str]:
    """Go through all texts, casefolded, in which :func:`matching` may find something."""
    said = ""
    if content.inline is not None and not _is_encoded(folded := content.inline.lower()):
        # A needle is looked for in the octets as they are. The index is not asked for ends of lines.
        yield (said := folded.decode("ascii").replace("\r\n", "\n"))
    for field in iter_fields(content.read(0, header_size)):
        yield f"{field.name.decode('latin-1')}: {decode_words(field.value)}".casefold()
    for text in _texts(content, parts):
        if (text := text.casefold()) not in said:
            yield text


def _matches(content: Content, header_size: int, parts: bytes, needle: str, *, with_header: bool) -> bool:
    if not needle:
        return True
    octets = content.inline
    if octets is not None:
        quick = _quick(octets, header_size, needle, with_header=with_header)
        if quick is not None:
            return quick
    if with_header and _header_contains(content.read(0, header_size), needle):
        return True
    return any(needle in text.casefold() for text in _texts(content, parts))


def _quick(octets: bytes, header_size: int, needle: str, *, with_header: bool) -> bool | None:
    """Decide without parsing where nothing is encoded; None: cannot tell. 10 us instead of 200 for 10 kB."""
    if not needle.isascii():
        return None
    folded = octets.lower()
    # An encoded-word may hide the needle in the header only.
    if with_header and b"=?" in folded[:header_size]:
        return None
    if _is_encoded(folded):
        return None
    return folded.find(needle.encode(), 0 if with_header else header_size) >= 0


def _is_encoded(folded: bytes) -> bool:
    """Tell whether a mail may hold other texts than the octets say.

    Beyond ASCII, casefolding can yield ASCII letters (the long s, the Kelvin sign).
    """
    return any(word in folded for word in _ENCODED) or not folded.isascii()


def _texts(content: Content, parts: bytes) -> Iterator[str]:
    """Go through the decoded text parts."""
    if content.size <= INLINE_LIMIT:
        octets = content.octets()
        for part in mime.scan(octets).root.walk():
            if part.media.type == "text" and not part.children:
                yield text_of(part, octets)
        return
    try:
        root = mime.unpack_parts(parts)
    except ParseError:
        return
    for part in root.walk():
        if part.media.type != "text" or part.children or part.message is not None:
            continue
        # A leaf with its own header is a message of one part to the scanner.
        leaf = content.read(
            part.header_start, part.body_start - part.header_start + min(part.size, _PART_LIMIT)
        )
        scanned = mime.scan(leaf)
        yield text_of(scanned.root, leaf)


def _header_contains(header: bytes, needle: str) -> bool:
    return any(
        needle in f"{field.name.decode('latin-1')}: {decode_words(field.value)}".casefold()
        for field in iter_fields(header)
    )


def header_matcher(name: str, needle: str) -> Callable[[bytes], bool]:
    """Return a test of header blocks: is there a field of that name that contains the casefolded needle."""
    wanted = b"\n" + name.encode("utf-8", "replace").lower()
    plain = needle.encode() if needle.isascii() else None

    def matches(header: bytes) -> bool:
        # Looks at fields of that name only; going through all of them costs ten times as much.
        header = b"\n" + header
        folded = header.lower()
        at = folded.find(wanted)
        while at >= 0:
            start = at + len(wanted)
            while folded[start : start + 1] in (b" ", b"\t"):
                start += 1
            if folded[start : start + 1] == b":":
                end = FIELD_END.search(folded, start)
                value = folded[start + 1 : end.start() if end else len(folded)]
                if plain is not None and value.isascii() and b"=?" not in value:
                    if plain in unfold(value):
                        return True
                elif needle in decode_words(unfold(header[start + 1 : start + 1 + len(value)])).casefold():
                    return True
            at = folded.find(wanted, start)
        return False

    return matches
