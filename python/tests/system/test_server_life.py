"""Starting, stopping, starting again."""

from __future__ import annotations

import imaplib
import json
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from gromox.serve.selfsigned import make_certificate
from tests.support.mail import arrive, imap, send, unique
from tests.support.server import HOST, PATIENCE, START_LIMIT, GromoxServer, environment, eventually
from tests.system.conftest import ALICE, BOB


def test_the_first_start_makes_everything_and_the_second_nothing(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    introduction = "".join(server.lines)
    credentials = home / "credentials.json"
    entries = json.loads(credentials.read_text())

    assert [sorted(entry) for entry in entries] == [["password", "user"]] * 2
    assert [entry["user"] for entry in entries] == [ALICE, BOB]
    assert credentials.stat().st_mode & 0o777 == 0o600
    assert all(entry["password"] in introduction for entry in entries)
    assert all(word in introduction for word in ("swaks", "curl", "mutt", str(server.port("imaps"))))
    server.settle()
    with imap(server) as connection:
        connection.store("1", "+FLAGS", r"(\Flagged kept)")
        count = int(connection.select()[1][0] or b"0")
        assert count >= 8

    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < 20
    before = {
        path: path.stat().st_mtime_ns
        for path in (credentials, server.certificate, home / "etc" / "gromox.cfg")
    }

    server.start()
    with imap(server) as connection:
        assert int(connection.select()[1][0] or b"0") == count
        assert b"kept" in (connection.fetch("1", "FLAGS")[1][0] or b"")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert server.stop() == 0


def test_what_was_acknowledged_survives_a_kill(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    subject = unique("kill")
    send(server, subject)
    server.kill()

    server.start()
    arrive(server, subject)
    assert server.stop() == 0


def test_a_second_start_on_used_ports_says_what_to_do(server: GromoxServer, home: Path) -> None:
    other = GromoxServer(home, base=server.base)

    done = subprocess.run(
        other.command, capture_output=True, text=True, env=environment(), timeout=START_LIMIT, check=False
    )

    assert done.returncode != 0
    assert f"port {server.port('imap')} is used by another process; stop it" in done.stderr
    assert "PORT_BASE=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_start_on_the_same_home_says_what_to_do(server: GromoxServer) -> None:
    done = subprocess.run(
        GromoxServer(server.home).command,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=START_LIMIT,
        check=False,
    )

    assert done.returncode != 0
    assert "event.sock: another process listens there; stop it first" in done.stderr


def test_clients_are_told_when_the_server_stops(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    with socket.create_connection((HOST, server.port("imap")), timeout=PATIENCE) as sock:
        file = sock.makefile("rb")
        assert file.readline().startswith(b"* OK")
        assert server.stop() == 0
        assert file.readline().startswith(b"* BYE")
        file.close()


def test_too_many_connections_are_refused_with_the_protocol_s_words(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    server.stop()
    config = home / "etc" / "pop3.cfg"
    config.write_text(config.read_text() + "context_num = 1\n")
    server.start()
    with socket.create_connection((HOST, server.port("pop3")), timeout=PATIENCE) as first:
        assert first.recv(100).startswith(b"+OK")
        with socket.create_connection((HOST, server.port("pop3")), timeout=PATIENCE) as second:
            assert second.recv(100).startswith(b"-ERR [SYS/TEMP]")
    assert server.stop() == 0


def test_an_idle_client_does_not_hold_up_the_stop(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    connection = imaplib.IMAP4(HOST, server.port("imap"), timeout=PATIENCE)
    connection.login(ALICE, server.password(ALICE))
    connection.select()
    connection.send(b"x IDLE\r\n")
    assert connection.readline().startswith(b"+")

    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < 20
    assert connection.readline().startswith(b"* BYE")
    connection.shutdown()


def test_signals_reload_the_certificate_and_dump_the_sessions(home: Path) -> None:
    server = GromoxServer(home)
    server.start()
    first = ssl.get_server_certificate((HOST, server.port("imaps")))
    made = make_certificate(["localhost", HOST])
    (home / "tls" / "server.key").write_bytes(made.key)
    server.certificate.write_bytes(made.certificate)

    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
    eventually(
        lambda: ssl.get_server_certificate((HOST, server.port("imaps"))) != first, what="the new certificate"
    )
    with imap(server) as connection:
        server.process.send_signal(signal.SIGUSR1)
        eventually(
            lambda: any("session connection=" in line and "protocol=imap" in line for line in server.lines),
            what="the dump",
        )
        assert connection.noop()[0] == "OK"
    assert server.stop() == 0
    assert any("protocol=imap" in line and "tls=True" in line for line in server.lines)
