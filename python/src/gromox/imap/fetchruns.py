"""FETCH of many messages in a row: columns of ready octets, joined in C.

What :class:`~gromox.imap.fetching.Fetching` says line by line, at 3 us each, is said here for a stretch of a
block at once, at 0.1 to 0.5 us: the beginnings of the lines come from the block, what never changes as
columns of one query or from the cache. Data items may come in another order than asked for (RFC 3501 section
7.4.2 has none). What does not fit is left to the lines.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

from gromox.imap.fetchitems import Attribute, Binary, Section, Text
from gromox.imap.fetchlines import MIXED, recent_from
from gromox.mime.header import select_fields
from gromox.store.model import Columns

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Iterator, Sequence

    from gromox.imap.fetchitems import Item
    from gromox.imap.headercache import HeaderCache
    from gromox.imap.selected import Selected
    from gromox.store.block import Block
    from gromox.store.model import FetchRow

#: Messages from which on the stretch of a block is a run; a few are cheaper line by line.
LEAST: Final = 32
#: Messages whose contents are read at once: up to 64 kB each.
CONTENTS_AT_ONCE: Final = 32
#: Contents of this size on average are handed on as they are; smaller ones are cheaper copied together.
APART: Final = 4096

_BY_LINE: Final = (Text.TEXT, Text.MIME)
_END: Final = b")\r\n"
#: In the order in which the store returns columns, and in which they are told, whatever was asked first.
_STORED: Final = {
    Attribute.SIZE: Columns.SIZE,
    Attribute.INTERNALDATE: Columns.INTERNAL_DATE,
    Attribute.ENVELOPE: Columns.ENVELOPE,
    Attribute.BODYSTRUCTURE: Columns.BODYSTRUCTURE,
    Attribute.BODY: Columns.BODY,
}
_RUN: Final = frozenset({Attribute.UID, Attribute.FLAGS, Attribute.MODSEQ, *_STORED})


def selected_fields(item: Section, header: bytes) -> bytes:
    """Return HEADER.FIELDS or HEADER.FIELDS.NOT of a whole message with its literal."""
    octets = select_fields(header, item.fields, invert=item.text is Text.FIELDS_NOT)
    return b"%b {%d}\r\n%b" % (item.label, len(octets), octets)


class Runs:
    """What one FETCH asks of every message, as columns."""

    __slots__ = (
        "_body",
        "_cache",
        "_columns",
        "_here",
        "_labels",
        "_selections",
        "_with_flags",
        "_with_modseq",
        "_with_uid",
    )

    def __init__(self, here: Selected, cache: HeaderCache, items: Sequence[Item]) -> None:
        """Prepare; use :func:`runs_of`."""
        self._here, self._cache = here, cache
        self._with_uid, self._with_flags = Attribute.UID in items, Attribute.FLAGS in items
        self._with_modseq = Attribute.MODSEQ in items
        self._columns = Columns(0)
        self._labels: list[bytes] = []
        for attribute, column in _STORED.items():
            if attribute in items:
                self._columns |= column
                self._labels.append(attribute.value + b" ")
        self._selections: list[tuple[Section, dict[int, bytes]]] = []
        self._body = b""
        for item in items:
            if not isinstance(item, Section):
                continue
            if item.fields:
                self._selections.append((item, cache.table(here.folder_id, item.label)))
            elif item.text is Text.HEADER:
                self._columns |= Columns.HEADER
                self._labels.append(item.label + b" ")
            else:
                self._body = item.label
        self._labels += [b""] * len(self._selections)  # those bring their own

    def steps(
        self, block: Block, first_seq: int, start: int, stop: int
    ) -> Iterator[bytes | list[bytes] | array[int]]:
        """Go through the lines of a stretch of a block.

        Yields:
            Octets; or UIDs of messages whose lines have to be made one by one.
        """
        uids = block.uids[start:stop]
        recent = recent_from(self._here, block) if self._with_flags else 0
        stored = None if recent == MIXED else self._stored(uids)
        if stored is None:
            yield uids
            return
        heads = block.heads(
            first_seq,
            start,
            stop,
            with_flags=self._with_flags,
            with_modseq=self._with_modseq,
            with_uid=self._with_uid,
            recent_from=recent,
        )
        parts: list[Iterable[bytes]] = [heads]
        space = b" " if self._with_uid or self._with_flags else b""
        for label, column in zip(self._labels, stored, strict=True):
            parts += (repeat(space + label), column)
            space = b" "
        if not self._body:
            yield b"".join(chain.from_iterable(zip(*parts, repeat(_END), strict=False)))
            return
        lines = list(map(b"".join, zip(*parts, strict=False))) if stored else heads
        for at in range(0, len(lines), CONTENTS_AT_ONCE):
            part = uids[at : at + CONTENTS_AT_ONCE]
            contents = self._here.mailbox.inline_contents(self._here.folder_id, part)
            yield part if contents is None else self._with_contents(lines[at:], contents, space)

    def _with_contents(
        self, lines: Sequence[bytes], contents: Sequence[bytes], space: bytes
    ) -> bytes | list[bytes]:
        form = b"%b%b" + space + self._body + b" {%d}\r\n"
        out: list[bytes] = []
        end = b""
        for line, octets in zip(lines, contents, strict=False):
            out += (form % (end, line, len(octets)), octets)
            end = _END
        out.append(end)
        if sum(map(len, contents)) < APART * len(contents):
            return b"".join(out)
        return out

    def _stored(self, uids: array[int]) -> list[Sequence[bytes]] | None:
        """Return the columns that do not change; None: some message is gone."""
        here = self._here
        columns: list[Sequence[bytes]] = []
        if self._columns:
            # Whole headers are too large to be kept.
            if self._columns & Columns.HEADER:
                read = here.mailbox.fetch_run(here.folder_id, uids, self._columns)
            else:
                read = self._cache.columns(here.mailbox, here.folder_id, uids, self._columns)
            if read is None:
                return None
            columns += read
        for item, table in self._selections:
            selected = list(map(table.get, uids))
            if None in selected:
                rows = list(here.mailbox.fetch(here.folder_id, uids, Columns.HEADER))
                if len(rows) != len(uids):
                    return None
                selected = [
                    self._select(item, table, row) if known is None else known
                    for known, row in zip(selected, rows, strict=True)
                ]
            columns.append(selected)  # type: ignore[arg-type]  # None is no longer in it
        return columns

    def _select(self, item: Section, table: dict[int, bytes], row: FetchRow) -> bytes:
        octets = selected_fields(item, row.header)
        self._cache.keep(table, row.uid, octets)
        return octets


def runs_of(here: Selected, cache: HeaderCache, items: Sequence[Item]) -> Runs | None:
    """Return how to fetch items by the run, or None if some have to be looked at message by message."""
    sections = [item for item in items if isinstance(item, Section)]
    if not all(isinstance(item, Section) or item in _RUN for item in items):
        return None
    if any(
        isinstance(item, Binary) or item.path or item.partial or item.text in _BY_LINE for item in sections
    ):
        return None
    whole = [item.text for item in sections if not item.fields]
    if len(whole) != len(set(whole)):  # the same under two names, such as RFC822 and BODY[]
        return None
    if here.uid_only or (Attribute.MODSEQ in items and Attribute.FLAGS not in items):
        return None
    return Runs(here, cache, items)
