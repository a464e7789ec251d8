"""UIDVALIDITY: when the UIDs of a folder began to mean what they mean. RFC 9051 2.3.1.1.

It is a number of the mailbox plus the folder's id. Ids are never given twice in a mailbox, so no two folders
that have a name one after the other have the same one. The number of the mailbox is at first the time when it
was made: in one that is made anew ids begin again, and UIDs too. The folder at the root, which no client of
IMAP sees, has it like all others, and so keeps it for the folders to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.mapi.folderids import Private
from gromox.store.errors import LimitError
from gromox.store.extract import seconds

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile

#: RFC 9051 section 9: nz-number.
LARGEST: Final = 0xFFFF_FFFF
#: How many object ids and change numbers are left out for those that a lost state of the mailbox gave out.
LEFT_OUT: Final = 1 << 20
_ROOT: Final = int(Private.ROOT)  # the same number in both kinds of store


def first(folder_id: int, created: int) -> int:
    """Return the UIDVALIDITY of a folder that a mailbox is made with, at the time ``created`` (FILETIME)."""
    return _of(folder_id, int(seconds(created)))


def of_new_folder(file: MailboxFile, folder_id: int) -> int:
    """Return the UIDVALIDITY of a folder that is about to be made."""
    return _of(folder_id, _base(file))


def renew(file: MailboxFile, folder_id: int | None = None) -> int:
    """Give all folders, or one, a UIDVALIDITY beyond all there were; returns how many got one.

    A mailbox that was taken back to an earlier state has forgotten the last ones. They came from a time
    before now, as all do; whoever renews twice within a second gets the next number.

    Clients that know of ids and change numbers of the lost state (MAPI, CONDSTORE) are not to meet them again
    either, so that with all folders these go on well beyond.

    Raises:
        FolderGoneError: there is no such folder.
        LimitError: no number is left.
    """
    with file.write(durable=True) as tx:
        if folder_id is None:
            chosen = sorted(file.folders)
            tx.next_cn(LEFT_OUT)
            tx.next_object_id(LEFT_OUT)
        else:
            chosen = [file.record(folder_id).folder_id]
        (largest,) = file.execute("SELECT max(uid_validity) FROM folders").fetchone()
        base = max(int(tx.now), _base(file) + 1, largest)
        if base + max(chosen) > LARGEST:
            raise LimitError("no UIDVALIDITY is left")
        for each in {*chosen, _ROOT}:
            record = tx.folder(each)
            record.uid_validity = base + each
            # By this others who keep a view of the folder see that theirs is old.
            record.highest_modseq = tx.next_cn()
            file.execute("UPDATE folders SET uid_validity = ? WHERE folder_id = ?", (base + each, each))
        tx.hierarchy_changed = True
        return len(chosen)


def _base(file: MailboxFile) -> int:
    """Return the number of the mailbox.

    Mailboxes of the first releases gave folders their id alone; their number is the time all the same.
    """
    (created,) = file.execute("SELECT created_time FROM mailbox").fetchone()
    return max(int(seconds(created)), file.record(_ROOT).uid_validity - _ROOT)


def _of(folder_id: int, base: int) -> int:
    return (base + folder_id) & LARGEST or 1
