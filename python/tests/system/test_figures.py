"""Each daemon tells its figures, and writes what it does to the log when asked."""

from __future__ import annotations

import os
import re
import signal
import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemons import Daemons
from tests.support.mail import mail
from tests.support.server import HOST, eventually
from tests.system.conftest import ALICE

pytestmark = pytest.mark.timeout(600)

#: The socket of each daemon, and a series that it has from the beginning.
DAEMONS = {
    "event": ("event", "gromox_event_names"),
    "delivery_queue": ("lda", 'gromox_connections_total{protocol="delivery-queue"}'),
    "delivery": ("delivery", 'gromox_queue_mails{queue="mess"}'),
    "istore": ("exmdb", "gromox_rpc_queue"),
    "zcore": ("zcore", "gromox_mailboxes_open"),
    "timer": ("timer", "gromox_jobs_waiting"),
    "midb": ("midb", "gromox_midb_waiting"),
}
#: A line of the log after SIGUSR1.
DUMPS = {
    "event": r"session connection=.* name=\S+ role=(listener|publisher)",
    "delivery_queue": r"session connection=.* speaks=LMTP",
    "delivery": r"queue queue=save mails=0 oldest=0",
    "istore": r"thread name=exmdb-0 waiting=0 mailboxes=0",
    "zcore": r"thread name=zcore-0 waiting=0 mailboxes=0",
    "timer": r"jobs waiting=0",
    "midb": r"mailboxes watched=\d+ waiting=\d+",
}


@pytest.fixture
def daemons(home: Path) -> Iterator[Daemons]:
    made = Daemons(home)
    made.create()
    yield made
    made.stop()
    assert "traceback" not in made.log().lower()


def figure(daemons: Daemons, name: str, series: str) -> float | None:
    """Return a value that a daemon tells; None: there is none."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(60)
        sock.connect(str(daemons.home / "run" / f"{name}.metrics.sock"))
        sock.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
        octets = b""
        while more := sock.recv(65536):
            octets += more
    found = re.search(rf"^{re.escape(series)} (.*)$", octets.decode(), re.MULTILINE)
    return float(found[1]) if found else None


@pytest.mark.slow
def test_every_daemon_tells_its_figures_and_its_sessions(daemons: Daemons) -> None:
    for name in DAEMONS:
        daemons.start(name)
    with smtplib.LMTP(HOST, daemons.lmtp_port, timeout=60) as lmtp:
        lmtp.sendmail("test@example.test", [ALICE], mail("counted"))
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            lmtp.sendmail("test@example.test", ["nobody@example.test"], mail("refused"))
        for name, pattern in DUMPS.items():
            process = daemons.processes[name]
            os.kill(process.pid, signal.SIGUSR1)
            eventually(
                lambda process=process, pattern=pattern: re.search(pattern, "".join(process.lines)),  # type: ignore[misc] # of now
                limit=60,
                what=f"{name}: {process.lines}",
            )
    for socket_name, series in DAEMONS.values():
        assert figure(daemons, socket_name, series) is not None, series
    eventually(lambda: figure(daemons, "delivery", 'gromox_deliveries_total{result="done"}') == 1, limit=60)
    # A mail is counted before it leaves the queue.
    eventually(lambda: figure(daemons, "delivery", "gromox_delivery_seconds_count") == 1, what="its time")
    eventually(lambda: figure(daemons, "delivery", 'gromox_queue_mails{queue="mess"}') == 0, what="none left")
    eventually(lambda: figure(daemons, "event", 'gromox_events_total{fate="published"}'), limit=60)
    eventually(
        lambda: figure(daemons, "midb", 'gromox_midb_turn_seconds_count{result="done"}'),
        limit=60,
        what="midb",
    )
    eventually(lambda: (figure(daemons, "event", "gromox_event_names") or 0) >= 4, what="all that take part")
