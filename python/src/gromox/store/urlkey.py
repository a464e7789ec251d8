"""Mailbox access keys: the secrets with which a user signs URLs of messages. RFC 4467 section 2.2.

A user has one for each folder, also in mailboxes of others. What is signed stays good until the key is
replaced or the folder is gone for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gromox.store.mailbox_file import MailboxFile, Write

OCTETS: Final = 32
"""Of a key; RFC 4467 section 10 asks for 128 bits at least."""


def read(file: MailboxFile, folder_id: int, username: str) -> bytes | None:
    """Return the key of a user for a folder; None: there is none yet."""
    file.refresh(scanned=False)
    row = file.execute(
        "SELECT key FROM url_keys WHERE folder_id = ? AND username = ?", (folder_id, username.casefold())
    ).fetchone()
    return row[0] if row else None


def replace(tx: Write, folder_id: int, username: str) -> bytes:
    """Make a new key. Raises FolderGoneError."""
    file = tx.file
    file.record(folder_id)
    tx.next_cn()
    key = bytes.fromhex(file.ids.token(OCTETS))
    file.execute(
        "INSERT OR REPLACE INTO url_keys (folder_id, username, key) VALUES (?, ?, ?)",
        (folder_id, username.casefold(), key),
    )
    return key


def forget(tx: Write, username: str) -> None:
    """Remove all keys of a user."""
    gone = tx.file.execute("DELETE FROM url_keys WHERE username = ?", (username.casefold(),)).rowcount
    if gone:
        tx.next_cn()
