"""CANCELUPDATE: changes of search results are wanted no longer. RFC 5267 section 4.3.5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Reply

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session

MAX_TAGS: Final = 100


def parse_cancelupdate(p: Parser) -> tuple[bytes, ...]:
    """``CANCELUPDATE 1*(SP quoted)``."""
    tags: list[bytes] = []
    while not tags or not p.at_end():
        if len(tags) >= MAX_TAGS:
            raise BadCommandError(f"at most {MAX_TAGS} tags at once")
        p.space()
        tags.append(p.string())
    return tuple(tags)


@command("CANCELUPDATE", SELECTED, parse_cancelupdate)
def cancelupdate(session: Session, tags: tuple[bytes, ...]) -> Reply:
    """Follow the searches with these tags no longer.

    Spec:
        RFC 5267 4.3.5. One that is not followed, because that was refused, is no error.
    """
    for tag in tags:
        session.here.contexts.cancel(tag)
    return Reply("no further updates")
