"""What the server says it can do; only what it truly does. RFC 3501 section 6.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.directory.mechanism import offered
from gromox.imap.machine import State

if TYPE_CHECKING:
    from gromox.imap.session import Session

#: In the order of fact sheet protocols.md section 5, then what it does not name.
BASE: Final = b"IMAP4rev1 XLIST SPECIAL-USE UNSELECT UIDPLUS IDLE LITERAL+ ENABLE MOVE"
#: IMAP4rev2, what it took over, and UTF-8; announced with ``imap_rfc9051``.
REV2: Final = b"IMAP4rev2 ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS STATUS=SIZE UTF8=ACCEPT"
#: Mailboxes of others and rights.
ACCESS: Final = b"ACL RIGHTS=kxte LIST-MYRIGHTS"
#: Order and conversations.
ORDER: Final = b"SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES"
#: What else can be searched for, where, and for how long.
SEARCHES: Final = b"WITHIN MULTISEARCH CONTEXT=SEARCH CONTEXT=SORT FILTERS"
#: Limits and annotations.
FIGURES: Final = b"QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE METADATA LIST-METADATA CREATE-SPECIAL-USE"
OTHERS: Final = b"NAMESPACE CHILDREN SASL-IR CONDSTORE LANGUAGE"
#: What writes messages, and what reads parts of them.
MESSAGES: Final = b"BINARY MULTIAPPEND CATENATE REPLACE URL-PARTIAL URLAUTH URLAUTH=BINARY"
#: What keeps a client in step with what others do.
SYNC: Final = b"QRESYNC OBJECTID SAVEDATE PREVIEW PARTIAL UIDONLY INPROGRESS NOTIFY"


def capabilities(session: Session) -> bytes:
    """Return the capabilities in the present state."""
    limit = b"APPENDLIMIT=%d" % session.policy.max_mail
    always = [OTHERS, SYNC, MESSAGES, ACCESS, ORDER, SEARCHES, FIGURES, limit]
    words = [BASE, REV2, *always] if session.policy.rev2 else [BASE, *always]
    if not session.compressed:  # which it would have to end (RFC 8437 section 4.1)
        words.append(b"UNAUTHENTICATE")
    if session.policy.identify:
        words.append(b"ID")
    if session.state is State.NOT_AUTHENTICATED:
        if session.policy.starttls and not session.tls:
            words.append(b"STARTTLS")
        if session.may_log_in():
            names = offered(session.services.doorkeeper, session.secured_peer)
            words += (b"AUTH=" + name.encode() for name in names)
        else:
            words.append(b"LOGINDISABLED")
    else:
        if not session.compressed:
            words.append(b"COMPRESS=DEFLATE")
        if session.policy.jmap_session:
            words.append(b"JMAPACCESS")
    return b" ".join(words)
