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
from tests.support.imapwire import Connection
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


@pytest.mark.timeout(60 + 20 * STREAMS)
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


def test_every_explanation_has_its_section() -> None:
    assert EXPLANATIONS
    assert all(re.fullmatch(r"RFC \d+ [\d.]+", row.section) and row.reason for row in EXPLANATIONS)
