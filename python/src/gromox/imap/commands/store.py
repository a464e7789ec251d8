"""STORE and UID STORE: change flags. RFC 3501 section 6.4.6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.fetchlines import flag_lines
from gromox.imap.flagnames import split_flags
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Ready, Reply
from gromox.imap.selected import flags_line
from gromox.imap.sequence import ranges_of, render
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NO_UIDS, FlagsChanged
from gromox.store.uidset import UidSet
from gromox.store.view import unforeseen

if TYPE_CHECKING:
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Untagged
    from gromox.imap.selected import Selected
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session
    from gromox.store.view import FolderView

_ITEMS: Final = {
    b"FLAGS": FlagOperation.REPLACE,
    b"+FLAGS": FlagOperation.ADD,
    b"-FLAGS": FlagOperation.REMOVE,
}


@dataclass(frozen=True, slots=True)
class Store:
    """Which messages, and what becomes of their flags."""

    numbers: SequenceSet
    change: FlagChange
    silent: bool
    unchanged_since: int | None
    uid: bool


def _parse(p: Parser, *, uid: bool) -> Store:
    p.space()
    numbers = p.sequence_set()
    p.space()
    unchanged_since = _unchanged_since(p)
    word = p.word()
    operation = _ITEMS.get(word.removesuffix(b".SILENT"))
    if operation is None:
        raise BadCommandError("STORE changes FLAGS, +FLAGS or -FLAGS")
    p.space()
    names = list(p.flag_list()) if p.peek(b"(") else [p.flag()]
    while not p.at_end():
        p.space()
        if not p.at_end():
            names.append(p.flag())
    flags, keywords = split_flags(names)
    change = FlagChange(operation, flags, keywords)
    return Store(numbers, change, word.endswith(b".SILENT"), unchanged_since, uid)


def _unchanged_since(p: Parser) -> int | None:
    """``"(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP``, RFC 7162 section 3.1.3."""
    if not p.accept_word(b"(UNCHANGEDSINCE "):
        return None
    modseq = p.modseq()
    p.expect(b")")
    p.space()
    return modseq


def parse_store(p: Parser) -> Store:
    """``SP sequence-set SP [modifiers SP] store-att-flags``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_store(p: Parser) -> Store:
    """``SP sequence-set SP [modifiers SP] store-att-flags``, UIDs."""
    return _parse(p, uid=True)


@command("STORE", SELECTED, parse_store, writes=True, sequence_numbers=True)
@command("UID STORE", SELECTED, parse_uid_store, writes=True)
def store(session: Session, args: Store) -> Reply:
    r"""Add, remove or replace flags, and say what they are now.

    Spec:
        RFC 3501 6.4.6: the new values of all messages named are told unless ``.SILENT``, and even then if
        another session changed them too, so that the client always knows them; 6.4.8: with UID for
        UID STORE (here always). RFC 7162 3.1.3: UNCHANGEDSINCE leaves newer messages alone (MODIFIED) and
        tells the mod-sequence even when silent. RFC 5530 EXPUNGEISSUED when a message is gone.

    Raises:
        FolderGoneError: another session deleted the mailbox.
    """
    here = session.here
    if args.unchanged_since is not None:
        session.enable_condstore()
    uids = session.numbered(args.numbers, uid=args.uid)
    if not uids:
        return Reply("STORE completed")
    is_expunged = session.policy.expunge_on_delete and _deletes(args.change)
    if args.unchanged_since is None and here.is_current() and here.view.has_already(uids, args.change):
        # Clients set what is set already: no lock and no transaction, 13 us instead of 25.
        here.looked = not is_expunged
        done = FlagsChanged(here.view.highest_modseq, NO_UIDS, NO_UIDS)
        now = here.view
    else:
        done = here.mailbox.set_flags(here.folder_id, uids, args.change, unchanged_since=args.unchanged_since)
        now = here.mailbox.view(here.folder_id)
    data = _told(here, now, args, uids, done)
    if is_expunged:
        here.mailbox.expunge(here.folder_id, uids)
    told = _worked_out(here, now, args, uids, done) if args.silent else uids
    here.touched = uids
    quiet = told.ranges
    if done.refused:
        refused = ranges_of(done.refused) if args.uid else _numbers(here, done)
        quiet = (told - UidSet(ranges_of(done.refused))).ranges
        return Reply(
            "some messages were changed meanwhile",
            data,
            code=b"MODIFIED " + render(refused),
            quiet=quiet,
            quiet_until=now.highest_modseq,
        )
    return Reply("STORE completed", data, quiet=quiet, quiet_until=now.highest_modseq)


def _worked_out(here: Selected, now: FolderView, args: Store, uids: UidSet, done: FlagsChanged) -> UidSet:
    """Return the messages whose new flags a client knows that asked for silence. RFC 9051 section 6.4.6."""
    if done.changed and done.modseq == now.highest_modseq == here.change_number + 1:
        return uids  # nobody else was busy meanwhile
    return uids - UidSet.from_ascending(unforeseen(here.view, now, uids, args.change))


def _deletes(change: FlagChange) -> bool:
    return change.operation is not FlagOperation.REMOVE and bool(change.flags & Flag.DELETED)


def _numbers(here: Selected, done: FlagsChanged) -> tuple[tuple[int, int], ...]:
    seqs = (here.view.seq_of(uid) for uid in done.refused)
    return ranges_of([seq for seq in seqs if seq is not None])


def _told(here: Selected, now: FolderView, args: Store, uids: UidSet, done: FlagsChanged) -> list[Untagged]:
    """Return the FETCH lines of the command."""
    data: list[Untagged] = []
    if args.change.keywords and not set(now.keyword_names) <= set(here.keywords):
        here.keywords = now.keyword_names
        data.append(Ready(flags_line(here.keywords)))
    if args.silent:
        if here.condstore and args.unchanged_since is not None:
            data.append(Ready(b"".join(_modseq_lines(here, done))))
        return data
    told = uids - UidSet(ranges_of(done.refused)) if done.refused else uids
    # Numbers are those of the view the client knows, values those of now.
    with_uid = not here.uid_only and (args.uid or here.condstore)
    data.append(Ready(b"".join(flag_lines(here, told, values=now, with_uid=with_uid))))
    return data


def _modseq_lines(here: Selected, done: FlagsChanged) -> list[bytes]:
    lines = []
    for uid in done.changed:
        seq = here.view.seq_of(uid)
        if seq is not None:
            told = b"" if here.uid_only else b"UID %d " % uid
            lines.append(b"%b%bMODSEQ (%d))\r\n" % (here.head(seq, uid), told, done.modseq))
    return lines
