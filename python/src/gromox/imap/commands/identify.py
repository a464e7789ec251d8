"""ID: who is who. RFC 2971."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.base.hosts import originator
from gromox.base.log import get_logger
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import ANY, State
from gromox.imap.replies import Identity, Reply

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session

log = get_logger("imap")

#: RFC 2971 section 3.3.
MAX_PAIRS: Final = 30
MAX_FIELD: Final = 30
MAX_VALUE: Final = 1024


def parse_id(p: Parser) -> tuple[tuple[str, str], ...]:
    """``ID SP (NIL / "(" [string SP nstring *(SP string SP nstring)] ")")``."""
    p.space()
    pairs: list[tuple[str, str]] = []
    if not p.accept_word(b"NIL"):

        def pair() -> None:
            name = p.string()
            p.space()
            value = p.nstring()
            if len(name) > MAX_FIELD or len(value or b"") > MAX_VALUE:
                raise BadCommandError("an ID field is too long")
            pairs.append((name.decode("utf-8", "replace"), (value or b"").decode("utf-8", "replace")))

        p.parenthesised(pair, limit=MAX_PAIRS)
    p.end()
    return tuple(pairs)


@command("ID", ANY, parse_id)
def identify(session: Session, pairs: tuple[tuple[str, str], ...]) -> Reply:
    """Note who the client is in the log, and say who we are.

    Spec:
        RFC 2971 3.1. A trusted client may name its own (``x-originating-ip``) before it logs in. Offered
        with ``enable_rfc2971_commands`` only; the version is not told to strangers.
    """
    if not session.policy.identify:
        raise BadCommandError("unknown command")
    _believe(session, {name.lower(): value for name, value in pairs})
    told = " ".join(f"{name}={value}" for name, value in pairs)
    log.info("client", connection=session.peer.connection_id, user=session.user, told=told)
    return Reply("ID completed", [Identity([("name", "gromox-imap"), ("vendor", "grommunio")])])


def _believe(session: Session, told: dict[str, str]) -> None:
    """Take the address of who stands behind a trusted client, for the log and for counting failed logins."""
    if session.state is not State.NOT_AUTHENTICATED or session.peer.address not in session.policy.trusted:
        return
    try:
        session.peer = originator(
            session.peer, told.get("x-originating-ip", ""), told.get("x-originating-port") or "0"
        )
    except ValueError as error:
        log.info("nobody behind a client", connection=session.peer.connection_id, reason=error)
