"""Where the keys of SCRAM are kept: beside the hash of the password, and good as long as that hash stands.

Spec:
    RFC 5802 section 9 (what is stored, and what of a user who does not exist); decision 0039.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from gromox.base.errors import ParseError
from gromox.directory.errors import ExistsError
from gromox.directory.model import Option, UserProperty
from gromox.directory.scram import ITERATIONS, SALT_OCTETS, Keys, keys_of
from gromox.directory.user_property import SCRAM_KEYS

if TYPE_CHECKING:
    from gromox.directory.directory import Directory
    from gromox.directory.login import Login

_SECRET: Final = "scram_secret"  # noqa: S105 - its name
_SECRET_OCTETS: Final = 32


def find(directory: Directory, found: Login) -> Keys | None:
    """Return the keys of a user; None: there are none for the present password."""
    with directory.reading() as session:
        stored = session.scalar(
            select(UserProperty.propval_bin).where(
                UserProperty.user_id == found.user_id, UserProperty.proptag == SCRAM_KEYS
            )
        )
    mark = _mark(found)
    if stored is None or not hmac.compare_digest(stored[: len(mark)], mark):
        return None  # another program has changed the password since
    return Keys.decode(bytes(stored[len(mark) :]))


def keep(directory: Directory, found: Login, password: str) -> None:
    """Store keys for a password that was verified against ``found``, if there are none yet."""
    if found.externid is not None or not found.password or find(directory, found) is not None:
        return
    try:
        keys = keys_of(password, secrets.token_bytes(SALT_OCTETS))
    except ParseError:
        return  # SASLprep does not allow it: no client could prove it
    row = UserProperty(
        user_id=found.user_id, proptag=SCRAM_KEYS, order_id=1, propval_bin=_mark(found) + keys.encode()
    )
    try:
        with directory.writing() as session:
            session.execute(
                delete(UserProperty).where(
                    UserProperty.user_id == found.user_id, UserProperty.proptag == SCRAM_KEYS
                )
            )
            session.add(row)
    except ExistsError:
        return  # another login of the same user was faster


def invented(secret: bytes, login: str) -> Keys:
    """Return keys that nobody can prove, the same for a name each time, so that no names can be tried out."""
    salt = hmac.digest(secret, b"salt " + login.lower().encode(), "sha256")[:SALT_OCTETS]
    return Keys(ITERATIONS, salt, secrets.token_bytes(32), secrets.token_bytes(32))


def secret_of(directory: Directory) -> bytes:
    """Return the secret of this installation that salts are invented with; made at the first call."""
    query = select(Option.value).where(Option.key == _SECRET)
    with directory.reading() as session:
        found = session.scalar(query)
    if not found:
        try:
            with directory.writing() as session:
                session.add(Option(key=_SECRET, value=secrets.token_hex(_SECRET_OCTETS)))
        except ExistsError:
            pass  # another process was faster
        with directory.reading() as session:
            found = session.scalar(query) or ""
    return bytes.fromhex(found)


def _mark(found: Login) -> bytes:
    return hashlib.sha256(f"{found.user_id}\0{found.password}".encode()).digest()
