"""A user for the time of the run."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from gromox.admin.service import domain, user
from gromox.admin.service.errors import AdminError
from gromox.admin.service.site import open_site
from gromox.admin.service.user import NewUser
from gromox.admin.service.user_change import UserChange
from gromox.base.secret import Secret
from gromox.directory.errors import NotFoundError
from gromox.directory.status import DomainStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.admin.service.site import Site

_PREFIX: Final = "verify-"
_TOKEN: Final = 16


class NoDomainError(AdminError):
    """There is no domain to put the user into."""


@contextmanager
def visitor(config: Path | None, domain_name: str) -> Iterator[tuple[str, Secret]]:
    """Make a user with a mailbox; remove both afterwards.

    Args:
        config: of the installation, see :func:`open_site`.
        domain_name: where; "" is the first domain.
    """
    site = open_site(config)
    try:
        chosen = domain_name or _first_domain(site)
        password = Secret(secrets.token_urlsafe(_TOKEN))
        new = NewUser(f"{_PREFIX}{secrets.token_hex(_TOKEN // 2)}@{chosen}", UserChange(), password)
        made = user.create(site, new)
        try:
            yield made.username, password
        finally:
            with suppress(NotFoundError):  # somebody was faster
                user.delete(site, user.find(site, made.username), keep_files=False)
    finally:
        site.close()


def _first_domain(site: Site) -> str:
    for found in domain.list_matching(site, ""):
        if found.status == DomainStatus.NORMAL:
            return found.name
    raise NoDomainError("there is no domain yet: make one (grommunio-admin domain create), or name a user")
