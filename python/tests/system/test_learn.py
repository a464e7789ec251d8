"""gromox-learn hears through gromox-event what a user moves by IMAP, and tells the filter."""

from __future__ import annotations

import imaplib
import sys
from pathlib import Path

import pytest

from gromox.daemons.embedded import Embedded
from tests.learn.conftest import FilterServer, filter_server  # noqa: F401 - a fixture
from tests.support.daemons import Daemons
from tests.support.server import HOST, PATIENCE, Process
from tests.system.conftest import ALICE


@pytest.mark.slow
@pytest.mark.usefixtures("filter_server")
def test_a_move_by_imap_is_learned(home: Path, filter_server: FilterServer) -> None:  # noqa: F811
    daemons = Daemons(home)
    daemons.create()
    config = home / "etc" / "only-learn.cfg"
    config.write_text(
        (home / "etc" / "gromox.cfg").read_text()
        + f"learn_host = 127.0.0.1\nlearn_port = {filter_server.server_port}\nlearn_password = open\n"
    )
    learn = Process([sys.executable, "-m", "gromox.daemons.learn", "-c", str(config)], "gromox-learn: ready")
    daemons.start("event", "imap")
    learn.launch()
    learn.wait()
    try:
        password = next(one.password for one in Embedded(home).credentials() if one.user == ALICE)
        with imaplib.IMAP4(HOST, daemons.imap_port, timeout=PATIENCE) as connection:
            connection.login(ALICE, password.reveal())
            connection.append("INBOX", "", "", b"Subject: pills\r\n\r\nbuy\r\n")
            connection.select("INBOX")
            # A ring before gromox-event knows the subscription is not heard; the next one is.
            for name in ('"Junk Email"', "INBOX") * 5:
                connection.uid("MOVE", "1:*", name)
                if filter_server.heard.wait(2.0):
                    break
                connection.select(name)
            assert filter_server.heard.wait(PATIENCE)
        path, secret, message = filter_server.lessons[0]
        assert path in {"/learnspam", "/learnham"}
        assert (secret, message) == ("open", b"Subject: pills\r\n\r\nbuy\r\n")
    finally:
        assert learn.stop() == 0
        daemons.stop()
    assert "traceback" not in (daemons.log() + "".join(learn.lines)).lower()
