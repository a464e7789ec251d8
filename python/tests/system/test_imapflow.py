"""imapflow, the client library of webmail services: IDLE, CONDSTORE and QRESYNC as it uses them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail import imap, mail, unique
from tests.support.server import GromoxServer
from tests.system.conftest import ALICE
from tests.system.test_clients import Program

SCRIPT = Path(__file__).parent / "imapflow" / "session.mjs"
HOME = Path(__file__).parents[3] / "var" / "imapflow"


class Flow:
    """The program; it is told what to do and tells what it sees."""

    def __init__(self, node: str, server: GromoxServer, mailbox: str, target: str) -> None:
        self._process = subprocess.Popen(
            [
                node, str(SCRIPT), str(server.port("imaps")), ALICE, server.password(ALICE),
                str(server.certificate), mailbox, target,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "IMAPFLOW_HOME": str(HOME)},
        )  # fmt: skip
        self.passed: list[dict[str, Any]] = []

    def until(self, event: str) -> Any:  # noqa: ANN401 - what JSON brings
        """Wait for an event; those before it are kept."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            heard = json.loads(line)
            self.passed.append(heard)
            assert heard["event"] != "error", heard
            if heard["event"] == event:
                return heard["value"]
        raise AssertionError(f"{event} never came: {self.passed}")

    def do(self, command: str, argument: object = "") -> Any:  # noqa: ANN401 - as above
        self.say(command, argument)
        return self.until(command)

    def say(self, command: str, argument: object = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command} {argument}\n")
        self._process.stdin.flush()

    def end(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        status = self._process.wait(30)
        self._process.stdout.close()
        return status

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def flow(server: GromoxServer, program: Program) -> Iterator[Flow]:
    node = program("node")
    if not (HOME / "node_modules" / "imapflow").exists():
        pytest.skip("imapflow is not installed: scripts/setup system, with npm")
    with imap(server) as connection:
        connection.create("flow")
        connection.create("flowed")
        for number in range(3):
            connection.append("flow", "", "", mail(f"flow {number}"))
    started = Flow(node, server, "flow", "flowed")
    yield started
    started.kill()


def test_imapflow(server: GromoxServer, flow: Flow) -> None:
    enabled = flow.until("enabled")
    assert {"flow", "flowed", "INBOX"} <= set(flow.until("mailboxes"))
    assert flow.until("opened") == {"exists": 3, "path": "flow"}
    with imap(server) as connection:
        if "QRESYNC" in connection.capabilities:
            assert "QRESYNC" in enabled
    found = flow.do("fetch")
    assert [message["subject"] for message in found] == ["flow 0", "flow 1", "flow 2"]
    first, second, third = (message["uid"] for message in found)
    assert "Hello." in flow.do("source", first)
    assert flow.do("search", ["flow", "1"][1]) is not None
    assert flow.do("flag", second) is True
    assert [pair[0] for pair in flow.do("move", first)] == [first]

    flow.do("idle")
    subject = unique("flow")
    with imap(server) as connection:
        connection.append("flow", "", "", mail(subject))
        assert flow.until("exists") == 3
        connection.select("flow")
        connection.uid("STORE", str(third), "+FLAGS", r"(\Answered)")
        heard = flow.until("flags")
        assert r"\Answered" in heard["flags"]
        connection.uid("STORE", str(second), "+FLAGS", r"(\Deleted)")
        connection.expunge()
        assert flow.until("expunge") is not None
        assert [message["subject"] for message in flow.do("fetch")] == ["flow 2", subject]
        _, data = connection.fetch("1:*", "(FLAGS)")
        assert len(data) == 2
        connection.select("flowed")
        _, data = connection.fetch("1:*", "(FLAGS)")
        assert len(data) == 1
    assert flow.end() == 0


def test_the_library_is_pinned() -> None:
    lock = json.loads((SCRIPT.parent / "package-lock.json").read_text())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
