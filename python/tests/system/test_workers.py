"""A daemon of several processes: balance, limits, crashes, new settings."""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gromox.codec.haproxy import SIGNATURE
from gromox.daemons.embedded import Embedded
from tests.support.daemons import Daemons
from tests.support.server import HOST, PATIENCE, START_LIMIT, Process, eventually
from tests.system.conftest import ALICE, BOB

WORKERS = 3
#: Connections of the test that runs.
_open: list[imaplib.IMAP4] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    for connection in _open:
        with contextlib.suppress(OSError):
            connection.shutdown()
    _open.clear()


def connect(daemons: Daemons) -> imaplib.IMAP4:
    _open.append(imaplib.IMAP4(HOST, daemons.imap_port, timeout=START_LIMIT))
    return _open[-1]


@pytest.fixture
def daemons(home: Path) -> Iterator[Daemons]:
    made = Daemons(
        home,
        f"imap_workers = {WORKERS}\nimap_log_level = 5\nauth_fail_delay = 0\n",
    )
    made.create()
    yield made
    made.stop()
    assert "traceback" not in made.log().lower()


def password(daemons: Daemons, user: str = ALICE) -> str:
    return next(one.password for one in Embedded(daemons.home).credentials() if one.user == user).reveal()


def login(daemons: Daemons, user: str = ALICE) -> imaplib.IMAP4:
    connection = connect(daemons)
    connection.login(user, password(daemons, user))
    return connection


def imap(daemons: Daemons) -> Process:
    return daemons.processes["imap"]


def workers(daemons: Daemons) -> list[int]:
    return daemons.workers("imap")


def figures(daemons: Daemons, request: bytes = b"GET /metrics HTTP/1.1\r\n\r\n") -> str:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(str(daemons.home / "run" / "imap.metrics.sock"))
        sock.sendall(request)
        octets = b""
        while more := sock.recv(65536):
            octets += more
    return octets.decode()


def figure(daemons: Daemons, series: str) -> float:
    """Return a value, 0 if nobody counted yet; that of a worker that did not get to tell it is an old one."""
    found = re.search(rf"^{re.escape(series)} (.*)$", figures(daemons), re.MULTILINE)
    return float(found[1]) if found else 0.0


def is_told(daemons: Daemons, series: str, value: float) -> bool:
    return figure(daemons, series) == value


def sessions(daemons: Daemons) -> dict[int, int]:
    return daemons.sessions("imap")


def test_connections_are_balanced_and_the_sessions_of_all_workers_are_dumped(daemons: Daemons) -> None:
    daemons.start("imap")
    connections = [login(daemons) for _ in range(2 * WORKERS)]

    # One that does not get the processor for some milliseconds is passed over, again and again if the machine
    # has much to do: whoever waits for connections gets some in the end.
    def all_have_some() -> bool:
        had = sessions(daemons).values()
        assert (len(had), sum(had)) == (WORKERS, len(connections))
        if min(had):
            return True
        connections.append(login(daemons))
        return False

    eventually(all_have_some, what="sessions in each worker")

    def are_dumped() -> bool:
        found = re.findall(r"session connection=\S+ protocol=imap peer=(\S+)", "".join(imap(daemons).lines))
        return len(set(found)) == len(connections)

    eventually(are_dumped, what="all sessions in the log")
    for connection in connections:
        connection.logout()


def test_a_killed_worker_takes_only_its_own_sessions_along(daemons: Daemons) -> None:
    daemons.start("imap")
    connections = [login(daemons) for _ in range(WORKERS)]
    victim, had = next((pid, had) for pid, had in sessions(daemons).items() if had)
    os.kill(victim, signal.SIGKILL)
    eventually(
        lambda: victim not in workers(daemons) and len(workers(daemons)) == WORKERS,
        limit=START_LIMIT,
        what="another worker",
    )

    alive = 0
    for connection in connections:
        try:
            alive += connection.noop()[0] == "OK"
        except (imaplib.IMAP4.abort, OSError):
            continue
    assert alive == WORKERS - had
    assert figure(daemons, "gromox_worker_restarts_total") == 1
    eventually(
        lambda: figure(daemons, 'gromox_workers{state="serving"}') == WORKERS,
        limit=START_LIMIT,
        what="all serve",
    )
    fresh = [login(daemons) for _ in range(WORKERS)]
    assert sum(sessions(daemons).values()) == alive + WORKERS
    for connection in fresh:
        assert connection.select()[0] == "OK"


def greeted(daemons: Daemons, number: int) -> None:
    """Connect; all are greeted, and stay."""
    for _ in range(number):
        assert connect(daemons).welcome.startswith(b"* OK")


def test_who_comes_while_no_worker_lives_waits_for_the_next(daemons: Daemons) -> None:
    daemons.start("imap")
    for victim in workers(daemons):
        os.kill(victim, signal.SIGKILL)
    greeted(daemons, 2 * WORKERS)
    eventually(lambda: len(workers(daemons)) == WORKERS, what="other workers")


