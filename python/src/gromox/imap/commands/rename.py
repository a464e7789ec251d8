"""RENAME: give a mailbox another name. RFC 3501 section 6.3.5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gromox.imap.commands.create import make_path, parent_of, place_for, renamed
from gromox.imap.dispatch import command
from gromox.imap.errors import CommandError
from gromox.imap.machine import AUTHENTICATED
from gromox.imap.replies import Reply
from gromox.imap.tree import net_unicode, tree_of
from gromox.store.builtin import INBOX, is_builtin
from gromox.store.errors import ExistsError, NotFoundError, ReservedError
from gromox.store.names import SEPARATOR
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.session import Session


@dataclass(frozen=True, slots=True)
class Rename:
    """From which name to which."""

    old: str
    new: str


def parse_rename(p: Parser) -> Rename:
    """``RENAME SP mailbox SP mailbox``."""
    p.space()
    old = p.mailbox()
    p.space()
    new = p.mailbox()
    p.end()
    return Rename(old, new)


@command("RENAME", AUTHENTICATED, parse_rename, durable=True)
def rename(session: Session, args: Rename) -> Reply:
    """Rename a mailbox and what is below it; superior names that are missing are made.

    Spec:
        RFC 3501 6.3.5. Renaming INBOX moves its messages to a new mailbox and leaves INBOX empty; what is
        below INBOX stays. Other built-in folders keep their names. RFC 9051 6.3.6: the new
        name is made Net-Unicode.
    """
    source = session.locate(args.old)
    mailbox = source.mailbox
    tree = tree_of(mailbox)
    found = tree.find(source.name)
    if found is None:
        raise NotFoundError("no folder has that name")
    target = place_for(session, net_unicode(args.new.removesuffix(SEPARATOR)))
    if target.mailbox is not mailbox:
        raise CommandError("a mailbox cannot move to the mailboxes of somebody else", "CANNOT")
    new = target.name
    other = tree.find(new)
    # Another spelling of the same name is a change of the name, not a clash.
    if other is not None and (other.folder.folder_id != found.folder.folder_id or other.name == new):
        raise ExistsError("a folder has that name")
    if found.folder.folder_id == INBOX:
        made = make_path(mailbox, new)
        mailbox.annotate(made.folder_id, dict(mailbox.annotations(INBOX)))  # RFC 5464 section 4.1
        mailbox.move(INBOX, UidSet.everything(), made.folder_id)
        return Reply("RENAME completed; INBOX is empty now")
    if is_builtin(found.folder.folder_id):
        raise ReservedError("the folder is built in")
    if new.startswith(found.name + SEPARATOR):
        raise CommandError("a mailbox cannot move below itself", "CANNOT")
    parent_id, name = parent_of(mailbox, new)
    mailbox.rename_folder(found.folder.folder_id, parent_id=parent_id, name=name)
    # The old name is the given one; it is told when either was not in its one form.
    is_plain = target.full(new) == args.new.removesuffix(SEPARATOR) and args.old == source.full(found.name)
    given = target.full(new) if is_plain else args.old
    return Reply("RENAME completed", renamed(session, target, given))
