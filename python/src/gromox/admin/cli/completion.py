"""Words that the shell offers: names from the user database, as far as it answers."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gromox.base.errors import GromoxError
from gromox.directory import domain, user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gromox.admin.service.site import Site

_MOST: Final = 200  #: offers; more are of no help


def usernames(*, prefix: str, parsed_args: argparse.Namespace | None = None, **_: object) -> list[str]:
    """Return the users whose name begins with ``prefix``."""
    with _site(parsed_args) as site:
        return (
            []
            if site is None
            else [found.username for found in user.list_all(site.directory, prefix=prefix)[:_MOST]]
        )


def domain_names(*, prefix: str, parsed_args: argparse.Namespace | None = None, **_: object) -> list[str]:
    """Return the domains whose name begins with ``prefix``."""
    with _site(parsed_args) as site:
        names = [] if site is None else [found.name for found in domain.list_all(site.directory)]
    return [name for name in names if name.startswith(prefix)][:_MOST]


@contextmanager
def _site(parsed: argparse.Namespace | None) -> Iterator[Site | None]:
    """Open the site of the half-typed command line; a broken one offers nothing instead of a traceback."""
    from gromox.admin.cli.main import console_for

    args = parsed if parsed is not None and hasattr(parsed, "config") else argparse.Namespace(config=None)
    console = console_for(args)
    try:
        yield console.site
    except (GromoxError, OSError):
        yield None
    finally:
        console.close()