def test_a_worker_that_hangs_keeps_nobody_waiting(daemons: Daemons) -> None:
    daemons.start("imap")
    hanging = workers(daemons)[0]
    os.kill(hanging, signal.SIGSTOP)
    try:
        greeted(daemons, 2 * WORKERS)
        assert sessions(daemons)[hanging] == 0
    finally:
        os.kill(hanging, signal.SIGCONT)

    def is_back() -> bool:
        greeted(daemons, 1)
        return sessions(daemons)[hanging] > 1

    eventually(is_back, what="connections of the one that hung")


def test_a_worker_that_hangs_is_replaced_by_new_settings_all_the_same(daemons: Daemons) -> None:
    daemons.start("imap")
    before = workers(daemons)
    os.kill(before[0], signal.SIGSTOP)
    try:
        config = daemons.home / "etc" / "only-imap.cfg"
        config.write_text(config.read_text() + "imap_rfc9051 = no\n")
        os.kill(imap(daemons).pid, signal.SIGHUP)
        imap(daemons).hear("reloaded generation=2", limit=START_LIMIT)
        for _ in range(WORKERS):
            assert "ESEARCH" not in login(daemons).capabilities
    finally:
        os.kill(before[0], signal.SIGCONT)
    eventually(lambda: not set(workers(daemons)) & set(before), what="the end of the former ones")


def test_other_ports_are_taken_and_the_former_ones_are_given_up(daemons: Daemons) -> None:
    daemons.start("imap")
    with login(daemons) as kept:
        former, daemons.imap_port = daemons.imap_port, daemons.pop3_port
        config = daemons.home / "etc" / "only-imap.cfg"
        config.write_text(config.read_text() + f"imap_listen = [{HOST}]:{daemons.imap_port}\n")
        os.kill(imap(daemons).pid, signal.SIGHUP)
        imap(daemons).hear("reloaded generation=2", limit=START_LIMIT)
        greeted(daemons, WORKERS)
        eventually(lambda: not is_listened_on(former), what="the end of the former port")
        assert kept.noop()[0] == "OK"


