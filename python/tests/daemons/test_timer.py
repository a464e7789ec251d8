"""Jobs that are really run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gromox.base import paths
from gromox.base.log import captured
from gromox.daemons.timer import Runner
from gromox.timer.journal import Journal
from tests.support.server import PATIENCE, eventually

NewProgram = Callable[[str], str]


@pytest.fixture
def new_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NewProgram:
    """Make a program in the folder of the product's own."""
    libexec = tmp_path / "libexec"
    libexec.mkdir()
    monkeypatch.setattr(paths, "LIBEXEC", libexec)

    def new_program(script: str) -> str:
        program = libexec / f"p{len(list(libexec.iterdir()))}"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(program)

    return new_program


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    found = Runner(Journal(tmp_path / "timer.txt"), threads=5, timeout=PATIENCE)
    found.start()
    yield found
    found.stop()


def wait_for(path: Path) -> str:
    """Return what a job wrote into a named pipe; opening it waits for the job."""
    return path.read_text()


def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_job_is_run_with_its_words(runner: Runner, new_program: NewProgram, tmp_path: Path) -> None:
    result = pipe(tmp_path)
    program = new_program(f'echo "$1|$2|$#" >{result}')
    runner.agenda.add(1, f"{program} 'a b' $HOME")
    assert wait_for(result) == "a b|$HOME|2\n"


def test_a_job_that_fails_is_told_and_kept(tmp_path: Path, new_program: NewProgram) -> None:
    runner = Runner(Journal(tmp_path / "timer.txt"), threads=5, timeout=PATIENCE)
    result = pipe(tmp_path)
    program = new_program(f"echo broken >&2; echo x >{result}; exit 3")
    with captured() as lines:
        runner.start()
        runner.agenda.add(1, program)
        wait_for(result)
        runner.stop()
    assert any("status=3" in line and "broken" in line for line in lines)
    assert len(Journal(tmp_path / "timer.txt").jobs) == 1


def test_a_job_that_hangs_is_ended(tmp_path: Path, new_program: NewProgram) -> None:
    runner = Runner(Journal(tmp_path / "timer.txt"), threads=5, timeout=0.2)
    program = new_program("exec sleep 3600")
    with captured() as lines:
        runner.start()
        runner.agenda.add(1, program)
        eventually(lambda: any("timed out" in line for line in lines), what="the end of its time")
        runner.stop()


def test_stopping_waits_for_nothing_that_is_not_due(runner: Runner, new_program: NewProgram) -> None:
    runner.agenda.add(3600, new_program("true"))
    assert threading.active_count() >= 2
    assert len(runner.agenda) == 1
