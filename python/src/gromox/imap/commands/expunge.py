r"""EXPUNGE and UID EXPUNGE: remove the messages flagged ``\Deleted``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.dispatch import command
from gromox.imap.expunging import Expunging
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Reply, Stream

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session


@dataclass(frozen=True, slots=True)
class Expunge:
    """Arguments of both commands; ``uids`` is None for the plain one."""

    uids: SequenceSet | None = None


def parse_expunge(p: Parser) -> Expunge:
    """``EXPUNGE``: no arguments."""
    p.end()
    return Expunge()


def parse_uid_expunge(p: Parser) -> Expunge:
    """``UID EXPUNGE SP sequence-set``, RFC 4315 section 2.1."""
    p.space()
    uids = p.sequence_set()
    p.end()
    return Expunge(uids)


@command("EXPUNGE", SELECTED, parse_expunge, writes=True, durable=True)
@command("UID EXPUNGE", SELECTED, parse_uid_expunge, writes=True, durable=True)
def expunge(session: Session, args: Expunge) -> Reply | Stream:
    r"""Remove the ``\Deleted`` messages of the selected mailbox.

    Spec:
        RFC 3501 6.4.3; RFC 4315 2.1 (UID EXPUNGE); RFC 7162 3.2.7, 3.2.9 (HIGHESTMODSEQ in the tagged OK).
        The EXPUNGE or VANISHED lines come with all other changes when the command ends.

    Raises:
        FolderGoneError: another session deleted the mailbox.
    """
    here = session.here
    # A message this session has not been told of stays for the next EXPUNGE.
    uids = here.known_uids() if args.uids is None else session.numbered(args.uids, uid=True)
    if not uids:
        return Reply("nothing to expunge")
    work = Expunging(here, uids)

    def done() -> Reply:
        if not work.count:
            return Reply("nothing to expunge")
        return Reply("EXPUNGE completed", with_modseq=session.condstore)

    if work.is_long():
        return Stream(work.steps(), done)
    work.at_once()
    return done()
