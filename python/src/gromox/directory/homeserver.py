"""On which node the mailboxes of a user lie.

Spec: reference/system/db-schema.md (servers, users.homeserver, domains.homeserver); 0 stands for any node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gromox.directory.model import Server

if TYPE_CHECKING:
    from gromox.directory.directory import Directory


def elsewhere(directory: Directory, homeserver: int, host: str) -> str | None:
    """Return the name of the node that mailboxes lie on; None: it is this one, ``host``.

    Raises:
        UnavailableError: the database does not answer.
    """
    if not homeserver:
        return None
    with directory.reading() as session:
        server = session.get(Server, homeserver)
        names = [] if server is None else [name for name in (server.hostname, server.extname) if name]
    if not names:
        return f"server {homeserver}, which is not in the user database,"
    return None if any(_is_same(name, host) for name in names) else names[0]


def _is_same(name: str, host: str) -> bool:
    """Compare two names of hosts; where one is no full name, the first labels."""
    first, second = name.rstrip(".").casefold(), host.rstrip(".").casefold()
    if "." in first and "." in second:
        return first == second
    return first.partition(".")[0] == second.partition(".")[0]
