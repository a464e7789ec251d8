"""Ten thousand damaged dialogues over sockets: no traceback, no lost server, flat memory."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from gromox.daemons.embedded import Embedded
from tests.support.mail import imap, mail
from tests.support.server import HOST, GromoxServer
from tests.system.conftest import ALICE

DIALOGUES = 10_000
THREADS = 8
#: MiB that the server may have grown after the first tenth: bounded caches take about 30, then it stays flat.
GROWTH_LIMIT = 64.0


def scripts(password: str) -> dict[str, list[bytes]]:
    """Return sensible dialogues, by port."""
    letter = mail("damaged", size=300)
    imap_lines = [
        b"a LOGIN %b %b\r\n" % (ALICE.encode(), password.encode()),
        b"b SELECT INBOX\r\n",
        b"c FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\n",
        b'd SEARCH OR SUBJECT "x" (NOT SEEN SINCE 1-Jan-2026)\r\n',
        b"e STORE 1 +FLAGS.SILENT (\\Flagged word)\r\n",
        b'f LIST "" (% *)\r\n',
        b"g CREATE {5+}\r\nx/y/z\r\n",
        b"h STATUS INBOX (MESSAGES UIDNEXT)\r\n",
        b"i APPEND Drafts (\\Draft) {%d+}\r\n%b\r\n" % (len(letter), letter),
        b"j COPY 1 Drafts\r\n",
        b"k LOGOUT\r\n",
    ]
    pop3_lines = [
        b"CAPA\r\nUSER %b\r\nPASS %b\r\n" % (ALICE.encode(), password.encode()),
        b"STAT\r\nLIST\r\nUIDL 1\r\nTOP 1 3\r\nRETR 1\r\nNOOP\r\nRSET\r\nQUIT\r\n",
    ]
    lmtp_lines = [
        b"LHLO here\r\nMAIL FROM:<test@example.test> SIZE=1000 BODY=8BITMIME\r\n",
        b"RCPT TO:<%b>\r\nRCPT TO:<nobody@example.test>\r\nDATA\r\n" % ALICE.encode(),
        letter + b"\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nBDAT 5\r\n12345BDAT 0 LAST\r\nQUIT\r\n",
    ]
    return {"imap": imap_lines, "pop3": pop3_lines, "lmtp": lmtp_lines}


def damaged(lines: list[bytes], chance: random.Random) -> bytes:
    """Return the dialogue with octets changed, dropped, doubled and moved."""
    parts = list(lines)
    if chance.random() < 0.3:
        parts.insert(chance.randrange(len(parts)), chance.choice(parts))
    if chance.random() < 0.2:
        del parts[chance.randrange(len(parts))]
    octets = bytearray(b"".join(parts))
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(octets))
        match chance.randrange(5):
            case 0:
                octets[place] = chance.randrange(256)
            case 1:
                del octets[place : place + chance.randint(1, 20)]
            case 2:
                octets[place:place] = chance.choice(
                    [b"\r\n", b"{9999999999}", b'"', b"(" * 50, b"\0", b"\xff", b"*"]
                )
            case 3:
                octets[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 60)))
            case _:
                octets[place:place] = octets[place : place + chance.randint(1, 40)]
    return bytes(octets)


def say(port: int, octets: bytes) -> bytes:
    """Say everything, end our direction, and return what was answered."""
    heard = b""
    with socket.create_connection((HOST, port), timeout=60) as sock:
        try:
            sock.sendall(octets)
            sock.shutdown(socket.SHUT_WR)
            while more := sock.recv(65536):
                heard += more
        except (ConnectionResetError, BrokenPipeError):
            return heard
    return heard


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_damaged_dialogues(home: Path, measured: Callable[[str], None]) -> None:
    embedded = Embedded(home)
    embedded.create()
    shared = embedded.etc / "gromox.cfg"  # damaged passwords must not lock the undamaged ones out
    shared.write_text(shared.read_text() + "auth_fail_delay = 0\nuserfilter_maxbans = 0\n")
    server = GromoxServer(home)
    server.start()
    process = psutil.Process(server.pid)
    dialogues = list(scripts(server.password(ALICE)).items())
    failures: list[bytes] = []

    def talk(seed: int, count: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same damage in every run
        for number in range(count):
            port, lines = dialogues[number % len(dialogues)]
            octets = damaged(lines, chance)
            if b"Traceback" in (heard := say(server.port(port), octets)) or not heard:
                failures.append(octets + b"\n->\n" + heard)

    def round_of(seed: int, total: int) -> None:
        threads = [threading.Thread(target=talk, args=(seed + n, total // THREADS)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    round_of(1000, DIALOGUES // 10)
    before = process.memory_full_info().uss
    round_of(2000, DIALOGUES - DIALOGUES // 10)
    growth = (process.memory_full_info().uss - before) / (1 << 20)
    measured(f"{DIALOGUES} damaged dialogues: memory grew by {growth:.1f} MiB")

    with imap(server) as connection:  # it still serves
        assert connection.noop()[0] == "OK"
    assert server.stop() == 0
    log = "".join(server.lines)
    assert failures == []
    assert "traceback" not in log.lower(), log[-5000:]
    assert "connection failed" not in log
    assert growth < GROWTH_LIMIT
