"""Recipients as they stand in ROP buffers: their usual properties in fields, the rest as a row.

Spec:
    [MS-OXCDATA] 2.8.3. Texts are ``str`` if the row says Unicode, else ``bytes`` in the code page of the
    session. Reserved bits are dropped when read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final, TypeAlias

from gromox.base.errors import ParseError
from gromox.mapi.propertyrow import Row, pack_row, unpack_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gromox.codec.packed import Reader, Writer

#: A text: of 16-bit characters or in a code page.
Text: TypeAlias = str | bytes


class AddressKind(IntEnum):
    """The Type bits of RecipientFlags, [MS-OXCDATA] 2.8.3.1."""

    NONE = 0
    X500DN = 1
    MS_MAIL = 2
    SMTP = 3
    FAX = 4
    PROFESSIONAL_OFFICE_SYSTEM = 5
    PERSONAL_DISTRIBUTION_LIST_1 = 6
    PERSONAL_DISTRIBUTION_LIST_2 = 7


class RecipientFlag(IntFlag):
    """The other bits of RecipientFlags that are no consequence of the fields, [MS-OXCDATA] 2.8.3.1."""

    SAME_TRANSMITTABLE_NAME = 0x0040
    RESPONSIBLE = 0x0080
    NO_RICH_TEXT = 0x0100
    UNICODE = 0x0200


_KIND: Final = 0x0007
_EMAIL_ADDRESS: Final = 0x0008
_DISPLAY_NAME: Final = 0x0010
_TRANSMITTABLE: Final = 0x0020
_SIMPLE_NAME: Final = 0x0400
_ADDRESS_TYPE: Final = 0x8000
_FLAGS: Final = 0x03C0
_LISTS: Final = (AddressKind.PERSONAL_DISTRIBUTION_LIST_1, AddressKind.PERSONAL_DISTRIBUTION_LIST_2)


@dataclass(frozen=True, slots=True)
class X500Address:
    """What a recipient of the address book has; ``dn`` lacks ``prefix_used`` octets of the prefix."""

    dn: bytes
    prefix_used: int = 0
    display_type: int = 0


@dataclass(frozen=True, slots=True)
class ListAddress:
    """What a personal distribution list has."""

    entry_id: bytes
    search_key: bytes = b""


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """A recipient, [MS-OXCDATA] 2.8.3.2; ``properties`` are those of the first columns of the message."""

    kind: AddressKind = AddressKind.NONE
    flags: RecipientFlag = RecipientFlag.UNICODE
    address: X500Address | ListAddress | None = None
    address_type: bytes | None = None
    email_address: Text | None = None
    display_name: Text | None = None
    simple_display_name: Text | None = None
    transmittable_display_name: Text | None = None
    properties: Row = ()

    @classmethod
    def decode(cls, r: Reader, columns: Sequence[int]) -> RecipientRow:
        """Read a row whose properties are among ``columns`` (the RecipientColumns of the ROP).

        Spec: [MS-OXCDATA] 2.8.3.2
        Raises:
            ParseError: it does not follow the layout, or has more properties than there are columns.
        """
        bits = r.u16()
        kind = AddressKind(bits & _KIND)
        is_unicode = bool(bits & RecipientFlag.UNICODE)

        def text(bit: int) -> Text | None:
            if not bits & bit:
                return None
            return r.string16() if is_unicode else r.string8()

        address = _decode_address(r, kind)
        address_type = r.string8() if kind == AddressKind.NONE and bits & _ADDRESS_TYPE else None
        email_address, display_name = text(_EMAIL_ADDRESS), text(_DISPLAY_NAME)
        simple_name, transmittable = text(_SIMPLE_NAME), text(_TRANSMITTABLE)
        at = r.offset
        count = r.u16()
        if count > len(columns):
            raise ParseError(f"at most {len(columns)} properties of a recipient instead of {count}", at)
        properties = unpack_row(r, columns[:count])
        return cls(
            kind,
            RecipientFlag(bits & _FLAGS),
            address,
            address_type,
            email_address,
            display_name,
            simple_name,
            transmittable,
            properties,
        )

    def write(self, w: Writer, columns: Sequence[int]) -> None:
        """Append the wire form; the properties are those of the first of ``columns``.

        Raises:
            ValueError: a field does not belong to the kind of address, a text is of the wrong sort, or there
                are more properties than columns.
        """
        self._check()
        optional = (
            (_EMAIL_ADDRESS, self.email_address),
            (_DISPLAY_NAME, self.display_name),
            (_SIMPLE_NAME, self.simple_display_name),
            (_TRANSMITTABLE, self.transmittable_display_name),
        )
        bits = self.kind | self.flags | sum(bit for bit, text in optional if text is not None)
        w.u16(bits | (_ADDRESS_TYPE if self.address_type is not None else 0))
        if isinstance(self.address, X500Address):
            w.u8(self.address.prefix_used)
            w.u8(self.address.display_type)
            w.string8(self.address.dn)
        elif isinstance(self.address, ListAddress):
            for octets in (self.address.entry_id, self.address.search_key):
                w.u16(len(octets))
                w.raw(octets)
        if self.address_type is not None:
            w.string8(self.address_type)
        for _, text in optional:
            _write_text(w, text, is_unicode=bool(self.flags & RecipientFlag.UNICODE))
        if len(self.properties) > len(columns):
            raise ValueError(f"a recipient has at most {len(columns)} properties here")
        w.u16(len(self.properties))
        pack_row(w, columns[: len(self.properties)], self.properties)

    def _check(self) -> None:
        wanted = _address_class(self.kind)
        if type(self.address) is not wanted:
            raise ValueError(f"a recipient of kind {self.kind.name} has an address of {wanted.__name__}")
        if self.address_type is not None and self.kind != AddressKind.NONE:
            raise ValueError("only a recipient of no kind has an address type in its row")


def _address_class(kind: AddressKind) -> type:
    if kind == AddressKind.X500DN:
        return X500Address
    return ListAddress if kind in _LISTS else type(None)


def _decode_address(r: Reader, kind: AddressKind) -> X500Address | ListAddress | None:
    if kind == AddressKind.X500DN:
        prefix_used, display_type = r.u8(), r.u8()
        return X500Address(r.string8(), prefix_used, display_type)
    if kind in _LISTS:
        entry_id = r.take(r.u16())
        return ListAddress(entry_id, r.take(r.u16()))
    return None


def _write_text(w: Writer, text: Text | None, *, is_unicode: bool) -> None:
    if text is None:
        return
    if isinstance(text, str) != is_unicode:
        raise ValueError("texts of a recipient are str if its row is Unicode, else bytes")
    if isinstance(text, str):
        w.string16(text)
    else:
        w.string8(text)
