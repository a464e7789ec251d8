"""ENABLE: the client knows an extension that changes answers. RFC 5161."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Enabled, Reply

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session

#: What can be enabled. RFC 5161 section 3.1: anything else is ignored.
KNOWN: Final = (b"CONDSTORE", b"QRESYNC", b"UIDONLY", b"IMAP4REV2", b"UTF8=ACCEPT")
#: Of these, what ``imap_rfc9051`` has to allow.
REV2: Final = frozenset({b"IMAP4REV2", b"UTF8=ACCEPT"})
#: How a name is spelled in the answer, where that is not in upper case.
SPELLED: Final = {b"IMAP4REV2": b"IMAP4rev2"}
MAX_NAMES: Final = 100


def parse_enable(p: Parser) -> tuple[bytes, ...]:
    """``ENABLE 1*(SP capability)``."""
    names: list[bytes] = []
    p.space()
    names.append(p.word())
    while not p.at_end() and len(names) < MAX_NAMES:
        p.space()
        names.append(p.word())
    p.end()
    return tuple(names)


@command("ENABLE", AUTHENTICATED, parse_enable)
def enable(session: Session, names: tuple[bytes, ...]) -> Reply:
    """Enable what is known and was not yet; say what that is.

    Spec:
        RFC 5161 3.1; RFC 7162 3.1.8 (CONDSTORE), 3.2.3 (QRESYNC); RFC 9586 3 (UIDONLY); RFC 9051 6.3.1
        (IMAP4rev2); RFC 6855 3 (UTF8=ACCEPT).
    """
    offered = [name for name in KNOWN if session.policy.rev2 or name not in REV2]
    fresh = [name for name in offered if name in names and name not in session.enabled]
    session.enable(fresh)
    if b"IMAP4REV2" in fresh and session.selected is not None:
        session.selected.forget_recent()
    return Reply("ENABLE completed", [Enabled([SPELLED.get(name, name) for name in fresh])])
