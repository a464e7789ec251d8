"""FETCH by the run says what FETCH line by line says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gromox.imap import headercache
from gromox.imap.fetching import Fetching
from gromox.imap.fetchitems import parse_items
from gromox.imap.fetchruns import LEAST
from gromox.imap.parser import Parser
from gromox.imap.selected import PLAIN, Selected, Style, claim_recent
from gromox.store.flags import Flag, FlagChange, FlagOperation
from gromox.store.model import NewMail
from gromox.store.uidset import UidSet

from tests.imap.driver import INBOX, Server, mail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gromox.store.mailbox import Mailbox

COUNT = 3 * LEAST
ITEMS = (
    b"UID",
    b"FLAGS",
    b"INTERNALDATE",
    b"RFC822.SIZE",
    b"ENVELOPE",
    b"BODYSTRUCTURE",
    b"BODY",
    b"BODY.PEEK[HEADER]",
    b"BODY.PEEK[HEADER.FIELDS (Subject X-None)]",
    b"BODY.PEEK[HEADER.FIELDS.NOT (Subject)]",
    b"BODY.PEEK[HEADER.FIELDS (From)]<3.9>",
    b"BODY.PEEK[]",
    b"BODY.PEEK[TEXT]",
    b"RFC822.HEADER",
    b"MODSEQ",
)
ITEM = re.compile(rb" (?=(?:UID|FLAGS|INTERNALDATE|RFC822|ENVELOPE|BODY|MODSEQ))")
#: Three kinds: with what needs a literal in its envelope, with a NUL, and large enough to be sent apart.
BODIES = ("", "nul \0 and \xff", "0123456789abcdef" * 300)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A folder with gaps between UIDs, keywords, and expunged messages that are not purged."""
    root: Path = tmp_path_factory.mktemp("runs")
    server = Server(root / "house")
    box = server.mailbox()
    mails = [
        NewMail(
            mail(number, BODIES[number % 3]).replace(b"message 7", b'a "quoted" \\ subject'),
            Flag(number % 64),
            frozenset({"$Junk"} if number % 50 == 0 else ()),
            internal_date=1e9 + number,
        )
        for number in range(1, COUNT + 20)
    ]
    box.append(INBOX, mails)
    box.delete_messages(INBOX, UidSet([(5, 9), (40, 40), (COUNT, COUNT + 8)]))
    yield server
    server.close()


def lines(octets: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Return the number and the items of each line, the items in any order."""
    found = []
    for line in re.split(rb"(?<=\)\r\n)(?=\* \d+ FETCH \()", octets):
        head, rest = line.split(b" FETCH (", 1)
        assert rest.endswith(b")\r\n")
        found.append(
            (head, sorted(re.split(rb" (?=(?:UID|FLAGS|INTERNAL|RFC822|ENV|BODY|MODSEQ))", rest[:-3])))
        )
    return found


def selected(box: Mailbox, *, read_only: bool = True, style: Style = PLAIN) -> Selected:
    view = box.view(INBOX)
    as_of = box.known_change_number
    recent = claim_recent(box, view, read_only=read_only)
    return Selected(box, view, "INBOX", as_of=as_of, read_only=read_only, style=style, recent=recent)


def fetched(here: Selected, uids: UidSet, text: bytes, *, by_run: bool) -> tuple[bytes, bool]:
    fetching = Fetching(here, uids, parse_items(Parser(text, (), 0)), by_run=by_run)
    octets = b"".join(piece for step in fetching.steps() for piece in step if isinstance(piece, bytes))
    return octets, fetching.missing


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    items=st.lists(st.sampled_from(ITEMS), min_size=1, max_size=6, unique=True),
    ranges=st.lists(
        st.tuples(st.integers(1, COUNT + 20), st.integers(1, COUNT + 20)), min_size=1, max_size=2
    ),
    recent=st.sampled_from([[], [(COUNT - 20, COUNT + 20)], [(20, 30)], [(1, 1 << 30)]]),
    condstore=st.booleans(),
)
def test_runs_say_what_lines_say(
    server: Server,
    items: list[bytes],
    ranges: list[tuple[int, int]],
    recent: list[tuple[int, int]],
    condstore: bool,
) -> None:
    here = selected(server.mailbox(), style=Style(condstore=condstore))
    here.recent = recent
    text, uids = b"(" + b" ".join(items) + b")", UidSet(ranges)

    by_line, missing = fetched(here, uids, text, by_run=False)
    for _ in range(2):  # the second time from the cache
        by_run, missing_too = fetched(here, uids, text, by_run=True)

        assert missing is missing_too is False
        assert (lines(by_run) if by_run else []) == (lines(by_line) if by_line else [])


def test_messages_that_were_purged_are_missing(server: Server) -> None:
    box = server.mailbox("bob")
    server.fill(COUNT, "bob")
    here = selected(box)
    everything = UidSet([(1, COUNT)])
    known, _ = fetched(here, everything, b"(UID RFC822.SIZE)", by_run=True)
    box.delete_messages(INBOX, UidSet([(10, 19)]))
    box.purge_softdeleted(before=1e12)

    for text in (b"(UID ENVELOPE)", b"(UID BODY.PEEK[])", b"(UID BODY.PEEK[HEADER.FIELDS (To)])"):
        octets, missing = fetched(here, everything, text, by_run=True)
        assert octets == fetched(here, everything, text, by_run=False)[0]
        assert missing
        assert b"UID 9 " in octets
        assert b"UID 10 " not in octets
    # What was read before is as good as ever.
    assert fetched(here, everything, b"(UID RFC822.SIZE)", by_run=True) == (known, False)


def test_reading_contents_by_the_run_sets_seen(server: Server) -> None:
    box = server.mailbox("carol") if (server.house.root / "carol").exists() else server.mailbox("bob")
    server.fill(COUNT, box.path.name)
    here = selected(box, read_only=False)
    total = here.view.total
    everything = UidSet([(1, here.view.last_uid())])

    octets, _ = fetched(here, everything, b"(UID BODY[])", by_run=True)
    assert octets.count(b"FLAGS (\\Seen") == total
    assert box.view(INBOX).unseen == 0

    here = selected(box, read_only=False)
    octets, _ = fetched(here, everything, b"(UID BODY[])", by_run=True)
    assert octets.count(b"FETCH (UID") == total
    assert b"FLAGS" not in octets


def test_flags_are_never_stale(server: Server) -> None:
    box = server.mailbox()
    here = selected(box)
    everything = UidSet([(1, COUNT)])
    before, _ = fetched(here, everything, b"(FLAGS ENVELOPE)", by_run=True)
    box.set_flags(INBOX, everything, FlagChange(FlagOperation.REPLACE, Flag.DRAFT))

    here.changes(expunge=True)
    after, _ = fetched(here, everything, b"(FLAGS ENVELOPE)", by_run=True)

    assert before.count(rb"FLAGS (\Draft") < LEAST
    assert after.count(rb"FLAGS (\Draft") == len(here.view.resolve(everything))


def test_the_cache_is_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headercache, "MAX_OCTETS", 20_000)
    here = selected(server.mailbox())
    cache = headercache.cache_of(here.mailbox)
    cache.forget()
    for text in (b"(UID ENVELOPE)", b"(UID BODY)", b"(UID BODY.PEEK[HEADER.FIELDS (To)])"):
        for first in range(1, 40):
            by_run, _ = fetched(here, UidSet([(first, COUNT)]), text, by_run=True)
            assert by_run == fetched(here, UidSet([(first, COUNT)]), text, by_run=False)[0]
            assert cache.octets <= 20_000
