"""FETCH and UID FETCH: data of messages. RFC 3501 section 6.4.5."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.fetching import VIEW_ATTRIBUTES, Fetching
from gromox.imap.fetchitems import Attribute, parse_items
from gromox.imap.fetchlines import flag_lines
from gromox.imap.machine import SELECTED
from gromox.imap.partial import Partial, parse_partial
from gromox.imap.replies import Ready, Reply, Status, Stream
from gromox.imap.resync import vanished_earlier
from gromox.imap.sequence import SAVED
from gromox.store.uidset import UidSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gromox.base.wire import Piece
    from gromox.imap.fetchitems import Item
    from gromox.imap.parser import Parser
    from gromox.imap.replies import Result
    from gromox.imap.selected import Selected
    from gromox.imap.sequence import SequenceSet
    from gromox.imap.session import Session

#: An answer up to this size goes out with its tagged line at once.
AT_ONCE: Final = 64 << 10
#: Modifiers of one FETCH.
MAX_MODIFIERS: Final = 10
#: Blocks of flag lines in one step; 60 kB each.
BLOCKS_A_STEP: Final = 16


@dataclass(frozen=True, slots=True)
class Fetch:
    """Which messages, and what of them.

    ``items`` have UID with UID FETCH, ``asked`` are as the client said (RFC 9586 3.3).
    """

    numbers: SequenceSet
    items: tuple[Item, ...]
    asked: tuple[Item, ...]
    uid: bool
    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None


def _parse(p: Parser, *, uid: bool) -> Fetch:
    p.space()
    numbers = p.sequence_set()
    p.space()
    items = parse_items(p)
    modifiers = _modifiers(p) if p.accept(b" ") else _NO_MODIFIERS
    p.end()
    if modifiers.changed_since is not None and Attribute.MODSEQ not in items:
        items = (*items, Attribute.MODSEQ)
    asked = items
    if uid and Attribute.UID not in items:
        items = (Attribute.UID, *items)
    if modifiers.vanished and not (uid and modifiers.changed_since):
        raise BadCommandError("VANISHED goes with UID FETCH and CHANGEDSINCE")
    return Fetch(numbers, items, asked, uid, modifiers.changed_since, modifiers.vanished, modifiers.partial)


@dataclass(slots=True)
class _Modifiers:
    """What stands behind the items: RFC 7162 3.1.4.1 and 3.2.6, RFC 9394 3.3."""

    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None

    def read(self, p: Parser) -> None:
        """Read one modifier."""
        word = p.word()
        if word == b"CHANGEDSINCE" and self.changed_since is None:
            p.space()
            self.changed_since = p.modseq()
            if not self.changed_since:
                raise BadCommandError("a mod-sequence to change since is above 0")
        elif word == b"VANISHED" and not self.vanished:
            self.vanished = True
        elif word == b"PARTIAL" and self.partial is None:
            self.partial = parse_partial(p)
        else:
            raise BadCommandError("no such FETCH modifier, or twice the same")


_NO_MODIFIERS: Final = _Modifiers()


def _modifiers(p: Parser) -> _Modifiers:
    """``"(" fetch-modifier *(SP fetch-modifier) ")"``, RFC 4466 section 2.4."""
    modifiers = _Modifiers()
    if not p.at_end():  # a blank at the end of the line
        p.parenthesised(lambda: modifiers.read(p), limit=MAX_MODIFIERS)
    return modifiers


def parse_fetch(p: Parser) -> Fetch:
    """``SP sequence-set SP items [SP modifiers]``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_fetch(p: Parser) -> Fetch:
    """``SP sequence-set SP items [SP modifiers]``, UIDs; UID is always told (RFC 3501 6.4.8)."""
    return _parse(p, uid=True)


