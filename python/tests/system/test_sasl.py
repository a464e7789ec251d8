"""gromox-sasl as a program of its own: what Postfix and testsaslauthd get on its sockets."""

from __future__ import annotations

import base64
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from tests.support.daemons import Daemons
from tests.support.server import PATIENCE, Process
from tests.system.conftest import ALICE


@pytest.fixture
def sockets(home: Path) -> Iterator[Path]:
    Daemons(home).create()
    config = home / "etc" / "only-sasl.cfg"
    config.write_text(
        (home / "etc" / "gromox.cfg").read_text()
        + f"sasl_metrics_socket =\nsasl_socket = {home}/run/sasl.sock\nsasl_socket_group = nogroup\n"
        f"saslauthd_socket = {home}/run/mux\nsaslauthd_socket_group = no-such-group\n"
    )
    process = Process([sys.executable, "-m", "gromox.daemons.sasl", "-c", str(config)], "gromox-sasl: ready")
    process.launch()
    process.wait()
    yield home / "run"
    assert process.stop() == 0
    assert "traceback" not in "".join(process.lines).lower()


def password(home: Path) -> str:
    return next(one.password for one in Embedded(home).credentials() if one.user == ALICE).reveal()


def exchange(path: Path, octets: bytes, end: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(PATIENCE)
        sock.connect(str(path))
        sock.sendall(octets)
        answer = b""
        while not answer.endswith(end):
            more = sock.recv(4096)
            assert more, answer
            answer += more
        return answer


def test_postfix_asks(sockets: Path) -> None:
    told = base64.b64encode(f"\0{ALICE}\0{password(sockets.parent)}".encode())
    request = b"VERSION\t1\t1\nCPID\t1\nAUTH\t1\tPLAIN\tservice=smtp\tsecured\tresp=" + told + b"\n"

    answer = exchange(sockets / "sasl.sock", request, f"user={ALICE}\n".encode())

    assert answer.splitlines()[-1] == f"OK\t1\tuser={ALICE}".encode()


def test_testsaslauthd_asks(sockets: Path) -> None:
    strings = [text.encode() for text in (ALICE, password(sockets.parent), "smtp", "")]
    request = b"".join(len(text).to_bytes(2, "big") + text for text in strings)

    assert exchange(sockets / "mux", request, b"OK") == b"\0\2OK"


def test_only_the_groups_may_ask(sockets: Path) -> None:
    for name in ("sasl.sock", "mux"):
        assert stat.S_IMODE((sockets / name).stat().st_mode) == 0o660
