"""A file as frames: its folders, and the messages in them."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.convert.mt import FolderFrame, FolderRow, MessageFrame, Parent, Prologue
from gromox.convert.textcodec import WINDOWS_1252
from gromox.mapi import tags
from gromox.mapi.folderids import Private
from gromox.mapi.message import PropertyBag
from gromox.tools.mt.source import Found
from gromox.tools.mt.special import folder_of_name
from gromox.tools.pff.item import ItemReader, Unreadable
from gromox.tools.pff.library import Handle, PffError, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.tools.mt.report import Report

MAX_DEPTH: Final = 64
_ASSOCIATED: Final = 0x40  #: PidTagMessageFlags, [MS-OXCMSG] 2.2.1.6
#: Properties of a folder that mean something elsewhere.
_KEPT: Final = (
    tags.PidTagDisplayName,
    tags.PidTagContainerClass,
    tags.PidTagComment,
    tags.PidTagCreationTime,
)
#: Entry ids of the store and of its root that tell which folder is which: [MS-OXOSFLD] 2.2, [MS-PST] 2.4.3.1.
_OF_STORE: Final = {
    tags.PidTagIpmSubtreeEntryId: Private.IPM_SUBTREE,
    tags.PidTagIpmWastebasketEntryId: Private.DELETED_ITEMS,
    tags.PidTagFinderEntryId: Private.FINDER,
    tags.PidTagIpmOutboxEntryId: Private.OUTBOX,
    tags.PidTagIpmSentMailEntryId: Private.SENT_ITEMS,
}
_OF_INBOX: Final = {
    tags.PidTagIpmAppointmentEntryId: Private.CALENDAR,
    tags.PidTagIpmContactEntryId: Private.CONTACTS,
    tags.PidTagIpmJournalEntryId: Private.JOURNAL,
    tags.PidTagIpmNoteEntryId: Private.NOTES,
    tags.PidTagIpmTaskEntryId: Private.TASKS,
    tags.PidTagIpmDraftsEntryId: Private.DRAFTS,
}
#: The low five bits of a node identifier tell what it is, [MS-PST] 2.2.2.1.
_NODE_TYPE: Final = 0x1F
_SEARCH_FOLDER: Final = 3
_ENTRY_ID: Final = 24  #: octets; the last four are the identifier of the node, [MS-PST] 2.4.3.2


@dataclass(frozen=True, slots=True)
class PffOptions:
    """What of a file is wanted."""

    splice: bool = False  #: built-in folders go to their like; else all goes below a folder of its own
    with_hidden: bool = False  #: associated messages too
    only: int | None = None  #: one folder or message


class Archive:
    """An open file."""

    def __init__(self, path: Path, options: PffOptions) -> None:
        """Open a file.

        Raises:
            PffError: the library cannot read it.
        """
        self._file = open_file(os.fsencode(path))
        self._name = path.name
        self._options = options
        self._reader = ItemReader(WINDOWS_1252)
        root = self._file.get("file_get_root_folder", "item")
        if root is None:
            raise PffError(f"{path} has no folders")
        self._root = root

    def prologue(self) -> Prologue:
        """Return where the folders of the file go."""
        if not self._options.splice:
            top = _identifier(self._top())
            return Prologue(folders=(FolderRow(top, True, int(Private.IPM_SUBTREE), self._name),))
        rows = [FolderRow(node, False, int(target)) for node, target in self._special().items()]
        return Prologue(splice=True, folders=tuple(rows))

    def frames(self, report: Report) -> Iterator[Found]:
        """Go through what is wanted; folders come before what is in them."""
        if self._options.only is not None:
            yield from self._only(self._options.only, report)
            return
        if self._options.splice:
            yield from self._folder(self._root, self._name, set(self._special()), report, 0)
        else:
            top = self._top()
            yield from self._folder(top, self._name, {_identifier(top)}, report, 0)

    def _top(self) -> Handle:
        """Return the folder below which people see theirs; views and searches lie beside it."""
        special = self._special()
        for folder in _children(self._root):
            if special.get(_identifier(folder)) is Private.IPM_SUBTREE:
                return folder
        return self._root

    def _only(self, node: int, report: Report) -> Iterator[Found]:
        item = self._file.get("file_get_item_by_identifier", "item", node)
        if item is None:
            report.skip(f"object {node:#x}", "there is none")
            return
        lost = Unreadable()
        message = self._reader.message(item, lost)
        if tags.PidTagMessageClass in message.properties:
            yield from self._message(item, f"{node:#x}", Parent(), report, hidden=False)
        else:
            yield from self._folder(item, f"{node:#x}", {node}, report, 0)

    def _special(self) -> dict[int, Private]:
        """Return which folders have their like in every mailbox, by identifier."""
        found: dict[int, Private] = {}
        store = self._file.get("file_get_message_store", "item")
        if store is not None:
            _note(self._reader.properties(store, Unreadable()), _OF_STORE, found)
        for folder, name in self._walk_top(found):
            # Nothing in the file tells which folder is the inbox, but for its name.
            target = folder_of_name(name)
            if target is not None:
                found.setdefault(_identifier(folder), target)
            if target is Private.INBOX:
                _note(self._reader.properties(folder, Unreadable()), _OF_INBOX, found)
        _note(self._reader.properties(self._root, Unreadable()), _OF_INBOX, found)
        return found

    def _walk_top(self, found: dict[int, Private]) -> Iterator[tuple[Handle, str]]:
        """Go through the folders that people see at the top."""
        for folder in _children(self._root):
            if found.get(_identifier(folder)) is Private.IPM_SUBTREE:
                for child in _children(folder):
                    yield child, self._reader.properties(child, Unreadable()).text(tags.PidTagDisplayName)

    def _folder(
        self, folder: Handle, where: str, mapped: set[int], report: Report, depth: int
    ) -> Iterator[Found]:
        node = _identifier(folder)
        if self._options.splice and depth == 1 and node not in mapped:
            # Search folders, views and the like: the file's own business.
            return
        for number in range(folder.number("folder_get_number_of_sub_messages")):
            yield from self._child(folder, "folder_get_sub_message", number, where, report, hidden=False)
        if self._options.with_hidden:
            for number in range(folder.number("folder_get_number_of_sub_associated_contents")):
                yield from self._child(
                    folder, "folder_get_sub_associated_content", number, where, report, hidden=True
                )
        if depth >= MAX_DEPTH:
            report.skip(where, f"folders deeper than {MAX_DEPTH}")
            return
        for child in _children(folder):
            bag = self._reader.properties(child, Unreadable())
            name = bag.text(tags.PidTagDisplayName)
            child_node = _identifier(child)
            path = f"{where}/{name}"
            if child_node not in mapped and not (self._options.splice and depth == 0):
                kept = PropertyBag({tag: bag[tag] for tag in _KEPT if tag in bag})
                yield Found(path, FolderFrame(child_node, Parent(source_id=node), kept))
            try:
                yield from self._folder(child, path, mapped, report, depth + 1)
            except PffError as error:
                report.skip(path, error)

    def _child(
        self, folder: Handle, function: str, number: int, where: str, report: Report, *, hidden: bool
    ) -> Iterator[Found]:
        path = f"{where}: item {number + 1}"
        try:
            item = folder.get(function, "item", number)
            if item is not None:
                yield from self._message(
                    item, path, Parent(source_id=_identifier(folder)), report, hidden=hidden
                )
        except PffError as error:
            report.skip(path, error)

    def _message(
        self, item: Handle, where: str, parent: Parent, report: Report, *, hidden: bool
    ) -> Iterator[Found]:
        lost = Unreadable()
        message = self._reader.message(item, lost)
        bag = message.properties
        shown = f"{where} ({bag.text(tags.PidTagSubject)})"
        for text in lost:
            report.skip(shown, text)
        if hidden:
            bag[tags.PidTagMessageFlags] = bag.number(tags.PidTagMessageFlags) | _ASSOCIATED
        yield Found(shown, MessageFrame(_identifier(item), parent, message))


def _children(folder: Handle) -> Iterator[Handle]:
    for number in range(folder.number("folder_get_number_of_sub_folders")):
        child = folder.get("folder_get_sub_folder", "item", number)
        # What search folders show stands elsewhere too.
        if child is not None and _identifier(child) & _NODE_TYPE != _SEARCH_FOLDER:
            yield child


def _identifier(item: Handle) -> int:
    return item.number("item_get_identifier", ctypes.c_uint32)


def _note(bag: PropertyBag, which: dict[int, Private], found: dict[int, Private]) -> None:
    for tag, target in which.items():
        entry_id = bag.typed(tag, bytes)
        if entry_id is not None and len(entry_id) == _ENTRY_ID:
            found.setdefault(int.from_bytes(entry_id[-4:], "little"), target)
