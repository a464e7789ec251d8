"""What administrators do to a mailbox as a whole.

Spec: reference/system/cli.md (gromox-mbop), reference/system/protocols.md 13 (calls of the same meaning).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.store import check, hierarchy
from gromox.store.builtin import FolderKind
from gromox.store.errors import ExistsError
from gromox.store.match import checking
from gromox.store.touch import Touch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gromox.store.mailbox_file import MailboxFile


def set_locale(file: MailboxFile, locale: str, names: Mapping[int, str]) -> int:
    """Remember the language of the owner and give built-in folders its names; returns how many were renamed.

    Where a sibling has the name already, the folder keeps its own.
    """
    count = 0
    with file.write(durable=True) as tx:
        tx.next_cn()
        file.execute("UPDATE mailbox SET locale = ?", (locale,))
        file.locale = locale
        for folder_id, name in names.items():
            record = file.folders.get(folder_id)
            if record is None or not record.parent_id or record.name == name:
                continue
            try:
                hierarchy.rename_in(
                    tx, folder_id, parent_id=record.parent_id, name=name, is_builtin_allowed=True
                )
                count += 1
            except ExistsError:
                continue
    return count


def recalculate_sizes(file: MailboxFile) -> bool:
    """Count sizes and numbers of messages anew; returns whether something was wrong."""
    is_wrong = False
    with file.write(durable=True) as tx:
        tx.next_cn()
        for folder_id in sorted(file.folders):
            record = tx.folder(folder_id)
            sums = check.folder_sums(file, folder_id)
            if record.kind == FolderKind.SEARCH:
                sums |= checking.sums(file, folder_id)
            for name, value in sums.items():
                if getattr(record, name) != value:
                    is_wrong = True
                    setattr(record, name, value)
        for name, value in check.mailbox_sums(file).items():
            if getattr(file, name) != value:
                is_wrong = True
                setattr(file, name, value)
    return is_wrong


def renumber(file: MailboxFile, *, folders: bool = True, messages: bool = True) -> int:
    """Give everything a new change number and change key, as if it was made here; returns how many objects.

    Clients synchronise everything anew. Numbers only ever grow: IMAP and other readings of them go on.
    """
    count = 0
    with file.write(durable=True) as tx:
        if folders:
            for folder_id in sorted(file.folders):
                record = tx.folder(folder_id)
                record.cn = tx.next_cn()
                file.execute(
                    "UPDATE folders SET cn = ?, change_key = NULL, predecessors = NULL WHERE folder_id = ?",
                    (record.cn, folder_id),
                )
                count += 1
            tx.hierarchy_changed = True
        if messages:
            (found,) = file.execute("SELECT count(*) FROM messages WHERE folder_id <> 0").fetchone()
            first = tx.next_cn(max(found, 1))
            file.execute(
                "UPDATE messages SET cn = ranked.at + ?, change_key = NULL, predecessors = NULL"
                " FROM (SELECT mid, row_number() OVER (ORDER BY mid) - 1 AS at FROM messages"
                " WHERE folder_id <> 0) AS ranked WHERE messages.mid = ranked.mid",
                (first,),
            )
            file.execute("DELETE FROM partial_changes")
            for folder_id in file.searches.folders:
                rows = file.execute("SELECT mid FROM messages WHERE folder_id = ?", (folder_id,)).fetchall()
                tx.note(folder_id, [mid for (mid,) in rows], Touch.CONTENT)
            count += found
    return count


def set_frozen(file: MailboxFile, *, is_frozen: bool) -> None:
    """Stop, or resume, everything that is done to the mailbox: for copies of the file."""
    file.ignores_freeze = True
    try:
        with file.write(durable=True) as tx:
            tx.next_cn()
            file.execute("UPDATE mailbox SET frozen = ?", (int(is_frozen),))
            file.is_frozen = is_frozen
    finally:
        file.ignores_freeze = False
