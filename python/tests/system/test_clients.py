"""Real clients against gromox-server."""

from __future__ import annotations

import imaplib
import os
import poplib
import pty
import re
import selectors
import smtplib
import subprocess
from collections.abc import Callable
from pathlib import Path

import imapclient
import pytest

from tests.support.mail import arrive, imap, mail, send, trusting, unique
from tests.support.server import HOST, PATIENCE, GromoxServer
from tests.system.conftest import ALICE, BOB

Program = Callable[[str], str]


def run(*command: str, home: Path | None = None, stdin: bytes = b"") -> str:
    """Run a client; return what it wrote."""
    environment = dict(os.environ)
    if home is not None:
        environment["HOME"] = str(home)
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=2 * PATIENCE, check=False, env=environment
    )
    assert done.returncode == 0, (command, done.stdout.decode(), done.stderr.decode())
    return done.stdout.decode(errors="replace")


@pytest.mark.parametrize(("port", "protocol"), [("smtp", "ESMTP"), ("lmtp", "LMTP")])
def test_swaks(server: GromoxServer, program: Program, port: str, protocol: str) -> None:
    subject = unique("swaks")

    said = run(
        program("swaks"), "--server", f"{HOST}:{server.port(port)}", "--protocol", protocol, "--tls",
        "--from", BOB, "--to", ALICE, "--header", f"Subject: {subject}", "--body", "Hello from swaks",
    )  # fmt: skip

    assert "250 2." in said
    arrive(server, subject)


def test_curl_reads_by_imaps(server: GromoxServer, program: Program) -> None:
    subject = unique("curl")
    send(server, subject)
    arrive(server, subject)
    options = ["--silent", "--show-error", "--cacert", str(server.certificate)]
    options += ["--user", f"{ALICE}:{server.password(ALICE)}"]
    url = f"imaps://{HOST}:{server.port('imaps')}"

    assert "INBOX" in run(program("curl"), *options, f"{url}/")
    found = re.search(r"SEARCH (\d+)", run("curl", *options, f"{url}/INBOX?SUBJECT%20{subject}"))
    assert found is not None
    letter = run("curl", *options, f"{url}/INBOX;MAILINDEX={found[1]}")
    assert f"Subject: {subject}" in letter
    assert "Hello." in letter


def test_curl_reads_by_starttls_and_sends(server: GromoxServer, program: Program, tmp_path: Path) -> None:
    subject = unique("curl")
    (tmp_path / "mail").write_bytes(mail(subject))
    options = ["--silent", "--show-error", "--ssl-reqd", "--cacert", str(server.certificate)]

    run(
        program("curl"), *options, f"smtp://{HOST}:{server.port('smtp')}", "--mail-from", BOB,
        "--mail-rcpt", ALICE, "--upload-file", str(tmp_path / "mail"),
    )  # fmt: skip
    arrive(server, subject)
    options += ["--user", f"{ALICE}:{server.password(ALICE)}"]
    assert "INBOX" in run("curl", *options, f"imap://{HOST}:{server.port('imap')}/")
    assert re.match(r"1 \d+", run("curl", *options, f"pop3://{HOST}:{server.port('pop3')}/"))


def test_mbsync_both_ways(server: GromoxServer, program: Program, tmp_path: Path) -> None:
    subject = unique("mbsync")
    send(server, subject, to=BOB)
    arrive(server, subject, BOB)
    (tmp_path / "mail").mkdir()
    config = tmp_path / "mbsyncrc"
    config.write_text(
        f"IMAPAccount here\nHost localhost\nPort {server.port('imap')}\nUser {BOB}\n"
        f'Pass "{server.password(BOB)}"\nSSLType STARTTLS\nCertificateFile {server.certificate}\n\n'
        f"IMAPStore far\nAccount here\n\n"
        f"MaildirStore near\nPath {tmp_path}/mail/\nInbox {tmp_path}/mail/INBOX\nSubFolders Verbatim\n\n"
        f"Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSyncState *\n"
    )
    mbsync = program("mbsync")

    run(mbsync, "-c", str(config), "-a", home=tmp_path)
    inbox = tmp_path / "mail" / "INBOX"
    letters = [path.read_text(errors="replace") for path in inbox.glob("*/*")]
    with imap(server, BOB) as connection:
        count = int(connection.select("INBOX")[1][0] or b"0")
    assert len(letters) == count
    assert any(subject in letter for letter in letters)

    pushed = unique("pushed")
    (inbox / "new" / "1.2.3").write_bytes(mail(pushed).replace(b"\r\n", b"\n"))
    run(mbsync, "-c", str(config), "-a", home=tmp_path)
    arrive(server, pushed, BOB)
    before = sorted(path.name for path in inbox.glob("*/*"))
    run(mbsync, "-c", str(config), "-a", home=tmp_path)
    assert sorted(path.name for path in inbox.glob("*/*")) == before
    assert len(before) == count + 1


@pytest.mark.parametrize(("protocol", "port"), [("pop3", "pop3"), ("imap", "imap")])
def test_fetchmail(server: GromoxServer, program: Program, tmp_path: Path, protocol: str, port: str) -> None:
    subject = unique("fetchmail")
    send(server, subject, to=BOB)
    arrive(server, subject, BOB)
    config, box = tmp_path / "fetchmailrc", tmp_path / "box"
    config.write_text(
        f"poll localhost protocol {protocol} service {server.port(port)} user '{BOB}' "
        f"password '{server.password(BOB)}' keep fetchall sslproto TLS1.2+ sslcertck "
        f"sslcertfile {server.certificate} mda 'cat >> {box}'\n"
    )
    config.chmod(0o600)

    run(
        program("fetchmail"),
        "-f",
        str(config),
        "--nosyslog",
        "--pidfile",
        str(tmp_path / "pid"),
        home=tmp_path,
    )

    assert subject in box.read_text(errors="replace")


