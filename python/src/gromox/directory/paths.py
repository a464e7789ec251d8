"""Where the stores of users and domains lie.

Spec:
    Manual, chapter "Backup": ``/var/lib/gromox/user/<domain>/<localpart>``; fact sheet admin-api.md "Users"
    (suffix ``~n`` when the directory is taken) and ``options.userPrefix``/``domainPrefix``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gromox.directory.errors import InvalidError

#: Width of users.maildir and domains.homedir.
MAX_PATH: Final = 128


@dataclass(frozen=True, slots=True)
class StorePaths:
    """The two directories below which new stores are made."""

    user: Path = Path("/var/lib/gromox/user")
    domain: Path = Path("/var/lib/gromox/domain")

    @classmethod
    def below(cls, base: Path) -> StorePaths:
        """Return ``base/user`` and ``base/domain``."""
        return cls(base / "user", base / "domain")

    def of_user(self, username: str, *, attempt: int = 0) -> str:
        """Return the directory for the mailbox of ``username`` (an address in stored form)."""
        local, _, domain = username.rpartition("@")
        return _fitted(self.user / domain / _numbered(local, attempt))

    def of_domain(self, name: str, *, attempt: int = 0) -> str:
        """Return the directory for the public store of a domain (in stored form)."""
        return _fitted(self.domain / _numbered(name, attempt))


def _numbered(name: str, attempt: int) -> str:
    return f"{name}~{attempt}" if attempt else name


def _fitted(path: Path) -> str:
    text = str(path)
    if len(text) > MAX_PATH:
        raise InvalidError(f"the path {text} has more than {MAX_PATH} characters; give a shorter one")
    return text
