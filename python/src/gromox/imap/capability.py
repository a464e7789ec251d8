"""What the server says it can do; only what it truly does. RFC 3501 section 6.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.machine import State

if TYPE_CHECKING:
    from gromox.imap.session import Session

#: In the order of fact sheet protocols.md section 5, then what it does not name.
BASE: Final = b"IMAP4rev1 XLIST SPECIAL-USE UNSELECT UIDPLUS IDLE LITERAL+ ENABLE MOVE"
#: What RFC 9051 took over, announced with ``imap_rfc9051``; IMAP4rev2 itself is not among it yet.
REV2: Final = b"ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS STATUS=SIZE"
#: Mailboxes of others and rights.
ACCESS: Final = b"ACL RIGHTS=kxte LIST-MYRIGHTS"
#: Order and conversations.
ORDER: Final = b"SORT SORT=DISPLAY ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES"
OTHERS: Final = b"NAMESPACE CHILDREN SASL-IR CONDSTORE"


def capabilities(session: Session) -> bytes:
    """Return the capabilities in the present state."""
    words = [BASE, REV2, OTHERS, ACCESS, ORDER] if session.policy.rev2 else [BASE, OTHERS, ACCESS, ORDER]
    if session.policy.identify:
        words.append(b"ID")
    if session.state is State.NOT_AUTHENTICATED:
        if session.policy.starttls and not session.tls:
            words.append(b"STARTTLS")
        words.append(b"AUTH=PLAIN AUTH=LOGIN" if session.may_log_in() else b"LOGINDISABLED")
    return b" ".join(words)
