"""THREAD and UID THREAD: what matches, by conversations. RFC 5256 section 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gromox.imap import threads
from gromox.imap.commands.search import Search, parse_charset, program, working
from gromox.imap.dispatch import command
from gromox.imap.errors import BadCommandError
from gromox.imap.machine import SELECTED
from gromox.imap.replies import Ready, Reply, Stream

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from gromox.imap.parser import Parser
    from gromox.imap.session import Session
    from gromox.imap.threads import Node
    from gromox.store.search import Expression

_ALGORITHMS: Final = {b"ORDEREDSUBJECT": threads.ordered_subject, b"REFERENCES": threads.references}


@dataclass(frozen=True, slots=True)
class Thread:
    """What to look for, and how to thread it."""

    search: Search
    algorithm: bytes


def _parse(p: Parser, *, uid: bool) -> Thread:
    p.space()
    algorithm = p.word()
    if algorithm not in _ALGORITHMS:
        raise BadCommandError("no such threading algorithm")
    p.space()
    charset = parse_charset(p)
    p.space()
    return Thread(program(p, charset, uid=uid), algorithm)


def parse_thread(p: Parser) -> Thread:
    """``SP thread-alg SP charset 1*(SP search-key)``, sequence numbers."""
    return _parse(p, uid=False)


def parse_uid_thread(p: Parser) -> Thread:
    """The same, answered with UIDs."""
    return _parse(p, uid=True)


@command("THREAD", SELECTED, parse_thread, sequence_numbers=True)
@command("UID THREAD", SELECTED, parse_uid_thread)
def thread(session: Session, args: Thread) -> Stream:
    """Tell which of the announced messages match, gathered into threads.

    Spec:
        RFC 5256 section 3 (algorithms), section 4 (THREAD response).
    """
    here = session.here
    view = here.view
    mailbox, folder_id = here.mailbox, here.folder_id

    def work(uids: Sequence[int]) -> Generator[None, None, list[Node]]:
        with_references = args.algorithm == b"REFERENCES"
        rows = yield from mailbox.thread_steps(folder_id, uids, with_references=with_references)
        numbers = uids if args.search.uid else [view.seq_of(uid) or 0 for uid in uids]
        return (yield from _ALGORITHMS[args.algorithm](numbers, rows))

    def answer(search: Search, _terms: Expression, roots: Sequence[Node]) -> Reply:
        return Reply("THREAD completed", [Ready(_line(roots))], by_number=search.by_number)

    return working(session, args.search, work, answer)


def _line(roots: Sequence[Node]) -> bytes:
    return b"* THREAD %b\r\n" % threads.render(roots) if roots else b"* THREAD\r\n"
