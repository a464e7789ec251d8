"""SELECT and EXAMINE: open a mailbox. RFC 3501 sections 6.3.1 and 6.3.2."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from gromox.base.errors import GromoxError
from gromox.imap import serialize
from gromox.imap.answers import refusal_of
from gromox.imap.commands.list import listed
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import AUTHENTICATED, Event
from gromox.imap.objectids import mailbox_id
from gromox.imap.replies import Exists, Information, Ready, RecentCount, Reply, Stream
from gromox.imap.resync import Resync, missed, parse_resync
from gromox.imap.rights import is_read_only, permanent_flags
from gromox.imap.selected import Selected, claim_recent, count_recent, flags_line
from gromox.imap.tree import names_of
from gromox.imap.urlauth import URLMECH
from gromox.store.errors import CorruptError
from gromox.store.flags import NO_FLAGS, Flag

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.parser import Parser
    from gromox.imap.places import Place
    from gromox.imap.replies import Result, Untagged
    from gromox.imap.sequence import Ranges
    from gromox.imap.session import Session
    from gromox.imap.tree import Name
    from gromox.store.folder import Folder
    from gromox.store.mailbox import Mailbox
    from gromox.store.view import FolderView

#: What a client missed is told in steps of this many octets.
OCTETS_A_STEP: Final = 256 << 10
_CLOSED: Final = Information(b"CLOSED", "the previous mailbox is closed")
#: Parameters of one SELECT.
MAX_PARAMETERS: Final = 10
#: What SELECT came to is kept for so many folders and ways of asking.
_MOST_ENTRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Select:
    """The mailbox, whether the client asks for mod-sequences, and what it knows from before."""

    name: str
    condstore: bool = False
    resync: Resync | None = None


def parse_select(p: Parser) -> Select:
    """``SELECT SP mailbox [SP "(" select-param *(SP select-param) ")"]``, RFC 4466 section 2.1."""
    p.space()
    name = p.mailbox()
    parameters: dict[bytes, Resync | None] = {}

    def parameter() -> None:
        word = p.word()
        if word in parameters or word not in (b"CONDSTORE", b"QRESYNC"):
            raise BadCommandError("no such SELECT parameter, or twice the same")
        parameters[word] = parse_resync(p) if word == b"QRESYNC" else None

    if p.accept(b" "):
        p.parenthesised(parameter, limit=MAX_PARAMETERS)
    p.end()
    return Select(name, bool(parameters), parameters.get(b"QRESYNC"))


@command("SELECT", AUTHENTICATED, parse_select, durable=True)
def select(session: Session, args: Select) -> Result:
    """Open a mailbox for reading and writing.

    Spec:
        RFC 3501 6.3.1; RFC 7162 3.1.2 (HIGHESTMODSEQ), 3.2.5 (QRESYNC: what was missed follows); RFC 8474 4.2
        (MAILBOXID); RFC 4467 BASE.7.1 (URLMECH, over TLS); RFC 9051 6.3.2 (LIST, and neither RECENT nor
        UNSEEN, for IMAP4rev2); RFC 9586 (no sequence numbers, so no UNSEEN). A failure leaves no
        mailbox selected, but a BAD changes nothing. RFC 7162 3.2.11, CLOSED: what came before belongs to the
        former mailbox, whatever the client enabled.
    """
    return _open(session, args, is_examined=False)


@command("EXAMINE", AUTHENTICATED, parse_select, durable=True)
def examine(session: Session, args: Select) -> Result:
    r"""Open a mailbox for reading; nothing of it changes, not even ``\Recent``.

    Spec:
        RFC 3501 6.3.2.
    """
    return _open(session, args, is_examined=True)


def _open(session: Session, args: Select, *, is_examined: bool) -> Result:
    if args.resync is not None:
        _check(session, args.resync)
    place = session.places.locate(args.name)
    if session.selected is None:
        return _enter(session, args, place, (), is_examined=is_examined)
    session.move(Event.DESELECTED)
    try:
        return _enter(session, args, place, (_CLOSED,), is_examined=is_examined)
    except CorruptError:
        raise  # the session ends
    except GromoxError as error:
        return refusal_of(error, [_CLOSED])  # the other one is not open any more either


def _enter(
    session: Session, args: Select, place: Place, before: Sequence[Untagged], *, is_examined: bool
) -> Result:
    if args.condstore:
        session.enable_condstore()
    entry = _entry(session, place, is_examined=is_examined)
    selected = Selected(
        place.mailbox,
        entry.view,
        args.name,
        read_only=entry.read_only,
        style=session.style,
        recent=entry.recent,
        as_of=entry.as_of,
    )
    data: list[Untagged] = [*before, Ready(entry.lines)]
    if session.rev2:
        data.append(listed(entry.name, place.full(entry.name.name), old_name=args.name))
    text = "EXAMINE completed" if is_examined else "SELECT completed"
    code = b"READ-ONLY" if entry.read_only else b"READ-WRITE"

    def done(said: Sequence[Untagged] = ()) -> Reply:
        session.selected = selected
        session.places.pinned = place.mailbox
        return Reply(text, said, code=code, event=Event.SELECTED)

    if args.resync is None:
        selected.looked = True
        return done(data)
    lines = serialize.untagged(data, utf8=session.utf8, language=session.language)
    return Stream(_in_steps(chain(lines, missed(selected, args.resync))), done)


class _Entry(NamedTuple):
    """What opening a folder comes to."""

    name: Name
    read_only: bool
    view: FolderView
    as_of: int
    """The change number up to which the view is the newest."""
    recent: Ranges | None
    lines: bytes
    """What is told of the folder."""


def _entry(session: Session, place: Place, *, is_examined: bool) -> _Entry:
    """Open a folder; what that comes to is kept, because clients come back to mailboxes that did not change.

    Not where rights have to be looked at, nor while there are messages that no session was told of.
    """
    mailbox = place.mailbox
    if mailbox.is_guest:
        return _opened(session, place, is_examined=is_examined)
    manner = (place.name, is_examined, session.style, session.rev2, session.tls, session.language)
    entries: dict[object, _Entry] | None = mailbox.derived.get(_entry)
    if entries is None:
        entries = mailbox.derived[_entry] = {}
    entry = entries.get(manner)
    if entry is None or entry.as_of != mailbox.change_number():
        entry = _opened(session, place, is_examined=is_examined)
        if not entry.recent:
            if len(entries) >= _MOST_ENTRIES:
                entries.clear()
            entries[manner] = entry
    return entry


def _opened(session: Session, place: Place, *, is_examined: bool) -> _Entry:
    """Open a folder of which nothing is known from before."""
    mailbox = place.mailbox
    with mailbox.steady():
        name = names_of(mailbox).to_select(place.name)
        folder_id = name.folder.folder_id
        read_only = is_examined or is_read_only(mailbox, folder_id)
        view = mailbox.view(folder_id)
        as_of = mailbox.known_change_number
        # A session of IMAP4rev2 does not know the flag and leaves it to others (RFC 9051 appendix E, 12).
        recent = None if session.rev2 else claim_recent(mailbox, view, read_only=read_only)
        settable = NO_FLAGS if read_only else mailbox.settable(folder_id)
    count = None if recent is None else count_recent(view, recent)
    numbered = not session.style.uid_only
    manner = _Manner(read_only, int(settable), count, numbered, session.tls, session.language)
    return _Entry(name, read_only, view, as_of, recent, _told(mailbox, view, manner))


class _Manner(NamedTuple):
    """What the words depend on beside the view."""

    read_only: bool
    settable: int
    recent: int | None
    numbered: bool
    tls: bool
    language: str


def foretell(mailbox: Mailbox, folder: Folder, *, tls: bool, language: str) -> None:
    """Have ready what SELECT would tell the owner of a folder; in the thread that reads a mailbox first."""
    view = mailbox.view(folder.folder_id)
    if folder.recent_from == view.uid_next:
        settable = int(mailbox.settable(folder.folder_id))
        manner = _Manner(
            read_only=False, settable=settable, recent=0, numbered=True, tls=tls, language=language
        )
        _told(mailbox, view, manner)


def _told(mailbox: Mailbox, view: FolderView, manner: _Manner) -> bytes:
    """Return the lines; kept, because clients come back to folders that did not change."""

    def tell() -> bytes:
        keywords = [keyword.encode("utf-8") for keyword in view.keyword_names]
        flags = () if manner.read_only else permanent_flags(Flag(manner.settable), keywords)
        data: list[Untagged] = [
            Ready(flags_line(view.keyword_names)),
            Information(b"PERMANENTFLAGS (%b)" % b" ".join(flags), "flags that are kept"),
            Exists(view.total),
        ]
        if manner.recent is not None:
            data.append(RecentCount(manner.recent))
            if manner.numbered and view.unseen_first is not None:
                data.append(Information(b"UNSEEN %d" % view.unseen_first, "the first unseen message"))
        data += [
            Information(b"UIDVALIDITY %d" % view.uid_validity, "UIDs are valid"),
            Information(b"UIDNEXT %d" % view.uid_next, "the next UID"),
            Information(b"HIGHESTMODSEQ %d" % view.highest_modseq, "the highest mod-sequence"),
            Information(b"MAILBOXID (%b)" % mailbox_id(mailbox, view.folder_id), "the name that stays"),
        ]
        if manner.tls:
            data.append(Information(URLMECH, "URLs can be signed"))
        return b"".join(serialize.untagged(data, language=manner.language))

    return view.said(manner, tell)


def _check(session: Session, resync: Resync) -> None:
    """Refuse QRESYNC from who did not enable it, and numbers from who gave them up. RFC 7162 3.2.5."""
    if b"QRESYNC" not in session.enabled:
        raise BadCommandError("enable QRESYNC first")
    if session.style.uid_only and resync.match is not None:
        raise BadCommandError("message numbers are not used any more", "UIDREQUIRED")


def _in_steps(lines: Iterator[bytes]) -> Iterator[Sequence[Piece]]:
    out: list[Piece] = []
    size = 0
    for line in lines:
        out.append(line)
        size += len(line)
        if size > OCTETS_A_STEP:
            yield out
            out, size = [], 0
    yield out