@command("FETCH", SELECTED, parse_fetch, sequence_numbers=True)
@command("UID FETCH", SELECTED, parse_uid_fetch)
def fetch(session: Session, args: Fetch) -> Result:
    r"""Tell data of messages.

    Spec:
        RFC 3501 6.4.5 (``\Seen`` is set by what reads contents, unless peeked at), 6.4.8, 7.4.2; RFC 7162
        3.1.4 (MODSEQ, CHANGEDSINCE), 3.2.6 (VANISHED); RFC 9394 3.3 (PARTIAL, which counts what is left by
        CHANGEDSINCE); RFC 9586 3 (UIDFETCH, with UID only if it was asked for); RFC 3516 4.2 (BINARY,
        UNKNOWN-CTE); RFC 2180 4.1.3 and RFC 5530
        (EXPUNGEISSUED) for messages that are gone.

    Returns:
        Lines in ascending order of numbers, made in steps.
    """
    here = session.here
    if args.vanished and b"QRESYNC" not in session.enabled:
        raise BadCommandError("enable QRESYNC first")
    if Attribute.MODSEQ in args.items:
        session.enable_condstore()
    uids = session.numbered(args.numbers, uid=args.uid)
    gone = b""
    if args.changed_since is not None:
        if args.vanished:
            gone = vanished_earlier(here, _also_gone(session, args.numbers), args.changed_since)
        uids &= UidSet.from_ascending(here.view.changed_since(args.changed_since))
    if args.partial is not None:
        uids = UidSet.from_ascending(args.partial.of(here.view.resolve(uids)))
    if not uids:
        return Reply("FETCH completed", [Ready(gone)]) if gone else _DONE
    items = args.asked if here.uid_only else args.items
    if Attribute.FLAGS in items and VIEW_ATTRIBUTES.issuperset(items):
        return _flags(here, uids, items, gone)
    fetching = Fetching(here, uids, items)
    steps = fetching.steps()
    first = next(steps, ())
    if gone:
        first = (gone, *first)
    octets = _small(first) if fetching.finished else None
    if octets is not None:
        return _done(fetching, [Ready(octets)])
    return Stream(chain((first,), steps), lambda: _done(fetching, []))


def _also_gone(session: Session, numbers: SequenceSet) -> UidSet:
    """Return the UIDs that a set means, those of messages that are gone included."""
    if numbers is SAVED:
        return session.saved
    last = session.here.view.uid_next - 1
    return UidSet(numbers.resolve(last)) if last else UidSet()


_DONE: Final = Reply("FETCH completed")


def _small(pieces: Sequence[Piece]) -> bytes | None:
    """Return the octets of an answer that is worth no stream."""
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        if not isinstance(piece, bytes):
            return None
        parts.append(piece)
        size += len(piece)
    return b"".join(parts) if size <= AT_ONCE else None


def _done(fetching: Fetching, data: list[Ready]) -> Reply:
    quiet, until = fetching.quiet()
    if fetching.refused is not None:
        code = (fetching.refused.code or "").encode("ascii")
        text = fetching.refused.text
        return Reply(text, data, code=code, status=Status.NO, quiet=quiet, quiet_until=until)
    if fetching.missing:
        return Reply(
            "some messages were removed meanwhile",
            data,
            code=b"EXPUNGEISSUED",
            status=Status.NO,
            quiet=quiet,
            quiet_until=until,
        )
    return Reply("FETCH completed", data, quiet=quiet, quiet_until=until)


def _flags(here: Selected, uids: UidSet, items: Sequence[Item], gone: bytes) -> Result:
    """Answer from the blocks of the view alone."""
    lines = flag_lines(
        here,
        uids,
        values=here.view,
        with_uid=Attribute.UID in items,
        with_modseq=Attribute.MODSEQ in items,
    )
    if gone:
        lines = chain((gone,), lines)
    if len(uids.ranges) == 1 and uids.ranges[0][1] - uids.ranges[0][0] < BLOCKS_A_STEP:
        return Reply("FETCH completed", [Ready(b"".join(lines))])
    return Stream(_in_steps(lines), lambda: _DONE)


def _in_steps(lines: Iterator[bytes]) -> Iterator[Sequence[Piece]]:
    out: list[Piece] = []
    size = 0
    for line in lines:
        out.append(line)
        size += len(line)
        if size > BLOCKS_A_STEP * AT_ONCE or len(out) >= 2000:  # noqa: PLR2004 - single lines: 2 ms
            yield out
            out, size = [], 0
    yield out
