"""A mailbox goes back to its backup, as docs/operations/backup.md says, and programs notice."""

from __future__ import annotations

import poplib
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.mail import arrive, imap, send, trusting, unique
from tests.support.server import HOST, PATIENCE, GromoxServer, environment
from tests.system.conftest import BOB


def mbop(maildir: Path, *words: str) -> str:
    command = [sys.executable, "-m", "gromox.tools.mbop", "-v", "-d", str(maildir), *words]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=120, check=True
    ).stdout


def shown(server: GromoxServer) -> tuple[int, dict[int, str]]:
    """Return the UIDVALIDITY of the inbox, and the subjects by UID, as an IMAP program reads them."""
    with imap(server, BOB) as connection:
        connection.select("INBOX", readonly=True)
        validity = int(connection.response("UIDVALIDITY")[1][0] or b"0")
        _, rows = connection.uid("fetch", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = [row for row in rows if isinstance(row, tuple)]
        return validity, {int(head.split()[2]): text.decode().strip() for head, text in found}


def unique_ids(server: GromoxServer) -> set[bytes]:
    connection = poplib.POP3_SSL(HOST, server.port("pop3s"), timeout=PATIENCE, context=trusting(server))
    connection.user(BOB)
    connection.pass_(server.password(BOB))
    found = {line.split()[1] for line in connection.uidl()[1]}
    connection.quit()
    return found


def test_no_program_takes_a_new_mail_for_a_lost_one(home: Path, tmp_path: Path) -> None:
    server = GromoxServer(home)
    server.start_settled()
    maildir = home / "user" / "example.test" / "bob"
    kept, lost, new = unique("kept"), unique("lost"), unique("new")
    send(server, kept, to=BOB)
    arrive(server, kept, BOB)
    mbop(maildir, "freeze")
    shutil.copytree(maildir, tmp_path / "backup")
    mbop(maildir, "thaw")
    send(server, lost, to=BOB)
    arrive(server, lost, BOB)
    validity, mails = shown(server)
    popped = unique_ids(server)
    assert server.stop() == 0

    shutil.rmtree(maildir)
    shutil.copytree(tmp_path / "backup", maildir)
    commands = ("thaw", "check", "renew-uidvalidity", "cgkreset")
    said = mbop(maildir, *[word for command in commands for word in ("(", command, ")")])
    assert "no problems" in said
    assert "folders with another UIDVALIDITY" in said

    server.start()
    send(server, new, to=BOB)
    arrive(server, new, BOB)
    again, restored = shown(server)
    assert again > validity
    # Its UID is one that was given out: only with another UIDVALIDITY may it mean something else.
    assert [uid for uid, subject in restored.items() if new in subject] == [
        uid for uid, subject in mails.items() if lost in subject
    ]
    assert any(kept in subject for subject in restored.values())
    assert not unique_ids(server) & popped
    assert server.stop() == 0
