"""Passwords that an administrator sets or has made.

Spec: reference/system/cli.md, ``passwd``: without a user it is that of the built-in ``admin`` (id 0), who is
made when missing.
"""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING, Final

from gromox.admin.service.errors import InputError
from gromox.base.secret import Secret
from gromox.directory import credential
from gromox.directory.user import ADMIN_NAME

if TYPE_CHECKING:
    from gromox.admin.service.site import Site

DEFAULT_USER: Final = ADMIN_NAME
DEFAULT_LENGTH: Final = 16
SHORTEST: Final = 8  #: of generated passwords
LONGEST: Final = 128

# without characters that are read wrongly from paper or a screen
_ALPHABET: Final = "".join(
    character for character in string.ascii_letters + string.digits if character not in "0O1lI"
)


def generate(length: int = DEFAULT_LENGTH) -> Secret:
    """Return a new random password.

    Raises:
        InputError: the length is not sensible.
    """
    if not SHORTEST <= length <= LONGEST:
        raise InputError(f"length {length}: a generated password has {SHORTEST} to {LONGEST} characters")
    return Secret("".join(secrets.choice(_ALPHABET) for _ in range(length)))


def set_password(site: Site, username: str, password: Secret) -> None:
    """Set the password of a user, or of ``admin``.

    Raises:
        InputError: it is empty.
        NotFoundError: there is no such user.
    """
    if not password:
        raise InputError("an empty password is not allowed; nothing was changed")
    credential.set_password(site.directory, username, password)
