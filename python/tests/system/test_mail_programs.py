"""Mail programs as people use them: kept copies, both sides changing, many messages, POP3 fetchers."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.imapwire import Connection, literal
from tests.support.mail import arrive, imap, mail, send, unique
from tests.support.server import HOST, PATIENCE, GromoxServer
from tests.system.conftest import ALICE, BOB
from tests.system.test_clients import Program, _read_until_closed, run

#: Messages that are copied from one account to the other; a long run takes 20000.
COPIED = int(os.environ.get("COPIED_MESSAGES", "1000"))


def flags_of(server: GromoxServer, user: str, mailbox: str) -> dict[str, frozenset[str]]:
    """Return subject and flags of all messages."""
    found = {}
    with imap(server, user) as connection:
        connection.select(f'"{mailbox}"', readonly=True)
        _, data = connection.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        for item in data:
            if isinstance(item, tuple):
                flags = item[0].decode().split("FLAGS (", 1)[1].split(")", 1)[0].split()
                subject = item[1].decode().removeprefix("Subject: ").strip()
                found[subject] = frozenset(flag.lstrip("\\") for flag in flags) - {"Recent"}
    return found


def make(server: GromoxServer, user: str, mailbox: str, subjects: Sequence[str]) -> None:
    """Make a mailbox with messages."""
    with imap(server, user) as connection:
        assert connection.create(mailbox)[0] == "OK"
        for subject in subjects:
            assert connection.append(mailbox, "", "", mail(subject))[0] == "OK"


def screen(command: Sequence[str], home: Path) -> bytes:
    """Run a program on a terminal until it ends; return what it showed."""
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "HOME": str(home)}
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=environment) as process:
        os.close(end)
        shown = _read_until_closed(process, terminal)
        assert process.wait(PATIENCE) == 0, shown[-2000:]
    return shown


# -- mutt


@pytest.mark.parametrize("name", ["mutt", "neomutt"])
def test_mutt_with_a_header_cache(server: GromoxServer, program: Program, tmp_path: Path, name: str) -> None:
    """The second start believes its cache: what was expunged and flagged meanwhile must not mislead it."""
    subjects = [unique(name) for _ in range(6)]
    make(server, BOB, name, subjects)
    letter, config = tmp_path / "letter", tmp_path / "muttrc"

    def start(wanted: str, keys: str) -> str:
        letter.unlink(missing_ok=True)
        config.write_text(
            f"set imap_pass='{server.password(BOB)}'\nset certificate_file={server.certificate}\n"
            f"set ssl_force_tls ssl_verify_host=no\nset folder={tmp_path}\n"
            f"set header_cache={tmp_path}/cache\nset message_cachedir={tmp_path}/bodies\n"
            "set imap_condstore imap_qresync delete=yes mark_old=no\n"
            "set quit=yes wait_key=no pipe_decode=no move=no\n"
            f"push '<limit>~s {wanted}<enter><pipe-message>cat > {letter}<enter>"
            f"{keys}<limit>all<enter><quit>'\n"
        )
        shown = screen(
            [
                program(name),
                "-n",
                "-F",
                str(config),
                "-f",
                f"imaps://{BOB}@localhost:{server.port('imaps')}/{name}",
            ],
            tmp_path,
        )
        assert letter.exists(), shown[-2000:]
        return letter.read_text(errors="replace")

    assert subjects[2] in start(subjects[2], "<flag-message>")
    assert (tmp_path / "cache").exists()
    assert "Flagged" in flags_of(server, BOB, name)[subjects[2]]
    with imap(server, BOB) as connection:
        connection.select(name)
        connection.store("1:2", "+FLAGS", r"(\Deleted)")
        connection.expunge()
        connection.append(name, "", "", mail("later"))
    assert subjects[3] in start(subjects[3], "<delete-message>")
    assert flags_of(server, BOB, name).keys() == {*subjects[2:3], *subjects[4:], "later"}
    assert "Subject: later" in start("later", "")


# -- copies that are kept in step


def maildir(path: Path) -> dict[str, set[str]]:
    """Return subjects and info flags of a maildir."""
    found = {}
    for file in (*path.glob("cur/*"), *path.glob("new/*")):
        lines = file.read_text(errors="replace").splitlines()
        subject = next(line for line in lines if line.startswith("Subject: ")).removeprefix("Subject: ")
        found[subject] = set(file.name.partition(":2,")[2])
    return found


def flag(path: Path, subject: str, letters: str) -> None:
    """Flag a message of a maildir as a mail program would."""
    for file in (*path.glob("cur/*"), *path.glob("new/*")):
        if f"Subject: {subject}" in file.read_text(errors="replace"):
            file.rename(path / "cur" / f"{file.name.partition(':')[0]}:2,{letters}")
            return
    raise LookupError(subject)


def change_both(server: GromoxServer, mailbox: str, subjects: Sequence[str], local: Path) -> None:
    """Flag, delete and add on both sides at once."""
    with imap(server, BOB) as connection:
        connection.select(mailbox)
        connection.store("1", "+FLAGS", r"(\Answered)")
        connection.store("2", "+FLAGS", r"(\Deleted)")
        connection.expunge()
        connection.append(mailbox, r"(\Flagged)", "", mail("from the server"))
    flag(local, subjects[2], "FS")
    flag(local, subjects[3], "ST")
    (local / "new" / "7.8.9").write_bytes(mail("from the copy").replace(b"\r\n", b"\n"))


def in_step(server: GromoxServer, mailbox: str, subjects: Sequence[str], local: Path) -> None:
    there, here = flags_of(server, BOB, mailbox), maildir(local)
    assert there.keys() == here.keys()
    assert subjects[1] not in there
    assert "Answered" in there[subjects[0]]
    assert {"Flagged", "Seen"} <= there[subjects[2]]
    assert {"from the server", "from the copy"} <= there.keys()
    letters = {"Seen": "S", "Flagged": "F", "Answered": "R", "Deleted": "T", "Draft": "D"}
    for subject, flags in there.items():
        assert {letters[flag] for flag in flags} == here[subject], subject


def test_mbsync_in_step_after_changes_on_both_sides(
    server: GromoxServer, program: Program, tmp_path: Path
) -> None:
    subjects = [unique("both") for _ in range(5)]
    make(server, BOB, "mbsynced", subjects)
    (tmp_path / "mail").mkdir()
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"IMAPAccount here\nHost localhost\nPort {server.port('imap')}\nUser {BOB}\n"
        f'Pass "{server.password(BOB)}"\nSSLType STARTTLS\nCertificateFile {server.certificate}\n\n'
        f"IMAPStore far\nAccount here\n\n"
        f"MaildirStore near\nPath {tmp_path}/mail/\nSubFolders Verbatim\n\n"
        f"Channel one\nFar :far:\nNear :near:\nPatterns mbsynced\nCreate Near\nExpunge Both\nSyncState *\n"
    )
    local = tmp_path / "mail" / "mbsynced"
    command = (program("mbsync"), "-c", str(config), "one")

    run(*command, home=tmp_path)
    assert maildir(local).keys() == set(subjects)
    change_both(server, "mbsynced", subjects, local)
    run(*command, home=tmp_path)
    in_step(server, "mbsynced", subjects, local)
    assert subjects[3] not in maildir(local)
    before = sorted(path.name for path in local.glob("*/*"))
    run(*command, home=tmp_path)
    assert sorted(path.name for path in local.glob("*/*")) == before


def test_offlineimap_in_step_after_changes_on_both_sides(
    server: GromoxServer, program: Program, tmp_path: Path
) -> None:
    subjects = [unique("offline") for _ in range(5)]
    make(server, BOB, "offlined", subjects)
    config = tmp_path / "offlineimaprc"
    config.write_text(
        f"[general]\naccounts = one\nui = basic\nmetadata = {tmp_path}/state\n"
        f"[Account one]\nlocalrepository = near\nremoterepository = far\n"
        f"[Repository near]\ntype = Maildir\nlocalfolders = {tmp_path}/mail\n"
        f"[Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {server.port('imaps')}\n"
        f"ssl = yes\nsslcacertfile = {server.certificate}\nremoteuser = {BOB}\n"
        f"remotepass = {server.password(BOB)}\nfolderfilter = lambda name: name == 'offlined'\n"
    )
    local = tmp_path / "mail" / "offlined"
    command = (program("offlineimap"), "-c", str(config), "-o")

    run(*command, home=tmp_path)
    assert maildir(local).keys() == set(subjects)
    change_both(server, "offlined", subjects, local)
    run(*command, home=tmp_path)
    run(*command, home=tmp_path)
    in_step(server, "offlined", subjects, local)


# -- many messages


async def fill(server: GromoxServer, mailbox: bytes, count: int) -> None:
    connection = await Connection.open(HOST, server.port("imap"))
    await connection.ok(f'LOGIN {ALICE} "{server.password(ALICE)}"'.encode())
    await connection.ok(b"CREATE " + mailbox)
    for first in range(0, count, 100):
        numbers = range(first, min(first + 100, count))
        letters = (mail(f"copied {number}", size=72 * (number % 40)) for number in numbers)
        flags = (rb"(\Seen)" if number % 3 else b"($Label1)" for number in numbers)
        tags = [
            connection.send(b"APPEND %b %b %b" % (mailbox, flag, literal(letter)))
            for flag, letter in zip(flags, letters, strict=True)
        ]
        for tag in tags:
            assert (await connection.finish(tag))[-1].is_ok
    await connection.ok(b"LOGOUT")
    connection.close()


def peak(server: GromoxServer) -> float:
    """Return the most memory that the server had, in MiB."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmHWM:", 1)[1].split()[0]) / 1024


