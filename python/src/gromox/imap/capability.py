"""What the server says it can do; only what it truly does. RFC 3501 section 6.1.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.directory.mechanism import offered
from gromox.imap.machine import State

if TYPE_CHECKING:
    from gromox.imap.session import Session

#: In the order of fact sheet protocols.md section 5, then what it does not name.
BASE: Final = b"IMAP4rev1 XLIST SPECIAL-USE UNSELECT UIDPLUS IDLE LITERAL+ ENABLE MOVE"
#: What RFC 9051 took over, announced with ``imap_rfc9051``; IMAP4rev2 itself is not among it yet.
REV2: Final = b"ESEARCH SEARCHRES LIST-EXTENDED LIST-STATUS STATUS=SIZE"
OTHERS: Final = b"NAMESPACE CHILDREN SASL-IR CONDSTORE"


def capabilities(session: Session) -> bytes:
    """Return the capabilities in the present state."""
    words = [BASE, REV2, OTHERS] if session.policy.rev2 else [BASE, OTHERS]
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
    return b" ".join(words)