def test_imapclient(server: GromoxServer) -> None:
    subject = unique("imapclient")
    with imapclient.IMAPClient(HOST, server.port("imap"), ssl=False, timeout=PATIENCE) as client:
        client.starttls(trusting(server))
        client.login(ALICE, server.password(ALICE))
        client.create_folder("Trips/2026 Łódź")
        client.append("Trips/2026 Łódź", mail(subject), [imapclient.FLAGGED])
        client.select_folder("Trips/2026 Łódź")
        uids = client.search(["SUBJECT", subject])
        assert len(uids) == 1
        row = client.fetch(uids, ["FLAGS", "ENVELOPE", "BODYSTRUCTURE", "RFC822.SIZE"])[uids[0]]
        assert imapclient.FLAGGED in row[b"FLAGS"]
        assert row[b"ENVELOPE"].subject == subject.encode()
        client.copy(uids, "INBOX")
        client.move(uids, "INBOX")
        assert client.search("ALL") == []
        client.unselect_folder()
        client.delete_folder("Trips/2026 Łódź")


def test_imapclient_idle_hears_a_delivery(server: GromoxServer) -> None:
    subject = unique("idle")
    with imapclient.IMAPClient(
        HOST, server.port("imaps"), ssl=True, ssl_context=trusting(server), timeout=PATIENCE
    ) as client:
        client.login(ALICE, server.password(ALICE))
        client.select_folder("INBOX")
        client.idle()
        send(server, subject)
        heard = client.idle_check(timeout=PATIENCE)
        client.idle_done()
        assert any(line[1] == b"EXISTS" for line in heard)


def test_imaplib(server: GromoxServer) -> None:
    subject = unique("imaplib")
    with imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE) as connection:
        connection.starttls(trusting(server))
        connection.login(ALICE, server.password(ALICE))
        assert connection.append("Drafts", r"\Draft", "", mail(subject))[0] == "OK"
        connection.select("Drafts")
        numbers = connection.search(None, "SUBJECT", subject)[1][0]
        _, data = connection.fetch(numbers.decode(), "(RFC822)")
        assert isinstance(data[0], tuple)
        assert subject.encode() in data[0][1]


def test_poplib(server: GromoxServer) -> None:
    subject = unique("poplib")
    send(server, subject, to=BOB)
    arrive(server, subject, BOB)

    clear = poplib.POP3(HOST, server.port("pop3"), timeout=PATIENCE)
    clear.stls(trusting(server))
    secure = poplib.POP3_SSL(HOST, server.port("pop3s"), timeout=PATIENCE, context=trusting(server))
    for connection in (clear, secure):
        connection.user(BOB)
        connection.pass_(server.password(BOB))
        count, _ = connection.stat()
        assert any(subject.encode() in line for line in connection.retr(count)[1])
        assert len(connection.uidl()[1]) == count
        connection.quit()


def test_smtplib_lmtp(server: GromoxServer) -> None:
    subject = unique("lmtp")
    with smtplib.LMTP(HOST, server.port("lmtp"), timeout=PATIENCE) as lmtp:
        lmtp.starttls(context=trusting(server))
        # One good recipient: smtplib does not know that LMTP answers once for each.
        refused = lmtp.sendmail(BOB, [ALICE, "nobody@example.test"], mail(subject))
    assert set(refused) == {"nobody@example.test"}
    arrive(server, subject)


def test_mutt(server: GromoxServer, program: Program, tmp_path: Path) -> None:
    subject = unique("mutt")
    send(server, subject)
    arrive(server, subject)
    letter = tmp_path / "letter"
    config = tmp_path / "muttrc"
    config.write_text(
        f"set imap_pass='{server.password(ALICE)}'\nset certificate_file={server.certificate}\n"
        "set ssl_force_tls ssl_verify_host=no\n"
        f"set folder={tmp_path}\n"  # else it asks, and takes what is pushed as the answer
        "set quit=yes wait_key=no pipe_decode=no move=no\n"
        f"push '<limit>~s {subject}<enter><pipe-message>cat > {letter}<enter><quit>'\n"
    )
    command = [program("mutt"), "-n", "-F", str(config), "-f"]
    command += [f"imaps://{ALICE}@localhost:{server.port('imaps')}/INBOX"]

    terminal, end = pty.openpty()
    with subprocess.Popen(
        command, stdin=end, stdout=end, stderr=end, env={**os.environ, "TERM": "xterm", "HOME": str(tmp_path)}
    ) as process:
        os.close(end)
        shown = _read_until_closed(process, terminal)
        assert process.wait(60) == 0, shown[-2000:]

    assert letter.exists(), shown[-2000:]
    assert subject in letter.read_text()


def _read_until_closed(process: subprocess.Popen[bytes], terminal: int) -> bytes:
    """Return what a program shows on its terminal; one that waits for a key is ended."""
    shown = b""
    with selectors.DefaultSelector() as selector, open(terminal, "rb", buffering=0) as screen:
        selector.register(screen, selectors.EVENT_READ)
        while selector.select(PATIENCE):
            try:
                shown += screen.read(65536) or b""
            except OSError:  # how Linux says that the other side of a terminal is closed
                return shown
    process.kill()
    return shown
