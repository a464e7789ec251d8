"""What all parts of a session have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store.operation import Operated

if TYPE_CHECKING:
    from gromox.store.mailbox import Mailbox
    from gromox.store.mailbox_file import MailboxFile
    from gromox.store.session.access import Access
    from gromox.store.session.actor import Actor
    from gromox.store.session.handles import Handles
    from gromox.store.session.peruser import Streaming
    from gromox.store.submission.post import PostOffice


class SessionPart(Operated):
    """The state that parts share; with a transport only the transport is there."""

    __slots__ = ("_access", "_actor", "_file", "_handles", "_mailbox", "_post", "_reading", "_writing")

    _mailbox: Mailbox
    _file: MailboxFile
    _actor: Actor
    _access: Access
    _handles: Handles
    _reading: Streaming | None
    """Per-user information that goes in parts, and what comes in parts."""
    _writing: Streaming | None
    _post: PostOffice | None
    """By what it sends; None: nothing is sent."""
