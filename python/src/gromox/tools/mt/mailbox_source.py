"""Folders and messages of a mailbox, for those who write them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.admin.service.errors import InputError, NoMatchError
from gromox.convert.mt import FolderFrame, MessageFrame, Parent, PermissionRow
from gromox.mapi import tags
from gromox.mapi.message import PropertyBag
from gromox.mapi.objectid import ShortId
from gromox.store.errors import NotFoundError, StoreError
from gromox.store.model import Columns
from gromox.store.session.actor import SYSTEM
from gromox.store.session.session import StoreSession
from gromox.store.table.model import ContentsFlag
from gromox.tools.mbop.folder_spec import resolve, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.mapi.message import Message, Octets
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

_ROWS: Final = 500
_OF_FOLDERS: Final = (
    tags.PidTagDisplayName,
    tags.PidTagContainerClass,
    tags.PidTagComment,
    tags.PidTagFolderType,
)


class Entry(NamedTuple):
    """A message in its folder."""

    folder_id: int
    mid: int
    uid: int | None  #: None: it is associated


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be exported: one message, or folders with what is in them."""

    folders: tuple[Folder, ...] = ()
    message: Entry | None = None


class MailboxSource:
    """Reads one mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        """Read as the system."""
        self.mailbox = mailbox
        self.session = StoreSession.of(mailbox, SYSTEM)

    def select(self, text: str, *, recurse: bool) -> Selection:
        """Return what an argument names.

        Spec: reference/system/cli.md, "gromox-export family": a folder, ``f<id>``, ``<msgid>``,
        ``<fid>:<msgid>``.

        Raises:
            InputError, NoMatchError: it names nothing.
        """
        folder, colon, message = text.partition(":")
        if colon and _number(message) is not None:
            wanted = _number(folder)
            return Selection(message=self._find(_number(message), None if wanted is None else wanted, text))
        if text[:1] == "f" and _number(text[1:]) is not None:
            found = resolve(self.mailbox, text[1:])
        elif _number(text) is not None:
            try:
                return Selection(message=self._find(_number(text), None, text))
            except NoMatchError:
                found = resolve(self.mailbox, text)
        else:
            found = resolve(self.mailbox, text)
        folders = tree(self.mailbox, found.folder_id) if recurse else [found]
        return Selection(tuple(folder for folder in folders if not folder.is_search))

    def _find(self, mid: int | None, folder_id: int | None, text: str) -> Entry:
        try:
            place = None if mid is None else self.session.place_of(mid)
        except NotFoundError:
            place = None
        if mid is None or place is None or (folder_id is not None and place.folder_id != folder_id):
            raise NoMatchError(f"there is no message {text}")
        return Entry(place.folder_id, mid, place.uid)

    def entries(self, folder_id: int, *, associated: bool) -> Iterator[Entry]:
        """Go through the messages of a folder."""
        uids = self.mailbox.view(folder_id).uids()
        for row in self.mailbox.fetch(folder_id, uids, Columns(0)):
            yield Entry(folder_id, row.mid, row.uid)
        if associated:
            opened = self.session.open_contents_table(folder_id, ContentsFlag.ASSOCIATED)
            try:
                self.session.table_set_columns(opened.handle, [tags.PidTagMid])
                while rows := self.session.table_query_rows(opened.handle, _ROWS).rows:
                    for values in rows:
                        if isinstance(values[0], int):
                            yield Entry(folder_id, ShortId.from_number(values[0]).counter, None)
            finally:
                self.session.close_handle(opened.handle)

    def folder(self, folder: Folder, *, parent: int) -> FolderFrame:
        """Return a folder as a frame."""
        bag = PropertyBag()
        for tag, value in self.session.folder_properties(folder.folder_id, _OF_FOLDERS).items():
            bag[tag] = value
        rows: list[PermissionRow] = []
        for user, rights in self.mailbox.permissions(folder.folder_id):
            row = PropertyBag({tags.PidTagMemberRights: int(rights)})
            if user in ("default", ""):
                row[tags.PidTagMemberId] = 0 if user else (1 << 64) - 1
            else:
                row[tags.PidTagMemberName] = user
            rows.append(PermissionRow(1, row))
        return FolderFrame(folder.folder_id, Parent(source_id=parent), bag, tuple(rows))

    def message(self, entry: Entry, *, parent: int) -> MessageFrame:
        """Return a message as a frame; with its mail if it came as one.

        Raises:
            StoreError: it cannot be read.
        """
        message = self.item(entry)
        mail = self.mail(entry) if self.session.place_of(entry.mid).is_mail else None
        return MessageFrame(entry.mid, Parent(source_id=parent), message, mail)

    def item(self, entry: Entry) -> Message:
        """Return a message with all that belongs to it, named properties by name."""
        return self.session.read_message(entry.mid, is_named=True)

    def mail(self, entry: Entry) -> Octets:
        """Return the Internet form of a message, as it came or as it is shown to mail programs.

        Raises:
            StoreError: it has none: it is associated, or gone.
        """
        if entry.uid is None:
            raise StoreError("an associated message has no Internet form")
        content = self.mailbox.content(entry.folder_id, entry.uid)
        return _Content(content.octets())


class _Content:
    """Octets of a mail."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._octets)

    def chunks(self) -> Iterator[bytes]:
        """Go through them."""
        for at in range(0, len(self._octets), 1 << 20):
            yield self._octets[at : at + (1 << 20)]


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def require_objects(objects: list[str]) -> list[str]:
    """Make sure that something is named.

    Raises:
        InputError: nothing is.
    """
    if not objects:
        raise InputError("name a folder, f<id>, <msgid> or <fid>:<msgid>")
    return objects
