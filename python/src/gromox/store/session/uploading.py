"""The part of a session that takes in FastTransfer streams.

Spec: [MS-OXCFXICS] 2.2.3.1.2 (upload), 2.2.4.4 (what a stream may be), 3.2.5.8.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.mapi import tags
from gromox.mapi.fasttransfer.grammar import Root
from gromox.mapi.message import Attachment, Message
from gromox.store.errors import InvalidValueError, LimitError
from gromox.store.extract import filetime
from gromox.store.fasttransfer.applying import Applier
from gromox.store.fasttransfer.building import MessageBuilder
from gromox.store.fasttransfer.upload import FolderReceiver, ObjectReceiver, Receiver
from gromox.store.item.opened import OpenMessage
from gromox.store.item.plan import names_in
from gromox.store.operation import operation
from gromox.store.property import text
from gromox.store.session.folders import Folders
from gromox.store.session.opened import OpenItems
from gromox.store.session.transferring import MAX_BUFFER

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.mapi.message import PropertyBag
    from gromox.mapi.propvalue import PropValue
    from gromox.store.item.holding import Spooler


class Uploading(Folders, OpenItems):
    """FastTransfer streams that come in."""

    __slots__ = ()

    @operation
    def receive_into_item(self, handle: int, *, code_page: int = text.DEFAULT_CODE_PAGE) -> int:
        """Begin to take in the content of an open message or attachment; returns a handle.

        Spec: [MS-OXCFXICS] 3.2.5.8.2.1: it is kept once the message is saved.

        Args:
            handle: the message or attachment.
            code_page: of text that is not Unicode.

        Raises:
            DeniedError: it was opened for reading.
        """
        opened = self._writable(handle)
        whole = (opened if isinstance(opened, OpenMessage) else opened.owner).outermost

        def spooler() -> Spooler:
            made = self._spooler()
            whole.spoolers.append(made)  # wanted until the message is saved
            return made

        attachment = Attachment()

        def apply(builder: MessageBuilder) -> None:
            applier = Applier(self._file, filetime(self._file.clock.now()), code_page)
            if isinstance(opened, OpenMessage):
                self._know(names_in(builder.message))
                applier.to_message(opened, builder)
            else:
                self._know(names_in(Message(attachments=[attachment])))
                applier.to_attachment(opened, attachment)

        if isinstance(opened, OpenMessage):
            builder, root = MessageBuilder(Message(), spooler), Root.MESSAGE_CONTENT
        else:
            builder, root = MessageBuilder.of_attachment(attachment, spooler), Root.ATTACHMENT_CONTENT
        return self._handles.add(ObjectReceiver(root, builder, apply))

    @operation
    def receive_into_folder(
        self, folder_id: int, root: Root, *, code_page: int = text.DEFAULT_CODE_PAGE
    ) -> int:
        """Begin to take in messages and folders; returns a handle.

        Args:
            folder_id: where.
            root: what the stream is: FOLDER_CONTENT, MESSAGE_LIST, or TOP_FOLDER, which makes a folder.
            code_page: of text that is not Unicode.

        Raises:
            FolderGoneError: the folder is not there for the actor.
            InvalidValueError: such a stream does not go into a folder.
        """
        if root not in (Root.FOLDER_CONTENT, Root.MESSAGE_LIST, Root.TOP_FOLDER):
            raise InvalidValueError("such a stream does not go into a folder")
        self._file.refresh()
        self._access.require_visible(folder_id)
        names = self._file.names

        def numbered(bag: PropertyBag) -> dict[int, PropValue]:
            self._know({key.name for key in bag if not isinstance(key, int)})
            return names.numbered(bag.items())

        target = _SessionTarget(self, code_page, numbered)
        return self._handles.add(FolderReceiver(root, folder_id, target, self._spooler))

    @operation
    def receive_part(self, handle: int, octets: bytes) -> None:
        """Take in the next buffer of a stream.

        Spec: [MS-OXCFXICS] 3.2.5.8.2.2 and 3.2.5.8.2.3.

        Raises:
            InvalidValueError: it follows no grammar, or the stream failed before.
            LimitError: the buffer, or something in the stream, is too large.
            StoreError: something of it cannot be kept: what came before it is.
        """
        if len(octets) > MAX_BUFFER:
            raise LimitError(f"a buffer has at most {MAX_BUFFER} octets")
        self._handles.get(handle, Receiver).feed(octets)

    @operation
    def receive_end(self, handle: int) -> None:
        """Make sure that a stream came in to its end. Raises InvalidValueError: it did not."""
        self._handles.get(handle, Receiver).end()


class _SessionTarget:
    """Where a stream goes: what the actor of a session may do, with the operations of the session."""

    __slots__ = ("_code_page", "_numbered", "_session")

    def __init__(
        self,
        session: Uploading,
        code_page: int,
        numbered: Callable[[PropertyBag], dict[int, PropValue]],
    ) -> None:
        self._session, self._code_page, self._numbered = session, code_page, numbered

    def make_folder(self, parent_id: int, properties: PropertyBag) -> int:
        """Make a folder below another one, or take the one that has its name."""
        name = properties.text(tags.PidTagDisplayName)
        values = self._numbered(properties)
        return self._session.create_folder(
            parent_id, name, values=values, open_existing=True, code_page=self._code_page
        )

    def change_folder(self, folder_id: int, properties: PropertyBag) -> None:
        """Set properties of a folder that was there; its name and place stay."""
        values = self._numbered(properties)
        values.pop(tags.PidTagDisplayName, None)
        if values:
            self._session.set_folder_properties(folder_id, values, code_page=self._code_page)

    def save(self, folder_id: int, message: Message, *, associated: bool) -> None:
        """Save a message in a folder."""
        self._session.create_message(folder_id, message, associated=associated, code_page=self._code_page)