def is_listened_on(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex((HOST, port)) == 0


def test_new_settings_get_new_workers_and_sessions_go_on_in_the_former_ones(daemons: Daemons) -> None:
    daemons.start("imap")
    before = workers(daemons)
    with login(daemons) as kept:
        config = daemons.home / "etc" / "only-imap.cfg"
        config.write_text(config.read_text() + "imap_rfc9051 = no\n")
        os.kill(imap(daemons).pid, signal.SIGHUP)
        eventually(
            lambda: (
                len(set(workers(daemons)) - set(before)) == WORKERS
                and len(set(workers(daemons)) & set(before)) == 1
            ),
            limit=START_LIMIT,
            what="new workers, and the one with a session",
        )

        assert b"ESEARCH" in kept.capability()[1][0].split()
        with login(daemons) as fresh:
            assert b"ESEARCH" not in fresh.capability()[1][0].split()
        assert kept.select()[0] == "OK"
    eventually(lambda: not set(workers(daemons)) & set(before), what="the end of the former ones")
    imap(daemons).hear("reloaded generation=2", limit=START_LIMIT)


def test_settings_that_are_wrong_change_nothing(daemons: Daemons) -> None:
    daemons.start("imap")
    before = workers(daemons)
    config = daemons.home / "etc" / "only-imap.cfg"
    right = config.read_text()
    for wrong in ("imap_auth_times = many\n", "imap_certificate_path = /nowhere\n"):
        since = len(imap(daemons).lines)
        config.write_text(right + wrong)
        os.kill(imap(daemons).pid, signal.SIGHUP)
        imap(daemons).hear("settings kept", since=since, limit=START_LIMIT)
        assert workers(daemons) == before
    with login(daemons) as connection:
        assert connection.noop()[0] == "OK"


def test_the_same_settings_keep_the_workers(daemons: Daemons) -> None:
    daemons.start("imap")
    before = workers(daemons)
    os.kill(imap(daemons).pid, signal.SIGHUP)
    lines = imap(daemons).lines
    eventually(lambda: sum("reloaded" in line for line in lines) == WORKERS + 1, what="all have reloaded")
    assert workers(daemons) == before


def test_nobody_waits_in_vain_while_workers_are_replaced(daemons: Daemons) -> None:
    daemons.start("imap")
    config = daemons.home / "etc" / "only-imap.cfg"
    for number in range(3):
        config.write_text(config.read_text() + f"imap_conn_timeout = {200 + number}\n")
        os.kill(imap(daemons).pid, signal.SIGHUP)
        os.kill(workers(daemons)[-1], signal.SIGKILL)
        for _ in range(10):
            with socket.create_connection((HOST, daemons.imap_port), timeout=PATIENCE) as sock:
                greeting = sock.recv(1000)
                assert greeting.startswith(b"* OK"), greeting


def test_limits_hold_across_workers(home: Path) -> None:
    daemons = Daemons(home, f"imap_workers = {WORKERS}\nuser_context_num = 2\nimap_metrics_socket =\n")
    daemons.create()
    daemons.start("imap")
    held = [login(daemons) for _ in range(2)]
    # Workers tell each other: a moment may pass.
    eventually(lambda: "LIMIT" in _refusal(daemons), what="the limit")
    login(daemons, BOB).logout()

    held[0].logout()
    eventually(lambda: not _refusal(daemons), what="room for another session")
    daemons.stop()


def _refusal(daemons: Daemons) -> str:
    """Return why nobody may log in now; empty: one may."""
    try:
        login(daemons).logout()
    except imaplib.IMAP4.error as error:
        return str(error)
    return ""


def test_the_total_is_that_of_all_workers(home: Path) -> None:
    daemons = Daemons(home, f"imap_workers = {WORKERS}\nimap_metrics_socket =\n")
    daemons.create()
    config = home / "etc" / "only-imap.cfg"
    config.write_text(config.read_text() + "context_num = 4\n")
    daemons.start("imap")
    held = [connect(daemons) for _ in range(4)]
    with socket.create_connection((HOST, daemons.imap_port), timeout=PATIENCE) as sock:
        assert sock.recv(1000).startswith(b"* BYE [UNAVAILABLE]")
    held.pop().logout()

    def is_greeted() -> bool:
        with socket.create_connection((HOST, daemons.imap_port), timeout=PATIENCE) as sock:
            return sock.recv(1000).startswith(b"* OK")

    eventually(is_greeted, what="room for another connection")
    daemons.stop()


def test_failed_logins_are_counted_across_workers(daemons: Daemons) -> None:
    config = daemons.home / "etc" / "only-imap.cfg"
    # Workers tell each other, so a moment may pass; no connection is closed in it.
    config.write_text(config.read_text() + "imap_auth_times = 100000\n")
    daemons.start("imap")
    connections = [connect(daemons) for _ in range(WORKERS)]
    for number in range(10):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            connections[number % WORKERS].login(ALICE, "wrong")

    def is_blocked(connection: imaplib.IMAP4) -> bool:
        try:
            connection.login(ALICE, "wrong")
        except imaplib.IMAP4.error as error:
            return "too many failed logins" in str(error)
        return False

    for connection in connections:
        eventually(partial(is_blocked, connection), what="the block in each worker")


def test_figures_are_those_of_all_workers(daemons: Daemons) -> None:
    daemons.start("imap")
    connections = [login(daemons) for _ in range(WORKERS)]
    for connection in connections:
        connection.noop()

    # A worker that does not answer in time is left as it was known last.
    for series in (
        'gromox_sessions{protocol="imap"}',
        'gromox_logins_total{protocol="imap",result="ok"}',
        'gromox_command_seconds_count{protocol="imap",command="NOOP",status="OK"}',
    ):
        eventually(partial(is_told, daemons, series, WORKERS), what=series)
    text = figures(daemons)
    assert text.startswith("HTTP/1.1 200 OK\r\n")
    assert len(re.findall(r"^process_resident_memory_bytes{worker=", text, re.MULTILINE)) == WORKERS + 1
    os.kill(workers(daemons)[0], signal.SIGTERM)
    eventually(lambda: figure(daemons, "gromox_worker_restarts_total") == 1, what="a restart")
    assert figure(daemons, 'gromox_connections_total{protocol="imap"}') == WORKERS  # of the dead one too
    assert figures(daemons, b"POST / HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 405")
    assert figures(daemons, b"GET /other HTTP/1.1\r\n\r\n").startswith("HTTP/1.1 404")
    assert figures(daemons, b"x" * 9000) == ""


def test_a_proxy_names_the_client(home: Path) -> None:
    daemons = Daemons(home, f"imap_workers = {WORKERS}\nimap_accept_haproxy = 2\naddress_context_num = 1\n")
    daemons.create()
    daemons.start("imap")
    header = SIGNATURE + bytes.fromhex("2111 000c c6336403 c0000201 9c40 008f")
    with socket.create_connection((HOST, daemons.imap_port), timeout=PATIENCE) as sock:
        sock.sendall(header)
        assert sock.recv(1000).startswith(b"* OK")
        sock.sendall(f"a LOGIN {ALICE} {password(daemons)}\r\n".encode())
        answer = b""
        while b"a OK" not in answer:
            answer += sock.recv(4096)
        assert "peer=198.51.100.3" in imap(daemons).hear("logged in")

        def is_refused() -> bool:
            with socket.create_connection((HOST, daemons.imap_port), timeout=PATIENCE) as second:
                second.sendall(header)
                return second.recv(1000).startswith(b"* BYE")

        eventually(is_refused, what="the limit of the address")
    daemons.stop()
