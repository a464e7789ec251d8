from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.server import GromoxServer

ALICE, BOB = "alice@example.test", "bob@example.test"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/system" in str(item.path):
            item.add_marker(pytest.mark.system)
            # Several processes start in most of them: that takes seconds, and minutes on a busy machine.
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(600))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests measured, whichever process they ran in."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, figure in getattr(report, "user_properties", ()):
                if name == "measured" and report.when == "call":
                    terminalreporter.write_line(f"measured: {figure}")


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep a figure for the end of the run."""
    return partial(record_property, "measured")


@pytest.fixture(scope="session", autouse=True)
def many_files() -> None:
    """Allow this process a thousand connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GromoxServer]:
    """A gromox-server that all tests of clients share."""
    started = GromoxServer(tmp_path_factory.mktemp("gromox") / "home")
    started.start_settled()
    yield started
    status = started.stop()
    log = "".join(started.lines)
    assert status == 0, log[-3000:]
    assert "traceback" not in log.lower(), log[-5000:]


@pytest.fixture
def program(program_once: Callable[[str], str]) -> Callable[[str], str]:
    """Find a program, or skip with the reason."""
    return program_once


@pytest.fixture(scope="session")
def program_once() -> Callable[[str], str]:
    """Do so for what many tests share."""

    def find(name: str) -> str:
        found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
        if found is None:
            pytest.skip(f"{name} is not installed: scripts/setup system")
        return found

    return find


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"
