"""Ours and Dovecot side by side: the same random commands, and every difference is one that has its reason.

``imap_differences.tsv`` names them with the section that decides. ``DIFFERENCES_STREAMS`` runs more streams
than a test has time for, ``DIFFERENCES_FROM`` begins with another seed.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peer_dovecot import Dovecot
from tests.support.certificate import write_certificate
from tests.support.daemons import Daemons
from tests.support.imapcompare import differences, facts, is_about_state, read_explanations
from tests.support.imapstreams import Stream
from tests.support.imapwire import Connection, Response
from tests.support.server import HOST, free_port
from tests.system.conftest import ALICE

STREAMS = int(os.environ.get("DIFFERENCES_STREAMS", "12"))
FIRST = int(os.environ.get("DIFFERENCES_FROM", "1"))
COMMANDS = 80
EXPLANATIONS = read_explanations(Path(__file__).parent / "imap_differences.tsv")
CORPUS = Path(__file__).parents[1] / "mime" / "corpus"

#: Not RFC 5322 or not MIME, so that each server may read it its own way; tests/mime says what ours does.
LEFT_OUT = frozenset({
    "addresses", "bad-content-type", "bare-cr", "boundary-empty", "boundary-missing", "boundary-never-used",
    "boundary-outer-ends-inner", "boundary-padding", "boundary-prefix", "boundary-same-nested",
    "closing-only", "duplicates", "eight-bit-latin1", "empty", "header-without-newline", "lf-only",
    "mixed-line-ends", "no-header", "nul", "odd-content-fields", "odd-lines", "rfc2231", "rfc822-base64",
    "rfc822-empty", "unterminated",
})  # fmt: skip


def letters() -> list[bytes]:
    """Return the mails; all get a sender, and a date after 1970.

    Dovecot takes no date for 1970, also in SENTBEFORE, and has words of its own for an empty address.
    """
    paths = [path for path in sorted(CORPUS.glob("*.eml")) if path.stem not in LEFT_OUT]
    found = [
        path.read_bytes().replace(b"1969", b"1979").replace(b"From: <>", b"From: <daemon@example.org>")
        for path in paths
    ]
    return [
        mail if re.search(rb"(?m)^Date:", mail) else b"Date: Sat, 1 Jan 2000 12:00:00 +0000\r\n" + mail
        for mail in found
    ]


@pytest.fixture(scope="module")
def servers(program_once: Callable[[str], str]) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    """Ours and the peer with an empty mailbox each: port and password."""
    program_once("dovecot")
    with tempfile.TemporaryDirectory(prefix="differences-") as name:
        root = Path(name)
        root.chmod(0o755)  # the peer's processes are others than ours
        ours = Daemons(root / "home", settings="imap_autosubscribe = no\n")
        ours.create()
        (root / "peer").mkdir()
        write_certificate(root / "peer.pem", root / "peer.key")
        peer = Dovecot(
            root / "peer",
            {ALICE: "secret"},
            root / "peer.pem",
            imap=free_port(),
            imaps=free_port(),
            pop3=free_port(),
            lmtp=free_port(),
        )
        try:
            ours.start("event", "imap")
            peer.start()
            entries = json.loads((root / "home" / "credentials.json").read_text())
            password = next(entry["password"] for entry in entries if entry["user"] == ALICE)
            yield (ours.imap_port, password), (peer.imap, "secret")
        finally:
            peer.stop()
            ours.stop()


async def compare(
    servers: tuple[tuple[int, str], tuple[int, str]], seed: int, seen: Counter[str]
) -> list[str]:
    """Play one stream to both; return what nobody has explained yet."""
    connections = []
    for port, password in servers:
        connection = await Connection.open(HOST, port)
        await connection.ok(f'LOGIN {ALICE} "{password}"'.encode())
        connections.append(connection)
    ours, theirs = connections
    unexplained = []
    for command in Stream(seed, letters()).commands(COMMANDS):
        seen["commands"] += 1
        answers = [facts(command, await connection.command(command)) for connection in (ours, theirs)]
        text = command.decode("latin-1")
        found = differences(*answers)
        for line in found:
            reason = next(
                (e for e in EXPLANATIONS if e.command.search(text) and e.difference.search(line)), None
            )
            if reason is None:
                unexplained.append(f"seed {seed}: {text[:200]!r}\n    {line}")
            else:
                seen[reason.reason] += 1
        if unexplained and any(map(is_about_state, found)):
            break
    for connection in connections:
        connection.close()
    return unexplained


@pytest.mark.timeout(600 + 20 * STREAMS)
def test_every_difference_has_its_reason(
    servers: tuple[tuple[int, str], tuple[int, str]], measured: Callable[[str], None]
) -> None:
    seen: Counter[str] = Counter()
    unexplained = []
    for seed in range(FIRST, FIRST + STREAMS):
        unexplained += asyncio.run(compare(servers, seed, seen))
    assert not unexplained, "\n".join(unexplained)
    measured(
        f"differences: {seen.pop('commands')} commands, {len(seen)} kinds of difference,"
        f" {seen.total()} times, all explained"
    )


#: Searches with results of their own kind, and what changes those that are followed. RFC 4731, RFC 5267.
SEARCHES = (
    b"CREATE followed", *(b"APPEND followed () {%d+}\r\n%b" % (len(mail), mail) for mail in (
        b"Subject: %b\r\nFrom: a@example.org\r\nDate: Sat, 1 Jan 2000 12:00:00 +0000\r\n\r\n%b\r\n" % pair
        for pair in ((b"b", b"1"), (b"c", b"22"), (b"a", b"333"), (b"d", b"4"), (b"e", b"55"))
    )),
    b"SELECT followed", b"SEARCH RETURN () ALL", b"SEARCH RETURN (COUNT MIN MAX) SUBJECT b",
    b"UID SEARCH RETURN (ALL COUNT) NOT SUBJECT b", b"SEARCH RETURN (MIN) SUBJECT nothing",
    b"SEARCH RETURN (ALL) SUBJECT nothing", b"UID SEARCH RETURN (PARTIAL 2:3) ALL",
    b"UID SEARCH RETURN (PARTIAL 9:12) ALL", b"SEARCH RETURN (PARTIAL 2:3 COUNT) ALL",
    b"SORT RETURN (ALL MIN MAX COUNT) (REVERSE SUBJECT) UTF-8 ALL",
    b"UID SORT RETURN (PARTIAL 1:2) (SUBJECT) UTF-8 ALL",
    b"UID SEARCH RETURN (SAVE) SUBJECT c", b"UID SEARCH RETURN (COUNT) $",
    b"UID SEARCH RETURN (UPDATE COUNT) FLAGGED", b"STORE 2:3 +FLAGS.SILENT (\\Flagged)", b"NOOP",
    b"STORE 2 -FLAGS.SILENT (\\Flagged)", b"NOOP", b"STORE 3,5 +FLAGS.SILENT (\\Deleted \\Flagged)",
    b"EXPUNGE", b"NOOP", b"SELECT INBOX", b"DELETE followed",
)  # fmt: skip


_RESULT = re.compile(r"(UID|MIN|MAX|COUNT|ALL|PARTIAL|ADDTO|REMOVEFROM)( \([^)]*\)| [0-9:,]+)?")


def told(responses: list[Response]) -> list[tuple[str, ...]]:
    """Return what ESEARCH says in an answer, without the tag and the order of its items."""
    found = []
    for response in responses:
        if response.name == b"ESEARCH":
            text = response.raw.decode().strip().upper()
            items = _RESULT.findall(text)
            found.append(tuple(sorted(name + value for name, value in items)))
    return found


async def results(server: tuple[int, str]) -> list[list[tuple[str, ...]]]:
    """Return what one server tells of its searches; what it tells of followed ones only in all."""
    port, password = server
    connection = await Connection.open(HOST, port)
    await connection.ok(f'LOGIN {ALICE} "{password}"'.encode())
    answers = [told(list(await connection.command(command))) for command in SEARCHES]
    connection.close()
    start = SEARCHES.index(b"UID SEARCH RETURN (UPDATE COUNT) FLAGGED")
    return [*answers[:start], [line for answer in answers[start:] for line in answer]]


def test_results_of_searches_are_the_same(servers: tuple[tuple[int, str], tuple[int, str]]) -> None:
    ours, theirs = (asyncio.run(results(server)) for server in servers)
    for command, one, other in zip((*SEARCHES, b"what is followed"), ours, theirs, strict=False):
        assert one == other, command
    assert len(ours) == len(theirs)


def test_every_explanation_has_its_section() -> None:
    assert EXPLANATIONS
    assert all(re.fullmatch(r"RFC \d+ [\d.]+", row.section) and row.reason for row in EXPLANATIONS)