def differing(old: dict[str, frozenset[str]], new: dict[str, frozenset[str]]) -> list[str]:
    """Return some messages that are not the same in both; mbsync knows the system flags only."""
    subjects = sorted(old.keys() | new.keys())
    found = [
        f"{subject}: {old.get(subject)}, {new.get(subject)}"
        for subject in subjects
        if subject not in old or subject not in new or old[subject] - {"$Label1"} != new[subject]
    ]
    return found[:10]


@pytest.mark.timeout(900 + COPIED // 5)
def test_a_whole_mailbox_moves_to_another_account_and_stays_in_step(
    server: GromoxServer, program: Program, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    """Every message is fetched from one account and appended to another; then both change."""
    asyncio.run(fill(server, b"big", COPIED))
    stores = "".join(
        f"IMAPAccount {name}\nHost localhost\nPort {server.port('imap')}\nUser {user}\n"
        f'Pass "{server.password(user)}"\nSSLType STARTTLS\nCertificateFile {server.certificate}\n\n'
        f"IMAPStore {name}\nAccount {name}\n\n"
        for name, user in (("from", ALICE), ("to", BOB))
    )
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"{stores}Channel all\nFar :from:big\nNear :to:big\nCreate Near\nSync All\nExpunge Both\n"
        f"CopyArrivalDate yes\nSyncState {tmp_path}/state-\n"
    )
    command = [program("mbsync"), "-c", str(config), "all"]

    def synchronise() -> float:
        begun = time.monotonic()
        limit = 300 + COPIED // 10
        subprocess.run(command, check=True, timeout=limit, env={**os.environ, "HOME": str(tmp_path)})
        return time.monotonic() - begun

    seconds = synchronise()
    old, new = flags_of(server, ALICE, "big"), flags_of(server, BOB, "big")
    assert len(new) == COPIED
    assert differing(old, new) == []

    part = COPIED // 10
    with imap(server, ALICE) as connection:
        connection.select("big")
        connection.store(f"1:{part}", "+FLAGS.SILENT", r"(\Flagged)")
        connection.store(f"{part + 1}:{2 * part}", "+FLAGS.SILENT", r"(\Deleted)")
        connection.expunge()
    with imap(server, BOB) as connection:
        connection.select("big")
        connection.store(f"{5 * part + 1}:{6 * part}", "+FLAGS.SILENT", r"(\Answered)")
        connection.store(f"{8 * part + 1}:{9 * part}", "+FLAGS.SILENT", r"(\Deleted)")
        connection.expunge()
        for number in range(10):
            connection.append("big", "", "", mail(f"new {number}"))
    again = synchronise()
    old, new = flags_of(server, ALICE, "big"), flags_of(server, BOB, "big")
    assert len(new) == COPIED - 2 * part + 10
    assert differing(old, new) == []
    assert sum("Flagged" in flags for flags in new.values()) == part
    assert sum("Answered" in flags for flags in old.values()) == part
    measured(
        f"mbsync copied {COPIED} messages from one account to another in {seconds:.1f} s, and changes of "
        f"both in {again:.1f} s; the server had {peak(server):.0f} MiB at most"
    )


# -- POP3


def test_getmail_by_pop3_and_imap(server: GromoxServer, program: Program, tmp_path: Path) -> None:
    subject = unique("getmail")
    send(server, subject, to=BOB)
    arrive(server, subject, BOB)
    for kind in ("SimplePOP3SSLRetriever", "SimpleIMAPSSLRetriever"):
        home = tmp_path / kind
        (home / "got").mkdir(parents=True)
        port = server.port("pop3s" if "POP3" in kind else "imaps")
        # Only such a destination lets root, as whom some tests run, receive mail.
        (home / "rc").write_text(
            f"[retriever]\ntype = {kind}\nserver = localhost\nport = {port}\nusername = {BOB}\n"
            f"password = {server.password(BOB)}\nca_certs = {server.certificate}\n"
            f"[destination]\ntype = MDA_external\npath = /bin/sh\nallow_root_commands = true\n"
            f"arguments = ('-c', 'cat > {home}/got/$$')\n[options]\nread_all = false\n"
        )
        command = (program("getmail"), f"--getmaildir={home}", f"--rcfile={home}/rc")
        run(*command, home=home)
        got = sorted((home / "got").iterdir())
        assert any(subject in path.read_text(errors="replace") for path in got)
        run(*command, home=home)  # knows what it has by UIDL or UID
        assert sorted((home / "got").iterdir()) == got


def test_mpop(server: GromoxServer, program: Program, tmp_path: Path) -> None:
    subject = unique("mpop")
    send(server, subject, to=BOB)
    arrive(server, subject, BOB)
    for name in ("cur", "new", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    config = tmp_path / "mpoprc"
    config.write_text(
        f"account default\nhost localhost\nport {server.port('pop3')}\nuser {BOB}\n"
        f"password {server.password(BOB)}\ntls on\ntls_starttls on\ntls_trust_file {server.certificate}\n"
        f"delivery maildir {tmp_path}/mail\nkeep on\nuidls_file {tmp_path}/uidls\n"
    )
    config.chmod(0o600)
    command = (program("mpop"), f"--file={config}")

    run(*command, home=tmp_path)
    got = list((tmp_path / "mail" / "new").iterdir())
    assert any(subject in path.read_text(errors="replace") for path in got)
    run(*command, home=tmp_path)
    assert len(list((tmp_path / "mail" / "new").iterdir())) == len(got)
