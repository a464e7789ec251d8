"""``StoreSession``: the one interface of the store for everything that acts for a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from gromox.store.operation import operation
from gromox.store.session.access import Access
from gromox.store.session.copied import CopiedProperties
from gromox.store.session.folders import Folders
from gromox.store.session.handles import Handles
from gromox.store.session.importing import Importing
from gromox.store.session.limits import MailboxLimits
from gromox.store.session.mails import Mails
from gromox.store.session.marking import Marking
from gromox.store.session.moving import Moving
from gromox.store.session.naming import Naming
from gromox.store.session.notify import Notify
from gromox.store.session.permissions import Permissions
from gromox.store.session.peruser import PerUser
from gromox.store.session.places import Places
from gromox.store.session.receiving import Receiving
from gromox.store.session.rules import Rules
from gromox.store.session.searches import Searches
from gromox.store.session.submitting import Submitting
from gromox.store.session.sync import Sync
from gromox.store.session.tables import Tables
from gromox.store.session.transferring import Transferring
from gromox.store.session.uploading import Uploading

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox
    from gromox.store.operation import Transport
    from gromox.store.session.actor import Actor
    from gromox.store.submission.post import PostOffice


class StoreSession(
    Uploading,  # first: it stands on others of them
    CopiedProperties,
    Folders,
    Importing,
    MailboxLimits,
    Mails,
    Marking,
    Moving,
    Naming,
    Notify,
    Permissions,
    PerUser,
    Places,
    Receiving,
    Rules,
    Searches,
    Submitting,
    Sync,
    Tables,
    Transferring,
):
    """One user's view of one mailbox; used by one thread at a time."""

    __slots__ = ()

    @classmethod
    def of(cls, mailbox: Mailbox, actor: Actor, post: PostOffice | None = None) -> Self:
        """Return a session on a mailbox that this process has open; it sends by ``post``."""
        session = cls()
        session._transport = None
        session._mailbox, session._file = mailbox, mailbox.file
        session._actor, session._access = actor, Access(mailbox.file, actor)
        session._handles = Handles()
        session._post = post
        session._desk_of_session = None
        session._reading = session._writing = None
        return session

    @classmethod
    def over(cls, transport: Transport) -> Self:
        """Return a session on a mailbox open in another process; the transport settled who acts."""
        session = cls()
        session._transport = transport
        return session

    def close(self) -> None:
        """Release what the session holds; with a transport, at the other end too."""
        if self._transport is not None:
            self._transport.close()
        else:
            self._handles.close_all()

    @operation
    def close_handle(self, handle: int) -> None:
        """Close what a handle stands for: a table, a context, a subscription; one that is gone is fine."""
        self._handles.close(handle)

    @operation
    def close_handles(self) -> None:
        """Close everything that the session has open."""
        self._handles.close_all()

    @operation
    def store_rights(self) -> int:
        """Return the actor's rights on the store (reference/system/store.md section 7)."""
        return self._access.rights(None)

    @operation
    def folder_rights(self, folder_id: int) -> int:
        """Return the actor's rights on a folder.

        Raises:
            FolderGoneError: there is no such folder, or the actor may not know of it.
        """
        self._access.require_visible(folder_id)
        return self._access.rights(folder_id)
