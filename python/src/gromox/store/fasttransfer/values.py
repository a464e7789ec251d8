"""Properties of a mailbox to pieces of a stream.

Spec:
    [MS-OXCFXICS] 3.2.5.8.1.1 (forms of text), 3.2.5.10 (selections), 3.2.5.12 (what is never told).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi.fasttransfer import writer
from gromox.mapi.fasttransfer.lexeme import CODE_PAGE, FIRST_NAMED, UNICODE_PAGE
from gromox.mapi.message import type_of
from gromox.mapi.proptypes import PropType
from gromox.store.fasttransfer.options import SendOption, TransferOptions
from gromox.store.property import text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from gromox.mapi.fasttransfer.markers import Marker
    from gromox.mapi.fasttransfer.writer import Piece
    from gromox.mapi.message import PropertyKey
    from gromox.mapi.propname import PropertyName
    from gromox.mapi.propvalue import PropValue
    from gromox.store.fasttransfer.options import Selection
    from gromox.store.mailbox_file import MailboxFile

_INTERNAL: Final = range(0x6600, 0x6800)
"""Identifiers that mean something in one mailbox only."""
_UNNAMED_ID: Final = 0x8000
"""Stands where a name has no identifier in this mailbox: readers go by the name."""
_NOTHING: Final[frozenset[int]] = frozenset()


class ValueWriter:
    """Writes properties as a client wants them."""

    __slots__ = ("_file", "options")

    def __init__(self, file: MailboxFile, options: TransferOptions) -> None:
        """Write for one operation."""
        self._file, self.options = file, options

    def marker(self, mark: Marker) -> Piece:
        """Return a marker."""
        return writer.marker(mark)

    def one(self, tag: int, value: object, name: PropertyName | None = None) -> Iterator[Piece]:
        """Give the pieces of a property, whatever its identifier."""
        kind = tag & 0xFFFF
        send = self.options.send
        if kind == PropType.STRING and isinstance(value, str):
            if send & SendOption.USE_CPID:
                octets = value.encode("utf-16-le", "surrogatepass") + b"\0\0"
                yield from writer.property_value(tag & ~0xFFFF | CODE_PAGE | UNICODE_PAGE, octets, name)
                return
            if not send & (SendOption.UNICODE | SendOption.FORCE_UNICODE):
                tag = tag & ~0xFFFF | PropType.STRING8
                value = text.encoded(value, self.options.code_page)
        elif kind == PropType.MULTIPLE_STRING and isinstance(value, tuple) and not send & _UNICODE:
            tag = tag & ~0xFFFF | PropType.MULTIPLE_STRING8
            value = text.encoded(value, self.options.code_page)
        yield from writer.property_value(tag, value, name)

    def bag(
        self,
        values: Mapping[PropertyKey, PropValue],
        *,
        selection: Selection | None = None,
        skipped: Collection[int] = _NOTHING,
    ) -> Iterator[Piece]:
        """Give the pieces of properties that may be told.

        Args:
            values: by tags, or by names.
            selection: what the client asked for; None: everything.
            skipped: tags of what is told elsewhere.
        """
        ids = {tag >> 16 for tag in skipped}
        for key, value in values.items():
            tag, name = self._tagged(key)
            if (
                tag >> 16 in ids
                or tag >> 16 in _INTERNAL
                or not writer.is_writable(tag)
                or (selection is not None and not selection.admits(tag))
                or value is None
            ):
                continue
            if tag >> 16 >= FIRST_NAMED and name is None:
                continue
            yield from self.one(tag, value, name)

    def _tagged(self, key: PropertyKey) -> tuple[int, PropertyName | None]:
        """Return a tag, and the name of a named property."""
        if isinstance(key, int):
            if key >> 16 < FIRST_NAMED:
                return key, None
            name = self._file.names.names((key >> 16,))[0]
            return key, None if name is None or name.which is None else name
        (known,) = self._file.names.ids((key.name,))
        if known and known < FIRST_NAMED:
            return known << 16 | type_of(key), None
        return (known or _UNNAMED_ID) << 16 | type_of(key), key.name


_UNICODE: Final = SendOption.UNICODE | SendOption.FORCE_UNICODE | SendOption.USE_CPID
