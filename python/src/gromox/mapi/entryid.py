"""Entry ids: what MAPI clients keep to find a store, a folder, a message or an addressee again.

Spec:
    [MS-OXCDATA] 2.2.4.1 (folder), 2.2.4.2 (message), 2.2.4.3 (store), 2.2.5.1 (one-off), 2.2.5.2 (address
    book). Padding and the flags of the first four octets are written as zero and not looked at when read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final, TypeAlias
from uuid import UUID

from gromox.base.errors import ParseError
from gromox.codec.packed import Reader, Writer
from gromox.mapi import guids
from gromox.mapi.objectid import GlobalId

#: A longer entry id is none of ours; names in it would be longer than any directory allows.
MAX_ENTRY_ID: Final = 4096

ADDRESS_BOOK: Final = guids.MuidEMSAB
ONE_OFF: Final = guids.MuidOOP
STORE_WRAP: Final = guids.MuidStoreWrap
PRIVATE_STORE: Final = guids.G_muidStorePrivate
PUBLIC_STORE: Final = guids.G_muidStorePublic
#: Stands where a mailbox has its own GUID in entry ids of public folders, [MS-OXCDATA] 2.2.4.1.
PUBLIC_PROVIDER: Final = UUID(bytes_le=bytes.fromhex("1a447390aa6611cd9bc800aa002fc45a"))


class ObjectType(IntEnum):
    """Types of objects in stores, [MS-OXCDATA] 2.2.4."""

    PRIVATE_FOLDER = 0x0001
    PUBLIC_FOLDER = 0x0003
    MAPPED_PUBLIC_FOLDER = 0x0005
    PRIVATE_MESSAGE = 0x0007
    PUBLIC_MESSAGE = 0x0009
    MAPPED_PUBLIC_MESSAGE = 0x000B
    PUBLIC_NEWSGROUP_FOLDER = 0x000C


_FOLDERS: Final = (
    ObjectType.PRIVATE_FOLDER,
    ObjectType.PUBLIC_FOLDER,
    ObjectType.MAPPED_PUBLIC_FOLDER,
    ObjectType.PUBLIC_NEWSGROUP_FOLDER,
)


@dataclass(frozen=True, slots=True)
class FolderEntryId:
    """A folder, [MS-OXCDATA] 2.2.4.1; the provider of a mailbox is its GUID."""

    provider: UUID
    type: ObjectType
    folder: GlobalId

    @classmethod
    def from_octets(cls, octets: bytes) -> FolderEntryId:
        """Read a folder entry id; raises ParseError if it is none."""
        r, provider = _start(octets)
        kind = _object_type(r, folder=True)
        folder = GlobalId.decode_long_term(r)
        r.end()
        return cls(provider, kind, folder)

    def octets(self) -> bytes:
        """Return the 46 octets."""
        w = _begin(self.provider)
        w.u16(self.type)
        self.folder.write_long_term(w)
        return w.octets()


@dataclass(frozen=True, slots=True)
class MessageEntryId:
    """A message in its folder, [MS-OXCDATA] 2.2.4.2."""

    provider: UUID
    type: ObjectType
    folder: GlobalId
    message: GlobalId

    @classmethod
    def from_octets(cls, octets: bytes) -> MessageEntryId:
        """Read a message entry id; raises ParseError if it is none."""
        r, provider = _start(octets)
        kind = _object_type(r, folder=False)
        folder, message = GlobalId.decode_long_term(r), GlobalId.decode_long_term(r)
        r.end()
        return cls(provider, kind, folder, message)

    def octets(self) -> bytes:
        """Return the 70 octets."""
        w = _begin(self.provider)
        w.u16(self.type)
        self.folder.write_long_term(w)
        self.message.write_long_term(w)
        return w.octets()


_DLL: Final = b"EMSMDB.DLL".ljust(14, b"\0")
_WRAPPED_PRIVATE: Final = 0x0C
_WRAPPED_PUBLIC: Final = 0x06


@dataclass(frozen=True, slots=True)
class StoreEntryId:
    """A store, [MS-OXCDATA] 2.2.4.3; ``mailbox_dn`` is None for public stores.

    Newer clients append a structure of their own (``rest``), which is kept as it is.
    """

    server: bytes
    mailbox_dn: bytes | None
    rest: bytes = b""

    @classmethod
    def from_octets(cls, octets: bytes) -> StoreEntryId:
        """Read a store entry id; raises ParseError if it is none."""
        r, _ = _start(octets, STORE_WRAP)
        at = r.offset
        version, _flag, dll, _flags = r.u8(), r.u8(), r.take(len(_DLL)), r.u32()
        # In lower case in what Outlook makes itself.
        if version or not dll.lower().startswith(b"emsmdb.dll"):
            raise ParseError("version 0 of a store entry id of emsmdb.dll", at)
        at = r.offset
        wrapped, _kind = r.guid(), r.u32()
        if wrapped not in (PRIVATE_STORE, PUBLIC_STORE):
            raise ParseError("the provider of private or of public stores", at)
        server = r.string8()
        mailbox_dn = r.string8() if wrapped == PRIVATE_STORE else None
        return cls(server, mailbox_dn, r.rest())

    def octets(self) -> bytes:
        """Return the wire form."""
        w = _begin(STORE_WRAP)
        w.u16(0)
        w.raw(_DLL)
        w.u32(0)
        private = self.mailbox_dn is not None
        w.guid(PRIVATE_STORE if private else PUBLIC_STORE)
        w.u32(_WRAPPED_PRIVATE if private else _WRAPPED_PUBLIC)
        w.string8(self.server)
        if self.mailbox_dn is not None:
            w.string8(self.mailbox_dn)
        w.raw(self.rest)
        return w.octets()


class AddressBookType(IntEnum):
    """[MS-OXCDATA] 2.2.5.2."""

    LOCAL_MAIL_USER = 0x00000000
    DISTRIBUTION_LIST = 0x00000001
    BULLETIN_BOARD = 0x00000002
    AUTOMATED_MAILBOX = 0x00000003
    ORGANIZATIONAL_MAILBOX = 0x00000004
    PRIVATE_DISTRIBUTION_LIST = 0x00000005
    REMOTE_MAIL_USER = 0x00000006
    CONTAINER = 0x00000100
    TEMPLATE = 0x00000101
    ONE_OFF_USER = 0x00000102
    SEARCH = 0x00000200


@dataclass(frozen=True, slots=True)
class AddressBookEntryId:
    """An object of the address book, [MS-OXCDATA] 2.2.5.2."""

    type: AddressBookType
    x500_dn: bytes

    @classmethod
    def from_octets(cls, octets: bytes) -> AddressBookEntryId:
        """Read an address-book entry id; raises ParseError if it is none."""
        r, _ = _start(octets, ADDRESS_BOOK)
        at = r.offset
        if r.u32() != 1:
            raise ParseError("version 1 of an address-book entry id", at)
        try:
            kind = AddressBookType(r.u32())
        except ValueError:
            raise ParseError("a type of address-book objects", at + 4) from None
        x500_dn = r.string8()
        r.end()
        return cls(kind, x500_dn)

    def octets(self) -> bytes:
        """Return the wire form."""
        w = _begin(ADDRESS_BOOK)
        w.u32(1)
        w.u32(self.type)
        w.string8(self.x500_dn)
        return w.octets()


class OneOffFlag(IntFlag):
    """The bits behind the version of a one-off entry id, [MS-OXCDATA] 2.2.5.1."""

    NO_RICH_TEXT = 0x0001
    DO_NOT_LOOK_UP = 0x1000
    UNICODE = 0x8000


@dataclass(frozen=True, slots=True)
class OneOffEntryId:
    """An addressee of no address book, [MS-OXCDATA] 2.2.5.1.

    Texts are ``str`` if ``flags`` say UNICODE, else ``bytes`` in a code page that nothing here tells. Bits of
    ``flags`` that have no name (format and encoding of the body) are kept.
    """

    display_name: str | bytes
    address_type: str | bytes
    email_address: str | bytes
    flags: OneOffFlag = OneOffFlag.UNICODE | OneOffFlag.NO_RICH_TEXT | OneOffFlag.DO_NOT_LOOK_UP

    @classmethod
    def from_octets(cls, octets: bytes) -> OneOffEntryId:
        """Read a one-off entry id; raises ParseError if it is none."""
        r, _ = _start(octets, ONE_OFF)
        at = r.offset
        if r.u16():
            raise ParseError("version 0 of a one-off entry id", at)
        flags = OneOffFlag(r.u16())
        read = r.string16 if flags & OneOffFlag.UNICODE else r.string8
        entry_id = cls(read(), read(), read(), flags)
        r.end()
        return entry_id

    def octets(self) -> bytes:
        """Return the wire form.

        Raises:
            ValueError: a text is not of the sort that ``flags`` say.
        """
        w = _begin(ONE_OFF)
        w.u16(0)
        w.u16(self.flags)
        for text in (self.display_name, self.address_type, self.email_address):
            if isinstance(text, str) != bool(self.flags & OneOffFlag.UNICODE):
                raise ValueError("texts of a one-off entry id are str if it is Unicode, else bytes")
            if isinstance(text, str):
                w.string16(text)
            else:
                w.string8(text)
        return w.octets()


EntryId: TypeAlias = FolderEntryId | MessageEntryId | StoreEntryId | AddressBookEntryId | OneOffEntryId


def parse_entry_id(octets: bytes) -> EntryId:
    """Read an entry id of any kind, told by its provider and its size.

    Raises:
        ParseError: it is of no kind known here.
    """
    r, provider = _start(octets)
    special = _BY_PROVIDER.get(provider)
    if special is not None:
        return special.from_octets(octets)
    if r.remaining == _FOLDER_REST:
        return FolderEntryId.from_octets(octets)
    return MessageEntryId.from_octets(octets)


_FOLDER_REST: Final = 26
_BY_PROVIDER: Final[dict[UUID, type[StoreEntryId | AddressBookEntryId | OneOffEntryId]]] = {
    STORE_WRAP: StoreEntryId,
    ADDRESS_BOOK: AddressBookEntryId,
    ONE_OFF: OneOffEntryId,
}


def _start(octets: bytes, wanted: UUID | None = None) -> tuple[Reader, UUID]:
    if len(octets) > MAX_ENTRY_ID:
        raise ParseError(f"at most {MAX_ENTRY_ID} octets of an entry id")
    r = Reader(octets)
    r.u32()
    provider = r.guid()
    if wanted is not None and provider != wanted:
        raise ParseError(f"provider {wanted} of an entry id", 4)
    return r, provider


def _begin(provider: UUID) -> Writer:
    w = Writer()
    w.u32(0)
    w.guid(provider)
    return w


def _object_type(r: Reader, *, folder: bool) -> ObjectType:
    at = r.offset
    try:
        kind = ObjectType(r.u16())
    except ValueError:
        raise ParseError("a type of store objects", at) from None
    if (kind in _FOLDERS) != folder:
        raise ParseError("the type of a folder" if folder else "the type of a message", at)
    return kind
