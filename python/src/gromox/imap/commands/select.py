"""SELECT and EXAMINE: open a mailbox. RFC 3501 sections 6.3.1 and 6.3.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.commands.list import listed
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED, Event
from gromox.imap.replies import Exists, Information, Ready, RecentCount, Reply
from gromox.imap.rights import is_read_only, permanent_flags
from gromox.imap.selected import Selected, flags_line
from gromox.imap.tree import tree_of

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Untagged
    from gromox.imap.session import Session


@dataclass(frozen=True, slots=True)
class Select:
    """The mailbox, and whether the client asks for mod-sequences."""

    name: str
    condstore: bool = False


def parse_select(p: Parser) -> Select:
    """``SELECT SP mailbox [SP "(" "CONDSTORE" ")"]``, RFC 4466 section 2.1."""
    p.space()
    name = p.mailbox()
    parameters: set[bytes] = set()
    if p.accept(b" "):
        p.parenthesised(lambda: parameters.add(p.word()))
    p.end()
    if parameters - {b"CONDSTORE"}:
        raise BadCommandError("no such SELECT parameter")
    return Select(name, bool(parameters))


@command("SELECT", AUTHENTICATED, parse_select, durable=True)
def select(session: Session, args: Select) -> Reply:
    """Open a mailbox for reading and writing.

    Spec:
        RFC 3501 6.3.1; RFC 7162 3.1.2 (HIGHESTMODSEQ). A failure leaves no mailbox selected. RFC 9051 7.1,
        CLOSED: what came before belongs to the former mailbox; 6.3.2 (LIST, and neither RECENT nor UNSEEN,
        for IMAP4rev2).
    """
    return _open(session, args, is_examined=False)


@command("EXAMINE", AUTHENTICATED, parse_select, durable=True)
def examine(session: Session, args: Select) -> Reply:
    r"""Open a mailbox for reading; nothing of it changes, not even ``\Recent``.

    Spec:
        RFC 3501 6.3.2.
    """
    return _open(session, args, is_examined=True)


def _open(session: Session, args: Select, *, is_examined: bool) -> Reply:
    place = session.locate(args.name)
    was_selected = session.selected is not None
    if was_selected:
        session.move(Event.DESELECTED)
    if args.condstore:
        session.enable_condstore()
    mailbox = place.mailbox
    name = tree_of(mailbox).to_select(place.name)
    folder_id = name.folder.folder_id
    read_only = is_examined or is_read_only(mailbox, folder_id)
    selected = Selected(
        mailbox,
        folder_id,
        args.name,
        read_only=read_only,
        condstore=session.condstore,
        rev2=session.rev2,
    )
    view = selected.view
    keywords = [keyword.encode("utf-8") for keyword in selected.keywords]
    permanent = b"" if read_only else b" ".join(permanent_flags(mailbox, folder_id, keywords))
    recent = RecentCount(selected.recent_count())
    data: list[Untagged] = [
        Ready(flags_line(selected.keywords)),
        Information(b"PERMANENTFLAGS (%b)" % permanent, "flags that are kept"),
        Exists(view.total),
        recent,
        Information(b"UIDVALIDITY %d" % view.uid_validity, "UIDs are valid"),
        Information(b"UIDNEXT %d" % view.uid_next, "the next UID"),
        Information(b"HIGHESTMODSEQ %d" % view.highest_modseq, "the highest mod-sequence"),
    ]
    unseen = view.unseen_first
    if session.rev2:
        data.remove(recent)
        data.append(listed(place, name, old_name=args.name))
    elif unseen is not None:
        data.insert(4, Information(b"UNSEEN %d" % unseen, "the first unseen message"))
    if was_selected and (session.rev2 or b"QRESYNC" in session.enabled):
        data.insert(0, Information(b"CLOSED", "the previous mailbox is closed"))
    session.selected = selected
    session.places.pinned = mailbox
    return Reply(
        "EXAMINE completed" if is_examined else "SELECT completed",
        data,
        code=b"READ-ONLY" if read_only else b"READ-WRITE",
        event=Event.SELECTED,
    )
