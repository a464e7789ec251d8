r"""Copy messages from one mailbox to another, as IMAP does: octets, flags, keywords, internal date, EMAILID.

Spec: RFC 9051 6.4.7 (COPY: all or nothing); RFC 8474 5.1 (the copy is the same email). An item of property
form arrives as the mail that IMAP shows.
"""

from __future__ import annotations

import json
from array import array
from typing import TYPE_CHECKING, Final

from gromox.store import emailid, quota
from gromox.store.emailid import EmailId
from gromox.store.errors import MessageGoneError, StoreError
from gromox.store.flags import Flag
from gromox.store.mailbox import Mailbox
from gromox.store.model import NO_UIDS, Copied, NewMail
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gromox.store.view import FolderView

#: Of one transaction, and so of the memory that is needed (a single message may be larger).
_OCTETS: Final = 8 << 20
_MESSAGES: Final = 100
_DATES: Final = (
    "SELECT m.uid, m.size, m.internal_date, m.internal_zone, coalesce(m.email_id, m.mid) FROM messages m"
    " WHERE m.folder_id = ?"
    " AND m.state <> 1 AND m.uid IN (SELECT value FROM json_each(?)) ORDER BY m.uid"
)

Row = tuple[int, int, int, int, EmailId]


def carry(
    source: Mailbox, folder_id: int, uids: UidSet, target: Mailbox, target_id: int
) -> Generator[None, None, Copied]:
    """Copy messages in steps; what was added is removed again if anything fails or the work is given up.

    Raises:
        FolderGoneError, DeniedError, QuotaError, LimitError: nothing was copied.
    """
    view = source.view(folder_id)
    rows = _rows(source, folder_id, view.resolve(uids))
    quota.check_room(target.file, sum([size for _, size, *_ in rows]), len(rows))
    validity = target.folder(target_id).uid_validity
    sources, targets = array("I"), array("I")
    is_done = False
    try:
        for part in _parts(rows):
            found, mails = _mails(source, folder_id, view, part, target)
            if mails:
                targets.extend(target.append(target_id, mails).uids)
                sources.extend(found)
            yield
        is_done = True
    finally:
        if not is_done and targets:
            take_back(target, target_id, targets)
    if not targets:
        return Copied(validity, NO_UIDS, NO_UIDS)
    return Copied(validity, sources, targets)


def _rows(source: Mailbox, folder_id: int, uids: Sequence[int]) -> list[Row]:
    rows: list[Row] = []
    for at in range(0, len(uids), 1000):
        packed = json.dumps(list(uids[at : at + 1000]))
        rows += source.file.execute(_DATES, (folder_id, packed)).fetchall()
    return rows


def _parts(rows: Sequence[Row]) -> list[list[Row]]:
    parts: list[list[Row]] = []
    room = 0
    for row in rows:
        if not parts or len(parts[-1]) >= _MESSAGES or row[1] > room:
            parts.append([])
            room = _OCTETS
        parts[-1].append(row)
        room -= row[1]
    return parts


def _mails(
    source: Mailbox, folder_id: int, view: FolderView, rows: Sequence[Row], target: Mailbox
) -> tuple[list[int], list[NewMail]]:
    found: list[int] = []
    mails: list[NewMail] = []
    for uid, _, date, zone, email_id in rows:
        place = view.place_of_uid(uid)
        if place is None:
            continue
        try:
            content = source.content(folder_id, uid)
        except MessageGoneError:
            continue
        block, index, _ = place
        words = view.sets.names(block.keyword_sets[index]) if block.keyword_sets else ()
        found.append(uid)
        mails.append(
            NewMail(
                content.octets(),
                Flag(block.flags[index]),
                frozenset(words),
                float(date),
                zone,
                email_id=emailid.kept(emailid.full(email_id, source.guid), target.guid),
            )
        )
    return found, mails


def take_back(target: Mailbox, target_id: int, uids: Sequence[int]) -> None:
    """Remove what was added a moment ago, and what nobody was told of."""
    try:
        # Not by the rights of the user, who may add and not remove: nobody was told of these.
        Mailbox.delete_messages(target, target_id, UidSet.of(uids))
    except StoreError:
        return  # the folder is gone, or the disk is full: then a copy stays, which is better than none
