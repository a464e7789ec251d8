"""A row of ``messages`` while properties are read: columns at once, everything else when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.mapi.proptypes import PropType
from gromox.store.content import Content, Storage
from gromox.store.errors import CorruptError
from gromox.store.flags import Flag
from gromox.store.property.blob import Packed
from gromox.store.property.mail import PLAIN_CLASS, read_header, read_mail
from gromox.store.property.naming import named_value
from gromox.store.unpacked import MAX_SIZE as MAX_UNPACKED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.mapi.message import Message
    from gromox.mapi.propvalue import PropValue
    from gromox.store.mailbox_file import MailboxFile

COLUMNS: Final = (
    "mid",
    "folder_id",
    "uid",
    "associated",
    "state",
    "cn",
    "flags",
    "keyword_set",
    "size",
    "received_time",
    "sent_time",
    "created_time",
    "modified_time",
    "deleted_at",
    "content_id",
    "primary_form",
    "has_attachment",
    "importance",
    "sensitivity",
    "message_id_hash",
    "message_class",
    "subject",
    "normalized_subject",
    "sender_name",
    "sender_address",
    "display_to",
    "display_cc",
    "display_bcc",
    "conversation_id",
    "parent_attachment_id",
    "change_key",
    "predecessors",
    "creator",
    "message_status",
    "message_flags",
    "properties",
)
PLACES: Final = {name: place for place, name in enumerate(COLUMNS)}
_OPEN_CONTENTS: Final = 4
MAIL_FORM: Final = 0
PROPERTY_FORM: Final = 1

_STRING: Final = int(PropType.STRING)

SqlValue: TypeAlias = int | str | bytes | None


class LargeValue:
    """Where a value stands that is too large for its row."""

    __slots__ = ("content_id", "size")

    def __init__(self, content_id: int, size: int) -> None:
        """Take a row of ``large_values``."""
        self.content_id, self.size = content_id, size


class MessageRow:
    """One message; what it was asked is remembered as long as the row is."""

    __slots__ = ("_header", "_mail", "_packed", "_values", "file", "flag_octet", "keyword_names", "large")

    large: Mapping[int, LargeValue]
    flag_octet: int
    """Bits of ``Flag``, from the block or, while in none, from the row; of public stores with the reader's
    own \\Seen."""
    keyword_names: tuple[str, ...]

    def __init__(self, file: MailboxFile, values: tuple[SqlValue, ...]) -> None:
        """Take a row of COLUMNS."""
        self.file, self._values = file, values
        self._packed: Packed | None = None
        self._mail: Message | None = None
        self._header: Message | None = None
        self.large = {}
        self.flag_octet, self.keyword_names = 0, ()

    def number(self, column: str) -> int:
        """Return a column that holds a number; 0 for none."""
        value = self._values[PLACES[column]]
        return value if isinstance(value, int) else 0

    def text(self, column: str) -> str:
        """Return a column that holds a text."""
        value = self._values[PLACES[column]]
        return value if isinstance(value, str) else ""

    def octets(self, column: str) -> bytes | None:
        """Return a column that holds octets."""
        value = self._values[PLACES[column]]
        return value if isinstance(value, bytes) else None

    def value(self, place: int) -> SqlValue:
        """Return a column by its place."""
        return self._values[place]

    @property
    def mid(self) -> int:
        """Return its id."""
        return self.number("mid")

    @property
    def folder_id(self) -> int:
        """Return its folder; 0: it is embedded."""
        return self.number("folder_id")

    @property
    def is_mail(self) -> bool:
        """Tell whether its primary form is that of RFC 5322."""
        return self.number("primary_form") == MAIL_FORM and self._values[PLACES["content_id"]] is not None

    @property
    def is_read(self) -> bool:
        """Tell whether it counts as read for whom properties are read."""
        return bool(self.flag_octet & Flag.SEEN)

    @property
    def packed(self) -> Packed:
        """Return the packed properties."""
        if self._packed is None:
            self._packed = Packed(self.octets("properties"))
        return self._packed

    def stored(self, tag: int, limit: int | None = None) -> PropValue | None:
        """Return a value that was set on the message, from its row or from where large ones stand."""
        value = self.packed.get(tag)
        if value is None and tag in self.large:
            value = self.read_large(tag, limit)
        return value

    def read_large(self, tag: int, limit: int | None = None) -> PropValue:
        """Return a large value, at most ``limit`` octets of it."""
        found = self.large[tag]
        size = found.size if limit is None else min(limit, found.size)
        octets = content_of(self.file, found.content_id).read(0, size)
        return octets.decode("utf-8", "ignore") if tag & 0xFFFF == _STRING else octets

    def of_mail(self, tag: int, *, needs_parts: bool) -> PropValue | None:
        """Return a value that the mail tells, if the message is one."""
        if not self.is_mail:
            return None
        needs_parts = needs_parts or self.text("message_class") != PLAIN_CLASS
        message = self.mail if needs_parts else self.header
        if not tag >> 31:
            return message.properties.get(tag)
        name = self.file.names.names((tag >> 16,))[0]
        if name is None or name.which is None:
            return None
        return named_value(message.properties, name, tag & 0xFFFF)

    @property
    def mail(self) -> Message:
        """Return the whole mail as a message."""
        if self._mail is None:
            octets = content_of(self.file, self.number("content_id")).octets()
            self._mail = read_mail(octets)
        return self._mail

    @property
    def header(self) -> Message:
        """Return what the header block tells."""
        if self._mail is not None:
            return self._mail
        if self._header is None:
            row = None
            if self._values[PLACES["uid"]] is not None:
                row = self.file.execute(
                    "SELECT header FROM headers WHERE folder_id = ? AND uid = ?",
                    (self.folder_id, self.number("uid")),
                ).fetchone()
            if row is None:
                return self.mail
            self._header = read_header(row[0])
        return self._header


def content_of(file: MailboxFile, content_id: int) -> Content:
    """Return the octets of a row of ``contents``. Raises CorruptError."""
    row = file.execute(
        "SELECT size, storage, hash, data FROM contents WHERE content_id = ?", (content_id,)
    ).fetchone()
    if row is None:
        raise CorruptError("a content that is referred to is not there")
    size, storage, digest, _ = row
    if storage != Storage.ZSTD_FILE or size <= MAX_UNPACKED:
        return Content(file.path / "cid", *row)
    # Clients read large contents in stretches: the reader goes on where the last stretch ended.
    known = file.large_contents.pop(digest, None) or Content(file.path / "cid", *row)
    file.large_contents[digest] = known
    if len(file.large_contents) > _OPEN_CONTENTS:
        file.large_contents.pop(next(iter(file.large_contents))).close()
    return known
