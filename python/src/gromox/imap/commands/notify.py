"""NOTIFY: what the client is to be told without asking. RFC 5465."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.notification import MAX_LINES, Notification
from gromox.imap.notifyspec import Event, Notify, parse_notify
from gromox.imap.replies import Ready, Reply

if TYPE_CHECKING:
    from gromox.imap.replies import Untagged
    from gromox.imap.session import Session

_EVENTS: Final = " ".join(event.value.decode("ascii") for event in Event)


@command("NOTIFY", AUTHENTICATED, parse_notify)
def notify(session: Session, args: Notify) -> Reply:
    """Note what is to be told from now on, whatever command runs or none.

    Spec:
        RFC 5465 3.1: what happened in the selected mailbox is told first; STATUS tells where the others
        stand; an event that cannot be told is NO [BADEVENT], too many mailboxes are NO
        [NOTIFICATIONOVERFLOW]. A name that is not there is ignored until it is, but
        what is not the user's own has to be there.
    """
    if args.unsupported:
        raise CommandError("such events are not told here", f"BADEVENT ({_EVENTS})")
    notification = Notification(session, args)
    data: list[Untagged] = list(notification.statuses(session)) if args.status else []
    if len(data) > MAX_LINES:
        raise CommandError("that is about too many mailboxes", "NOTIFICATIONOVERFLOW")
    if args.groups and session.selected is not None:
        # Last: what was asked for is forgotten, and all before may be refused or called again.
        data.insert(0, Ready(session.selected.changes(expunge=True)))
    session.notification = notification
    notification.hold()
    session.depends = True
    return Reply("NOTIFY completed", data)
