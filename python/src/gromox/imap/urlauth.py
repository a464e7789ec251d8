"""Signing URLs of messages, and who may use them. RFC 4467.

The mechanism INTERNAL is HMAC-SHA-256 over the rump URL, under the user's key for the mailbox; the token
begins with the number of the algorithm, so that another one can be added (section 2.4.1).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from gromox.imap.imapurl import Audience

if TYPE_CHECKING:
    from gromox.directory.auth import Account
    from gromox.imap.imapurl import Authorized, Rump
    from gromox.imap.session import Session

MECHANISM: Final = b"INTERNAL"
#: What stands in the response code of RFC 4467 BASE.7.1.
URLMECH: Final = b"URLMECH " + MECHANISM
_ALGORITHM: Final = b"01"
_DECOY: Final = bytes(32)


def signed(rump: Rump, key: bytes) -> bytes:
    """Return the URL with its token. RFC 4467 section 5."""
    return b"%b:internal:%b" % (rump.octets, _token(rump, key))


def is_genuine(url: Authorized, key: bytes | None) -> bool:
    """Tell whether a token was made with a key.

    Spec:
        RFC 4467 section 6: without a key as much is computed as with one, so that the time says nothing.
    """
    token = _token(url.rump, _DECOY if key is None else key)
    return hmac.compare_digest(token, url.token) and key is not None and url.mechanism == MECHANISM


def _token(rump: Rump, key: bytes) -> bytes:
    return _ALGORITHM + hmac.new(key, rump.octets, hashlib.sha256).hexdigest().encode("ascii")


def may_use(session: Session, rump: Rump) -> bool:
    """Tell whether a URL is for this session, at this moment.

    Spec:
        RFC 4467 section 3. Nobody is anonymous here, so ``anonymous`` means what ``authuser`` does; who
        submits mail for others is said by ``imap_submit_users``.
    """
    access, account = rump.access, session.account
    if account is None or (access.expires is not None and session.services.clock.now() > access.expires):
        return False
    match access.audience:
        case Audience.SUBMIT:
            return account.username.casefold() in session.policy.submitters
        case Audience.USER:
            wanted = full_name(access.user, account).casefold()
            return wanted in (account.username.casefold(), session.user.casefold())
        case _:
            return True


def full_name(name: str, account: Account) -> str:
    """Return the name of a user; one without a domain is of the domain of who asks."""
    return name if "@" in name else f"{name}@{account.username.rpartition('@')[2]}"
