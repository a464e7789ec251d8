"""Names of objects that stay when mailboxes are renamed and messages are moved. RFC 8474.

Numbers of the store are unique within one mailbox only, but a session may see several: the beginning of the
mailbox's GUID makes the names unique. A conversation has the same name wherever its messages are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gromox.store import emailid
from gromox.store.search import All, Expression, Not, Uids

if TYPE_CHECKING:
    from gromox.store.emailid import EmailId
    from gromox.store.mailbox import Mailbox
    from gromox.store.model import FetchRow
    from gromox.store.view import FolderView

_EMAIL: Final = re.compile(rb"M([0-9a-f]{16})([1-9a-f][0-9a-f]{0,11})")
_THREAD: Final = re.compile(rb"T([0-9a-f]{32})")
_LONE: Final = re.compile(rb"T([0-9a-f]{16})([1-9a-f][0-9a-f]{0,11})")
_NOTHING: Final = Not(All())


def _name(letter: bytes, octets: bytes) -> bytes:
    return b"%b%b%x" % (letter, octets[: emailid.ORIGIN].hex().encode("ascii"), emailid.number(octets))


def mailbox_id(mailbox: Mailbox, folder_id: int) -> bytes:
    """Return MAILBOXID, RFC 8474 section 4: folders keep their ids as long as they live."""
    return _name(b"F", emailid.full(folder_id, mailbox.guid))


def email_id(mailbox: Mailbox, row: FetchRow) -> bytes:
    """Return EMAILID, RFC 8474 section 5.1."""
    return _name(b"M", emailid.full(row.email_id, mailbox.guid))


def thread_id(mailbox: Mailbox, row: FetchRow) -> bytes:
    """Return THREADID, RFC 8474 section 5.2: the conversation; a message without one stands for itself."""
    if row.conversation:
        return b"T" + row.conversation.hex().encode("ascii")
    return _name(b"T", emailid.full(row.email_id, mailbox.guid))


def with_email_id(mailbox: Mailbox, view: FolderView, name: bytes) -> Expression:
    """Return which messages have an EMAILID; the letters of names are in lower case, and case counts."""
    match = _EMAIL.fullmatch(name)
    return _NOTHING if match is None else Uids(mailbox.uids_of_email(view.folder_id, _read(match, mailbox)))


def with_thread_id(mailbox: Mailbox, view: FolderView, name: bytes) -> Expression:
    """Return which messages have a THREADID."""
    match = _THREAD.fullmatch(name)
    if match is not None:
        return Uids(mailbox.uids_of_conversation(view.folder_id, bytes.fromhex(match[1].decode("ascii"))))
    match = _LONE.fullmatch(name)
    if match is None:
        return _NOTHING
    return Uids(mailbox.uids_of_email(view.folder_id, _read(match, mailbox), lone=True))


def _read(match: re.Match[bytes], mailbox: Mailbox) -> EmailId:
    origin, number = match[1].decode("ascii"), match[2].decode("ascii")
    return emailid.kept(bytes.fromhex(f"{origin}{number:0>12}"), mailbox.guid)
