"""STATUS: figures of a mailbox that need not be selected. RFC 3501 section 6.3.10."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.objectids import mailbox_id
from gromox.imap.replies import MailboxStatus, Reply
from gromox.imap.rights import require
from gromox.imap.tree import names_of
from gromox.store.flags import Flag, count_table
from gromox.store.model import Columns
from gromox.store.permission import Right
from gromox.store.uidset import MAX_UID, UidSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox

_DELETED: Final = count_table(Flag.DELETED, Flag.DELETED)


@dataclass(frozen=True, slots=True)
class Status:
    """The mailbox and what is asked of it."""

    name: str
    items: tuple[bytes, ...]


def _recent(mailbox: Mailbox, folder: Folder) -> int:
    if folder.recent_from >= folder.uid_next:
        return 0
    return len(mailbox.view(folder.folder_id).resolve(UidSet([(folder.recent_from, MAX_UID)])))


def _deleted(mailbox: Mailbox, folder: Folder) -> int:
    return sum(block.flags.translate(_DELETED).count(1) for block in mailbox.view(folder.folder_id).blocks)


def _deleted_storage(mailbox: Mailbox, folder: Folder) -> int:
    """Return the octets that EXPUNGE would give back. RFC 9208 section 4.1.4."""
    blocks = mailbox.view(folder.folder_id).blocks
    uids = [uid for block in blocks for uid in compress(block.uids, block.flags.translate(_DELETED))]
    return sum([row.size for row in mailbox.fetch(folder.folder_id, uids, Columns.SIZE)]) if uids else 0


def _highest_modseq(mailbox: Mailbox, folder: Folder) -> int:
    if mailbox.is_public:  # read states of the user count too
        return mailbox.view(folder.folder_id).highest_modseq
    return folder.highest_modseq


#: status-att, RFC 3501 section 9; SIZE is RFC 8438, HIGHESTMODSEQ RFC 7162, DELETED RFC 9051,
#: MAILBOXID RFC 8474.
ITEMS: Final[dict[bytes, Callable[[Mailbox, Folder], int | bytes]]] = {
    b"MESSAGES": lambda _, folder: folder.total,
    b"RECENT": _recent,
    b"UIDNEXT": lambda _, folder: folder.uid_next,
    b"UIDVALIDITY": lambda _, folder: folder.uid_validity,
    b"UNSEEN": lambda mailbox, folder: mailbox.unread(folder),
    b"SIZE": lambda mailbox, folder: mailbox.shown_size(folder.folder_id).octets,
    b"HIGHESTMODSEQ": _highest_modseq,
    b"DELETED": _deleted,
    b"DELETED-STORAGE": _deleted_storage,
    b"MAILBOXID": lambda mailbox, folder: b"(%b)" % mailbox_id(mailbox, folder.folder_id),
}


#: STATUS item of RFC 7889 section 3.1.
APPENDLIMIT: Final = b"APPENDLIMIT"


def parse_items(p: Parser) -> tuple[bytes, ...]:
    """``"(" status-att *(SP status-att) ")"``."""
    items: list[bytes] = []
    p.parenthesised(lambda: items.append(p.word()))
    if not items or not set(items) <= ITEMS.keys() | {APPENDLIMIT}:
        raise BadCommandError("no such STATUS item")
    return tuple(dict.fromkeys(items))


def parse_status(p: Parser) -> Status:
    """``STATUS SP mailbox SP "(" status-att *(SP status-att) ")"``."""
    p.space()
    name = p.mailbox()
    p.space()
    items = parse_items(p)
    p.end()
    return Status(name, items)


@command("STATUS", AUTHENTICATED, parse_status, durable=True)
def status(session: Session, args: Status) -> Reply:
    """Say figures of a mailbox, the selected one included.

    Spec:
        RFC 3501 6.3.10; RFC 8438 (SIZE); RFC 7162 3.1.7 (HIGHESTMODSEQ, which enables CONDSTORE); RFC 8474
        4.3 (MAILBOXID).
    """
    place = session.locate(args.name)
    folder_id = names_of(place.mailbox).selectable(place.name).folder_id
    require(place.mailbox, folder_id, Right.READ_ANY)
    folder = place.mailbox.folder(folder_id)
    return Reply("STATUS completed", [status_of(session, place.mailbox, args.name, folder, args.items)])


def status_of(
    session: Session, mailbox: Mailbox, name: str, folder: Folder, items: tuple[bytes, ...]
) -> MailboxStatus:
    """Return the figures; also for LIST with RETURN (STATUS …)."""
    if b"HIGHESTMODSEQ" in items:
        session.enable_condstore()
    # RFC 7889 3.3: the limit is the server's, whatever the mailbox.
    return MailboxStatus(
        name,
        [
            (item, session.policy.max_mail if item == APPENDLIMIT else ITEMS[item](mailbox, folder))
            for item in items
        ],
    )
